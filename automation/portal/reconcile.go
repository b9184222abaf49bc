package portal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"irccpin/automation/page"
)

// Reconcile finds out what came of a click in doubt, by reading alone. It
// looks at the table, in this session or a new one, until the table has told:
// one row means created; none, in two whole readings far enough apart, means
// that the click made no user; a table that cannot be read leaves the intent
// open for the next session. cause is why there is a doubt.
func (k *Desk) Reconcile(ctx context.Context, id string, p Person, cause error) (Outcome, error) {
	before, err := k.Intents.Before(ctx, id)
	if err != nil {
		return Outcome{}, unknown(p, cause, err)
	}
	for {
		users, at, err := k.look(ctx)
		if err != nil {
			return Outcome{}, unknown(p, cause, err)
		}
		ours := made(k.newRows(before, users), p)
		if err := k.Intents.Looked(ctx, id, at, len(users), len(ours)); err != nil {
			return Outcome{}, unknown(p, cause, err)
		}
		switch {
		case len(ours) == 1:
			return k.created(ctx, id, Order{Person: p}, ours[0], true)
		case len(ours) > 1:
			return k.several(ctx, id, p, ours)
		}
		absent, err := k.Intents.Absent(ctx, id)
		if err != nil {
			return Outcome{}, unknown(p, cause, err)
		}
		if absent {
			stop := notCreated(p, cause)
			if err := k.Intents.Close(ctx, id, Closing{Result: "not_created", Detail: stop.Message}); err != nil {
				return Outcome{}, unknown(p, cause, err)
			}
			return Outcome{}, stop
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < k.Settle+lookTime {
			return Outcome{}, unknown(p, cause, fmt.Errorf("the user is not in the table, and there is no time left to look again after %s", k.Settle))
		}
		if err := sleep(ctx, k.Settle); err != nil {
			return Outcome{}, unknown(p, cause, err)
		}
	}
}

// lookTime is what a reading of the table takes at most, a new sign-in included.
const lookTime = 30 * time.Second

// look reads the whole table: on the home page where that can be loaded
// anew, else after a new sign-in.
func (k *Desk) look(ctx context.Context) ([]User, time.Time, error) {
	at, err := k.Clock(ctx)
	if err != nil {
		return nil, at, err
	}
	if k.Driver.Last() == "home" && k.Driver.Shot() != nil && k.Driver.Shot().Page() == "home" {
		if users, err := k.reread(ctx); err == nil {
			return users, at, nil
		}
	}
	if at, err = k.Clock(ctx); err != nil {
		return nil, at, err
	}
	d, home, err := k.Return(ctx)
	if err != nil {
		return nil, at, err
	}
	k.Driver, k.Home = d, home
	users, err := Users(ctx, d, home)
	return users, at, err
}

// unknown is the ending that says: pressed, and nobody knows.
func unknown(p Person, cause, why error) *page.Stop {
	return &page.Stop{
		Code: page.OutcomeUnknown, Page: "create-user", Err: errors.Join(cause, why),
		Message: fmt.Sprintf("\"Create account\" was pressed for %s, and what came of it could not be read: %v", describe(p), why),
		Hint:    "Do not create this user by hand. Run the same command again: it looks at the table first and never creates a second user.",
	}
}

func notCreated(p Person, cause error) *page.Stop {
	return &page.Stop{
		Code: page.NotCreated, Page: "home", Err: cause,
		Message: fmt.Sprintf("\"Create account\" was pressed for %s, and the table shows that no user was made", describe(p)),
		Hint:    "Run the command again to try anew.",
	}
}
