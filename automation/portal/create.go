package portal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

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

// Intents is what Create needs of the ledger. Each method returns only after
// its record is on disk.
type Intents interface {
	// Begin writes that a creation is about to be committed.
	Begin(ctx context.Context, o Order, attestation string, employer Employer, before []User) (id string, err error)
	// MayClick is the permission to click, asked for immediately before.
	MayClick(ctx context.Context, id string) error
	// Abandon closes an intent whose click certainly did not happen.
	Abandon(ctx context.Context, id, why string) error
	// Close writes what came of it.
	Close(ctx context.Context, id string, o Closing) error
	// Digest tells rows apart without holding what they say.
	Digest(u User) string
	// Before lists the digests of the table's rows as they were when the intent was begun.
	Before(ctx context.Context, id string) ([]string, error)
	// Looked records one whole reading of the table after a doubt.
	Looked(ctx context.Context, id string, at time.Time, rows, found int) error
	// Absent tells whether the person has been absent for long enough.
	Absent(ctx context.Context, id string) (bool, error)
}

// Closing is what came of an intent.
type Closing struct {
	// Result is created, reconciled, duplicated, not_created, rejected or
	// not_pressed.
	Result string
	User   User
	Detail string
}

// Desk is one signed-in session with what the protocol needs around it.
type Desk struct {
	Driver  *page.Driver
	Intents Intents
	// Home is the home page as it was last seen.
	Home *page.Snapshot
	// Return signs in again and returns the home page, for reading after a doubt.
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

// Create carries out an order, exactly once. The error is a *page.Stop or the
// context's; with page.OutcomeUnknown the intent stays open, and the next
// session reconciles it first.
func (k *Desk) Create(ctx context.Context, o Order) (Outcome, error) {
	if err := CheckEncodable(o.Person); err != nil {
		return Outcome{}, err
	}
	before, err := Users(ctx, k.Driver, k.Home)
	if err != nil {
		return Outcome{}, err
	}
	same, partial := Find(before, o.Person)
	switch {
	case len(same) > 1:
		return Outcome{}, ambiguous(o.Person, len(same))
	case len(same) == 1:
		user, err := k.awaitPIN(ctx, same[0])
		return Outcome{Result: AlreadyExists, User: user}, err
	case len(partial) > 0 && !o.AllowConflict:
		return Outcome{}, conflict(o.Person, partial[0])
	}
	employer := EmployerOf(k.Home)
	form, err := k.openForm(ctx)
	if err != nil {
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
		return Outcome{Result: DryRun, User: o.user()}, k.leaveForm(ctx)
	}
	return k.commit(ctx, o, items, attestation, employer, before)
}

func (o Order) items() []page.Item {
	return []page.Item{
		{Element: "given-names", Text: o.GivenName},
		{Element: "family-name", Text: o.FamilyName},
		{Element: "email", Text: o.Email},
		{Element: "attestation", Tick: true},
	}
}

func (o Order) user() User {
	return User{GivenName: o.GivenName, FamilyName: o.FamilyName, Email: o.Email}
}

func conflict(p Person, other User) *page.Stop {
	return &page.Stop{
		Code: page.ConflictingUser, Page: "home",
		Message: fmt.Sprintf("%s agrees only in part with the secondary user %s", describe(p), describe(Person{other.GivenName, other.FamilyName, other.Email})),
		Hint:    "If it is the same person, correct the data. If it is another one, say so with --allow-conflict.",
	}
}

func (k *Desk) openForm(ctx context.Context) (*page.Snapshot, error) {
	offered := func(s *page.Snapshot) bool { return s.Has("create-secondary-user") }
	if ok, err := k.Driver.Settles(ctx, offered); err != nil {
		return nil, err
	} else if !ok {
		return nil, &page.Stop{
			Code: page.NotPermitted, Page: "home", Element: "create-secondary-user",
			Message: "the home page does not offer \"Create a secondary user for this account\"",
			Hint:    "Only the primary user of an employer or branch can create users. Sign in with the primary user's GCKey.",
		}
	}
	if err := k.Driver.Press(ctx, "home", "create-secondary-user"); err != nil {
		return nil, err
	}
	form, err := k.Driver.Next(ctx, "the page \"Create User\"")
	if err != nil {
		return nil, err
	}
	if form.Page() != "create-user" {
		return nil, unexpected(form, "the page \"Create User\"")
	}
	return form, nil
}

// unexpected is the stop for a known page at the wrong time.
func unexpected(s *page.Snapshot, wanted string) *page.Stop {
	stop := &page.Stop{
		Code: page.PageChanged, Page: s.Page(),
		Message: fmt.Sprintf("%s was expected, and the page %q came", wanted, s.Page()),
		Hint:    "Run the command again. If it happens again, look at the portal by hand.",
	}
	if len(s.Messages) > 0 {
		stop.Message += fmt.Sprintf("; the portal says: %q", strings.Join(s.Messages, " / "))
	}
	switch s.Page() {
	case "session-expired", "signed-out", "page-error", "maintenance", "gckey-sign-in", "landing":
		stop.Code = page.PortalUnavailable
		stop.Hint = "Try again later."
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
	if employer.LegalName == "" || strings.Contains(fold(text), fold(employer.LegalName)) {
		return nil
	}
	return &page.Stop{
		Code: page.PageChanged, Page: "create-user", Element: "attestation",
		Message: fmt.Sprintf("the statement to be confirmed does not name %q, the business of this account", employer.LegalName),
		Hint:    "Nothing was sent. Look at the page by hand.",
	}
}

// leaveForm goes back to the home page by the form's own button.
func (k *Desk) leaveForm(ctx context.Context) error {
	if !k.Driver.Shot().Has("return") {
		return nil
	}
	if err := k.Driver.Press(ctx, "create-user", "return"); err != nil {
		return err
	}
	home, err := k.Driver.Next(ctx, "the home page")
	if err == nil && home.Page() == "home" {
		k.Home = home
	}
	return err
}

// pinPauses are the waits between readings of a PIN that is not there yet.
var pinPauses = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second}

// awaitPIN reads a user's PIN again until it is there. The home page is loaded
// anew for that, as F5 would, and only where that repeats no post.
func (k *Desk) awaitPIN(ctx context.Context, u User) (User, error) {
	waited := time.Duration(0)
	for _, pause := range pinPauses {
		if u.PIN != "" || waited+pause > k.PINPatience {
			break
		}
		if err := sleep(ctx, pause); err != nil {
			return u, err
		}
		waited += pause
		users, err := k.reread(ctx)
		if errors.Is(err, page.ErrPosted) {
			break
		}
		if err != nil {
			return u, pinPending(u, err)
		}
		same, _ := Find(users, Person{u.GivenName, u.FamilyName, u.Email})
		if len(same) == 1 {
			u = same[0]
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
		Message: fmt.Sprintf("%s is in the table, and the portal shows no PIN yet", describe(Person{u.GivenName, u.FamilyName, u.Email})),
		Hint:    "Ask again later with: irccpin pin",
	}
}

// Find reads the table for the one user that a person tells apart, and waits a
// while for a PIN that is not shown yet.
func (k *Desk) Find(ctx context.Context, p Person) (User, error) {
	users, err := Users(ctx, k.Driver, k.Home)
	if err != nil {
		return User{}, err
	}
	user, err := Lookup(users, p)
	if err != nil {
		return User{}, err
	}
	return k.awaitPIN(ctx, user)
}

// reread loads the home page anew and reads its table.
func (k *Desk) reread(ctx context.Context) ([]User, error) {
	if err := k.Driver.Again(ctx); err != nil {
		return nil, err
	}
	home, err := k.Driver.Next(ctx, "the home page")
	if err != nil {
		return nil, err
	}
	if home.Page() != "home" {
		return nil, unexpected(home, "the home page")
	}
	k.Home = home
	return Users(ctx, k.Driver, home)
}

// sleep waits between two readings of a table; it is never a wait for a page.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
