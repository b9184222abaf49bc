package ledger

import "context"

// UseStep claims the TOTP time step whose code is about to be sent, for the fingerprint of the TOTP secret. No step is
// given twice, nor one before it, to no process on no machine: a [*StepUsedError] says to wait for the next.
func (l *Ledger) UseStep(ctx context.Context, realm Realm, fingerprint string, step int64) error {
	if err := realm.check(); err != nil {
		return err
	}
	if err := need("the fingerprint", fingerprint); err != nil {
		return err
	}
	return l.write(ctx, "claiming the passcode's time step", func(t *tx) error {
		n, err := t.exec(ctx, `INSERT INTO irccpin_steps (realm, fingerprint, step, used_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (realm, fingerprint) DO UPDATE SET step = excluded.step, used_at = excluded.used_at
			WHERE irccpin_steps.step < excluded.step`, string(realm), fingerprint, step, micros(t.now))
		if err != nil || n == 1 {
			return err
		}
		used := &StepUsedError{Step: step}
		if _, err := t.one(ctx, []any{&used.Last}, `SELECT step FROM irccpin_steps WHERE realm = ? AND fingerprint = ?`,
			string(realm), fingerprint); err != nil {
			return err
		}
		return used
	})
}
