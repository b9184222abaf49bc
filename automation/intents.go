package automation

import (
	"context"
	"errors"
	"strings"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/ledger"
	"irccpin/automation/page"
	"irccpin/automation/portal"
)

// intents ties the protocol of the committing clicks to the ledger.
type intents struct{ p *Portal }

// Begin implements portal.Intents.
func (i intents) Begin(ctx context.Context, in portal.Intent) (string, error) {
	i.p.config.learn(in.Before...)
	rows := make([]string, 0, len(in.Before))
	for _, u := range in.Before {
		rows = append(rows, i.Digest(u))
	}
	id, err := i.p.ledger.Begin(ctx, ledger.Intent{
		Realm: i.p.config.realm(), Account: i.p.custody.account, Action: ledger.Action(in.Deed),
		Person:       ledger.Person(in.Person),
		AuthorizedBy: in.AuthorizedBy, Attestation: i.p.config.redactor.String(in.Attestation),
		LegalName: in.Employer.LegalName, BusinessNumber: in.Employer.BusinessNumber,
		RunID: i.p.config.RunID, Before: rows,
	})
	if errors.Is(err, ledger.ErrOpenIntent) {
		return "", &Error{
			Code: page.OutcomeUnknown, Err: err, Message: lang.Text("an earlier click for this person is not resolved: %v", err),
			Hint: lang.Text("Run the command again: it reads the table first."),
		}
	}
	return id, stateError(err)
}

// MayClick implements portal.Intents. The lease is confirmed first: a run that
// was thought dead and replaced must not click. Who may close the intent needs
// the lease for that, so the permission is good while nobody else can have it.
func (i intents) MayClick(ctx context.Context, id string) (portal.Permission, error) {
	if err := i.p.lease.Confirm(ctx); err != nil {
		if errors.Is(err, ledger.ErrLeaseLost) {
			return nil, &Error{Code: page.CredentialBusy, Err: err, Message: lang.Text("this run lost its hold on the credential to another run, before anything was pressed"), Hint: lang.Text("Run the command again.")}
		}
		return nil, stateError(err)
	}
	if err := i.p.ledger.MarkClicked(ctx, id); err != nil {
		return nil, stateError(err)
	}
	return i.still, nil
}

// still is the portal.Permission of a click that was permitted.
func (i intents) still() *Error {
	if i.p.lease.Certain() {
		return nil
	}
	return &Error{
		Code: page.CredentialBusy, Message: lang.Text("this computer or this program stood still for so long that another run may have the credential by now, and nothing was sent"),
		Hint: lang.Text("Run the command again: it reads the table first."),
	}
}

// Abandon implements portal.Intents.
func (i intents) Abandon(ctx context.Context, id, why string) error {
	err := i.p.ledger.Resolve(ctx, id, ledger.Outcome{Result: ledger.Abandoned, RunID: i.p.config.RunID, Detail: i.p.config.redactor.String(why)})
	if errors.Is(err, ledger.ErrWrongState) {
		// The mark reached the disk all the same: the next session looks.
		return nil
	}
	return stateError(err)
}

var endings = map[portal.Ending]ledger.Result{
	portal.EndCreated: ledger.Created, portal.EndReconciled: ledger.Reconciled, portal.EndDuplicated: ledger.Duplicated,
	portal.EndNotCreated: ledger.NotCreated, portal.EndRejected: ledger.Rejected,
	portal.EndDeleted: ledger.Deleted, portal.EndNotDeleted: ledger.NotDeleted,
	// The guard in the page stopped the click: no post can have left.
	portal.EndNotPressed: ledger.Rejected,
}

// Close implements portal.Intents.
func (i intents) Close(ctx context.Context, id string, c portal.Closing) error {
	i.p.config.learn(c.User)
	out := ledger.Outcome{
		Result: endings[c.Ending], RunID: i.p.config.RunID, Detail: i.p.config.redactor.String(c.Detail), Settle: i.settle(),
		AdministrativeStatus: c.User.AdministrativeStatus, UserType: c.User.UserType,
	}
	if c.User.PIN != "" {
		out.PINFingerprint = i.p.ledger.Fingerprint("pin", c.User.PIN)
	}
	return stateError(i.p.ledger.Resolve(ctx, id, out))
}

// settle is how long absence from the table must last.
func (i intents) settle() time.Duration { return max(i.p.config.Settle, 0) }

