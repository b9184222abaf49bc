package jobs

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"irccpin/automation"
)

// Service is a process that works what schedules bring, for as long as it runs.
type Service struct {
	Bench
	// Deliver takes results where each schedule wants them.
	Deliver Deliverer
	// Notify tells people; nil tells nobody. It is called for one notice at a time,
	// in their order, and again later for one that it returns an error for.
	Notify func(ctx context.Context, n Notice) error
	// Ended, when set, is told how each row ended.
	Ended func(e *Ending)
	// Drain is how long rows under way may go on when the process is asked to end,
	// before their sessions are interrupted. 0 is [DefaultDrain].
	Drain time.Duration
}

// Deliverer takes a row's result where it is to go. No PIN is kept for later:
// what is not delivered is read again.
type Deliverer interface {
	// Ready is called before a row's session, for what would keep its result from
	// being delivered. An error ends the row, and the portal is not opened.
	Ready(ctx context.Context, s Schedule) error
	// Hand is called for a PIN that was not delivered before, or has changed. It may
	// take its time.
	Hand(ctx context.Context, s Schedule, e *Ending) error
	// Write is called for each row that ended, one at a time for all workers on all
	// machines, and holds up the database meanwhile: for files. lost are the places
	// of rows whose PIN was there and is no more, so that it is to be read again.
	Write(ctx context.Context, s Schedule, e *Ending) (lost []int, err error)
}

const (
	// DefaultDrain leaves room within the ninety seconds that systemd gives a
	// service to end: what follows is signing out, and closing browsers.
	DefaultDrain = 30 * time.Second
	// workerTries is how often a row is run within one run of a schedule that finds
	// the portal unavailable; the next run is never far.
	workerTries = 5
	// longUnavailable is how long the portal must be out of reach for people to be
	// told.
	longUnavailable = time.Hour
	// workerPoll is how often the queue is asked for work; PostgreSQL tells by
	// itself.
	workerPoll = 500 * time.Millisecond
)

// needsPerson tells whether a row that ended so is parked: nothing changes by
// itself, and another try could only do harm.
func needsPerson(code automation.Code) bool {
	return slices.Contains([]automation.Code{
		automation.HumanNeeded, automation.CredentialRefused, automation.CredentialHeld, automation.AccountLocked, automation.AccountRevoked,
		automation.BadSettings, automation.Usage, automation.Unsafe, automation.WrongEmployer, automation.NotPermitted,
		automation.AmbiguousUser, automation.ConflictingUser, automation.Unencodable, automation.RejectedByPortal,
	}, code)
}

// Serve works what is due until ctx ends, then drains: nothing new is begun, rows
// under way may go on for a while, and those that are interrupted before their
// commit go back to the queue. The error is state_unavailable; being asked to end
// is none.
func (s *Store) Serve(ctx context.Context, v Service) (err error) {
	c := newCrew(s, v.Bench, "worker")
	c.tries, c.keep = workerTries, true
	k := newClerk(v, c)
	whole := context.WithoutCancel(ctx)
	if err := s.enrol(ctx, c.process); err != nil {
		return err
	}
	beat, stop := context.WithCancel(whole)
	var beating sync.WaitGroup
	beating.Go(func() { s.beat(beat, c.process, c.Log, k.duties()...) })
	sent := k.sending(whole)
	defer func() {
		sent()
		stop()
		beating.Wait()
		after, cancel := context.WithTimeout(whole, bookkeeping)
		defer cancel()
		err = errors.Join(err, s.in(after, "taking leave", func(t *tx) error {
			_, err := t.exec(after, `DELETE FROM irccpin_workers WHERE token = ?`, c.token)
			return err
		}))
	}()

	workers := river.NewWorkers()
	river.AddWorker(workers, rowWorker{crew: c})
	river.AddWorker(workers, occurrenceWorker{store: s})
	queue, err := s.db.engine(&river.Config{
		Queues: map[string]river.QueueConfig{
			realmQueue(c.process.realm): {MaxWorkers: max(v.Concurrency, 1)},
			// Apart, so that a run of a schedule begins while rows of another take long.
			planQueue(c.process.realm): {MaxWorkers: 1},
		},
		Workers: workers, FetchPollInterval: workerPoll,
		JobTimeout: c.jobTimeout(), RescueStuckJobsAfter: max(rescueTime, c.jobTimeout()+time.Minute),
		RetryPolicy: retries{}, Logger: engineLog(c.Log),
	})
	if err != nil {
		return err
	}
	if err := queue.Start(whole); err != nil {
		return unavailable(ctx, "starting the queue", err)
	}
	c.Log.Info("worker started", "worker", c.label, "realm", string(c.process.realm), "concurrency", max(v.Concurrency, 1))
	<-ctx.Done()
	c.Log.Info("worker drains", "worker", c.label)
	close(c.leaving)
	drain := v.Drain
	if drain == 0 {
		drain = DefaultDrain
	}
	patient, cancel := context.WithTimeout(whole, drain)
	defer cancel()
	if err = queue.Stop(patient); patient.Err() != nil {
		err = queue.StopAndCancel(whole)
	}
	c.Log.Info("worker stopped", "worker", c.label)
	return unavailable(whole, "stopping the queue", err)
}

// clerk does for a worker what is to be done with rows that ended.
type clerk struct {
	Service
	crew *crew
	// news is sent to when there may be something in the outbox.
	news chan struct{}
}

// newClerk makes a clerk, and lets it do what a crew has to leave to it.
func newClerk(v Service, c *crew) *clerk {
	k := &clerk{Service: v, crew: c, news: make(chan struct{}, 1)}
	c.ready, c.hand, c.settle, c.ended = k.ready, k.hand, k.settle, k.ended
	return k
}

