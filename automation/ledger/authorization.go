package ledger

import (
	"context"
	"iter"
	"time"
)

// Authorization is the lasting record of one committing click: what was done for whom on whose authority. It outlives
// [Ledger.Prune], which takes only the e-mail address out of it.
type Authorization struct {
	ID             string // of the intent
	Realm          Realm
	Account        string // fingerprint of the credential
	Action         Action
	At             time.Time // when the intent was begun
	AuthorizedBy   string
	Attestation    string // the wording that was attested, as the page showed it
	LegalName      string // the employer's
	BusinessNumber string
	Person         Person
	RunID          string
	Result         Result    // empty while unresolved
	ResultAt       time.Time // zero while unresolved
}

// AuthorizationFilter picks authorizations; its zero value picks all of both realms.
type AuthorizationFilter struct {
	Realm          Realm
	Account        string
	BusinessNumber string
	Since, Until   time.Time // begun at or after Since and before Until; zero is open
}

// ExportAuthorizations iterates over the record of who was created for whom on whose authority, oldest first. An error
// ends the iteration. The database is free between two items: the loop's body may use the ledger.
func (l *Ledger) ExportAuthorizations(ctx context.Context, f AuthorizationFilter) iter.Seq2[Authorization, error] {
	const page = 200 // records in memory at once
	return func(yield func(Authorization, error) bool) {
		at, id := int64(0), ""
		for {
			list, err := l.authorizations(ctx, f, at, id, page)
			if err != nil {
				yield(Authorization{}, err)
				return
			}
			for _, a := range list {
				if !yield(a, nil) {
					return
				}
			}
			if len(list) < page {
				return
			}
			at, id = micros(list[page-1].At), list[page-1].ID
		}
	}
}

// authorizations returns one page: those after the moment and the id.
func (l *Ledger) authorizations(ctx context.Context, f AuthorizationFilter, at int64, id string, limit int) ([]Authorization, error) {
	where, args := `WHERE authorized_by <> '' AND (begun_at > ? OR begun_at = ? AND id > ?)`, []any{at, at, id}
	for _, c := range []struct{ column, value string }{
		{"realm", string(f.Realm)}, {"account", f.Account}, {"business_number", f.BusinessNumber},
	} {
		if c.value != "" {
			where, args = where+` AND `+c.column+` = ?`, append(args, c.value)
		}
	}
	if !f.Since.IsZero() {
		where, args = where+` AND begun_at >= ?`, append(args, micros(f.Since))
	}
	if !f.Until.IsZero() {
		where, args = where+` AND begun_at < ?`, append(args, micros(f.Until))
	}
	var list []Authorization
	err := l.read(ctx, "listing authorizations", func(t *tx) error {
		records, err := t.records(ctx, where+` ORDER BY begun_at, id LIMIT ?`, append(args, limit)...)
		for _, r := range records {
			list = append(list, Authorization{
				ID: r.ID, Realm: r.Realm, Account: r.Account, Action: r.Action, At: r.BegunAt,
				AuthorizedBy: r.AuthorizedBy, Attestation: r.Attestation, LegalName: r.LegalName,
				BusinessNumber: r.BusinessNumber, Person: r.Person, RunID: r.RunID,
				Result: r.Outcome.Result, ResultAt: r.ClosedAt,
			})
		}
		return err
	})
	return list, err
}
