package ledger

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// RetainPersonal is the documented age at which personal data goes: a year covers an employer's whole season and the
// questions that come after it.
const RetainPersonal = 365 * 24 * time.Hour

// Pruned counts what [Ledger.Prune] took.
type Pruned struct {
	Intents int64 // resolved intents that lost their personal data
	PINs    int64 // PIN fingerprints that were forgotten
}

// tidyEvery is how often [Ledger.Tidy] prunes: what is due on a day is gone on the next.
const tidyEvery = 24 * time.Hour

// Tidy prunes what is older than [RetainPersonal], unless that was done within the last day.
func (l *Ledger) Tidy(ctx context.Context) error {
	now, err := l.Clock(ctx)
	if err != nil {
		return err
	}
	due := false
	err = l.read(ctx, "asking when the ledger was tidied", func(t *tx) error {
		last, err := t.meta(ctx, "tidied_at", "0")
		if err != nil {
			return err
		}
		at, err := strconv.ParseInt(last, 10, 64)
		if err != nil {
			return fmt.Errorf("when the ledger was tidied is not a number: %q", last)
		}
		due = now.Sub(fromMicros(at)) >= tidyEvery
		return nil
	})
	if err != nil || !due {
		return err
	}
	if _, err := l.Prune(ctx, RetainPersonal); err != nil {
		return err
	}
	return l.write(ctx, "noting that the ledger is tidy", func(t *tx) error {
		return t.setMeta(ctx, "tidied_at", strconv.FormatInt(micros(t.now), 10))
	})
}

// Prune removes personal data that is older than the given age. Of a resolved intent go the e-mail address, the user's
// status and type, what the portal said, the PIN's fingerprint, the digests of the table's rows and all readings of the
// table. What stays is the authorization record: who authorised it, when, for which employer, for whom (the person's names: an
// authorization that does not say for whom proves nothing), the attested wording, the run and the result. An intent
// without an authorization (a deletion) goes as a whole. PIN fingerprints go when they were last seen that long ago,
// and the tries of a secret that was last sent that long ago.
// Unresolved intents, holds and runs, which name nobody, stay.
func (l *Ledger) Prune(ctx context.Context, age time.Duration) (p Pruned, err error) {
	if age <= 0 {
		return Pruned{}, fmt.Errorf("%w: an age of %s", ErrInvalid, age)
	}
	err = l.write(ctx, "pruning personal data", func(t *tx) error {
		before := micros(t.now.Add(-age))
		if _, err := t.exec(ctx, `DELETE FROM irccpin_looks WHERE intent IN
			(SELECT id FROM irccpin_intents WHERE state = 'closed' AND closed_at < ?)`, before); err != nil {
			return err
		}
		gone, err := t.exec(ctx, `DELETE FROM irccpin_intents WHERE state = 'closed' AND closed_at < ? AND authorized_by = ''`, before)
		if err != nil {
			return err
		}
		p.Intents, err = t.exec(ctx, `UPDATE irccpin_intents SET email = '', before_rows = '[]', detail = '',
			administrative_status = '', user_type = '', pin_fingerprint = '', person = '', pruned_at = ?, revision = revision + 1
			WHERE state = 'closed' AND closed_at < ? AND pruned_at = 0`, micros(t.now), before)
		if err != nil {
			return err
		}
		p.Intents += gone
		if _, err := t.exec(ctx, `DELETE FROM irccpin_tries WHERE last_at < ?`, before); err != nil {
			return err
		}
		p.PINs, err = t.exec(ctx, `DELETE FROM irccpin_pins WHERE seen_at < ?`, before)
		return err
	})
	if err != nil {
		return Pruned{}, err
	}
	if err := l.engine.scrub(ctx, l.db); err != nil {
		return p, fmt.Errorf("pruning personal data: %w", l.fault(ctx, err))
	}
	return p, nil
}
