package ledger

import (
	"context"
	"time"
)

// PIN is a sighting of a user's PIN. The ledger only ever sees its keyed fingerprint.
type PIN struct {
	Realm       Realm
	Account     string // fingerprint of the credential
	Person      Person // as the table shows them
	Fingerprint string
	RunID       string
}

// PINSeen tells how a sighting compares with the one before.
type PINSeen struct {
	First   bool      // no PIN of this person was seen before
	Changed bool      // the PIN differs from the one seen before
	Since   time.Time // when the present PIN was first seen
}

// NotePIN remembers a sighting and compares it with the last one of the same person. [ErrInvalid] when the account, the
// fingerprint or the name is missing.
func (l *Ledger) NotePIN(ctx context.Context, p PIN) (seen PINSeen, err error) {
	if err := p.Realm.check(); err != nil {
		return PINSeen{}, err
	}
	name := p.Person.GivenName + p.Person.FamilyName
	if err := need("the account", p.Account, "the fingerprint", p.Fingerprint, "the person's name", name); err != nil {
		return PINSeen{}, err
	}
	err = l.write(ctx, "remembering the PIN's fingerprint", func(t *tx) error {
		seen, err = t.notePIN(ctx, p)
		return err
	})
	return seen, err
}

// notePIN writes first, which takes the row's lock, so that of two processes one sees the other's sighting.
func (t *tx) notePIN(ctx context.Context, p PIN) (PINSeen, error) {
	person, now := t.l.whole(p.Person), micros(t.now)
	n, err := t.exec(ctx, `INSERT INTO irccpin_pins (realm, account, person, fingerprint, since, seen_at, run_id)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (realm, account, person) DO NOTHING`,
		string(p.Realm), p.Account, person, p.Fingerprint, now, now, p.RunID)
	if err != nil {
		return PINSeen{}, err
	}
	if n == 1 {
		return PINSeen{First: true, Since: t.now}, nil
	}
	n, err = t.exec(ctx, `UPDATE irccpin_pins SET fingerprint = ?, since = ?, seen_at = ?, run_id = ?
		WHERE realm = ? AND account = ? AND person = ? AND fingerprint <> ?`,
		p.Fingerprint, now, now, p.RunID, string(p.Realm), p.Account, person, p.Fingerprint)
	if err != nil {
		return PINSeen{}, err
	}
	if n == 1 {
		return PINSeen{Changed: true, Since: t.now}, nil
	}
	if _, err = t.exec(ctx, `UPDATE irccpin_pins SET seen_at = ? WHERE realm = ? AND account = ? AND person = ?`,
		now, string(p.Realm), p.Account, person); err != nil {
		return PINSeen{}, err
	}
	var since int64
	_, err = t.one(ctx, []any{&since}, `SELECT since FROM irccpin_pins WHERE realm = ? AND account = ? AND person = ?`,
		string(p.Realm), p.Account, person)
	return PINSeen{Since: fromMicros(since)}, err
}
