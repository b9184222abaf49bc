package page

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
)

// order is what a press takes along.
type order struct {
	keep    []fillItem
	origins []string
	commits bool
	// still leaves the keyboard where it is.
	still bool
	table string
	pager string
	row   *rowOrder
	// clear presses, instead, what puts away the box that lies over the element.
	clear bool
}

// rowOrder names a row of a table by its place and what it must hold.
type rowOrder struct {
	Index  int    `json:"index"`
	Given  string `json:"given"`
	Family string `json:"family"`
	Email  string `json:"email"`
}

// Press presses a button or link of the recognised page with a real mouse
// click. The click is let through only if it lands on that very element and
// nothing about it has changed since it was checked. Where Next then finds that
// nothing came of it, it presses once more.
func (d *Driver) Press(ctx context.Context, page, element string) error {
	d.policy.pressing()
	err := d.press(ctx, page, element, order{})
	if err == nil {
		d.plain = &plainPress{page, element}
	}
	return err
}

// plainPress is a press that sends nothing that was filled and takes nothing that
// cannot be taken back: it may be repeated.
type plainPress struct{ page, element string }

// deadFor is how long a page must have kept still after a press, and asked for
// nothing, until its script counts as not having been there yet.
const deadFor = 5 * time.Second

// dead tells whether nothing came of the last press, and if that is open, until
// when.
func (d *Driver) dead(now time.Time) (dead bool, until time.Time) {
	if d.plain == nil || d.left == nil || d.at.doc != d.left.Doc || d.policy.hasStirred() || d.trouble() != nil {
		return false, time.Time{}
	}
	until = d.acted.Add(deadFor)
	if d.at.changed.After(d.acted) {
		until = d.at.changed.Add(deadFor)
	}
	return !now.Before(until), until
}

// pressAgain repeats a press that nothing came of. A page that does not let it
// happen is busy with the first one after all.
func (d *Driver) pressAgain(ctx context.Context) error {
	err := d.press(ctx, d.plain.page, d.plain.element, order{})
	if CodeOf(err) == PageChanged {
		return nil
	}
	return err
}

// Submit presses the button that sends what was filled; the values must still
// stand in their fields at the moment of the click, and secrets go to their
// own origins only.
func (d *Driver) Submit(ctx context.Context, page, element string, filled ...Item) error {
	keep, origins, _ := reveal(filled)
	d.policy.submitting()
	return d.press(ctx, page, element, order{keep: keep, origins: origins})
}

// Commit presses what cannot be taken back. Once it returns, with an error or
// without, pressed tells whether the click may have reached the page: if so,
// the outcome must be read and the press never repeated.
func (d *Driver) Commit(ctx context.Context, page, element string, filled ...Item) (pressed bool, err error) {
	keep, _, _ := reveal(filled)
	d.committed = true
	from := d.at.doc
	err = d.press(ctx, page, element, order{keep: keep, commits: true})
	d.answering = from
	return mayHaveLanded(err), err
}

// Posted tells whether anything was posted since the last Commit.
func (d *Driver) Posted() bool { return d.policy.hasPosted() }

// Sent tells whether anything was posted since the last Submit, by a form or a script.
func (d *Driver) Sent() bool { return d.policy.hasLeft() }

// InFlight tells whether what was pressed last is still on its way, as far as the
// browser tells.
func (d *Driver) InFlight() bool { return d.policy.inFlight() }

// Permit sets what is asked at the last moment before anything that cannot be
// taken back is pressed, and after a Commit again as its request leaves; a stop
// ends it there.
// It is asked from other goroutines too. Nil permits everything.
func (d *Driver) Permit(still func() *Stop) { d.still = still }

// mayHaveLanded tells of a press whether the click may have reached the page.
func mayHaveLanded(err error) bool {
	var doubt *doubtError
	return err == nil || errors.As(err, &doubt)
}

// doubtError happens when a click was sent and nobody knows whether it landed.
type doubtError struct{ err error }

func (e *doubtError) Error() string {
	return lang.Text("the click was sent and nothing was heard of it")
}

func (e *doubtError) Unwrap() error { return e.err }

