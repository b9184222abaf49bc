package jobs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"irccpin/automation"
	"irccpin/automation/lang"
	"irccpin/automation/roster"
)

// Runner does one job in one session: package automation's Run, or something
// that shares a browser between sessions.
type Runner interface {
	Run(ctx context.Context, c automation.Config, job automation.Job) *automation.Result
}

// RunnerFunc makes a function a Runner.
type RunnerFunc func(ctx context.Context, c automation.Config, job automation.Job) *automation.Result

// Run implements [Runner].
func (f RunnerFunc) Run(ctx context.Context, c automation.Config, job automation.Job) *automation.Result {
	return f(ctx, c, job)
}

// Bench is what a process works rows with.
type Bench struct {
	// Config is how the portal is opened. Settings, run and command are the row's.
	Config automation.Config
	// Runner opens the sessions.
	Runner Runner
	// Limits are how politely.
	Limits Limits
	// Concurrency is how many rows this process works at once.
	Concurrency int
	// Observe, when set, makes an observer for the sessions of a row.
	Observe func(place int) automation.Observer
	// Visited, when set, is told after each session whether the portal answered,
	// unless it does not tell.
	Visited func(answered bool)
	// Log is told what happens; nil is nobody.
	Log *slog.Logger
}

func (b Bench) realm() Realm {
	if b.Config.Simulator != nil {
		return Simulated
	}
	return Live
}

// The times of a row.
const (
	// busyTime is how long a row waits for a credential that somebody else uses: a
	// person at a window has twenty minutes.
	busyTime = 20 * time.Minute
	// busyPause is how often it asks.
	busyPause = 5 * time.Second
	// turnPause is how often a row asks whether another row of the same credential
	// has ended in this process.
	turnPause = time.Second
	// elsewherePause is how often a job asks whose row is under way by another one:
	// the queue has handed it out twice.
	elsewherePause = 10 * time.Second
	// bookkeeping bounds what is written down after a session.
	bookkeeping = 90 * time.Second
	// admissionTime is how long a row holds its place in the process while it waits
	// for a session's place.
	admissionTime = 2 * time.Minute
	// sessionSlack is what a session may take beyond its time-out: what follows the
	// committing click, and cleaning up.
	sessionSlack = automation.Reserve + 2*time.Minute
	// longest is the longest closing of the portal that is believed.
	longest = 24 * time.Hour
)

// crew works rows, in the foreground or in a worker.
type crew struct {
	Bench
	store *Store
	process

	// tries is how often a row is run that finds the portal unavailable.
	tries int
	// patience is how long a closing of the portal is waited for; a row that would
	// wait longer ends. 0 is for ever.
	patience time.Duration
	// keep tells that a row which was interrupted goes back to the queue, for
	// another process or another day.
	keep bool
	// leaving is closed when no further session is to begin.
	leaving chan struct{}
	// ready is asked before the session of a schedule's row whether its result can be
	// delivered.
	ready func(ctx context.Context, schedule string) error
	// settle is told in the transaction that ends a row what came of it.
	settle func(ctx context.Context, t *tx, e *Ending) error
	// hand is told before that transaction, and may say how it failed.
	hand func(ctx context.Context, e *Ending) error
	// ended is told after it.
	ended func(e *Ending)

	mu sync.Mutex
	// accounts are those that have a session in this process.
	accounts map[[sha256.Size]byte]bool
	// under are the rows under way: the queue may hand out one a second time that
	// it thinks stuck.
	under map[rowJob]bool
}

func newCrew(s *Store, b Bench, what string) *crew {
	if b.Log == nil {
		b.Log = silent()
	}
	return &crew{
		Bench: b, store: s, process: process{newID("worker"), processLabel(what), b.realm()}, leaving: make(chan struct{}),
		accounts: map[[sha256.Size]byte]bool{}, under: map[rowJob]bool{},
	}
}

// Ending is how a row ended.
type Ending struct {
	Batch    string
	Schedule string // its id; "" in the foreground
	Command  string
	// Place is the row's place in the roster, from 0.
	Place int
	Row   roster.Row
	// Outcome is what came of it, with the PIN.
	Outcome roster.Outcome
	Hint    string
	// Result is the session's; nil when there was none.
	Result *automation.Result
	// PIN tells how the PIN compares with what was seen before.
	PIN automation.Sighting
	// Due tells that the PIN has not been delivered yet.
	Due bool

	// known tells that another PIN was delivered before.
	known bool
}

