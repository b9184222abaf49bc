package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"irccpin/automation/roster"
)

// What is done for a row.
const (
	Create = "create"
	PINs   = "pins"
)

// Batch is a roster to be worked in the foreground.
type Batch struct {
	// Command is Create or PINs.
	Command string
	// Rows are those of the roster, and Skip the places of those that need nothing.
	Rows []roster.Row
	Skip map[int]bool
	// Ended is told how a row ended, from several goroutines at once.
	Ended func(*Ending)
}

// The manners of a batch in the foreground.
const (
	// foregroundTries is how often a row is run that finds the portal unavailable.
	foregroundTries = 3
	// foregroundPatience is how long somebody is made to wait for a portal that is
	// closed, before the rest of the batch ends.
	foregroundPatience = 2 * time.Minute
	// pollTime is how often this process looks for work in its own queue.
	pollTime = 50 * time.Millisecond
)

// RunBatch works a roster, and returns its id when every row has ended, each
// told to b.Ended. When ctx ends, sessions that are past their commit read what
// came of it, and all others end as interrupted. A batch is worked by the
// process that was asked for it and by nobody else, since nobody else could
// deliver its PINs; one whose process is killed ends there, and is begun again
// by running it again.
//
// The error is state_unavailable; rows that have not ended by then are not told.
func (s *Store) RunBatch(ctx context.Context, b Batch, bench Bench) (id string, err error) {
	id = newID("batch")
	rest := b.rest()
	c := newCrew(s, bench, "batch")
	c.tries, c.patience = foregroundTries, foregroundPatience
	c.settle = func(context.Context, *tx, *Ending) error { return nil }
	c.ended = func(e *Ending) {
		if rest.end(e.Place) {
			b.Ended(e)
		}
	}
	if err := s.enrol(ctx, c.process); err != nil {
		return id, err
	}
	beat, stop := context.WithCancel(context.WithoutCancel(ctx))
	var beating sync.WaitGroup
	beating.Go(func() { s.beat(beat, c.process, c.Log) })
	defer func() {
		stop()
		beating.Wait()
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), bookkeeping)
		defer cancel()
		err = cmp.Or(err, s.closeBatch(after, id, c.token))
	}()
	if err := s.addBatch(ctx, b, id, c.process); err != nil {
		return id, err
	}

	workers := river.NewWorkers()
	river.AddWorker(workers, rowWorker{crew: c})
	// Never worked here; but a process that looks after the queue for all of them
	// throws away what it does not know.
	river.AddWorker(workers, occurrenceWorker{store: s})
	queue, err := s.db.engine(&river.Config{
		Queues:            map[string]river.QueueConfig{privateQueue(id): {MaxWorkers: max(bench.Concurrency, 1)}},
		Workers:           workers,
		FetchPollInterval: pollTime, FetchCooldown: pollTime / 2,
		JobTimeout: c.jobTimeout(), RescueStuckJobsAfter: max(rescueTime, c.jobTimeout()+time.Minute),
		RetryPolicy: retries{}, Logger: engineLog(c.Log),
	})
	if err != nil {
		return id, err
	}
	// The engine does not learn of interruptions by this context: it would leave
	// without waiting for a commit.
	whole := context.WithoutCancel(ctx)
	if err := queue.Start(whole); err != nil {
		return id, unavailable(ctx, "starting the queue", err)
	}
	select {
	case <-rest.none:
		return id, unavailable(whole, "stopping the queue", queue.Stop(whole))
	case <-ctx.Done():
	}
	close(c.leaving)
	err = unavailable(whole, "stopping the queue", queue.StopAndCancel(whole))
	for _, place := range rest.places() {
		c.ended(c.interrupted(&task{rowJob: rowJob{Batch: id, Place: place}, command: b.Command, row: b.Rows[place]}).ending)
	}
	return id, err
}

// remainder is the places of the rows that have not ended.
type remainder struct {
	mu   sync.Mutex
	open map[int]bool
	none chan struct{} // closed when there is none left
}

func (b Batch) rest() *remainder {
	r := &remainder{open: map[int]bool{}, none: make(chan struct{})}
	for place := range b.Rows {
		if !b.Skip[place] {
			r.open[place] = true
		}
	}
	if len(r.open) == 0 {
		close(r.none)
	}
	return r
}

// end takes a place out, and tells whether it was there.
func (r *remainder) end(place int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.open[place] {
		return false
	}
	delete(r.open, place)
	if len(r.open) == 0 {
		close(r.none)
	}
	return true
}

func (r *remainder) places() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.open))
}

// retries is when the queue hands out a row again that failed because the
// database did: soon at first, then ever later, since each time may be a session
// more at the portal.
type retries struct{}

// NextRetry implements river.ClientRetryPolicy.
func (retries) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(retryPause(len(job.Errors)))
}

// retryPause is the wait after a failure that others came before: doubling, at
// most an hour.
func retryPause(before int) time.Duration { return min(busyPause<<min(before, 10), time.Hour) }

// addBatch writes the batch, its rows and their jobs in one transaction.
func (s *Store) addBatch(ctx context.Context, b Batch, id string, p process) error {
	return s.in(ctx, "adding the batch", func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO irccpin_batches (id, realm, command, due_at, worker, state, created_at) VALUES (?, ?, ?, ?, ?, 'running', ?)`,
			id, string(p.realm), b.Command, micros(t.now), p.token, micros(t.now))
		if err != nil {
			return err
		}
		var jobs []river.InsertManyParams
		for place, row := range b.Rows {
			if b.Skip[place] {
				continue
			}
			if err := t.addRow(ctx, id, place, row); err != nil {
				return err
			}
			jobs = append(jobs, rowJob{id, place, 1}.in(privateQueue(id)))
		}
		return t.enqueue(ctx, jobs...)
	})
}

// addRow writes a row of a batch.
func (t *tx) addRow(ctx context.Context, batch string, place int, row roster.Row) error {
	content, err := json.Marshal(row)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO irccpin_batch_rows (batch, place, content, state, queued_at) VALUES (?, ?, ?, 'queued', ?)`, batch, place, string(content), micros(t.now))
	return err
}

// closeBatch ends a batch in the foreground, and takes what is left of it out of
// the queue.
func (s *Store) closeBatch(ctx context.Context, id, worker string) error {
	return s.in(ctx, "ending the batch", func(t *tx) error {
		if err := t.discard(ctx, privateQueue(id)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE irccpin_batches SET state = 'ended', ended_at = ? WHERE id = ? AND state = 'running'`, micros(t.now), id); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM irccpin_workers WHERE token = ?`, worker)
		return err
	})
}
