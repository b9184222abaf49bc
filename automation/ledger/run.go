package ledger

import (
	"context"
	"fmt"
	"time"
)

// Run is one command that opened the portal, for `runs list`. Its evidence is elsewhere, under the same id.
type Run struct {
	ID       string
	Realm    Realm
	Command  string
	Employer string // label
	Started  time.Time
	Ended    time.Time // zero while it runs, and after a kill
	Result   string    // empty when it failed
	Code     string    // error code, empty when it did not fail
}

// RunFilter picks runs; its zero value picks all.
type RunFilter struct {
	Realm    Realm
	Employer string
	Since    time.Time
	Limit    int // the newest so many; 0 is all
}

// StartRun records that a run began. Started is set by the ledger.
func (l *Ledger) StartRun(ctx context.Context, r Run) error {
	if err := r.Realm.check(); err != nil {
		return err
	}
	if err := need("the run's id", r.ID, "the command", r.Command); err != nil {
		return err
	}
	return l.write(ctx, "recording the run", func(t *tx) error {
		args := append(cleaned(r.ID, string(r.Realm), r.Command, r.Employer), micros(t.now))
		n, err := t.exec(ctx, `INSERT INTO irccpin_runs (id, realm, command, employer, started_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`, args...)
		if err == nil && n == 0 {
			return fmt.Errorf("%w: run %s exists", ErrInvalid, r.ID)
		}
		return err
	})
}

// EndRun records how a run ended. An employer's label that became known during the run replaces the first one; empty keeps
// it. [ErrNotFound] when the run was not started or has ended.
func (l *Ledger) EndRun(ctx context.Context, id, employer, result, code string) error {
	return l.write(ctx, "recording the run's end", func(t *tx) error {
		args := append([]any{micros(t.now)}, cleaned(result, code, employer, employer, id)...)
		n, err := t.exec(ctx, `UPDATE irccpin_runs SET ended_at = ?, result = ?, code = ?,
			employer = CASE WHEN CAST(? AS TEXT) = '' THEN employer ELSE ? END WHERE id = ? AND ended_at = 0`, args...)
		if err == nil && n == 0 {
			return fmt.Errorf("%w: no run %s is under way", ErrNotFound, id)
		}
		return err
	})
}

// Runs returns past and present runs, newest first.
func (l *Ledger) Runs(ctx context.Context, f RunFilter) (list []Run, err error) {
	where, args := `started_at >= ?`, []any{micros(f.Since)}
	if f.Realm != "" {
		where, args = where+` AND realm = ?`, append(args, string(f.Realm))
	}
	if f.Employer != "" {
		where, args = where+` AND employer = ?`, append(args, f.Employer)
	}
	where += ` ORDER BY started_at DESC, id DESC`
	if f.Limit > 0 {
		where, args = where+` LIMIT ?`, append(args, f.Limit)
	}
	err = l.read(ctx, "listing runs", func(t *tx) error {
		list, err = t.runs(ctx, where, args)
		return err
	})
	return list, err
}

// Run returns one run. [ErrNotFound] when there is none of this id.
func (l *Ledger) Run(ctx context.Context, id string) (r Run, err error) {
	err = l.read(ctx, "reading the run", func(t *tx) error {
		list, err := t.runs(ctx, `id = ?`, []any{id})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fmt.Errorf("%w: run %s", ErrNotFound, id)
		}
		r = list[0]
		return nil
	})
	return r, err
}

func (t *tx) runs(ctx context.Context, where string, args []any) ([]Run, error) {
	var list []Run
	err := t.each(ctx, func(scan func(...any) error) error {
		var r Run
		var started, ended int64
		if err := scan(&r.ID, &r.Realm, &r.Command, &r.Employer, &started, &ended, &r.Result, &r.Code); err != nil {
			return err
		}
		r.Started, r.Ended = fromMicros(started), fromMicros(ended)
		list = append(list, r)
		return nil
	}, `SELECT id, realm, command, employer, started_at, ended_at, result, code FROM irccpin_runs WHERE `+where, args...)
	return list, err
}
