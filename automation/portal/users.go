package portal

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/unicode/norm"

	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// User is one row of the "Manage access" table.
type User struct {
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Email      string `json:"email"`
	// PIN is kept as shown, every character and its case; empty while the
	// portal shows none.
	PIN                  string `json:"pin"`
	AdministrativeStatus string `json:"administrative_status"`
	UserType             string `json:"user_type"`

	// row is the row as it was read, to find it again.
	row page.Row
}

// Person is who a command is about.
type Person struct {
	GivenName, FamilyName string
	// Email may be empty: unknown, or none.
	Email string
}

// Person is who the row is about.
func (u User) Person() Person { return Person{u.GivenName, u.FamilyName, u.Email} }

func (p Person) user() User {
	return User{GivenName: p.GivenName, FamilyName: p.FamilyName, Email: p.Email}
}

// Employer is what the home page says about the account's business.
type Employer struct {
	LegalName          string
	OperatingName      string
	BusinessNumber     string
	IRCCEmployerNumber string
}

// EmployerOf reads the business details of the home page.
func EmployerOf(s *page.Snapshot) Employer {
	return Employer{
		LegalName:          s.Details["legal-name"],
		OperatingName:      s.Details["operating-name"],
		BusinessNumber:     s.Details["business-number"],
		IRCCEmployerNumber: s.Details["employer-number"],
	}
}

// CheckEmployer compares the account's numbers with the expected ones, where
// given. Spaces and dashes do not count. A number that the page does not show
// is not a match: typing into the wrong employer's account cannot be undone.
func CheckEmployer(at Employer, businessNumber, employerNumber string) error {
	for _, n := range []struct{ what, want, have string }{
		{lang.Text("business number"), businessNumber, at.BusinessNumber},
		{lang.Text("IRCC employer number"), employerNumber, at.IRCCEmployerNumber},
	} {
		if n.want == "" || compact(n.have) != "" && compact(n.want) == compact(n.have) {
			continue
		}
		message := lang.Text("the account signed in to has the %s %q, and %q was expected", n.what, n.have, n.want)
		if n.have == "" {
			message = lang.Text("the home page does not show a %s, and %q was expected", n.what, n.want)
		}
		return &page.Stop{
			Code: page.WrongEmployer, Page: "home", Message: message,
			Hint: lang.Text("Nothing was done. Check that the settings file belongs to this employer."),
		}
	}
	return nil
}

func compact(s string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s))
}

// Users reads the whole table of the home page, across its pages.
func Users(ctx context.Context, d *page.Driver, home *page.Snapshot) ([]User, error) {
	if err := openTable(ctx, d, home); err != nil {
		return nil, err
	}
	table, err := d.ReadTable(ctx, "home", "users")
	if err != nil {
		return nil, withoutTable(d, err)
	}
	var users []User
	for _, row := range table.Rows {
		users = append(users, User{
			GivenName: row["given"], FamilyName: row["family"], Email: row["email"], PIN: row["pin"],
			AdministrativeStatus: row["status"], UserType: row["type"], row: row,
		})
		if pin := row["pin"]; strings.ContainsFunc(pin, unicode.IsSpace) {
			return nil, &page.Stop{
				Code: page.PageChanged, Page: "home", Element: "pin",
				Message: lang.Text("a PIN in the table has a space in it, so it was not read as a person would read it"),
				Hint:    lang.Text("The table's layout may have changed. Look at it by hand."),
			}
		}
	}
	return users, nil
}

// openTable opens the "Manage access" section if it is closed, and waits for
// its rows: an empty table says so, one that is still being filled does not.
func openTable(ctx context.Context, d *page.Driver, home *page.Snapshot) error {
	shown := func(s *page.Snapshot) bool {
		table := s.Tables["users"]
		return table.Count == 1 && table.Shown || table.None
	}
	if d.Shot() == nil || !shown(home) { // the page may be on its way to another
		if _, err := d.Settles(ctx, func(s *page.Snapshot) bool { return shown(s) || s.Has("view-manage-access") }); err != nil {
			return err
		}
	}
	// A second time, for a page whose script draws it anew after the first press.
	for range 2 {
		if now := d.Shot(); now == nil || shown(now) || !now.Has("view-manage-access") {
			break
		}
		if err := d.Press(ctx, "home", "view-manage-access"); err != nil {
			return err
		}
		if err := d.Stay(ctx); err != nil {
			return err
		}
		if _, err := d.Settles(ctx, shown); err != nil {
			return err
		}
	}
	filled := func(s *page.Snapshot) bool {
		table := s.Tables["users"]
		return table.Rows > 0 && !table.Filling || table.None
	}
	if ok, err := d.Settles(ctx, filled); err != nil {
		return err
	} else if now := d.Shot(); !ok && d.Restless() && now != nil && now.Tables["users"].Count == 1 {
		return &page.Stop{
			Code: page.PageChanged, Page: "home", Element: "users",
			Message: lang.Text("the table of users is empty on a page that never keeps still, so nobody can tell whether it is complete"),
			Hint:    lang.Text("Run the command again. If it happens again, look at the portal by hand."),
		}
	}
	// A table that says "Loading…" and nothing else is not empty yet.
	if now := d.Shot(); now != nil && now.Tables["users"].Loading {
		loaded := func(s *page.Snapshot) bool { return !s.Tables["users"].Loading }
		if err := d.Follow(ctx, lang.Text("the rows of the table of users"), rowsWait, loaded); err != nil {
			return err
		}
	}
	return d.Quiet(ctx, "users")
}

