package portal

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// Order is one creation to be carried out.
type Order struct {
	Person
	// AuthorizedBy is the person on whose word the attestation is ticked.
	AuthorizedBy string
	// AllowConflict says that a partial match in the table is someone else.
	AllowConflict bool
	// DryRun fills the form and leaves it without pressing "Create account".
	DryRun bool
}

// Outcome is what came of an order.
type Outcome struct {
	Result Result
	User   User
	// Reconciled tells that an earlier doubtful click made this user.
	Reconciled bool
}

// Result is how an order ended when it ended well.
type Result string

// The good endings.
const (
	Created       Result = "created"
	AlreadyExists Result = "already_exists"
	DryRun        Result = "dry_run"
	Found         Result = "found"
	Deleted       Result = "deleted"
	NotPresent    Result = "not_present"
)

// Desk is one signed-in session with what the protocol needs around it.
type Desk struct {
	Driver  *page.Driver
	Intents Intents
	// Home is the home page as it was last seen.
	Home *page.Snapshot
	// Return signs in again and returns the home page, for reading after a
	// doubt. It may be called again after it failed.
	Return func(ctx context.Context) (*page.Driver, *page.Snapshot, error)
	// Settle is how long absence must last after a doubtful click.
	Settle time.Duration
	// PINPatience is how long to wait for a PIN that the portal does not show yet.
	PINPatience time.Duration
	// Reserve is the time that reading has at least after the committing click.
	Reserve time.Duration
	// Clock is the ledger's clock.
	Clock func(ctx context.Context) (time.Time, error)
}

