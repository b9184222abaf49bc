package portal

import (
	"context"
	"errors"
	"slices"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/page"
)

const (
	// lookTime is what a reading of the table takes at most, a new sign-in
	// included; without that much time none is begun.
	lookTime = 30 * time.Second
	// rereadTime bounds loading the home page anew: when it does not come, a
	// new sign-in may still find the table in the time that is left.
	rereadTime = 15 * time.Second
	// wordHolds is how long the portal's own word that a user was created
	// outweighs a table without that user. After it the user counts as made
	// and removed since.
	wordHolds = 24 * time.Hour
)

// lookPauses are the waits before further attempts at a sign-in that only a
// passing trouble of the portal has stopped.
var lookPauses = []time.Duration{2 * time.Second, 5 * time.Second}

// doubt is a committing click of which nobody knows what came of it.
type doubt struct {
	id string
	Known
	// button is what was pressed, by its wording.
	button string
	// cause is why there is a doubt.
	cause error
	// box is what a dialog said that came up after the click; empty when none did.
	box string
	// no is the portal's own refusal, which was said before it could be sure; nil
	// when there was none.
	no *page.Stop
}

// Resume finds out what came of a click that an earlier session left in doubt.
// Without patience the table is read once, and an intent on which that throws
// no light stays as it is. The PIN of a user who is found is not waited for.
func (k *Desk) Resume(ctx context.Context, id string, patience bool, cause error) (Outcome, error) {
	known, err := k.Intents.Known(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	return k.reconcile(ctx, doubt{id: id, Known: known, button: k.button(known.Deed), cause: cause}, patience)
}

// Notice closes an intent that an earlier session left in doubt if a table, read
// after that for another reason, shows that the click had its effect. A table
// that does not show it proves nothing by itself: that is left to [Desk.Resume].
// The error says what is still in doubt, or wrong; nothing more is read.
func (k *Desk) Notice(ctx context.Context, id string, users []User, cause error) error {
	known, err := k.Intents.Known(ctx, id)
	if err != nil {
		return err
	}
	d := doubt{id: id, Known: known, button: k.button(known.Deed), cause: cause}
	told := false
	switch {
	case d.Deed == Deletion && k.rowsOf(d.Person, users) == 0:
		_, told, err = k.stillThere(ctx, d, users, k.now(ctx))
	case d.Deed == Creation && len(made(k.newRows(d.Before, users), d.Person)) > 0:
		_, told, err = k.nowThere(ctx, d, users, k.now(ctx))
	}
	if err == nil && !told {
		err = unknown(d, lang.NewError("the table shows no effect of it yet"))
	}
	return err
}

// reconcile finds out what came of a click in doubt, by reading alone. It looks
// at the table, in this session or a new one, until the table has told: the
// effect is there, or it is not, in two whole readings far enough apart. A
// table that cannot be read leaves the intent open for the next session.
func (k *Desk) reconcile(ctx context.Context, d doubt, patience bool) (Outcome, error) {
	for looks := 1; ; looks++ {
		users, at, err := k.look(ctx)
		if err != nil {
			return Outcome{}, unknown(d, err)
		}
		if d.Deed == Deletion {
			out, told, err := k.stillThere(ctx, d, users, at)
			if told || err != nil {
				return out, err
			}
		} else {
			out, told, err := k.nowThere(ctx, d, users, at)
			if told || err != nil {
				return out, err
			}
		}
		if !d.Confirmed.IsZero() && looks > 1 {
			return Outcome{}, unknown(d, lang.NewError("the portal said that the user was created, and the table does not show it"))
		}
		if deadline, ok := ctx.Deadline(); !patience || ok && time.Until(deadline) < k.Settle+lookTime {
			return Outcome{}, unknown(d, lang.Errorf("the table shows no effect of it yet, and has to be read again after %s", k.Settle))
		}
		if err := sleep(ctx, k.Settle); err != nil {
			return Outcome{}, unknown(d, err)
		}
	}
}

// nowThere decides what a reading of the table says about a creation.
func (k *Desk) nowThere(ctx context.Context, d doubt, users []User, at time.Time) (out Outcome, told bool, err error) {
	fresh := k.newRows(d.Before, users)
	ours := d.made(fresh)
	noted := k.Intents.Looked(ctx, d.id, at, len(users), len(ours))
	switch {
	case len(ours) == 1:
		// What is seen is told, also when the ledger cannot take it down.
		return k.created(ctx, d.id, d.Person, ours[0], true), true, nil
	case len(ours) > 1:
		return Outcome{}, true, k.several(ctx, d.id, d.Person, ours)
	case noted != nil:
		return Outcome{}, true, unknown(d, noted)
	case d.Seen, !d.Confirmed.IsZero() && at.Sub(d.Confirmed) >= wordHolds:
		stop := noEffect(d, lang.Text("the user %s, whom an earlier click created, is no longer in the table", describe(d.Person)))
		return Outcome{}, true, k.closed(ctx, d, Closing{Ending: EndReconciled, Detail: stop.Message}, stop)
	}
	settled, err := k.Intents.Settled(ctx, d.id)
	switch {
	case err != nil:
		return Outcome{}, true, unknown(d, err)
	case settled && len(namesakes(fresh, d.Person)) > 0:
		// Perhaps the portal made another address of the one that was sent, perhaps
		// somebody else was at work: whoever looks at it knows.
		stop := conflict(d.Person, namesakes(fresh, d.Person)[0])
		stop.Message = lang.Text("%q was pressed for %s, and the user who came into the table since has another e-mail address: %s", d.button, describe(d.Person), describe(namesakes(fresh, d.Person)[0].Person()))
		return Outcome{}, true, k.closed(ctx, d, Closing{Ending: EndNotCreated, Detail: stop.Message}, stop)
	case settled:
		stop := noEffect(d, lang.Text("%q was pressed for %s, and the table shows that no user was made", d.button, describe(d.Person)))
		return Outcome{}, true, k.closed(ctx, d, Closing{Ending: EndNotCreated, Detail: stop.Message}, stop)
	}
	return Outcome{}, false, nil
}

// stillThere decides what a reading of the table says about a deletion.
func (k *Desk) stillThere(ctx context.Context, d doubt, users []User, at time.Time) (out Outcome, told bool, err error) {
	left := k.rowsOf(d.Person, users)
	noted := k.Intents.Looked(ctx, d.id, at, len(users), left)
	switch {
	case left == 0:
		return k.deleted(ctx, d.id, d.Person.user(), true), true, nil
	case noted != nil:
		return Outcome{}, true, unknown(d, noted)
	}
	settled, err := k.Intents.Settled(ctx, d.id)
	switch {
	case err != nil:
		return Outcome{}, true, unknown(d, err)
	case settled:
		stop := noEffect(d, lang.Text("%q was pressed for %s, and the table shows that the user is still there", d.button, describe(d.Person)))
		return Outcome{}, true, k.closed(ctx, d, Closing{Ending: EndNotDeleted, Detail: stop.Message}, stop)
	}
	return Outcome{}, false, nil
}

// closed closes an intent that came to nothing, and returns the stop that says
// so; an intent that could not be closed is still open, and says that.
func (k *Desk) closed(ctx context.Context, d doubt, c Closing, stop *page.Stop) error {
	if err := k.Intents.Close(ctx, d.id, c); err != nil {
		return unknown(d, err)
	}
	return stop
}

// look reads the whole table: on the home page where that can be loaded
// anew, else after a new sign-in. at is when the reading began, by the ledger's
// clock; zero when that cannot be told.
func (k *Desk) look(ctx context.Context) (users []User, at time.Time, err error) {
	if k.Driver.Shot().Page() == "home" {
		at = k.now(ctx)
		bounded, cancel := context.WithTimeout(ctx, rereadTime)
		users, err = k.reread(bounded)
		cancel()
		if err == nil {
			return users, at, nil
		}
	}
	for attempt := 0; ; attempt++ {
		at = k.now(ctx)
		users, err = k.lookAnew(ctx)
		if err == nil || attempt == len(lookPauses) || !passing(err) {
			return users, at, err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < lookPauses[attempt]+lookTime {
			return users, at, err
		}
		if sleep(ctx, lookPauses[attempt]) != nil {
			return users, at, err
		}
	}
}

// now is the ledger's time. A ledger that cannot tell it cannot take down a
// reading either, and that is where it is reported.
func (k *Desk) now(ctx context.Context) time.Time {
	at, err := k.Clock(ctx)
	if err != nil {
		return time.Time{}
	}
	return at
}

func (k *Desk) lookAnew(ctx context.Context) ([]User, error) {
	d, home, err := k.Return(ctx)
	if err != nil {
		return nil, err
	}
	k.Driver, k.Home = d, home
	return Users(ctx, d, home)
}

// passing tells whether a sign-in may be tried once more. One that ended on a
// page where a secret is given is not: perhaps the secret was refused.
func passing(err error) bool {
	var stop *page.Stop
	return errors.As(err, &stop) && stop.Code == page.PortalUnavailable &&
		!slices.Contains([]string{"gckey-sign-in", "mfa-code", "identity-validation"}, stop.Page)
}

// button is what the button of a deed says, for messages.
func (k *Desk) button(d Deed) string {
	if d == Deletion {
		return k.Driver.Says("delete-confirmation", "confirm-delete")
	}
	return k.Driver.Says("create-user", "create-account")
}

// unknown is the ending that says: pressed, and nobody knows.
func unknown(d doubt, why error) *page.Stop {
	hint := lang.Text("Do not create this user by hand. Run the same command again: it looks at the table first and never creates a second user.")
	if d.Deed == Deletion {
		hint = lang.Text("Run the same command again: it looks at the table first.")
	}
	return &page.Stop{
		Code: page.OutcomeUnknown, Err: errors.Join(d.cause, why), Hint: hint, RetryAfter: retryAfter(d.cause),
		Message: lang.Text("%q was pressed for %s, and what came of it could not be read: %v", d.button, describe(d.Person), why),
	}
}

// ErrNoEffect is in the chain of an error that says: a click was pressed, and
// the table shows no effect of it. The intent is closed.
var ErrNoEffect = lang.NewError("nothing came of the click")

func noEffect(d doubt, message string) *page.Stop {
	code := page.NotCreated
	if d.Deed == Deletion {
		code = page.PortalUnavailable
	}
	stop := &page.Stop{
		Code: code, Page: "home", Err: errors.Join(ErrNoEffect, d.cause), RetryAfter: retryAfter(d.cause),
		Message: message, Hint: lang.Text("Run the command again to try anew."),
	}
	// The portal's own no, which came before it could be sure.
	if d.no != nil {
		stop.Code, stop.Message, stop.Hint = d.no.Code, d.no.Message, d.no.Hint
		return stop
	}
	// Why the page after the click was not gone on from, where that is the reason.
	var lost *page.Stop
	if errors.As(d.cause, &lost) && d.box == "" && (lost.Code == page.PageUnknown || lost.Code == page.PageChanged) {
		stop.Message += lang.Text("; after the click %s", lost.Message)
	}
	if d.box != "" {
		stop.Message += lang.Text("; a box came up that was not answered: %q", d.box)
		stop.Hint = lang.Text("The page asks for more than this program knows. Create the user by hand, and run the command again to read the PIN.")
		if d.Deed == Deletion {
			stop.Hint = lang.Text("The page asks for more than this program knows. Delete the user by hand.")
		}
	}
	return stop
}

func retryAfter(cause error) time.Duration {
	var stop *page.Stop
	if errors.As(cause, &stop) {
		return stop.RetryAfter
	}
	return 0
}