// Digest implements portal.Intents. The e-mail's case does not count, and the
// PIN and status, which change by themselves, are left out.
func (i intents) Digest(u portal.User) string {
	i.p.config.learn(u)
	return i.p.ledger.Fingerprint("row", strings.Join([]string{u.GivenName, u.FamilyName, strings.ToLower(u.Email)}, "\x00"))
}

// Known implements portal.Intents.
func (i intents) Known(ctx context.Context, id string) (portal.Known, error) {
	r, err := i.p.ledger.Intent(ctx, id)
	if err != nil {
		return portal.Known{}, stateError(err)
	}
	looks, err := i.p.ledger.Looks(ctx, id)
	if err != nil {
		return portal.Known{}, stateError(err)
	}
	known := portal.Known{Deed: portal.Deed(r.Action), Person: portal.Person(r.Person), Before: r.Before}
	for _, look := range looks {
		switch {
		case look.Found == 0:
		case look.Whole:
			known.Seen = true
		default:
			known.Confirmed = look.At
		}
	}
	return known, nil
}

// Confirmed implements portal.Intents. The confirmation counts as a look that
// saw the user and not the table, so that the ledger can never take the absence
// from the table for a creation that failed.
func (i intents) Confirmed(ctx context.Context, id string, at time.Time) error {
	return stateError(i.p.ledger.RecordLook(ctx, id, ledger.Look{At: at, Rows: 1, Found: 1}))
}

// Looked implements portal.Intents.
func (i intents) Looked(ctx context.Context, id string, at time.Time, rows, found int) error {
	return stateError(i.p.ledger.RecordLook(ctx, id, ledger.Look{At: at, Rows: rows, Found: found, Whole: true}))
}

// Settled implements portal.Intents.
func (i intents) Settled(ctx context.Context, id string) (bool, error) {
	settled, err := i.p.ledger.Settled(ctx, id, i.settle())
	return settled, stateError(err)
}

// resolve finds out what came of the clicks that earlier sessions of this
// account left in doubt, before anything else is done. It returns the outcome
// of the same deed for the same person, when there was one.
//
// A doubt about somebody who may be the same person must be resolved for the
// session to go on. One about anybody else gets one reading of the table: it
// cannot be mixed up with this person, and is no reason to keep them waiting.
func (s *Session) resolve(ctx context.Context, deed portal.Deed, p portal.Person) (found *portal.Outcome, err error) {
	open, err := s.portal.ledger.Unresolved(ctx, s.portal.config.realm(), s.portal.custody.account)
	if err != nil {
		return nil, stateError(err)
	}
	for _, r := range open {
		about := portal.Person(r.Person)
		near := p.Is(about) || portal.Near(p, about)
		out, err := s.desk.Resume(ctx, r.ID, near, leftBy(r))
		switch {
		case errors.Is(ctx.Err(), context.Canceled):
			return nil, &Error{
				Code: page.Interrupted, Err: ctx.Err(), Message: lang.Text("interrupted while an earlier click was looked into; nothing was pressed in this run"),
				Hint: lang.Text("Run the command again: it reads the table first."),
			}
		case err == nil && deed == portal.Deed(r.Action) && samePerson(about, p):
			found = &out
		case err == nil, errors.Is(err, portal.ErrNoEffect):
		case near, s.desk.Driver.Last() != "home":
			return nil, err
		default:
			s.desk.Driver.Warn(Warning{Code: "unresolved", Page: "home", Detail: err.Error()})
		}
	}
	return found, nil
}

// notice closes the doubts that earlier sessions of this account left and that a
// table tells of. It is for sessions that only read: it costs them no reading and
// no time, and what stays in doubt is a warning to them.
func (s *Session) notice(ctx context.Context, users []User) {
	open, err := s.portal.ledger.Unresolved(ctx, s.portal.config.realm(), s.portal.custody.account)
	errs := []error{err}
	for _, r := range open {
		errs = append(errs, s.desk.Notice(ctx, r.ID, users, leftBy(r)))
	}
	for _, err := range errs {
		if err != nil && ctx.Err() == nil {
			s.desk.Driver.Warn(Warning{Code: "unresolved", Page: "home", Detail: err.Error()})
		}
	}
}

// leftBy says why an intent that is still open is in doubt.
func leftBy(r ledger.Record) error {
	return lang.Errorf("run %s was ended before the outcome was known", r.RunID)
}

func samePerson(a, b portal.Person) bool {
	same, _ := portal.Find([]portal.User{{GivenName: a.GivenName, FamilyName: a.FamilyName, Email: a.Email}}, b)
	return len(same) == 1 || b.Is(a)
}