// Create carries out an order, exactly once, and waits for the PIN. The error
// is a *page.Stop or the context's; with page.OutcomeUnknown the intent stays
// open, and the next session reconciles it first.
func (k *Desk) Create(ctx context.Context, o Order) (Outcome, error) {
	if err := CheckEncodable(o.Person, k.Home.Charset); err != nil {
		return Outcome{}, err
	}
	if strings.TrimSpace(o.AuthorizedBy) == "" && !o.DryRun {
		return Outcome{}, &page.Stop{
			Code: page.Unsafe, Message: lang.Text("nobody is named who authorises this user, and the portal's statement is ticked on a person's word only"),
			Hint: lang.Text("Name the primary user with --authorized-by. Nothing was pressed."),
		}
	}
	o.Person = composed(o.Person)
	before, err := Users(ctx, k.Driver, k.Home)
	if err != nil {
		return Outcome{}, err
	}
	same, partial := Find(before, o.Person)
	switch {
	case len(same) > 1:
		return Outcome{}, ambiguous(o.Person, len(same))
	case len(same) == 1:
		user, err := k.AwaitPIN(ctx, same[0])
		return Outcome{Result: AlreadyExists, User: user}, err
	case len(partial) > 0 && !o.AllowConflict:
		return Outcome{}, conflict(o.Person, partial[0])
	}
	employer := EmployerOf(k.Home)
	form, err := k.openForm(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if err := CheckEncodable(o.Person, form.Charset); err != nil {
		return Outcome{}, err
	}
	attestation := form.Elements["attestation"].Text
	if err := checkAttestation(attestation, employer); err != nil {
		return Outcome{}, err
	}
	items := o.items()
	if err := k.Driver.Fill(ctx, "create-user", items...); err != nil {
		return Outcome{}, err
	}
	if o.DryRun {
		return Outcome{Result: DryRun, User: o.Person.user()}, k.leaveForm(ctx)
	}
	return k.commit(ctx, o, form, items, before, employer)
}

func (o Order) items() []page.Item {
	return []page.Item{
		{Element: "given-names", Text: o.GivenName, Loose: true},
		{Element: "family-name", Text: o.FamilyName, Loose: true},
		{Element: "email", Text: o.Email},
		{Element: "attestation", Tick: true},
	}
}

func conflict(p Person, other User) *page.Stop {
	return &page.Stop{
		Code: page.ConflictingUser, Page: "home",
		Message: lang.Text("%s agrees only in part with the secondary user %s", describe(p), describe(other.Person())),
		Hint:    lang.Text("If it is the same person, correct the data. If it is another one, say so with --allow-conflict."),
	}
}

func (k *Desk) openForm(ctx context.Context) (*page.Snapshot, error) {
	offered := func(s *page.Snapshot) bool { return s.Has("create-secondary-user") }
	if ok, err := k.Driver.Settles(ctx, offered); err != nil {
		return nil, err
	} else if !ok {
		return nil, notOffered(k.Driver)
	}
	if err := k.Driver.Press(ctx, "home", "create-secondary-user"); err != nil {
		return nil, err
	}
	form, err := k.Driver.Next(ctx, k.the("create-user"))
	if err != nil {
		return nil, err
	}
	if form.Page() != "create-user" {
		return nil, k.unexpected(form, k.the("create-user"))
	}
	return form, nil
}

// the names a page in messages.
func (k *Desk) the(name string) string { return lang.Text("the page %q", k.Driver.Says(name, "")) }

// unexpected is the stop for a known page at the wrong time.
func (k *Desk) unexpected(s *page.Snapshot, wanted string) *page.Stop {
	stop := &page.Stop{
		Code: page.PageChanged, Page: s.Page(),
		Message: lang.Text("%s was expected, and the page %q came", wanted, k.Driver.Says(s.Page(), "")),
		Hint:    lang.Text("Run the command again. If it happens again, look at the portal by hand."),
	}
	if len(s.Messages) > 0 {
		stop.Message += lang.Text("; the portal says: %q", strings.Join(s.Messages, " / "))
	}
	switch s.Page() {
	case "session-expired", "signed-out", "page-error", "maintenance", "gckey-sign-in", "landing":
		stop.Code = page.PortalUnavailable
		stop.Hint = lang.Text("Try again later.")
	case "not-authorized":
		stop.Code = page.NotPermitted
	case "account-locked":
		stop.Code = page.AccountLocked
	}
	return stop
}

// checkAttestation compares the statement that is about to be ticked with the
// account: it must speak of the employer that the home page names. Its own
// wording was already checked by the catalog.
func checkAttestation(text string, employer Employer) error {
	if names(text, employer.LegalName) {
		return nil
	}
	return &page.Stop{
		Code: page.PageChanged, Page: "create-user", Element: "attestation",
		Message: lang.Text("the statement to be confirmed does not name %q, the business of this account", employer.LegalName),
		Hint:    lang.Text("Nothing was sent. Look at the page by hand."),
	}
}

// names tells whether a statement speaks of a business of that name, and nowhere
// of one whose name begins with it: "ABC" is not "ABC Holdings". An empty name,
// one that the home page does not tell, cannot be compared.
func names(text, name string) bool {
	wanted, words := wordsOf(name), wordsOf(text)
	shouted := !strings.ContainsFunc(text, unicode.IsLower)
	found := len(wanted) == 0
	same := func(got, want word) bool { return letters(got.text) == letters(want.text) }
	for i := 0; len(wanted) > 0 && i+len(wanted) <= len(words); i++ {
		if !slices.EqualFunc(words[i:i+len(wanted)], wanted, same) {
			continue
		}
		last, rest := words[i+len(wanted)-1], words[i+len(wanted):]
		if len(rest) > 0 && last.joins(rest[0], shouted) {
			return false
		}
		found = true
	}
	return found
}

// word is a word of a text, and what stands between it and the next one.
type word struct{ text, gap string }

func wordsOf(text string) (words []word) {
	inside := false
	for _, r := range norm.NFC.String(text) {
		if is := unicode.IsLetter(r) || unicode.IsDigit(r); is {
			if !inside {
				words = append(words, word{})
			}
			words[len(words)-1].text += string(r)
			inside = true
		} else {
			if len(words) > 0 {
				words[len(words)-1].gap += string(r)
			}
			inside = false
		}
	}
	return words
}

// joins tells whether the next word goes on with the name that ends with this one.
func (w word) joins(next word, shouted bool) bool {
	switch strings.TrimSpace(w.gap) {
	case "-", "‐", "‑", "&", "'", "’":
		return true
	case "":
		first, _ := utf8.DecodeRuneInString(next.text)
		return unicode.IsUpper(first) && !shouted && !slices.Contains([]string{"i", "j", "je"}, letters(next.text))
	}
	return false
}

// leaveForm goes back to the home page by the form's own button.
func (k *Desk) leaveForm(ctx context.Context) error {
	if !k.Driver.Shot().Has("return") {
		return nil
	}
	if err := k.Driver.Press(ctx, "create-user", "return"); err != nil {
		return err
	}
	home, err := k.Driver.Next(ctx, lang.Text("the home page"))
	if err == nil && home.Page() == "home" {
		k.Home = home
	}
	return err
}
