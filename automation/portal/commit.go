package portal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"irccpin/automation/page"
)

// commit is the part of the protocol that cannot be taken back: intent, click,
// outcome.
func (k *Desk) commit(ctx context.Context, o Order, items []page.Item, attestation string, employer Employer, before []User) (Outcome, error) {
	id, err := k.Intents.Begin(ctx, o, attestation, employer, before)
	if err != nil {
		return Outcome{}, err
	}
	if err := k.Intents.MayClick(ctx, id); err != nil {
		// Nothing was pressed, and this run knows it.
		return Outcome{}, errors.Join(err, k.Intents.Abandon(context.WithoutCancel(ctx), id, "the click was not permitted"))
	}
	// From here on an interruption is heeded only once the outcome is read, and
	// there is always time left to read it.
	after := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		if least := time.Now().Add(k.Reserve); deadline.Before(least) {
			deadline = least
		}
		var cancel context.CancelFunc
		after, cancel = context.WithDeadline(after, deadline)
		defer cancel()
	}

	pressed, err := k.Driver.Commit(after, "create-user", "create-account", items...) // the one committing click

	if !pressed {
		if closeErr := k.Intents.Close(after, id, Closing{Result: "not_pressed", Detail: err.Error()}); closeErr != nil {
			return Outcome{}, errors.Join(err, closeErr)
		}
		return Outcome{}, err
	}
	if err != nil {
		return k.Reconcile(after, id, o.Person, err)
	}
	return k.outcome(after, id, o, before)
}

// outcome reads what came of the click: the confirmation page, then the table.
func (k *Desk) outcome(ctx context.Context, id string, o Order, before []User) (Outcome, error) {
	shown, err := k.Driver.Next(ctx, "the page \"Confirm Create user\"")
	if form := k.Driver.Shot(); page.CodeOf(err) == page.PageChanged && form != nil && form.Page() == "create-user" && len(form.Messages) > 0 {
		// The form is back with messages that changed its labels: it will not be
		// filled again, so that does not matter.
		shown, err = form, nil
	}
	if err != nil {
		return k.Reconcile(ctx, id, o.Person, err)
	}
	switch shown.Page() {
	case "create-user":
		return k.rejected(ctx, id, o, shown, before)
	case "confirm-create-user":
		if err := k.Driver.Press(ctx, "confirm-create-user", "continue"); err != nil {
			return k.Reconcile(ctx, id, o.Person, err)
		}
		if shown, err = k.Driver.Next(ctx, "the home page"); err != nil {
			return k.Reconcile(ctx, id, o.Person, err)
		}
	}
	if shown.Page() != "home" {
		return k.Reconcile(ctx, id, o.Person, unexpected(shown, "the home page"))
	}
	k.Home = shown
	users, err := Users(ctx, k.Driver, shown)
	if err != nil {
		return k.Reconcile(ctx, id, o.Person, err)
	}
	ours := made(k.newRows(k.digests(before), users), o.Person)
	switch {
	case len(ours) == 1:
		return k.created(ctx, id, o, ours[0], false)
	case len(ours) > 1:
		return k.several(ctx, id, o.Person, ours)
	}
	return k.Reconcile(ctx, id, o.Person, errors.New("the new user is not in the table"))
}

// newRows are the rows of the table that were not there before, by digest: two
// identical rows count as two.
func (k *Desk) newRows(before []string, now []User) []User {
	count := map[string]int{}
	for _, digest := range before {
		count[digest]++
	}
	var fresh []User
	for _, u := range now {
		if digest := k.Intents.Digest(u); count[digest] > 0 {
			count[digest]--
			continue
		}
		fresh = append(fresh, u)
	}
	return fresh
}

// made keeps of the new rows those that the order can have made. The portal
// may have changed the names (case, accents, length); a row of somebody else,
// made by a person at the same time, is none of ours.
func made(fresh []User, p Person) []User {
	var ours []User
	for _, u := range fresh {
		if alike(u.GivenName, p.GivenName) && alike(u.FamilyName, p.FamilyName) && (u.Email == "" || p.Email == "" || fold(u.Email) == fold(p.Email)) {
			ours = append(ours, u)
		}
	}
	return ours
}

