package page

import (
	"context"
	"reflect"
	"slices"
	"time"

	"irccpin/automation/browser"
	"irccpin/selectors"
)

// pane is a tab beside the one that is driven: one that a page or a person
// opened, or one that such a tab took the place of.
type pane struct {
	tab  Tab
	view view
	// aside is the document that it showed when another tab took its place. It
	// comes to the front again with a new one.
	aside browser.DocID
}

// receive takes the next event of any tab; from is nil when ctx or the timer
// ended first, and ok is false when the tab will tell no more.
func (d *Driver) receive(ctx context.Context, timer <-chan time.Time) (from *pane, event browser.Event, ok bool) {
	front := &pane{tab: d.tab}
	if len(d.others) == 0 {
		select {
		case <-ctx.Done():
			return nil, nil, false
		case <-timer:
			return nil, nil, false
		case event, ok = <-d.tab.Events():
			return front, event, ok
		}
	}
	cases := []reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(timer)},
	}
	panes := append([]*pane{front}, d.others...)
	for _, p := range panes {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(p.tab.Events())})
	}
	chosen, value, ok := reflect.Select(cases)
	if chosen < 2 {
		return nil, nil, false
	}
	if ok {
		event, _ = value.Interface().(browser.Event)
	}
	return panes[chosen-2], event, ok
}

// handleOther follows a tab beside the one that is driven: when it shows a new
// page of the catalog, it takes the other's place.
func (d *Driver) handleOther(p *pane, event browser.Event, ok bool) {
	if _, closed := event.(browser.Closed); !ok || closed {
		d.others = slices.DeleteFunc(d.others, func(other *pane) bool { return other == p })
		return
	}
	if opened, is := event.(browser.Popup); is {
		d.others = append(d.others, &pane{tab: opened.Tab})
		return
	}
	d.noteRefusal(event)
	if a, is := event.(browser.Announced); is && a.Frame == "" {
		if said, err := parseAnnouncement(a.Payload); err == nil && len(said.Pressed) > 0 {
			d.pressedByPerson(said.Pressed)
			return
		}
	}
	if answersPost(event) {
		d.policy.answered() // in a tab of its own
	}
	p.view.handle(event, time.Now())
	shot := p.view.shot
	if shot.Page() == "" || p.view.doc == p.aside || !d.options.Catalog.Allows(shot.Host) {
		return
	}
	if spec, _ := d.options.Catalog.Page(shot.Page()); spec.Kind == selectors.Step {
		d.bringForward(p, true)
	}
}

// answersPost tells whether an event is what came of a post.
func answersPost(event browser.Event) bool {
	switch e := event.(type) {
	case browser.Navigated:
		return e.FromPost
	case browser.NavigationFailed:
		return e.FromPost
	}
	return false
}

// bringForward makes another tab the one that is driven, and keeps the one
// before.
func (d *Driver) bringForward(p *pane, keep bool) {
	d.others = slices.DeleteFunc(d.others, func(other *pane) bool { return other == p })
	if keep {
		d.others = append(d.others, &pane{tab: d.tab, view: d.at, aside: d.at.doc})
	}
	d.tab, d.at = p.tab, p.view
}

// shut notes that the tab that is driven has ended. A person who closed it and
// goes on in another one is followed there.
func (d *Driver) shut(closed browser.Closed) {
	if closed.Reason == browser.ClosedByOther && len(d.others) > 0 {
		d.bringForward(d.others[len(d.others)-1], false)
		return
	}
	d.closed = &closed
}
