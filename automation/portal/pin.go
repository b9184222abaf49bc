package portal

import (
	"context"
	"errors"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// pinPauses are the waits between readings of a PIN that is not there yet.
var pinPauses = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second}

// AwaitPIN reads a user's PIN again until it is there. The home page is loaded
// anew for that, as F5 would, and only where that repeats no post. The user
// exists in any case: whatever keeps the PIN from being read is pin_pending,
// except for an interruption.
func (k *Desk) AwaitPIN(ctx context.Context, u User) (User, error) {
	waited := time.Duration(0)
	for _, pause := range pinPauses {
		if u.PIN != "" || waited+pause > k.PINPatience {
			break
		}
		err := sleep(ctx, pause)
		waited += pause
		var users []User
		if err == nil {
			users, err = k.reread(ctx)
		}
		if errors.Is(err, page.ErrPosted) {
			users, err = k.detour(ctx)
		}
		switch {
		case errors.Is(err, context.Canceled):
			return u, err
		case err != nil:
			return u, pinPending(u, err)
		}
		for _, now := range users {
			if now.GivenName == u.GivenName && now.FamilyName == u.FamilyName && now.Email == u.Email && now.PIN != "" {
				u = now
			}
		}
	}
	if u.PIN == "" {
		return u, pinPending(u, nil)
	}
	return u, nil
}

func pinPending(u User, cause error) *page.Stop {
	return &page.Stop{
		Code: page.PINPending, Page: "home", Err: cause,
		Message: lang.Text("%s is in the table, and the portal shows no PIN yet", describe(u.Person())),
		Hint:    lang.Text("Ask again later with: irccpin pin"),
	}
}

// reread loads the home page anew and reads its table; page.ErrPosted where
// that would repeat a post.
func (k *Desk) reread(ctx context.Context) ([]User, error) {
	if err := k.Driver.Again(ctx); err != nil {
		return nil, err
	}
	home, err := k.Driver.Next(ctx, lang.Text("the home page"))
	if err != nil {
		return nil, err
	}
	if home.Page() != "home" {
		return nil, k.unexpected(home, lang.Text("the home page"))
	}
	k.Home = home
	return Users(ctx, k.Driver, home)
}

// detour reads the table of a home page that must not be loaded again: the way
// through the form and back leads to a new one without sending anything. It is
// not taken while a click is in doubt: then nothing is pressed but the way home.
func (k *Desk) detour(ctx context.Context) ([]User, error) {
	if _, err := k.openForm(ctx); err != nil {
		return nil, err
	}
	if err := k.leaveForm(ctx); err != nil {
		return nil, err
	}
	return Users(ctx, k.Driver, k.Home)
}

// sleep waits between two readings of a table; it is never a wait for a page.
func sleep(ctx context.Context, d time.Duration) error {
	pause, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-pause.Done()
	return ctx.Err()
}