// alike tells whether one name can be what the portal made of the other:
// equal without case, accents and punctuation, or cut short.
func alike(a, b string) bool {
	a, b = letters(a), letters(b)
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKD.String(s))
}

func (k *Desk) digests(users []User) []string {
	var out []string
	for _, u := range users {
		out = append(out, k.Intents.Digest(u))
	}
	return out
}

// created closes the intent for a user that is in the table, compares what
// the portal made of the values with what was sent, and waits for the PIN.
func (k *Desk) created(ctx context.Context, id string, o Order, u User, reconciled bool) (Outcome, error) {
	for _, v := range []struct{ what, sent, kept string }{
		{"given name", o.GivenName, u.GivenName}, {"family name", o.FamilyName, u.FamilyName}, {"e-mail address", o.Email, u.Email},
	} {
		if v.sent != v.kept {
			k.Driver.Warn(page.Warning{
				Code: "name_changed", Page: "home", Element: v.what,
				Detail: fmt.Sprintf("the portal keeps the %s as %q; %q was sent", v.what, v.kept, v.sent),
			})
		}
	}
	out := Outcome{Result: Created, User: u, Reconciled: reconciled}
	closing := Closing{Result: "created", User: u}
	if reconciled {
		closing.Result = "reconciled"
	}
	if err := k.Intents.Close(ctx, id, closing); err != nil {
		// The user is there and is reported; the open intent is found and
		// reconciled by the next session.
		k.Driver.Warn(page.Warning{Code: "ledger", Detail: "the outcome could not be written: " + err.Error()})
	}
	var err error
	out.User, err = k.awaitPIN(ctx, u)
	return out, err
}

// several reports more than one new row for one click. It is never called created.
func (k *Desk) several(ctx context.Context, id string, p Person, rows []User) (Outcome, error) {
	stop := ambiguous(p, len(rows))
	var seen []string
	for _, u := range rows {
		seen = append(seen, describe(Person{u.GivenName, u.FamilyName, u.Email}))
	}
	stop.Message = fmt.Sprintf("after one click on \"Create account\" %d new users stand in the table: %s", len(rows), strings.Join(seen, ", "))
	stop.Hint = "One of them should be deleted by hand. Nothing more was pressed."
	if err := k.Intents.Close(ctx, id, Closing{Result: "duplicated", User: rows[0], Detail: stop.Message}); err != nil {
		stop.Err = err
	}
	return Outcome{}, stop
}

// rejected reads the portal's validation message, and the table to be sure:
// a form that came back is a no only if the table agrees.
func (k *Desk) rejected(ctx context.Context, id string, o Order, form *page.Snapshot, before []User) (Outcome, error) {
	stop := &page.Stop{
		Code: page.RejectedByPortal, Page: form.Page(),
		Message: "the portal did not create the user and showed the form again",
		Hint:    "Correct the data and run the command again.",
	}
	if len(form.Messages) > 0 {
		stop.Message = fmt.Sprintf("the portal did not create the user; it says: %q", strings.Join(form.Messages, " / "))
	}
	if err := k.leaveForm(ctx); err != nil || k.Driver.Last() != "home" {
		return k.Reconcile(ctx, id, o.Person, stop)
	}
	users, err := Users(ctx, k.Driver, k.Home)
	if err != nil {
		return k.Reconcile(ctx, id, o.Person, stop)
	}
	if ours := made(k.newRows(k.digests(before), users), o.Person); len(ours) == 1 {
		return k.created(ctx, id, o, ours[0], false)
	} else if len(ours) > 1 {
		return k.several(ctx, id, o.Person, ours)
	}
	if len(form.Messages) == 0 {
		// No word of why: that is a doubt, not an answer.
		return k.Reconcile(ctx, id, o.Person, stop)
	}
	if err := k.Intents.Close(ctx, id, Closing{Result: "rejected", User: o.user(), Detail: stop.Message}); err != nil {
		stop.Err = err
	}
	return Outcome{}, stop
}
