package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Action is what a click would do that cannot be taken back.
type Action string

// The two committing clicks of the portal.
const (
	Create Action = "create" // "Create account"
	Delete Action = "delete" // "Delete Account"
)

// State of an intent: begun → clicked → closed, or begun → closed.
type State string

// The states. Begun means that the click was never permitted; clicked that it may have happened.
const (
	Begun   State = "begun"
	Clicked State = "clicked"
	Closed  State = "closed"
)

// Person is whom an intent concerns.
type Person struct {
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Email      string `json:"email"`
}

// String names the person for messages.
func (p Person) String() string {
	s := strings.TrimSpace(p.GivenName + " " + p.FamilyName)
	if p.Email != "" {
		s += " <" + p.Email + ">"
	}
	return s
}

// normal is a text as it is compared: one form per character, one case, single spaces. It is coarser than the portal's
// rules on purpose: two intents that might concern one person must meet.
func normal(s string) string {
	return strings.Join(strings.Fields(cases.Fold().String(norm.NFKC.String(s))), " ")
}

// names is the digest by which unresolved intents exclude each other. The e-mail is not in it, since it may be absent for
// the same person.
func (l *Ledger) names(p Person) string {
	return fingerprint(l.key, "names", normal(p.GivenName), normal(p.FamilyName))
}

// whole is the digest of a person as a row of the table tells them.
func (l *Ledger) whole(p Person) string {
	return fingerprint(l.key, "person", normal(p.GivenName), normal(p.FamilyName), normal(p.Email))
}

// Intent is what somebody is about to commit, and on whose authority.
type Intent struct {
	Realm   Realm
	Account string // fingerprint of the credential
	Action  Action
	Person  Person

	// AuthorizedBy names who authorises the creation; required for Create. Attestation is the wording beside the box that
	// is ticked in their name, as the page showed it.
	AuthorizedBy string
	Attestation  string

	LegalName      string // the employer's, as the portal's home page shows it
	BusinessNumber string
	RunID          string
	Before         []string // keyed digests of the table's rows as they were read before
}

// Record is an intent and what became of it.
type Record struct {
	Intent
	ID        string
	State     State
	BegunAt   time.Time
	ClickedAt time.Time // zero unless clicked
	ClosedAt  time.Time // zero unless closed
	ClosedBy  string    // the run that resolved it
	Outcome   Outcome   // zero unless closed
}