// rowJob is the queue's job for one row: ids only.
type rowJob struct {
	Batch string `json:"batch"`
	Place int    `json:"place"`
	Turn  int    `json:"turn"`
}

// format is the version of what is queued. It changes when an older program
// could misunderstand a job, which then lies in a queue that it does not know.
const format = "v1"

// Kind implements river.JobArgs.
func (rowJob) Kind() string { return "irccpin_row_" + format }

func realmQueue(realm Realm) string    { return "irccpin_" + format + "_" + string(realm) }
func planQueue(realm Realm) string     { return realmQueue(realm) + "_plans" }
func privateQueue(batch string) string { return "irccpin_" + format + "_" + batch }

// rowAttempts is how often the queue itself hands out a row that fails because
// the database does: for most of a day, see [retries]. After that the sweep finds
// the row without a job, and gives it another.
const rowAttempts = 25

func (j rowJob) in(queue string) river.InsertManyParams {
	return river.InsertManyParams{Args: j, InsertOpts: &river.InsertOpts{Queue: queue, MaxAttempts: rowAttempts}}
}

// task is a row that was taken up.
type task struct {
	rowJob
	schedule, command string
	row               roster.Row
	tries             int
	first             time.Time // when it was first taken up
	now               time.Time // by the shared clock
	taken             time.Time // the same by this machine\'s
	delivered         string    // fingerprint of the PIN that was delivered
}

// verdict is what is to be done with a row after it was worked on.
type verdict struct {
	ending *Ending
	// again is when to hand it out once more, if ending is nil.
	again time.Duration
	// tried tells that this was a try, and counts.
	tried bool
}

// rowWorker gives rows from the queue to a crew.
type rowWorker struct {
	river.WorkerDefaults[rowJob]
	crew *crew
}

// Work implements river.Worker.
func (w rowWorker) Work(ctx context.Context, job *river.Job[rowJob]) error {
	return w.crew.work(ctx, job.Args)
}

// Timeout implements river.Worker.
func (w rowWorker) Timeout(*river.Job[rowJob]) time.Duration { return w.crew.jobTimeout() }

// jobTimeout bounds everything that happens to a row between being handed out
// and coming back.
func (c *crew) jobTimeout() time.Duration {
	timeout, settle := c.Config.Timeout, c.Config.Settle
	if timeout <= 0 {
		timeout = automation.DefaultTimeout
	}
	if settle <= 0 {
		settle = automation.DefaultSettle
	}
	return admissionTime + timeout + settle + sessionSlack + bookkeeping
}

// work takes up a row, works on it, and puts it down.
func (c *crew) work(ctx context.Context, j rowJob) error {
	if !begin(c, c.under, j) {
		return river.JobSnooze(elsewherePause)
	}
	defer end(c, c.under, j)
	t, err := c.claim(ctx, j)
	if err != nil || t == nil {
		return err
	}
	v := c.attempt(ctx, t)
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), bookkeeping)
	defer cancel()
	if v.ending == nil {
		return c.postpone(after, t, v)
	}
	return c.finish(after, t, v.ending)
}

