package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind is what is held.
type Kind string

// The kinds. A refused app code holds the TOTP secret it came from; a refused code that was e-mailed or typed in holds the
// account, since the next code cannot be known by a fingerprint.
const (
	Password Kind = "password"
	Passcode Kind = "passcode"
	Answer   Kind = "answer"
	Account  Kind = "account"
)

// Hold keeps a credential from being used again after one refusal, on every machine and across restarts, until its value
// changes (which changes its fingerprint) or a person releases it.
type Hold struct {
	ID          string // set by the ledger
	Realm       Realm
	Kind        Kind
	Fingerprint string // of the refused value, or of the account
	Account     string // fingerprint of the credential it belongs to
	Reason      string // what the portal said
	RunID       string
	At          time.Time // set by the ledger
}

// Selector picks holds within a realm. Its conditions are joined by and; none at all is refused unless All is set.
type Selector struct {
	Realm       Realm
	ID          string
	Fingerprint string
	Account     string
	All         bool
}

// Hold holds a credential. Holding it twice keeps the first hold.
func (l *Ledger) Hold(ctx context.Context, h Hold) error {
	if err := h.Realm.check(); err != nil {
		return err
	}
	switch h.Kind {
	case Password, Passcode, Answer, Account:
	default:
		return fmt.Errorf("%w: kind %q", ErrInvalid, h.Kind)
	}
	if err := need("the fingerprint", h.Fingerprint, "the account", h.Account); err != nil {
		return err
	}
	err := l.hold(ctx, h)
	if err != nil {
		// What was refused is not sent again by this process at least, and written as
		// soon as the database takes it.
		l.owing.Lock()
		defer l.owing.Unlock()
		h.At = time.Now()
		l.unwritten = append(l.unwritten, h)
	}
	return err
}

func (l *Ledger) hold(ctx context.Context, h Hold) error {
	return l.write(ctx, "holding the credential", func(t *tx) error {
		args := append(cleaned(newID("hold"), string(h.Realm), string(h.Kind), h.Fingerprint, h.Account, h.Reason, h.RunID), micros(t.now))
		_, err := t.exec(ctx, `INSERT INTO irccpin_holds (id, realm, kind, fingerprint, account, reason, run_id, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (realm, fingerprint) DO NOTHING`, args...)
		return err
	})
}

// Held returns the holds on any of the fingerprints: ask for all that a session may type, and for the account, before the
// browser starts. Holds that could not be written are written first; until that succeeds they count for as long as this
// ledger is open.
func (l *Ledger) Held(ctx context.Context, realm Realm, fingerprints ...string) (held []Hold, err error) {
	if len(fingerprints) == 0 {
		return nil, nil
	}
	owed := l.owed(ctx)
	err = l.read(ctx, "asking for held credentials", func(t *tx) error {
		args := append([]any{string(realm)}, cleaned(fingerprints...)...)
		held, err = t.holds(ctx, `realm = ? AND fingerprint IN (?`+strings.Repeat(", ?", len(fingerprints)-1)+`)`, args)
		return err
	})
	for _, h := range owed {
		if h.Realm == realm && slices.Contains(fingerprints, h.Fingerprint) {
			held = append(held, h)
		}
	}
	return held, err
}

// owed writes the holds that could not be written, and returns those that still cannot.
func (l *Ledger) owed(ctx context.Context) []Hold {
	l.owing.Lock()
	defer l.owing.Unlock()
	l.unwritten = slices.DeleteFunc(l.unwritten, func(h Hold) bool { return l.hold(ctx, h) == nil })
	return slices.Clone(l.unwritten)
}

// ListHolds returns all holds of a realm, oldest first.
func (l *Ledger) ListHolds(ctx context.Context, realm Realm) (held []Hold, err error) {
	err = l.read(ctx, "listing held credentials", func(t *tx) error {
		held, err = t.holds(ctx, `realm = ?`, []any{string(realm)})
		return err
	})
	return held, err
}

// Release frees what the selector picks and returns it. [ErrNotFound] when it picks nothing.
func (l *Ledger) Release(ctx context.Context, s Selector) (released []Hold, err error) {
	where, args := `realm = ?`, []any{string(s.Realm)}
	for _, c := range []struct{ column, value string }{{"id", s.ID}, {"fingerprint", s.Fingerprint}, {"account", s.Account}} {
		if c.value != "" {
			where += ` AND ` + c.column + ` = ?`
			args = append(args, c.value)
		}
	}
	if len(args) == 1 && !s.All {
		return nil, fmt.Errorf("%w: nothing says which hold to release", ErrInvalid)
	}
	err = l.write(ctx, "releasing held credentials", func(t *tx) error {
		if released, err = t.holds(ctx, where, args); err != nil {
			return err
		}
		// Whoever releases it has looked: its tries are counted anew.
		if _, err := t.exec(ctx, `DELETE FROM irccpin_tries WHERE realm = ? AND fingerprint IN
			(SELECT fingerprint FROM irccpin_holds WHERE `+where+`)`, append([]any{string(s.Realm)}, args...)...); err != nil {
			return err
		}
		n, err := t.exec(ctx, `DELETE FROM irccpin_holds WHERE `+where, args...)
		if err == nil && n == 0 {
			return fmt.Errorf("%w: no held credential", ErrNotFound)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return released, nil
}

func (t *tx) holds(ctx context.Context, where string, args []any) ([]Hold, error) {
	var list []Hold
	err := t.each(ctx, func(scan func(...any) error) error {
		var h Hold
		var at int64
		if err := scan(&h.ID, &h.Realm, &h.Kind, &h.Fingerprint, &h.Account, &h.Reason, &h.RunID, &at); err != nil {
			return err
		}
		h.At = fromMicros(at)
		list = append(list, h)
		return nil
	}, `SELECT id, realm, kind, fingerprint, account, reason, run_id, at FROM irccpin_holds WHERE `+where+` ORDER BY at, id`, args...)
	return list, err
}