// press arms the guard in the page, clicks, and waits for the guard's verdict.
func (d *Driver) press(ctx context.Context, page, element string, o order) error {
	d.unanswered, d.plain = unanswered{}, nil
	limit := time.Now().Add(toPress)
	for boxes := 0; ; {
		result, err := d.pressOnce(ctx, page, element, o)
		var doubt *doubtError
		switch {
		case errors.As(err, &doubt) && !o.commits && o.row == nil && CodeOf(err) == "" && ctx.Err() == nil:
			return d.unheard(page, element)
		case err != nil:
			return err
		case result.OK:
			d.left, d.acted = d.at.shot, time.Now()
			if result.moved {
				d.left = nil
			}
			d.answering = ""
			d.options.Observer.Acted(page, element, "pressed", d.wayOf(element))
			return nil
		case result.Status == asleep:
			if err := d.step(ctx, time.Now().Add(wakes)); err != nil {
				return err
			}
			if stop := d.trouble(); stop != nil {
				return stop
			}
			continue
		case slices.Contains([]string{"form changed", "origin", "method"}, result.Status):
			how := lang.Text("elsewhere")
			if result.Status == "method" {
				how = lang.Text("in an address")
			}
			return &Stop{
				Code: Unsafe, Page: page, Element: element,
				Message: lang.Text("%q of the page %q was not pressed: its form would send what was typed %s", d.named(page, element), d.Says(page, ""), how),
				Hint:    lang.Text("The page's form is not what it should be. Do not sign in there by hand either."),
			}
		case slices.Contains([]string{"text changed", "ambiguous", "disagree", "end", "none"}, result.Status) || !time.Now().Before(limit):
			return d.changed(page, cmp.Or(result.Element, element), result.Status, result.Candidates)
		}
		// Covered, disabled, moved or missed: the page is still settling, or the
		// session dialog came up over it.
		if page != sessionDialog && d.at.shot != nil && slices.Contains(d.at.shot.Overlays, sessionDialog) {
			if err := d.dismiss(ctx, sessionDialog); err != nil {
				return err
			}
			continue
		}
		if result.Status == "covered" && boxes < maxBoxes && !o.clear {
			boxes++
			if away, err := d.putAway(ctx, page, element, o); err != nil {
				return err
			} else if away {
				continue
			}
		}
		if err := d.step(ctx, time.Now().Add(500*time.Millisecond)); err != nil {
			return err
		}
		if stop := d.trouble(); stop != nil {
			return stop
		}
	}
}

// asleep is a button whose scripts are not there yet, and wakes how soon it is looked
// at again: what a page listens to is no change that it tells of.
const (
	asleep = "asleep"
	wakes  = 100 * time.Millisecond
)

// awake tells whether the scripts have done, as far as can be told, what the armed
// press needs: one listens for its event, or for one of those that any press makes,
// and a form that is sent is complete.
func (d *Driver) awake(ctx context.Context, armed actResult, o order) (bool, error) {
	unready := armed.Unready && (o.commits || len(o.keep) > 0)
	switch {
	case armed.Needs == "" && !unready, !time.Now().Before(d.stillFor(toWake)):
		return true, nil
	case unready:
		return false, nil
	}
	listens, err := d.tab.Listens(ctx, d.at.doc, "() => irccpin.listeners()", armed.Needs, "click", "mousedown", "mouseup", "pointerdown", "pointerup")
	switch {
	case err == nil:
		return listens, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, browser.ErrDocumentGone):
		return false, nil // the next look tells what came instead
	}
	return true, d.trouble() // a browser that does not tell is no reason not to press
}

// maxBoxes is how often a press looks for a box to put away: pages show a notice
// of cookies and a survey at once, and a box may take a moment to be complete.
const maxBoxes = 6

// putAway presses the button of a box that lies over an element and asks for
// nothing, and tells whether it did. What such a box is, the catalog says.
func (d *Driver) putAway(ctx context.Context, page, element string, o order) (bool, error) {
	result, err := d.pressOnce(ctx, page, element, order{clear: true, still: o.still, table: o.table, pager: o.pager, row: o.row})
	var doubt *doubtError
	switch {
	case errors.As(err, &doubt):
		return false, d.trouble() // it was not what was to be pressed
	case err != nil || !result.OK:
		return false, err
	}
	d.Warn(Warning{Code: "put_away", Page: page, Detail: lang.Text("a box lay over the page and was closed by its own button %q: %q", result.Text, result.Box)})
	return true, d.step(ctx, time.Now().Add(500*time.Millisecond))
}