// duties are those that come with each sign of life.
func (k *clerk) duties() []func(context.Context, *tx) error {
	if k.Notify == nil {
		return nil
	}
	return []func(context.Context, *tx) error{
		func(ctx context.Context, t *tx) error { return t.alarm(ctx, k.crew.process.realm) },
	}
}

// ready tells whether the result of a schedule's row can be delivered.
func (k *clerk) ready(ctx context.Context, id string) error {
	s, err := k.lookUp(ctx, id)
	if errors.Is(err, errRemoved) {
		return nil // the session ends at the portal, as it does when that happens later
	}
	if err != nil {
		return err
	}
	return k.Deliver.Ready(ctx, s)
}

// hand gives a PIN to whoever waits for it.
func (k *clerk) hand(ctx context.Context, e *Ending) error {
	s, err := k.lookUp(ctx, e.Schedule)
	if err != nil {
		return err
	}
	return k.Deliver.Hand(ctx, s, e)
}

var errRemoved = errors.New("the schedule was removed meanwhile")

func (k *clerk) lookUp(ctx context.Context, id string) (s Schedule, err error) {
	err = k.crew.store.in(ctx, "looking up the schedule", func(t *tx) error {
		found, ok, err := t.schedule(ctx, "id", id)
		if err == nil && !ok {
			err = errRemoved
		}
		s = found.Schedule
		return err
	})
	return s, err
}

// settle writes down what a row's ending means for its schedule. The schedule is
// locked from here on, which makes files the business of one worker at a time.
func (k *clerk) settle(ctx context.Context, t *tx, e *Ending) error {
	s, ok, err := t.schedule(ctx, "id", e.Schedule)
	if err != nil || !ok {
		return err
	}
	var letters []letter
	lost, err := k.Deliver.Write(ctx, s.Schedule, e)
	switch {
	case err == nil:
	case e.Outcome.PIN == "" || e.Outcome.Code != "":
		// There is nothing to deliver: that the row needs a person, say, matters
		// more than that the file does not tell so.
		k.crew.Log.Warn("writing down a result where the schedule wants it", "schedule", s.Name, "row", e.Row.Number, "error", err)
	default:
		e.undelivered(err)
		_, err := t.exec(ctx, `UPDATE irccpin_batch_rows SET result = '', code = ?, message = ?, hint = ? WHERE batch = ? AND place = ?`,
			string(e.Outcome.Code), clean(e.Outcome.Message), clean(e.Hint), e.Batch, e.Place)
		if err != nil {
			return err
		}
	}
	for _, place := range lost {
		k.crew.Log.Warn("a PIN that was delivered is no longer in the results, and is read again", "schedule", s.Name, "place", place)
		if _, err := t.exec(ctx, `UPDATE irccpin_schedule_rows SET delivered_at = 0 WHERE schedule = ? AND place = ?`, s.ID, place); err != nil {
			return err
		}
	}
	switch {
	case needsPerson(e.Outcome.Code):
		_, err := t.exec(ctx, `UPDATE irccpin_schedule_rows SET parked_at = ?, parked_code = ?, parked_message = ?, parked_hint = ? WHERE schedule = ? AND place = ?`,
			micros(t.now), string(e.Outcome.Code), clean(e.Outcome.Message), clean(e.Hint), e.Schedule, e.Place)
		if err != nil {
			return err
		}
		kind := PersonNeeded
		if e.Outcome.Code == automation.CredentialRefused || e.Outcome.Code == automation.CredentialHeld {
			kind = CredentialHeld
		}
		letters = append(letters, about(kind, e))
	case e.Due:
		kind := PINAppeared
		if e.known {
			kind = PINChanged
		}
		letters = append(letters, about(kind, e))
		fallthrough
	case e.Outcome.Code == "" && e.Outcome.PIN != "":
		_, err := t.exec(ctx, `UPDATE irccpin_schedule_rows SET delivered_at = ?, delivered = ? WHERE schedule = ? AND place = ?`,
			micros(t.now), e.PIN.Fingerprint, e.Schedule, e.Place)
		if err != nil {
			return err
		}
	}
	finished, err := t.endRun(ctx, s, e.Batch)
	if err != nil {
		return err
	}
	if finished {
		letters = append(letters, letter{Kind: ScheduleFinished})
	}
	if k.Notify == nil {
		return nil
	}
	return t.post(ctx, s.ID, letters...)
}

// endRun ends a run whose last row has ended, and a schedule whose last PIN is
// there.
func (t *tx) endRun(ctx context.Context, s stored, batch string) (finished bool, err error) {
	var open int64
	if _, err := t.one(ctx, []any{&open}, `SELECT count(*) FROM irccpin_batch_rows WHERE batch = ? AND state <> 'done'`, batch); err != nil || open > 0 {
		return false, err
	}
	if _, err := t.exec(ctx, `UPDATE irccpin_batches SET state = 'ended', ended_at = ? WHERE id = ? AND state = 'running'`, micros(t.now), batch); err != nil {
		return false, err
	}
	if !s.UntilPIN || s.State == Finished {
		return false, nil
	}
	if _, err := t.one(ctx, []any{&open}, `SELECT count(*) FROM irccpin_schedule_rows WHERE schedule = ? AND delivered_at = 0`, s.ID); err != nil || open > 0 {
		return false, err
	}
	_, err = t.exec(ctx, `UPDATE irccpin_schedules SET state = 'finished', revision = revision + 1, next_at = 0 WHERE id = ?`, s.ID)
	return err == nil, err
}

// ended is told once what happened is written down.
func (k *clerk) ended(e *Ending) {
	if k.Service.Ended != nil {
		k.Service.Ended(e)
	}
	select {
	case k.news <- struct{}{}:
	default:
	}
}