// Begin writes an intent; when it returns, the intent is on disk. It refuses with an [*OpenIntentError] while an
// unresolved intent of the same realm, account, action and names exists, whoever began it. [ErrInvalid] when the
// account, the run, the person's names or the authority is missing.
func (l *Ledger) Begin(ctx context.Context, in Intent) (id string, err error) {
	if err := in.check(); err != nil {
		return "", err
	}
	before, err := json.Marshal(append([]string{}, in.Before...))
	if err != nil {
		return "", err
	}
	person := l.names(in.Person)
	id = newID("intent")
	err = l.write(ctx, "beginning the intent", func(t *tx) error {
		args := append(cleaned(id, string(in.Realm), in.Account, string(in.Action), person, in.Person.GivenName,
			in.Person.FamilyName, in.Person.Email, in.AuthorizedBy, in.Attestation, in.LegalName, in.BusinessNumber,
			in.RunID, string(before)), micros(t.now))
		n, err := t.exec(ctx, `INSERT INTO irccpin_intents (id, realm, account, action, person, given_name, family_name,
			email, authorized_by, attestation, legal_name, business_number, run_id, before_rows, begun_at, state, revision)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'begun', 0) ON CONFLICT DO NOTHING`, args...)
		if err != nil || n == 1 {
			return err
		}
		open, err := t.records(ctx, `WHERE realm = ? AND account = ? AND action = ? AND person = ? AND state <> 'closed'`,
			string(in.Realm), in.Account, string(in.Action), person)
		if err != nil {
			return err
		}
		if len(open) == 0 {
			// It was resolved between the two statements, which is news to a caller who has read the table before.
			return fmt.Errorf("%w, or was not a moment ago: read the table again", ErrOpenIntent)
		}
		return &OpenIntentError{Open: open[0]}
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

func (in Intent) check() error {
	if err := in.Realm.check(); err != nil {
		return err
	}
	switch in.Action {
	case Create:
		if err := need("who authorises it", in.AuthorizedBy); err != nil {
			return err
		}
	case Delete:
	default:
		return fmt.Errorf("%w: action %q", ErrInvalid, in.Action)
	}
	return need("the account", in.Account, "the run", in.RunID, "the person's name", in.Person.GivenName+in.Person.FamilyName)
}

// MarkClicked is the permission to click, asked for immediately before: it moves the intent from begun to clicked, on
// disk, and fails with a [*StateError] when the intent was resolved meanwhile, by a run that found this one's lease
// expired. Never click without it: an intent that was begun and not clicked certainly had no effect.
func (l *Ledger) MarkClicked(ctx context.Context, id string) error {
	return l.write(ctx, "permitting the click", func(t *tx) error {
		n, err := t.exec(ctx, `UPDATE irccpin_intents SET state = 'clicked', clicked_at = ?, revision = revision + 1
			WHERE id = ? AND state = 'begun'`, micros(t.now), id)
		if err != nil || n == 1 {
			return err
		}
		return t.stateError(ctx, id, "clicked")
	})
}

// Unresolved returns the intents of an account of which nobody knows yet what came of them, oldest first. A session reads
// the table and resolves them before it begins another.
func (l *Ledger) Unresolved(ctx context.Context, realm Realm, account string) (list []Record, err error) {
	err = l.read(ctx, "listing the unresolved intents", func(t *tx) error {
		list, err = t.records(ctx, `WHERE realm = ? AND account = ? AND state <> 'closed' ORDER BY begun_at, id`, string(realm), account)
		return err
	})
	return list, err
}

// Intent returns one intent. [ErrNotFound] when there is none of this id.
func (l *Ledger) Intent(ctx context.Context, id string) (r Record, err error) {
	err = l.read(ctx, "reading the intent", func(t *tx) error {
		r, _, err = t.record(ctx, id)
		return err
	})
	return r, err
}

// record returns one intent and its revision, which every change of it or of its looks raises. Both come from one
// statement: on PostgreSQL another process's change may become visible between two.
func (t *tx) record(ctx context.Context, id string) (r Record, revision int64, err error) {
	found := false
	err = t.eachRecord(ctx, func(one Record, rev int64) { r, revision, found = one, rev, true }, `WHERE id = ?`, id)
	if err == nil && !found {
		err = fmt.Errorf("%w: intent %s", ErrNotFound, id)
	}
	return r, revision, err
}

func (t *tx) records(ctx context.Context, where string, args ...any) (list []Record, err error) {
	err = t.eachRecord(ctx, func(r Record, _ int64) { list = append(list, r) }, where, args...)
	return list, err
}

func (t *tx) eachRecord(ctx context.Context, f func(r Record, revision int64), where string, args ...any) error {
	return t.each(ctx, func(scan func(...any) error) error {
		var r Record
		var before string
		var begun, clicked, closed, revision int64
		o := &r.Outcome
		err := scan(&r.ID, &r.Realm, &r.Account, &r.Action, &r.Person.GivenName, &r.Person.FamilyName, &r.Person.Email,
			&r.AuthorizedBy, &r.Attestation, &r.LegalName, &r.BusinessNumber, &r.RunID, &before, &r.State, &begun, &clicked,
			&closed, &r.ClosedBy, &o.Result, &o.Detail, &o.AdministrativeStatus, &o.UserType, &o.PINFingerprint, &revision)
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(before), &r.Before); err != nil {
			return fmt.Errorf("intent %s: rows before: %w", r.ID, err)
		}
		r.BegunAt, r.ClickedAt, r.ClosedAt = fromMicros(begun), fromMicros(clicked), fromMicros(closed)
		o.RunID = r.ClosedBy
		f(r, revision)
		return nil
	}, `SELECT id, realm, account, action, given_name, family_name, email, authorized_by, attestation, legal_name,
		business_number, run_id, before_rows, state, begun_at, clicked_at, closed_at, closed_by, result, detail,
		administrative_status, user_type, pin_fingerprint, revision FROM irccpin_intents `+where, args...)
}

func (t *tx) stateError(ctx context.Context, id, wanted string) error {
	r, _, err := t.record(ctx, id)
	if err != nil {
		return err
	}
	return &StateError{ID: id, State: r.State, Result: r.Outcome.Result, Wanted: wanted}
}
