package page

import (
	"context"
	"slices"
	"strings"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
	"irccpin/selectors"
)

// Next waits for the next page that is recognised, complete, and not the
// situation that was just acted upon. The Stop it returns otherwise says what
// was waited for and what was seen instead.
func (d *Driver) Next(ctx context.Context, waitingFor string) (*Snapshot, error) {
	return d.NextOr(ctx, waitingFor, "")
}

// NextOr is Next, and returns as well once an overlay of that name lies over
// whatever is shown: a page may ask back in a dialog of its own.
func (d *Driver) NextOr(ctx context.Context, waitingFor, overlay string) (*Snapshot, error) {
	limit := time.Now().Add(moveOn)
	for {
		now := time.Now()
		if shot := d.at.shot; overlay != "" && shot != nil && slices.Contains(shot.Overlays, overlay) && d.trouble() == nil {
			return shot, nil
		}
		v := d.judge(now)
		switch {
		case v.err != nil:
			ask := AskOf(v.err)
			if ask == "" || !d.Attended() {
				if code := CodeOf(v.err); code == PageUnknown || code == PageChanged {
					d.keep(ctx)
				}
				return nil, v.err
			}
			helped := d.known
			if ask == AskCaptcha {
				helped = func() bool { return d.at.shot == nil || !slices.Contains(d.at.shot.Overlays, captchaChallenge) }
			}
			if err := d.hand(ctx, ask, helped); err != nil {
				return nil, err
			}
			limit = time.Now().Add(moveOn)
			continue
		case v.overlay != "":
			if err := d.dismiss(ctx, v.overlay); err != nil {
				return nil, err
			}
			continue
		case v.ready:
			shot := d.at.shot
			d.arrived(shot)
			d.keep(ctx)
			return shot, nil
		}
		if !now.Before(limit) {
			return nil, d.stop(PortalUnavailable, lang.Text("waited %s for %s; %s", moveOn, waitingFor, d.sight()), lang.Text("The portal is slow or stuck. Try again later."))
		}
		dead, until := d.dead(now)
		if dead {
			if err := d.pressAgain(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if err := d.step(ctx, earliest(earliest(limit, v.until), until)); err != nil {
			return nil, err
		}
	}
}

// verdict is what the present situation means.
type verdict struct {
	ready   bool
	overlay string
	err     error
	// until is when to look again although nothing happened; zero: no need.
	until time.Time
}

// judge decides what the present situation means, by itself and at once.
func (d *Driver) judge(now time.Time) verdict {
	v := d.at
	switch {
	case d.refused != nil:
		return verdict{err: d.refusal(d.refused)}
	case d.closed != nil:
		return verdict{err: d.gone()}
	case d.unanswered.stop != nil:
		return verdict{err: d.unanswered.stop}
	case v.failed != nil:
		return verdict{err: d.unreachable(*v.failed)}
	case v.shot == nil:
		return verdict{until: v.since.Add(moveOn)}
	}
	if slices.Contains(v.shot.Overlays, captchaChallenge) {
		stop := d.stop(HumanNeeded, lang.Text("the sign-in page shows a captcha challenge that only a person may answer"), lang.Text("Run the command where a person can see the window: with --show, at a terminal."))
		stop.Ask = AskCaptcha
		return verdict{err: stop}
	}
	complete := v.shot.Loaded == "complete"
	switch len(v.shot.Pages) {
	case 0:
		return d.judgeUnknown(now, complete)
	case 1:
	default:
		if until := d.stillFor(quarrel); now.Before(until) || !complete {
			return verdict{until: later(until, now)}
		}
		return verdict{err: d.unknown(lang.Text("the page shown could be any of %s", d.titles(v.shot.Pages)))}
	}
	spec, _ := d.options.Catalog.Shape(v.shot.Page(), v.shot.Variant)
	if spec.Kind == selectors.Transit {
		return verdict{}
	}
	if slices.Contains(v.shot.Overlays, sessionDialog) {
		return verdict{overlay: sessionDialog}
	}
	if d.left != nil && !v.shot.unlike(d.left) {
		return verdict{}
	}
	if d.policy.inFlight() {
		// Until the answer comes, the page that sent this has nothing to say, whatever it
		// shows meanwhile.
		return verdict{}
	}
	if d.left != nil && d.left.Doc == v.shot.Doc {
		// What the same page says after a press may be an answer, or "One moment, please":
		// behind a box, or where something is at stake, it has a while to go on.
		until := v.alerted.Add(quarrel)
		if d.policy.tense() {
			until = d.stillFor(quarrel)
		}
		if now.Before(until) {
			return verdict{until: until}
		}
	}
	if !complete {
		until := v.since.Add(lateResources)
		if v.shot.Loaded == "loading" || now.Before(until) {
			return verdict{until: later(until, now)}
		}
	}
	for name, element := range spec.Elements {
		state := v.shot.Elements[name]
		if state.Status == "found" || (!element.Required && state.Status == "missing") {
			continue
		}
		if !element.Required && !element.Commits {
			continue
		}
		patience := renderOut
		if state.Status != "missing" {
			patience = quarrel
		}
		if until := d.stillFor(patience); now.Before(until) {
			return verdict{until: until}
		}
		return verdict{err: d.changed(spec.Name, name, state.Status, state.Candidates)}
	}
	return verdict{ready: true}
}

// stillFor is when a page has kept still for a while, or has had its chance to:
// some pages never do.
func (d *Driver) stillFor(wait time.Duration) time.Time {
	begun := d.at.begun
	if d.acted.After(begun) {
		begun = d.acted
	}
	return earliest(d.at.changed.Add(wait), begun.Add(restless*wait))
}

const unknownHint = "The portal showed a page that this program does not know. Nothing was pressed on it. Look at the run's evidence, or sign in by hand to see what it wants."

func (d *Driver) judgeUnknown(now time.Time, complete bool) verdict {
	v := d.at
	if v.status >= 500 && complete {
		return verdict{err: d.broken(v.status, v.retry)}
	}
	wait := unknownFor
	if v.status >= 400 {
		wait = quarrel
	}
	if until := d.stillFor(wait); now.Before(until) || !complete {
		return verdict{until: later(until, now)}
	}
	if v.shot.Nearest.Strange {
		return verdict{err: d.stop(Unsafe, lang.Text("a page that looks like %q stands on %s, where it does not belong", d.Says(v.shot.Nearest.Page, ""), v.shot.Host),
			lang.Text("Nothing was typed. Do not sign in there by hand either."))}
	}
	message := lang.Text("a page was not recognised: host %s, title %q, language %q", v.shot.Host, v.shot.Title, v.shot.Lang)
	if v.status >= 400 {
		message += lang.Text(", HTTP status %d", v.status)
	}
	if len(v.shot.Headings) > 0 {
		headings := make([]string, len(v.shot.Headings))
		for i, text := range v.shot.Headings {
			headings[i] = withoutCodes(text) // nobody knows what such a page shows there
		}
		message += lang.Text(", headings %q", headings)
	}
	if v.shot.Nearest.Page != "" {
		message += lang.Text("; nearest is %q, which lacks: %s", d.Says(v.shot.Nearest.Page, ""), strings.Join(v.shot.Nearest.Missing, "; "))
	}
	return verdict{err: d.unknown(message)}
}

// dismiss presses the one button of an overlay that keeps the session alive.
func (d *Driver) dismiss(ctx context.Context, overlay string) error {
	before, left := d.at.shot, d.left
	// Whoever is typing on the page below goes on typing there.
	if err := d.press(ctx, overlay, "continue-session", order{still: d.theirs}); err != nil {
		return err
	}
	d.left = left // the page below still waits for what it wants
	return d.await(ctx, lang.Text("the session dialog to close"), renderOut, func() bool {
		return d.closed != nil || d.at.shot == nil || d.at.shot.Doc != before.Doc || !slices.Contains(d.at.shot.Overlays, overlay)
	})
}

// Await waits on the recognised page until something about it is so, such as
// an element that appears after a press; moving on to another document ends
// the wait as well.
func (d *Driver) Await(ctx context.Context, what string, atMost time.Duration, so func(*Snapshot) bool) error {
	before := d.at.doc
	err := d.await(ctx, what, atMost, func() bool {
		return d.trouble() != nil || d.at.doc != before || (d.at.shot != nil && so(d.at.shot))
	})
	d.left = nil
	return err
}

// Stay notes that the last press was not meant to lead to another page, such
// as one that opens a section. A press that did is reported.
func (d *Driver) Stay(ctx context.Context) error {
	left := d.left
	d.left = nil
	if stop := d.trouble(); stop != nil {
		return stop
	}
	if left != nil && d.at.doc != left.Doc {
		return d.changed(left.Page(), lang.Text("the section that was pressed"), "moved", nil)
	}
	return ctx.Err()
}

// Settles waits until something about the recognised page is so, or until the
// page has been left alone by its own scripts for long enough that it will not
// be: parts of it may be rendered late.
func (d *Driver) Settles(ctx context.Context, so func(*Snapshot) bool) (bool, error) {
	limit := time.Now().Add(restless * lateParts)
	for {
		if stop := d.trouble(); stop != nil {
			return false, stop
		}
		shot := d.at.shot
		if shot != nil && so(shot) {
			return true, nil
		}
		until := earliest(d.at.changed.Add(lateParts), limit)
		if !time.Now().Before(until) {
			return false, nil
		}
		if err := d.step(ctx, until); err != nil {
			return false, err
		}
	}
}

// Restless tells whether the page has not kept still for as long as Settles waits.
func (d *Driver) Restless() bool { return time.Now().Before(d.at.changed.Add(lateParts)) }

// Quiet waits until the page has not changed for a moment, so that a table of it
// that is still being filled is not read half; without a table ("") any script counts.
// Where something else never keeps still, the table alone decides after a while.
func (d *Driver) Quiet(ctx context.Context, table string) error {
	limit := time.Now().Add(tableStill)
	for {
		if stop := d.trouble(); stop != nil {
			return stop
		}
		moment := quietFor
		if shot := d.at.shot; shot != nil && shot.Tables[table].Count == 1 && !shot.Tables[table].Touched {
			moment = untouchedFor
		}
		if shot := d.at.shot; shot != nil && shot.Loaded != "complete" {
			moment += stillLoading
		}
		until := d.at.changed.Add(moment)
		if !time.Now().Before(limit) {
			until = d.at.filled.Add(moment)
		}
		if !time.Now().Before(until) {
			return nil
		}
		if err := d.step(ctx, until); err != nil {
			return err
		}
	}
}

// Follow waits, from document to document, until what is shown is so.
func (d *Driver) Follow(ctx context.Context, what string, atMost time.Duration, so func(*Snapshot) bool) error {
	err := d.await(ctx, what, atMost, func() bool {
		return d.trouble() != nil || (d.at.shot != nil && so(d.at.shot))
	})
	if err == nil {
		err = d.trouble()
	}
	return err
}

// await handles events until done says so. It fails when the deadline or the
// context ends first.
func (d *Driver) await(ctx context.Context, what string, atMost time.Duration, done func() bool) error {
	limit := time.Now().Add(atMost)
	for !done() {
		if !time.Now().Before(limit) {
			return d.stop(PortalUnavailable, lang.Text("waited %s for %s; %s", atMost, what, d.sight()), lang.Text("The portal is slow or stuck. Try again later."))
		}
		if err := d.step(ctx, limit); err != nil {
			return err
		}
	}
	return nil
}

// step handles one event, or returns when until has come.
func (d *Driver) step(ctx context.Context, until time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	from, event, ok := d.receive(ctx, timer.C)
	switch {
	case from == nil:
		return ctx.Err()
	case from.tab != d.tab:
		d.handleOther(from, event, ok)
	case !ok:
		if d.closed == nil {
			d.closed = &browser.Closed{Reason: browser.ClosedByUs}
		}
	default:
		d.handle(event)
	}
	return nil
}

func earliest(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

// later is a time that is not past, so that a wait for it does not spin.
func later(t, now time.Time) time.Time {
	if floor := now.Add(100 * time.Millisecond); t.Before(floor) {
		return floor
	}
	return t
}