// claim marks a row as this process's. Nil means that there is nothing to do: it
// is done, or gone, or has another job by now. A row that somebody else has keeps
// its job, since it may come back to the queue: the error is a snooze then.
func (c *crew) claim(ctx context.Context, j rowJob) (*task, error) {
	var t *task
	elsewhere := false
	err := c.store.in(ctx, "taking up a row", func(x *tx) error {
		t, elsewhere = nil, false
		n, err := x.exec(ctx, `UPDATE irccpin_batch_rows SET state = 'running', worker = ?, first_at = CASE first_at WHEN 0 THEN ? ELSE first_at END
			WHERE batch = ? AND place = ? AND turn = ? AND (state = 'queued' OR state = 'running' AND worker = ?)`,
			c.token, micros(x.now), j.Batch, j.Place, j.Turn, c.token)
		if err != nil {
			return err
		}
		if n == 0 {
			var state string
			_, err := x.one(ctx, []any{&state}, `SELECT state FROM irccpin_batch_rows WHERE batch = ? AND place = ? AND turn = ?`, j.Batch, j.Place, j.Turn)
			elsewhere = state == "running"
			return err
		}
		found := &task{rowJob: j, now: x.now, taken: time.Now()}
		var content string
		var first int64
		_, err = x.one(ctx, []any{&content, &found.tries, &first, &found.command, &found.schedule, &found.delivered},
			`SELECT r.content, r.tries, r.first_at, b.command, coalesce(b.schedule, ''), coalesce(s.delivered, '')
			FROM irccpin_batch_rows r JOIN irccpin_batches b ON b.id = r.batch
			LEFT JOIN irccpin_schedule_rows s ON s.schedule = b.schedule AND s.place = r.place
			WHERE r.batch = ? AND r.place = ?`, j.Batch, j.Place)
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(content), &found.row); err != nil {
			return fmt.Errorf("row %d of %s cannot be read: %w", j.Place, j.Batch, err)
		}
		found.first, t = fromMicros(first), found
		return nil
	})
	if err == nil && elsewhere {
		return nil, river.JobSnooze(elsewherePause)
	}
	return t, err
}

// postpone puts a row back into the queue.
func (c *crew) postpone(ctx context.Context, t *task, v verdict) error {
	tries := 0
	if v.tried {
		tries = 1
	}
	err := c.store.in(ctx, "putting a row back", func(x *tx) error {
		_, err := x.exec(ctx, `UPDATE irccpin_batch_rows SET state = 'queued', worker = '', queued_at = ?, tries = tries + ?
			WHERE batch = ? AND place = ? AND turn = ? AND worker = ? AND state = 'running'`, micros(x.now), tries, t.Batch, t.Place, t.Turn, c.token)
		return err
	})
	if err != nil {
		return err
	}
	return river.JobSnooze(max(v.again, time.Millisecond))
}

// attempt works on a row: settings, a place among the sessions, the session.
func (c *crew) attempt(ctx context.Context, t *task) verdict {
	if c.isLeaving(ctx) {
		return c.interrupted(t)
	}
	config, err := c.configFor(ctx, t)
	if err != nil {
		return c.failed(t, err)
	}
	defer config.Settings.Wipe()
	account := sha256.Sum256([]byte(config.Settings.Username.Reveal()))
	if !begin(c, c.accounts, account) {
		return verdict{again: turnPause}
	}
	defer end(c, c.accounts, account)
	if c.ready != nil {
		if err := c.ready(ctx, t.schedule); err != nil {
			return c.failed(t, err)
		}
	}
	place, v := c.enter(ctx, t)
	if place == nil {
		return v
	}
	began := time.Now()
	e := &Ending{Batch: t.Batch, Schedule: t.schedule, Command: t.command, Place: t.Place, Row: t.row}
	e.Result = c.Runner.Run(ctx, config, remembering(jobOf(t), &e.PIN))
	c.Log.Info("session ended", "batch", t.Batch, "row", t.row.Number, "employer", t.row.Label(), "run", e.Result.Run, "ended", ended(e.Result), "took", time.Since(began).Round(time.Millisecond))
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), bookkeeping)
	defer cancel()
	if err := place.release(after); err != nil {
		c.Log.Warn("giving a session's place back", "error", err)
	}
	return c.judge(after, t, e)
}

func ended(r *automation.Result) string {
	if r.Error != nil {
		return string(r.Error.Code)
	}
	return *r.Result
}

// jobOf is what is to be done in the session of a row.
func jobOf(t *task) automation.Job {
	if t.command == Create {
		return automation.Create(t.row.Order())
	}
	return automation.FindPIN(t.row.Person())
}

// remembering makes a job note the PIN that it reads. A ledger that fails here
// keeps nobody from their PIN: the worst is that it is delivered once more.
func remembering(job automation.Job, seen *automation.Sighting) automation.Job {
	return func(ctx context.Context, s *automation.Session, r *automation.Result) error {
		err := job(ctx, s, r)
		if r.User != nil {
			var failed error
			if *seen, failed = s.Remember(ctx, *r.User); failed != nil {
				r.Warnings = append(r.Warnings, automation.Warning{Code: "pin_not_noted", Page: s.Page(), Detail: failed.Error()})
			}
		}
		return err
	}
}