// rowsWait is how long a table may say that its rows are being loaded.
const rowsWait = time.Minute

// Find returns the users who are, or may be, a person.
//
// Same holds those whose names are equal after normalising space and case and
// whose e-mail is equal, absent on one side, or visibly cut or covered and
// otherwise equal. Partial holds those who agree
// in part: same names with another e-mail, or the same e-mail with other names.
func Find(users []User, p Person) (same, partial []User) {
	for _, u := range users {
		names := fold(u.GivenName) == fold(p.GivenName) && fold(u.FamilyName) == fold(p.FamilyName)
		mail := fold(u.Email) == fold(p.Email) || p.Email != "" && covered(u.Email) && sameMail(u.Email, p.Email)
		switch {
		case names && (mail || u.Email == "" || p.Email == ""):
			same = append(same, u)
		case names, mail && p.Email != "":
			partial = append(partial, u)
		}
	}
	return same, partial
}

// MayBe tells whether a row of the table could be taken for either of two
// persons: their names can be one name as the portal keeps it.
func MayBe(a, b Person) bool {
	return alike(a.GivenName, b.GivenName) && alike(a.FamilyName, b.FamilyName)
}

// Near tells whether a doubt about one person must be resolved before anything
// is done about the other: they may be one, or share an e-mail address.
func Near(a, b Person) bool {
	return MayBe(a, b) || a.Email != "" && fold(a.Email) == fold(b.Email)
}

// Is tells whether a person is told apart as p, by e-mail, by names, or both.
func (p Person) Is(other Person) bool {
	if p.Email != "" && fold(other.Email) != fold(p.Email) {
		return false
	}
	return p.GivenName+p.FamilyName == "" || fold(other.GivenName) == fold(p.GivenName) && fold(other.FamilyName) == fold(p.FamilyName)
}

// Lookup returns the one user who is a person: by the rule of [Find] where names
// are given, else by the e-mail address. A row that agrees in part is
// conflicting_user, never taken for the person and never for nobody.
func Lookup(users []User, p Person) (User, error) {
	same, partial := Find(users, p)
	if p.GivenName+p.FamilyName == "" {
		same, partial = withMail(users, p.Email)
	}
	switch {
	case len(same) == 1:
		return same[0], nil
	case len(same) > 1:
		return User{}, ambiguous(p, len(same))
	case len(partial) > 0:
		stop := conflict(p, partial[0])
		stop.Hint = lang.Text("Name the user as the table does: irccpin list shows how.")
		return User{}, stop
	}
	return User{}, &page.Stop{
		Code: page.UserNotFound, Page: "home", Message: lang.Text("no secondary user %s is among the %d of this account", describe(p), len(users)),
		Hint: lang.Text("irccpin list shows who is."),
	}
}

// withMail returns the users with an e-mail address, and those whose address is
// covered or cut in the table and may be that one.
func withMail(users []User, mail string) (same, partial []User) {
	for _, u := range users {
		switch {
		case fold(u.Email) == fold(mail):
			same = append(same, u)
		case covered(u.Email) && sameMail(u.Email, mail):
			partial = append(partial, u)
		}
	}
	return same, partial
}

func ambiguous(p Person, n int) *page.Stop {
	return &page.Stop{
		Code: page.AmbiguousUser, Page: "home", Message: lang.Text("%d secondary users in the table are %s", n, describe(p)),
		Hint: lang.Text("Tell them apart by e-mail address, or look at the table by hand."),
	}
}

func describe(p Person) string {
	name := strings.TrimSpace(p.GivenName + " " + p.FamilyName)
	switch {
	case p.Email == "":
		return fmt.Sprintf("%q", name)
	case name == "":
		return "<" + p.Email + ">"
	}
	return fmt.Sprintf("%q <%s>", name, p.Email)
}

// fold normalises what does not tell two people apart: space and case. Accents
// do tell them apart.
func fold(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFC.String(s)), " "))
}

// composed has one character for each that can be written as a letter and its
// accent: files and clipboards of some systems hold them apart, and the portal's
// charset has whole ones only.
func composed(p Person) Person {
	return Person{norm.NFC.String(p.GivenName), norm.NFC.String(p.FamilyName), norm.NFC.String(p.Email)}
}

// usualCharset is mycic's (M): forms are sent in the charset of their page.
const usualCharset = "windows-1252"

// CheckEncodable refuses a value with a character that the charset of a page
// cannot hold: the browser would send "&#7877;" in its place, and the portal would
// keep that for good. charset is its name in the Encoding Standard; one that is
// not known counts as mycic's.
func CheckEncodable(p Person, charset string) error {
	p = composed(p)
	table, err := htmlindex.Get(cmp.Or(charset, usualCharset))
	if err != nil {
		table = charmap.Windows1252
	}
	holds := func(r rune) bool {
		_, err := table.NewEncoder().String(string(r))
		return err == nil
	}
	for _, v := range []struct{ what, value string }{{lang.Text("given name"), p.GivenName}, {lang.Text("family name"), p.FamilyName}, {lang.Text("e-mail address"), p.Email}} {
		for _, r := range v.value {
			if !holds(r) || unicode.IsControl(r) {
				return &page.Stop{
					Code:    page.Unencodable,
					Message: lang.Text("the %s has the character %q (%U), which the portal cannot store", v.what, r, r),
					Hint:    lang.Text("Write the name as it stands in the person's travel document's machine-readable part, or with plain letters."),
				}
			}
		}
	}
	return nil
}
