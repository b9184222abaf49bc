package automation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"irccpin/automation/ledger"
	"irccpin/automation/page"
	"irccpin/automation/portal"
)

// intents ties the protocol of creation to the ledger.
type intents struct{ p *Portal }

// Begin implements portal.Intents.
func (i intents) Begin(ctx context.Context, o portal.Order, attestation string, employer portal.Employer, before []portal.User) (string, error) {
	rows := make([]string, 0, len(before))
	for _, u := range before {
		rows = append(rows, i.Digest(u))
	}
	id, err := i.p.ledger.Begin(ctx, ledger.Intent{
		Realm: i.p.config.realm(), Account: i.p.custody.account, Action: ledger.Create,
		Person:       ledger.Person{GivenName: o.GivenName, FamilyName: o.FamilyName, Email: o.Email},
		AuthorizedBy: o.AuthorizedBy, Attestation: attestation,
		LegalName: employer.LegalName, BusinessNumber: employer.BusinessNumber,
		RunID: i.p.config.RunID, Before: rows,
	})
	var open *ledger.OpenIntentError
	if errors.As(err, &open) {
		return "", &Error{
			Code: page.OutcomeUnknown, Err: err, Message: "an earlier click on \"Create account\" for this person is not resolved: " + open.Error(),
			Hint: "Run the command again: it reads the table first.",
		}
	}
	return id, stateError(err)
}

// MayClick implements portal.Intents. The lease is confirmed first: a run that
// was thought dead and replaced must not click.
func (i intents) MayClick(ctx context.Context, id string) error {
	if err := i.p.lease.Confirm(ctx); err != nil {
		if errors.Is(err, ledger.ErrLeaseLost) {
			return &Error{Code: page.CredentialBusy, Err: err, Message: "this run lost its hold on the credential to another run, before anything was pressed", Hint: "Run the command again."}
		}
		return stateError(err)
	}
	return stateError(i.p.ledger.MarkClicked(ctx, id))
}

// Abandon implements portal.Intents.
func (i intents) Abandon(ctx context.Context, id, why string) error {
	err := i.p.ledger.Resolve(ctx, id, ledger.Outcome{Result: ledger.Abandoned, RunID: i.p.config.RunID, Detail: why})
	if errors.Is(err, ledger.ErrWrongState) {
		// The mark reached the disk all the same: the next session looks.
		return nil
	}
	return stateError(err)
}

var closings = map[string]ledger.Result{
	"created": ledger.Created, "reconciled": ledger.Reconciled, "duplicated": ledger.Duplicated,
	"not_created": ledger.NotCreated, "rejected": ledger.Rejected,
	// The guard in the page stopped the click: no post can have left.
	"not_pressed": ledger.Rejected,
}

// Close implements portal.Intents.
func (i intents) Close(ctx context.Context, id string, c portal.Closing) error {
	out := ledger.Outcome{
		Result: closings[c.Result], RunID: i.p.config.RunID, Detail: c.Detail, Settle: max(i.p.config.Settle, 0),
		AdministrativeStatus: c.User.AdministrativeStatus, UserType: c.User.UserType,
	}
	if c.User.PIN != "" {
		out.PINFingerprint = i.p.ledger.Fingerprint("pin", c.User.PIN)
	}
	return stateError(i.p.ledger.Resolve(ctx, id, out))
}

// Digest implements portal.Intents. The e-mail's case does not count, and the
// PIN and status, which change by themselves, are left out.
func (i intents) Digest(u portal.User) string {
	return i.p.ledger.Fingerprint("row", strings.Join([]string{u.GivenName, u.FamilyName, strings.ToLower(u.Email)}, "\x00"))
}

// Before implements portal.Intents.
func (i intents) Before(ctx context.Context, id string) ([]string, error) {
	r, err := i.p.ledger.Intent(ctx, id)
	return r.Before, stateError(err)
}

// Looked implements portal.Intents.
func (i intents) Looked(ctx context.Context, id string, at time.Time, rows, found int) error {
	return stateError(i.p.ledger.RecordLook(ctx, id, ledger.Look{At: at, Rows: rows, Found: found, Whole: true}))
}

// Absent implements portal.Intents.
func (i intents) Absent(ctx context.Context, id string) (bool, error) {
	absent, err := i.p.ledger.Settled(ctx, id, max(i.p.config.Settle, 0))
	return absent, stateError(err)
}

// reconcileOpen resolves what earlier sessions of this account left in doubt,
// before anything else is done. It returns the outcome for the same person as
// o, when there was one.
func (s *Session) reconcileOpen(ctx context.Context, o portal.Person) (found *portal.Outcome, err error) {
	open, err := s.portal.ledger.Unresolved(ctx, s.portal.config.realm(), s.portal.custody.account)
	if err != nil {
		return nil, stateError(err)
	}
	for _, r := range open {
		if r.Action != ledger.Create {
			continue
		}
		p := portal.Person{GivenName: r.Person.GivenName, FamilyName: r.Person.FamilyName, Email: r.Person.Email}
		cause := fmt.Errorf("run %s was ended before the outcome was known", r.RunID)
		out, err := s.desk.Reconcile(ctx, r.ID, p, cause)
		if samePerson(p, o) {
			if err != nil && page.CodeOf(err) != page.NotCreated {
				return nil, err
			}
			if err == nil {
				found = &out
			}
			continue
		}
		if err != nil && page.CodeOf(err) != page.NotCreated && page.CodeOf(err) != page.PINPending {
			return nil, err
		}
	}
	return found, nil
}

func samePerson(a, b portal.Person) bool {
	same, _ := portal.Find([]portal.User{{GivenName: a.GivenName, FamilyName: a.FamilyName, Email: a.Email}}, b)
	return len(same) == 1
}