// configFor reads a row's settings, from its own file or keychain entry and from
// nowhere else.
func (c *crew) configFor(ctx context.Context, t *task) (automation.Config, error) {
	config := c.Config
	settings, err := automation.LoadSettings(ctx, t.row.Source(config.Environ))
	if err != nil {
		return config, err
	}
	if err := fits(settings, t.row, config); err != nil {
		return config, err
	}
	settings.BusinessNumber = cmp.Or(t.row.BusinessNumber, settings.BusinessNumber)
	if settings.Employer == "" {
		settings.Employer = t.row.Employer
	}
	config.Settings, config.Command, config.RunID = settings, "batch "+t.command, automation.NewRunID(time.Now())
	if t.schedule != "" {
		config.Command = "schedule " + t.command
	}
	if c.Observe != nil {
		config.Observer = c.Observe(t.Place)
	}
	return config, nil
}

// begin puts something under way in this process, unless it is already.
func begin[K comparable](c *crew, set map[K]bool, k K) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if set[k] {
		return false
	}
	set[k] = true
	return true
}

func end[K comparable](c *crew, set map[K]bool, k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(set, k)
}

func (c *crew) isLeaving(ctx context.Context) bool {
	select {
	case <-c.leaving:
		return true
	default:
		return ctx.Err() != nil
	}
}

// enter waits for a place among the sessions. Without one, the verdict says why.
func (c *crew) enter(ctx context.Context, t *task) (*slot, verdict) {
	limited, cancel := context.WithTimeout(ctx, admissionTime)
	defer cancel()
	for {
		a, err := c.store.admit(limited, c.process.realm, c.Limits, c.label)
		switch {
		case c.isLeaving(ctx):
			if a.slot != nil {
				_ = a.slot.release(context.WithoutCancel(ctx)) // it expires by itself
			}
			return nil, c.interrupted(t)
		case err != nil && limited.Err() != nil:
			return nil, verdict{again: fullPause}
		case err != nil:
			return nil, c.failed(t, err)
		case a.slot != nil:
			return a.slot, verdict{}
		case a.closed != nil && c.patience > 0 && a.wait > c.patience:
			return nil, verdict{ending: c.ending(t, a.closed.closedError(a.closed.Until.Add(-a.wait)))}
		case a.closed != nil && a.wait > turnPause:
			// As long as it is closed, and a little longer, so that not all come at once.
			return nil, verdict{again: a.wait + rand.N(c.Limits.Pause+time.Second)}
		}
		select {
		case <-c.leaving:
		case <-time.After(a.wait):
		case <-limited.Done():
			if ctx.Err() == nil {
				return nil, verdict{again: fullPause}
			}
		}
	}
}

// judge decides what a session's result means for its row.
func (c *crew) judge(ctx context.Context, t *task, e *Ending) verdict {
	r := e.Result
	c.visited(ctx, r)
	e.Outcome = roster.Outcome{Run: r.Run, Simulated: r.Simulated}
	if r.User != nil {
		e.Outcome.PIN = r.User.PIN
	}
	if r.Error == nil {
		e.Outcome.Result = *r.Result
		e.Due = e.Outcome.PIN != "" && (e.PIN.Fingerprint == "" || e.PIN.Fingerprint != t.delivered)
		e.known = t.delivered != ""
		return verdict{ending: e}
	}
	e.Outcome.Code, e.Outcome.Message, e.Hint = r.Error.Code, r.Error.Message, r.Error.Hint
	wait := min(time.Duration(r.Error.RetryAfter)*time.Second, longest)
	if wait > 0 {
		c.close(ctx, wait, r.Error.Message)
	}
	switch r.Error.Code {
	case automation.Interrupted:
		if c.keep {
			return verdict{}
		}
	case automation.CredentialBusy:
		if t.now.Sub(t.first)+time.Since(t.taken) < busyTime {
			return verdict{again: busyPause + rand.N(busyPause)}
		}
	case automation.PortalUnavailable:
		switch {
		case wait > 0 && (c.patience == 0 || wait <= c.patience):
			return verdict{again: wait + rand.N(c.Limits.Pause+time.Second)}
		case wait == 0 && t.tries+1 < c.tries:
			return verdict{again: c.Limits.backoff(t.tries + 1), tried: true}
		}
	case automation.StateUnavailable:
		if t.tries+1 < c.tries {
			return verdict{again: c.Limits.backoff(t.tries + 1), tried: true}
		}
	}
	return verdict{ending: e}
}