func (d *Driver) pressOnce(ctx context.Context, page, element string, o order) (actResult, error) {
	token := rand.Text()
	args := map[string]any{"page": page, "element": element, "token": token, "keep": o.keep, "still": o.still}
	if o.origins != nil {
		args["origins"] = o.origins
	}
	if o.commits {
		args["homes"] = d.homes(page)
	}
	if o.table != "" {
		args["table"] = o.table
		if o.pager != "" {
			args["pager"] = o.pager
		}
		if o.row != nil {
			args["row"] = o.row
		}
	}
	if o.clear {
		args["clear"] = true
	}
	var armed actResult
	if err := d.call(ctx, "(order) => irccpin.arm(order)", args, &armed); err != nil || !armed.OK {
		return armed, err
	}
	doc := d.at.doc
	if !o.clear {
		if awake, err := d.awake(ctx, armed, o); err != nil || !awake {
			_, _ = d.disarm(doc, nil) // nothing was sent, whatever became of the guard
			return actResult{Status: asleep}, err
		}
	}
	if (o.commits || o.row != nil && !o.clear) && d.still != nil {
		if stop := d.still(); stop != nil {
			_, _ = d.disarm(doc, nil) // nothing was sent, whatever became of the guard
			return actResult{}, stop
		}
	}
	if o.commits {
		d.policy.commit(d.still)
	}
	if page != sessionDialog {
		d.questions.pressing(element)
	}
	if err := d.tab.Click(ctx, armed.X, armed.Y); err != nil {
		return d.disarm(doc, err)
	}
	var verdict *clickVerdict
	err := d.await(ctx, lang.Text("the click to land"), toLand, func() bool {
		i := slices.IndexFunc(d.clicks, func(c clickVerdict) bool { return c.Token == token })
		if i >= 0 {
			verdict = &d.clicks[i]
		}
		return verdict != nil || d.closed != nil || d.at.doc != doc
	})
	d.clicks = nil
	switch {
	case verdict != nil && verdict.Reason == "":
		return actResult{OK: true, Text: armed.Text, Box: armed.Box}, nil
	case verdict != nil && o.commits && verdict.Down && d.acts(ctx):
		// It was as it should be when it was pressed down on, and pages act on that too.
		return actResult{}, &doubtError{err: d.changed(page, element, verdict.Reason, nil)}
	case verdict != nil:
		d.policy.calm()
		return actResult{Status: verdict.Reason, Element: element}, nil
	case err == nil && !o.commits && o.row == nil && len(o.keep) == 0 && d.trouble() == nil:
		// The page left as it was pressed: at the press, or by itself. The next one tells.
		return actResult{OK: true, Text: armed.Text, Box: armed.Box, moved: true}, nil
	case err == nil:
		err = d.judge(time.Now()).err
		if err == nil {
			err = d.unheard(page, element)
		}
		return actResult{}, &doubtError{err: err}
	}
	// Why nothing was heard is often known: the page was leaving for a place
	// where it may not go.
	if stop := d.trouble(); stop != nil {
		err = stop
	}
	return d.disarm(doc, err)
}

// unheard is the stop for a page that went on, or broke down, as it was pressed.
func (d *Driver) unheard(page, element string) *Stop {
	return d.stop(PortalUnavailable, lang.Text("the page went on just as %q was pressed, and nobody knows whether it was sent", d.named(page, element)), lang.Text("Run the command again."))
}

// acts tells whether the page posts something, or leaves, at what was no whole click.
func (d *Driver) acts(ctx context.Context) bool {
	from := d.at.doc
	acts := func() bool { return d.policy.hasPosted() || d.at.doc != from || d.closed != nil }
	_ = d.await(ctx, "", toAct, acts)
	return acts()
}

// homes are the origins that a page can stand at: what commits goes to none else.
func (d *Driver) homes(page string) []string {
	spec, _ := d.options.Catalog.Page(page)
	names := spec.Hosts
	if len(names) == 0 {
		for _, h := range d.options.Catalog.Site.Hosts {
			names = append(names, h.Name)
		}
	}
	var origins []string
	for _, name := range names {
		origins = append(origins, d.options.Catalog.Origin(name))
	}
	return origins
}

// disarm takes the guard down after a click that nothing was heard of. If the
// guard was still up, the click never landed and may be tried again.
func (d *Driver) disarm(doc browser.DocID, cause error) (actResult, error) {
	ctx, cancel := context.WithTimeout(context.Background(), toLand)
	defer cancel()
	var was bool
	if err := d.tab.Call(ctx, doc, "() => irccpin.disarm()", nil, &was); err != nil || !was {
		return actResult{}, &doubtError{err: cause}
	}
	if errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
		return actResult{}, cause
	}
	return actResult{Status: "missed"}, nil
}
