package portal

import (
	"context"

	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// Delete deletes the access of the one user that a person tells apart. A user
// who is not there is not_present, which is no error. The protocol is that of
// Create: whether "Delete Account" asks back is not known, so its click counts
// as committing, and after a doubt the table alone is read.
func (k *Desk) Delete(ctx context.Context, p Person) (Outcome, error) {
	before, user, place, err := k.row(ctx, p)
	if page.CodeOf(err) == page.PageChanged {
		// A script that cuts the table into pages can begin after it was read whole.
		before, user, place, err = k.row(ctx, p)
	}
	if page.CodeOf(err) == page.UserNotFound {
		return Outcome{Result: NotPresent, User: p.user()}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	in := Intent{Deed: Deletion, Person: user.Person(), Employer: EmployerOf(k.Home), Before: before}
	return k.press(ctx, in, steps{
		click:   func(ctx context.Context) (bool, error) { return k.pressDelete(ctx, place, user) },
		outcome: func(ctx context.Context, id string) (Outcome, error) { return k.gone(ctx, id, in) },
	})
}

// row reads the table and shows the row of the one user that a person tells apart.
func (k *Desk) row(ctx context.Context, p Person) (all []User, u User, place int, err error) {
	if all, err = Users(ctx, k.Driver, k.Home); err != nil {
		return nil, User{}, 0, err
	}
	if u, err = Lookup(all, p); err != nil {
		return all, User{}, 0, err
	}
	place, err = k.Driver.ShowRow(ctx, "home", "users", u.row)
	return all, u, place, err
}

// pressDelete presses "Delete Account" in a user's row, and the button of the
// page that asks back, if one comes. pressed tells whether anything may have been.
func (k *Desk) pressDelete(ctx context.Context, place int, u User) (pressed bool, err error) {
	if pressed, err := k.Driver.PressInRow(ctx, "home", "users", place, u.row); err != nil {
		return pressed, err
	}
	return true, k.confirmDelete(ctx)
}

// confirmDelete answers the page that asks back, if one comes, and waits for the home page.
func (k *Desk) confirmDelete(ctx context.Context) error {
	shown, err := k.answer(ctx, k.the("delete-confirmation"))
	if err != nil || shown.Page() == "home" {
		return err
	}
	if shown.Page() != "delete-confirmation" {
		return unexpected(shown, k.the("delete-confirmation"))
	}
	if _, err := k.Driver.Commit(ctx, "delete-confirmation", "confirm-delete"); err != nil {
		return err
	}
	shown, err = k.answer(ctx, lang.Text("the home page"))
	if err == nil && shown.Page() != "home" {
		err = unexpected(shown, lang.Text("the home page"))
	}
	return err
}

// gone reads what came of the click: a table without the row.
func (k *Desk) gone(ctx context.Context, id string, in Intent) (Outcome, error) {
	k.Home = k.Driver.Shot()
	users, err := Users(ctx, k.Driver, k.Home)
	if err == nil && k.rowsOf(in.Person, users) == 0 {
		return k.deleted(ctx, id, in.Person.user(), false), nil
	}
	if err == nil {
		err = lang.NewError("the user is still in the table")
	}
	return k.reconcile(ctx, k.doubt(id, in, err), true)
}

// deleted closes the intent for a user who is no longer in the table.
func (k *Desk) deleted(ctx context.Context, id string, u User, reconciled bool) Outcome {
	k.close(ctx, id, Closing{Ending: EndDeleted, User: u})
	return Outcome{Result: Deleted, User: u, Reconciled: reconciled}
}