// close keeps all sessions away from a portal that said how long it is closed.
func (c *crew) close(ctx context.Context, wait time.Duration, why string) {
	if err := c.store.closeGate(ctx, c.process.realm, wait, why); err != nil {
		c.Log.Warn("noting that the portal is closed", "error", err)
	}
	c.Log.Warn("the portal is closed", "for", wait, "why", why)
}

// visited notes what a session tells of the portal, if it tells anything.
func (c *crew) visited(ctx context.Context, r *automation.Result) {
	answered, known := r.PortalAnswered()
	if !known {
		return
	}
	if err := c.store.noteVisit(ctx, c.process.realm, answered); err != nil {
		c.Log.Warn("noting whether the portal answered", "error", err)
	}
	if c.Visited != nil {
		c.Visited(answered)
	}
}

// failed is the verdict on a row that had no session.
func (c *crew) failed(t *task, err error) verdict {
	var stop *automation.Error
	switch {
	case errors.Is(err, context.Canceled):
		return c.interrupted(t)
	case !errors.As(err, &stop):
		stop = &automation.Error{Code: automation.Internal, Message: err.Error(), Err: err, Hint: lang.Text("This is a defect of irccpin. Please report it.")}
	}
	return verdict{ending: c.ending(t, stop)}
}

// interrupted is the verdict on a row whose session did not begin.
func (c *crew) interrupted(t *task) verdict {
	if c.keep {
		return verdict{}
	}
	return verdict{ending: c.ending(t, &automation.Error{
		Code: automation.Interrupted, Message: lang.Text("not started: the batch was interrupted"), Hint: lang.Text("Run the same batch again."),
	})}
}

func (c *crew) ending(t *task, stop *automation.Error) *Ending {
	return &Ending{
		Batch: t.Batch, Schedule: t.schedule, Command: t.command, Place: t.Place, Row: t.row, Hint: stop.Hint,
		Outcome: roster.Outcome{Code: stop.Code, Message: stop.Error(), Simulated: c.process.realm == Simulated},
	}
}

// finish writes down how a row ended, and delivers what there is. A row that was
// given to somebody else meanwhile is theirs to finish.
func (c *crew) finish(ctx context.Context, t *task, e *Ending) error {
	if c.hand != nil && e.Due {
		if err := c.hand(ctx, e); err != nil {
			e.undelivered(err)
		}
	}
	mine := false
	err := c.store.in(ctx, "writing down how a row ended", func(x *tx) error {
		mine = false
		n, err := x.exec(ctx, `UPDATE irccpin_batch_rows SET state = 'done', ended_at = ?, result = ?, code = ?, message = ?, hint = ?, run = ?
			WHERE batch = ? AND place = ? AND turn = ? AND worker = ? AND state = 'running'`,
			micros(x.now), e.Outcome.Result, string(e.Outcome.Code), clean(e.Outcome.Message), clean(e.Hint), e.Outcome.Run, t.Batch, t.Place, t.Turn, c.token)
		if err != nil || n == 0 {
			return err
		}
		mine = true
		return c.settle(ctx, x, e)
	})
	if err != nil && c.keep {
		return err // it is handed out again, and its user is not made again
	}
	if err != nil {
		c.Log.Warn("writing down how a row ended", "error", err)
	}
	if mine || err != nil {
		c.ended(e)
	} else {
		c.Log.Warn("a row ended here that is no longer this process's: its schedule was removed, or it was given to another", "batch", t.Batch, "row", t.row.Number)
	}
	return nil
}

// undelivered notes that the PIN was read and did not get to where it should.
func (e *Ending) undelivered(err error) {
	e.Due = false
	e.Outcome.Result, e.Outcome.Code = "", automation.DeliveryFailed
	e.Outcome.Message = lang.Text("the PIN was read, and could not be delivered: %v", err)
	e.Hint = lang.Text("Mend that. The PIN is read and delivered again with the next run.")
}
