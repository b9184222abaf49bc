package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/riverqueue/river"

	"irccpin/automation"
)

const (
	// lifeTime is how long after its last sign of life a process counts as dead, and
	// beatTime how often it gives one.
	lifeTime = 30 * time.Second
	beatTime = lifeTime / 3
	// sleepTime is how long a machine may sleep in the middle of a batch.
	sleepTime = 24 * time.Hour
	// keepTime is how long ended batches are kept: as long as runs.
	keepTime = 90 * 24 * time.Hour
)

// processLabel names this process for people.
func processLabel(what string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s on %s (process %d)", what, host, os.Getpid())
}

// process is this process as the others know it.
type process struct {
	token, label string
	realm        Realm
}

// enrol makes a process known, whose rows are its own while it lives.
func (s *Store) enrol(ctx context.Context, p process) error {
	return s.in(ctx, "enrolling this process", func(t *tx) error { return t.live(ctx, p) })
}

// beat gives signs of life until ctx ends, and looks after what the dead left.
func (s *Store) beat(ctx context.Context, p process, log *slog.Logger) {
	ticker := time.NewTicker(beatTime)
	defer ticker.Stop()
	for {
		err := s.in(ctx, "giving a sign of life", func(t *tx) error {
			for _, duty := range []func(context.Context) error{
				func(ctx context.Context) error { return t.live(ctx, p) }, t.sweep, t.replan,
			} {
				if err := duty(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil && ctx.Err() == nil {
			log.Warn("the queue's database", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// live renews a process's life. One that slept, and was thought dead, is back.
func (t *tx) live(ctx context.Context, p process) error {
	_, err := t.exec(ctx, `INSERT INTO irccpin_workers (token, label, version, realm, started_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (token) DO UPDATE SET expires_at = excluded.expires_at`,
		p.token, p.label, automation.Version(), string(p.realm), micros(t.now), micros(t.now.Add(lifeTime)))
	return err
}

// sweep gives the rows of dead workers to the living, at once and not when the
// queue finds them stuck. A batch in the foreground is given up with its process,
// after a day in which that could have been a machine asleep.
func (t *tx) sweep(ctx context.Context) error {
	if _, err := t.exec(ctx, `DELETE FROM irccpin_workers WHERE expires_at <= ?`, micros(t.now)); err != nil {
		return err
	}
	if err := t.sweepRows(ctx); err != nil {
		return err
	}
	var dead []string
	err := t.each(ctx, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		dead = append(dead, id)
		return err
	}, `SELECT id FROM irccpin_batches WHERE state = 'running' AND schedule IS NULL AND created_at < ?
		AND worker NOT IN (SELECT token FROM irccpin_workers)`, micros(t.now.Add(-sleepTime)))
	if err != nil {
		return err
	}
	for _, id := range dead {
		if _, err := t.exec(ctx, `UPDATE irccpin_batches SET state = 'abandoned', ended_at = ? WHERE id = ?`, micros(t.now), id); err != nil {
			return err
		}
		if err := t.discard(ctx, privateQueue(id)); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, `DELETE FROM irccpin_batches WHERE state <> 'running' AND created_at < ?`, micros(t.now.Add(-keepTime)))
	return err
}

func (t *tx) sweepRows(ctx context.Context) error {
	type orphan struct {
		job   rowJob
		realm string
	}
	var orphans []orphan
	err := t.each(ctx, func(scan func(...any) error) error {
		var o orphan
		err := scan(&o.job.Batch, &o.job.Place, &o.job.Turn, &o.realm)
		orphans = append(orphans, o)
		return err
	}, `SELECT r.batch, r.place, r.turn, b.realm FROM irccpin_batch_rows r JOIN irccpin_batches b ON b.id = r.batch
		WHERE r.state = 'running' AND b.schedule IS NOT NULL AND r.worker NOT IN (SELECT token FROM irccpin_workers) ORDER BY r.batch, r.place`)
	if err != nil {
		return err
	}
	var again []river.InsertManyParams
	for _, o := range orphans {
		n, err := t.exec(ctx, `UPDATE irccpin_batch_rows SET state = 'queued', worker = '', turn = turn + 1
			WHERE batch = ? AND place = ? AND turn = ? AND state = 'running'`, o.job.Batch, o.job.Place, o.job.Turn)
		if err != nil {
			return err
		}
		if n == 1 { // else another process was faster
			o.job.Turn++
			again = append(again, o.job.in(realmQueue(Realm(o.realm))))
		}
	}
	return t.enqueue(ctx, again...)
}
