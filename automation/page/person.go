package page

import (
	"context"
	"errors"
	"slices"
	"time"

	"irccpin/automation/lang"
	"irccpin/selectors"
)

// Ask is what a person at the window is asked to do, in words that a deadline
// can follow: "Solve the captcha in the window; 18 minutes left".
type Ask string

// All that a person is ever asked for.
const (
	AskCaptcha  Ask = "Solve the captcha in the window"
	AskSignIn   Ask = "Sign in in the window, up to the portal's home page"
	AskByHand   Ask = "Type the user name and password in the window"
	AskPasscode Ask = "Type the passcode in the window"
	AskEnrol    Ask = "Set up two-factor authentication in the window"
	AskQuestion Ask = "Answer the security question in the window"
	AskPage     Ask = "Go on by hand in the window: this page is not known here"
	AskPartner  Ask = "Sign in at your Sign-In Partner in the window; nothing is watched there"
)

// Asks lists them, for whoever translates them.
func Asks() []Ask {
	return []Ask{AskCaptcha, AskSignIn, AskByHand, AskPasscode, AskEnrol, AskQuestion, AskPage, AskPartner}
}

// AskOf is what a person at the window can do about an error; empty when nobody
// can help there.
func AskOf(err error) Ask {
	var stop *Stop
	if errors.As(err, &stop) {
		return stop.Ask
	}
	return ""
}

// partner is the danger that begins a sign-in through a bank. Nothing here ever
// presses it.
const partner = "sign-in-partner"

// Attended tells whether a person can be asked for help. After the committing
// click nobody is: from then on there is only reading.
func (d *Driver) Attended() bool { return d.options.Patience > 0 && !d.committed }

// Leave leaves the window to a person, who is asked for something, until a page
// of the catalog is shown that is not one of theirs. The page is watched all the
// while and not touched, but for the dialog that would let the session expire.
//
// The Stop that it returns otherwise says that nobody helped in time, that the
// window was closed, or which rule a page broke.
func (d *Driver) Leave(ctx context.Context, ask Ask, theirs func(page string) bool) error {
	if !d.Attended() {
		return d.stop(HumanNeeded, lang.Text("a person is needed in the window, and nobody is there"), lang.Text("Run the command with --show, at a terminal."))
	}
	d.left = nil // what they come to is new, wherever it is
	return d.hand(ctx, ask, func() bool { return d.known() && !theirs(d.at.shot.Page()) })
}

// known tells whether one page of the catalog is shown, at a host of the
// catalog, on which there is something to do or to read.
func (d *Driver) known() bool {
	shot := d.at.shot
	if shot == nil || shot.Page() == "" || !d.options.Catalog.Allows(shot.Host) {
		return false
	}
	spec, _ := d.options.Catalog.Page(shot.Page())
	return spec.Kind == selectors.Step || spec.Kind == selectors.End
}

// hand asks a person and waits until helped says so. While the window is in
// their hands no evidence is taken of it, and it stays theirs after a failure.
func (d *Driver) hand(ctx context.Context, ask Ask, helped func() bool) error {
	d.theirs, d.until = true, d.deadline(ctx)
	d.policy.watch(true)
	defer d.policy.watch(false)
	d.options.Observer.Asked(lang.Word(string(ask)), d.until)
	for {
		switch {
		case d.closed != nil, d.refused != nil, d.at.failed != nil && !d.policy.isAbroad():
			return d.judge(time.Now()).err
		case d.policy.isAbroad() && d.known() && d.at.doc != d.policy.departedFrom():
			d.policy.comeBack()
		case d.policy.isAbroad():
		case d.at.shot != nil && slices.Contains(d.at.shot.Overlays, sessionDialog):
			if err := d.dismiss(ctx, sessionDialog); err != nil {
				return err
			}
			continue
		default:
			d.glimpse()
			if helped() {
				d.theirs = false
				return nil
			}
		}
		if now := time.Now(); !now.Before(d.until) {
			return d.stop(HumanNeeded, lang.Text("nobody helped in time: %s", lang.Word(string(ask))), lang.Text("Run the command again when a person is there."))
		}
		if err := d.step(ctx, d.until); err != nil {
			return err
		}
	}
}

// deadline is until when a person has to help. A tenth of the time that is left
// is kept for what follows.
func (d *Driver) deadline(ctx context.Context) time.Time {
	now := time.Now()
	limit := now.Add(d.options.Patience)
	if end, ok := ctx.Deadline(); ok {
		limit = earliest(limit, now.Add(end.Sub(now)*9/10))
	}
	return limit
}

// glimpse notes the page that a person has come to.
func (d *Driver) glimpse() {
	shot := d.at.shot
	if !d.known() || (d.seen != nil && !d.seen.unlike(shot)) {
		return
	}
	if d.seen != nil && d.seen.Doc != shot.Doc {
		// What was typed went with the page that it was typed on.
		d.policy.landed()
	}
	d.last, d.seen = shot.Page(), shot
	d.options.Observer.Recognised(shot)
}

// pressedByPerson hears of a dangerous neighbour that a person pressed while the
// window is theirs. A Sign-In Partner leads to hosts that nobody can list.
func (d *Driver) pressedByPerson(dangers []string) {
	if slices.Contains(dangers, partner) && d.theirs && d.policy.depart(d.at.doc) {
		d.options.Observer.Asked(lang.Word(string(AskPartner)), d.until)
	}
}
