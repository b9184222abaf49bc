package portal

import (
	"context"
	"strings"

	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// LookAtForm opens the form for a new user, lets it be looked at, and leaves it
// by its own way back. Nothing is typed on it. An account that is not offered
// the form has none to be looked at, which is no error.
func (k *Desk) LookAtForm(ctx context.Context) error {
	if _, err := k.openForm(ctx); err != nil {
		if page.CodeOf(err) == page.NotPermitted {
			return nil
		}
		return err
	}
	if err := k.Driver.Keep(ctx); err != nil {
		return err
	}
	return k.leaveForm(ctx)
}

// Complete waits until the home page lacks nothing, or will not change any more:
// parts of it may be rendered late.
func (k *Desk) Complete(ctx context.Context) error {
	_, err := k.Driver.Settles(ctx, func(s *page.Snapshot) bool { return len(Lacking(s, k.Driver.Says)) == 0 })
	return err
}

// Lacking tells what a page of an open session does not show as it is needed,
// although the page is known without it: the ways to the form and to the table,
// and the way out. There is one stop for each, with the code that a command ends
// with which needs it. says is what an element says to a person.
func Lacking(shot *page.Snapshot, says func(at, element string) string) []*page.Stop {
	var stops []*page.Stop
	// lacks tells of an element that the catalog knows and the page does not show.
	lacks := func(element string) bool {
		state, known := shot.Elements[element]
		return known && state.Status != "found"
	}
	add := func(element, hint string) {
		state, called := shot.Elements[element], says(shot.Page(), element)
		message := lang.Text("on the page %q, %q (%q) was not found", shot.Page(), element, called)
		if state.Status != "missing" {
			message = lang.Text("on the page %q, %q (%q) is %s; seen: %s", shot.Page(), element, called, lang.Word(state.Status), strings.Join(state.Candidates, ", "))
		}
		stops = append(stops, &page.Stop{Code: page.PageChanged, Page: shot.Page(), Element: element, Message: message, Hint: hint})
	}
	if shot.Page() == "home" {
		if lacks(createLink) {
			stops = append(stops, notOfferedOn(shot, says("home", createLink)))
		}
		if table := shot.Tables["users"]; lacks("view-manage-access") && !table.Shown && !table.None {
			add("view-manage-access", lang.Text("The table of users cannot be opened. A corrected catalog file can be laid over the built-in one with --selectors."))
		}
	}
	// The way out stands where a session is left (G); pages before have none, or
	// one of their own.
	if (shot.Page() == "home" || shot.Page() == "create-user") && lacks("logout") {
		add("logout", lang.Text("A session that was opened stays open until the portal ends it. A corrected catalog file can be laid over the built-in one with --selectors."))
	}
	return stops
}
