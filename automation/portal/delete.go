package portal

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// Delete deletes the access of the one user who is a person, as [Lookup] tells. A
// user who is not there is not_present, which is no error; one who agrees only in
// part is. The protocol is that of
// Create: whether "Delete Account" asks back is not known, so its click counts
// as committing, and after a doubt the table alone is read.
func (k *Desk) Delete(ctx context.Context, p Person) (Outcome, error) {
	all, user, place, err := k.row(ctx, p)
	if page.CodeOf(err) == page.PageChanged {
		// A script that cuts the table into pages can begin after it was read whole.
		all, user, place, err = k.row(ctx, p)
	}
	if page.CodeOf(err) == page.UserNotFound {
		return Outcome{Result: NotPresent, User: p.user()}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	in := Intent{Deed: Deletion, Person: user.Person(), Employer: EmployerOf(k.Home), Before: all}
	return k.press(ctx, in, steps{
		click:   func(ctx context.Context) (bool, error) { return k.pressDelete(ctx, place, user, all) },
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

// pressDelete presses "Delete Account" in a user's row, and answers what asks
// back, if anything does. pressed tells whether anything may have been deleted.
func (k *Desk) pressDelete(ctx context.Context, place int, u User, all []User) (pressed bool, err error) {
	// The browser's own box may ask back as well.
	k.Driver.Expect(func(text string) bool { return !namesAnother(text, u, all) })
	defer k.Driver.Expect(nil)
	if pressed, err := k.Driver.PressInRow(ctx, "home", "users", place, u.row); err != nil {
		return pressed, err
	}
	return k.confirmDelete(ctx, u, all)
}

// deleteDialog is the page's own dialog that asks back, by its name in the catalog.
const deleteDialog = "delete-dialog"

// confirmDelete answers the page and the dialog that ask back, as far as they come,
// each once, and waits for the home page.
func (k *Desk) confirmDelete(ctx context.Context, u User, all []User) (pressed bool, err error) {
	shown, err := k.answerOr(ctx, k.the("delete-confirmation"), deleteDialog)
	if err != nil {
		return true, err
	}
	var answered []string
	for asks := asksBack(shown); asks != "" && !slices.Contains(answered, asks); asks = asksBack(shown) {
		if err := k.rightPerson(ctx, asks, shown, u, all); err != nil {
			// Where the first question is about somebody else, nothing was done yet.
			return len(answered) > 0 || page.CodeOf(err) != page.Unsafe, err
		}
		if _, err := k.Driver.Commit(ctx, asks, "confirm-delete"); err != nil {
			return true, err
		}
		answered = append(answered, asks)
		if shown, err = k.confirmed(ctx, answered); err != nil {
			return true, err
		}
	}
	if shown.Page() == "deleted" {
		if err := k.Driver.Press(ctx, "deleted", "continue"); err != nil {
			return true, err
		}
		if shown, err = k.answer(ctx, lang.Text("the home page")); err != nil {
			return true, err
		}
	}
	if shown.Page() != "home" {
		return true, k.unexpected(shown, lang.Text("the home page"))
	}
	return true, nil
}

// asksBack names what asks back before a deletion; empty when nothing does.
func asksBack(shown *page.Snapshot) string {
	switch {
	case slices.Contains(shown.Overlays, deleteDialog):
		return deleteDialog
	case shown.Page() == "delete-confirmation":
		return shown.Page()
	}
	return ""
}

// confirmed waits for what follows an answer. A dialog may close over the same
// page, whose table is then read as it is.
func (k *Desk) confirmed(ctx context.Context, answered []string) (*page.Snapshot, error) {
	if !slices.Contains(answered, deleteDialog) {
		return k.answerOr(ctx, lang.Text("the home page"), deleteDialog)
	}
	gone := func(s *page.Snapshot) bool {
		return s.Page() != "" && s.Loaded == "complete" && !slices.Contains(answered, asksBack(s)) && !k.Driver.InFlight()
	}
	if err := k.Driver.Follow(ctx, lang.Text("the home page"), lookTime, gone); err != nil {
		return nil, err
	}
	if err := k.Driver.Quiet(ctx, "users"); err != nil {
		return nil, err
	}
	if now := k.Driver.Shot(); now != nil && gone(now) {
		return now, nil
	}
	// The dialog closed first, and the page went on all the same.
	return k.answerOr(ctx, lang.Text("the home page"), deleteDialog)
}

// rightPerson checks whom a question is about, where it says so: nobody is deleted
// in the place of somebody else.
func (k *Desk) rightPerson(ctx context.Context, asks string, shown *page.Snapshot, u User, all []User) error {
	text, err := k.Driver.About(ctx, asks, "confirm-delete")
	if err != nil {
		return err
	}
	if k.Driver.AsksMore(asks, "confirm-delete", text) {
		return &page.Stop{
			Code: page.Unsafe, Page: asks, Element: "confirm-delete",
			Message: lang.Text("the portal asks whether to delete more than %s, whose row was pressed", describe(u.Person())),
			Hint:    lang.Text("Nobody was deleted. Look at the table by hand."),
		}
	}
	d := shown.Details
	other := asks != deleteDialog && (d["given"] != "" && !alike(d["given"], u.GivenName) || d["family"] != "" && !alike(d["family"], u.FamilyName) ||
		strings.Contains(d["email"], "@") && u.Email != "" && fold(d["email"]) != fold(u.Email))
	if !other && !namesAnother(text, u, all) {
		return nil
	}
	return &page.Stop{
		Code: page.Unsafe, Page: asks, Element: "confirm-delete",
		Message: lang.Text("the portal asks whether to delete somebody else than %s, whose row was pressed", describe(u.Person())),
		Hint:    lang.Text("Nobody was deleted. Look at the table by hand."),
	}
}

// namesAnother tells whether a text speaks of another user of the table than u.
func namesAnother(text string, u User, all []User) bool {
	text = fold(text)
	ours := phrases(u)
	for _, other := range all {
		if fold(other.GivenName) == fold(u.GivenName) && fold(other.FamilyName) == fold(u.FamilyName) && fold(other.Email) == fold(u.Email) {
			continue
		}
		for _, phrase := range phrases(other) {
			if slices.Contains(ours, phrase) {
				continue // a namesake
			}
			rest := text
			for _, own := range ours {
				if mentions(own, phrase) {
					rest = strings.ReplaceAll(rest, own, " ") // "Ann Lee" stands in "Mary Ann Lee"
				}
			}
			if mentions(rest, phrase) {
				return true
			}
		}
	}
	return false
}

// phrases are what a text may call a user.
func phrases(u User) []string {
	var out []string
	if u.GivenName != "" && u.FamilyName != "" {
		given, family := fold(u.GivenName), fold(u.FamilyName)
		out = append(out, given+" "+family, family+" "+given, family+", "+given)
	}
	if u.Email != "" {
		out = append(out, fold(u.Email))
	}
	return out
}

// mentions tells whether a phrase stands in a text, as whole words.
func mentions(text, phrase string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], phrase)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(phrase)
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if (start == 0 || !inWord(before)) && (end == len(text) || !inWord(after)) {
			return true
		}
		from = start + 1
	}
}

// inWord tells what a word is made of.
func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' }

// gone reads what came of the click: a table without the row.
func (k *Desk) gone(ctx context.Context, id string, in Intent) (Outcome, error) {
	if now := k.Driver.Shot(); now != nil {
		k.Home = now
	}
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
