package ledger

import "context"

// Trying counts a try of the secret with this fingerprint, on disk before the secret is sent: whatever becomes of the
// process, of the connection or of the portal's answer, the try was made, until [Ledger.Accepted] or [Ledger.NotJudged].
// Neither is called when the answer was lost or tells nothing; a refusal is a [Ledger.Hold].
func (l *Ledger) Trying(ctx context.Context, realm Realm, fingerprint string) error {
	if err := realm.check(); err != nil {
		return err
	}
	if err := need("the fingerprint", fingerprint); err != nil {
		return err
	}
	return l.write(ctx, "counting the try", func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO irccpin_tries (realm, fingerprint, unjudged, last_at) VALUES (?, ?, 1, ?)
			ON CONFLICT (realm, fingerprint) DO UPDATE SET unjudged = irccpin_tries.unjudged + 1, last_at = excluded.last_at`,
			string(realm), fingerprint, micros(t.now))
		return err
	})
}

// Accepted clears the tries of a secret: it is right.
func (l *Ledger) Accepted(ctx context.Context, realm Realm, fingerprint string) error {
	return l.tried(ctx, `DELETE FROM irccpin_tries WHERE realm = ? AND fingerprint = ?`, realm, fingerprint)
}

// NotJudged takes the last try back: the secret did not leave, or the portal said that it did not look at it.
func (l *Ledger) NotJudged(ctx context.Context, realm Realm, fingerprint string) error {
	return l.tried(ctx, `UPDATE irccpin_tries SET unjudged = unjudged - 1 WHERE realm = ? AND fingerprint = ? AND unjudged > 0`, realm, fingerprint)
}

func (l *Ledger) tried(ctx context.Context, statement string, realm Realm, fingerprint string) error {
	return l.write(ctx, "recording what came of the try", func(t *tx) error {
		_, err := t.exec(ctx, statement, string(realm), fingerprint)
		return err
	})
}

// Unjudged is how many tries in a row nobody knows the outcome of.
func (l *Ledger) Unjudged(ctx context.Context, realm Realm, fingerprint string) (tries int, err error) {
	err = l.read(ctx, "asking for unjudged tries", func(t *tx) error {
		_, err := t.one(ctx, []any{&tries}, `SELECT unjudged FROM irccpin_tries WHERE realm = ? AND fingerprint = ?`,
			string(realm), fingerprint)
		return err
	})
	return tries, err
}
