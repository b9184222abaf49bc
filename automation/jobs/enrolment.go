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
	// lostTime is how long a row may be queued whose job was handed out: taking it
	// up is one write.
	lostTime = lifeTime
	// rescueTime is after how long the engine takes a job for stuck. Whichever
	// process happens to look after the queue judges the jobs of all by its own
	// measure, and throws away kinds that it does not know: so it is far longer than
	// any session, and the sweep does what has to be quick.
	rescueTime = 7 * 24 * time.Hour
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

// beat gives signs of life until ctx ends, looks after what the dead left, and
// does what else comes with it.
func (s *Store) beat(ctx context.Context, p process, log *slog.Logger, more ...func(context.Context, *tx) error) {
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
			for _, duty := range more {
				if err := duty(ctx, t); err != nil {
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

// sweepRows gives another job to rows that were left by a dead worker, and to
// those whose job is gone: handed out to a process that was killed before it took
// up the row or after it had put it back, or given up by the queue. What the old
// job says is void from then on, by its turn.
func (t *tx) sweepRows(ctx context.Context) error {
	type orphan struct {
		job                            rowJob
		realm, schedule, state, worker string
	}
	var orphans []orphan
	err := t.each(ctx, func(scan func(...any) error) error {
		var o orphan
		err := scan(&o.job.Batch, &o.job.Place, &o.job.Turn, &o.realm, &o.schedule, &o.state, &o.worker)
		orphans = append(orphans, o)
		return err
	}, `SELECT r.batch, r.place, r.turn, b.realm, coalesce(b.schedule, ''), r.state, r.worker FROM irccpin_batch_rows r JOIN irccpin_batches b ON b.id = r.batch
		WHERE b.state = 'running' AND r.state <> 'done' AND (b.schedule IS NOT NULL OR b.worker IN (SELECT token FROM irccpin_workers)) AND (
			r.state = 'running' AND b.schedule IS NOT NULL AND r.worker NOT IN (SELECT token FROM irccpin_workers)
			OR r.batch || '/' || r.place || '/' || r.turn NOT IN (`+jobsOf+` AND state IN (`+waiting+`, 'running'))
			OR r.state = 'queued' AND r.queued_at < ? AND r.batch || '/' || r.place || '/' || r.turn NOT IN (`+jobsOf+` AND state IN (`+waiting+`))
		) ORDER BY r.batch, r.place`, rowJob{}.Kind(), micros(t.now.Add(-lostTime)), rowJob{}.Kind())
	if err != nil {
		return err
	}
	var again []river.InsertManyParams
	for _, o := range orphans {
		n, err := t.exec(ctx, `UPDATE irccpin_batch_rows SET state = 'queued', worker = '', queued_at = ?, turn = turn + 1
			WHERE batch = ? AND place = ? AND turn = ? AND state = ? AND worker = ?`, micros(t.now), o.job.Batch, o.job.Place, o.job.Turn, o.state, o.worker)
		if err != nil {
			return err
		}
		if n == 1 { // else it was taken up at this moment, or another process was faster
			queue := realmQueue(Realm(o.realm))
			if o.schedule == "" {
				queue = privateQueue(o.job.Batch)
			}
			o.job.Turn++
			again = append(again, o.job.in(queue))
		}
	}
	return t.enqueue(ctx, again...)
}

const (
	// waiting are the states in which the engine keeps a job for later.
	waiting = `'available', 'pending', 'retryable', 'scheduled'`
	// jobsOf are the engine's jobs of a kind, as rows are known to us.
	jobsOf = `SELECT (args ->> 'batch') || '/' || (args ->> 'place') || '/' || (args ->> 'turn') FROM river_job WHERE kind = ?`
)
