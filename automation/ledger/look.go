package ledger

import (
	"context"
	"fmt"
	"time"
)

// Look is one reading of the table after a doubt.
type Look struct {
	// At is when the reading began, by [Ledger.Clock].
	At time.Time
	// Rows is how many users the table showed, Found how many of them are the intent's person.
	Rows, Found int
	// Whole tells that the table was read to its end, all pages of it.
	Whole bool
}

// RecordLook keeps a reading of the table for an unresolved intent. [*StateError] when the intent is resolved.
func (l *Ledger) RecordLook(ctx context.Context, id string, look Look) error {
	if look.At.IsZero() || look.Rows < 0 || look.Found < 0 || look.Found > look.Rows {
		return fmt.Errorf("%w: a look at %v with %d of %d rows", ErrInvalid, look.At, look.Found, look.Rows)
	}
	return l.write(ctx, "recording a reading of the table", func(t *tx) error {
		if look.At.After(t.now) { // it has happened: a clock was wrong, and absence must not be dated too late
			look.At = t.now
		}
		n, err := t.exec(ctx, `UPDATE irccpin_intents SET revision = revision + 1 WHERE id = ? AND state <> 'closed'`, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return t.stateError(ctx, id, "looked for")
		}
		_, err = t.exec(ctx, `INSERT INTO irccpin_looks (intent, seq, at, rows_read, found, whole)
			SELECT id, revision, ?, ?, ?, ? FROM irccpin_intents WHERE id = ?`,
			micros(look.At), look.Rows, look.Found, flag(look.Whole), id)
		return err
	})
}

// Looks returns the recorded readings of an intent, in the order in which they were recorded.
func (l *Ledger) Looks(ctx context.Context, id string) (looks []Look, err error) {
	err = l.read(ctx, "listing the readings of the table", func(t *tx) error {
		looks, err = t.looks(ctx, id)
		return err
	})
	return looks, err
}

// Settled tells whether the table has shown for long enough that the click had no effect: two whole readings, at least
// settle apart, both begun after the click, without the person (or, for a deletion, with the person still there), and
// none that shows otherwise. A slow server can commit late: one reading proves nothing. An intent that was never clicked
// is measured from its beginning.
func (l *Ledger) Settled(ctx context.Context, id string, settle time.Duration) (settled bool, err error) {
	err = l.read(ctx, "asking whether the table has told", func(t *tx) error {
		r, _, err := t.record(ctx, id)
		if err != nil {
			return err
		}
		looks, err := t.looks(ctx, id)
		settled = r.without(looks, settle)
		return err
	})
	return settled, err
}

func (t *tx) looks(ctx context.Context, id string) ([]Look, error) {
	var list []Look
	err := t.each(ctx, func(scan func(...any) error) error {
		var at, whole int64
		var look Look
		if err := scan(&at, &look.Rows, &look.Found, &whole); err != nil {
			return err
		}
		look.At, look.Whole = fromMicros(at), whole != 0
		list = append(list, look)
		return nil
	}, `SELECT at, rows_read, found, whole FROM irccpin_looks WHERE intent = ? ORDER BY seq`, id)
	return list, err
}

// after returns the readings that were begun after the click.
func (r Record) after(looks []Look) []Look {
	since := r.ClickedAt
	if since.IsZero() {
		since = r.BegunAt
	}
	var list []Look
	for _, look := range looks {
		if look.At.After(since) {
			list = append(list, look)
		}
	}
	return list
}

// without is the rule of [Ledger.Settled].
func (r Record) without(looks []Look, settle time.Duration) bool {
	var first, last time.Time
	for _, look := range r.after(looks) {
		if (look.Found > 0) == (r.Action == Create) {
			// The click's effect shows, or a part of the table that lacks the person proves nothing about a deletion.
			if r.Action == Create || look.Whole {
				return false
			}
			continue
		}
		if !look.Whole {
			continue
		}
		if first.IsZero() || look.At.Before(first) {
			first = look.At
		}
		if look.At.After(last) {
			last = look.At
		}
	}
	return !first.IsZero() && last.After(first) && last.Sub(first) >= settle
}
