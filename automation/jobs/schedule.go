package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"irccpin/automation"
	"irccpin/automation/lang"
	"irccpin/automation/roster"
)

// Plan is a schedule as it is added: a roster that recurs.
type Plan struct {
	Name   string
	Realm  Realm
	Timing Timing
	// Command is Create or PINs.
	Command string
	// UntilPIN lets a row rest that has its PIN; else it is watched for changes.
	UntilPIN bool
	// Rows are those of the roster.
	Rows []roster.Row
	// Roster and Delivery are kept for who delivers the results, and are not
	// understood here. They hold no secret.
	Roster, Delivery json.RawMessage
}

// State of a schedule.
type State string

// The states of a schedule.
const (
	Active State = "active"
	Paused State = "paused"
	// Finished is a schedule whose every row has its PIN.
	Finished State = "finished"
)

// Schedule is a schedule as it stands.
type Schedule struct {
	Plan
	ID      string
	State   State
	Created time.Time
	// Next is when it runs next; zero is never.
	Next time.Time
	// Last is its last run, nil before the first.
	Last *LastRun
	// Parked are the rows that wait for a person.
	Parked []ParkedRow
	// Rested is how many rows have their PIN and rest.
	Rested int
}

// LastRun is the last run of a schedule.
type LastRun struct {
	Batch string
	Due   time.Time
	// Ended is zero while it runs.
	Ended time.Time
	// Counts are its rows by result or error code; "queued" and "running" are those
	// that have not ended.
	Counts map[string]int
}

// ParkedRow is a row that is not retried, because a person is needed first.
type ParkedRow struct {
	Row     roster.Row
	Since   time.Time
	Code    automation.Code
	Message string
	Hint    string
}

// errNoSchedule is what a name that nobody gave is answered with.
func errNoSchedule(name string) error {
	return &automation.Error{Code: automation.Usage, Message: lang.Text("there is no schedule %q", name), Hint: lang.Text("irccpin schedule list names them.")}
}

// Add adds a schedule and returns it. The error is usage when the name is taken.
func (s *Store) Add(ctx context.Context, p Plan) (Schedule, error) {
	out := Schedule{Plan: p, ID: newID("schedule"), State: Active}
	err := s.in(ctx, "adding the schedule", func(t *tx) error {
		var n int64
		if _, err := t.one(ctx, []any{&n}, `SELECT count(*) FROM irccpin_schedules WHERE name = ?`, p.Name); err != nil {
			return err
		}
		if n > 0 {
			return &automation.Error{Code: automation.Usage, Message: lang.Text("there is a schedule %q already", p.Name), Hint: lang.Text("Choose another name, or remove that one first: irccpin schedule remove")}
		}
		out.Created, out.Next = t.now, p.Timing.first(t.now)
		_, err := t.exec(ctx, `INSERT INTO irccpin_schedules (id, name, realm, command, every, cron, zone, until_pin, roster, delivery, state, revision, created_at, next_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`,
			out.ID, p.Name, string(p.Realm), p.Command, p.Timing.Every.Microseconds(), p.Timing.Cron, p.Timing.Zone, flag(p.UntilPIN),
			string(p.Roster), string(p.Delivery), string(Active), micros(t.now), micros(out.Next))
		if err != nil {
			return err
		}
		for place, row := range p.Rows {
			content, err := json.Marshal(row)
			if err != nil {
				return err
			}
			if _, err := t.exec(ctx, `INSERT INTO irccpin_schedule_rows (schedule, place, content) VALUES (?, ?, ?)`, out.ID, place, string(content)); err != nil {
				return err
			}
		}
		return t.plan(ctx, p.Realm, occurrenceJob{Schedule: out.ID, Revision: 1, Due: micros(out.Next)})
	})
	return out, err
}

// stored is a row of irccpin_schedules.
type stored struct {
	Schedule
	revision int64
}

const scheduleColumns = `id, name, realm, command, every, cron, zone, until_pin, roster, delivery, state, revision, created_at, next_at`

func scanSchedule(scan func(...any) error) (stored, error) {
	var s stored
	var realm, state, list, delivery string
	var every, until, created, next int64
	err := scan(&s.ID, &s.Name, &realm, &s.Command, &every, &s.Timing.Cron, &s.Timing.Zone, &until, &list, &delivery, &state, &s.revision, &created, &next)
	s.Realm, s.State, s.UntilPIN = Realm(realm), State(state), until == 1
	s.Timing.Every = time.Duration(every) * time.Microsecond
	s.Roster, s.Delivery = json.RawMessage(list), json.RawMessage(delivery)
	s.Created, s.Next = fromMicros(created), fromMicros(next)
	if s.State != Active {
		s.Next = time.Time{}
	}
	return s, err
}

// schedule reads one, by its id or its name, and keeps others from changing it.
func (t *tx) schedule(ctx context.Context, column, value string) (found stored, ok bool, err error) {
	if _, err := t.exec(ctx, `UPDATE irccpin_schedules SET revision = revision WHERE `+column+` = ?`, value); err != nil {
		return found, false, err
	}
	err = t.each(ctx, func(scan func(...any) error) error {
		var err error
		found, err = scanSchedule(scan)
		ok = true
		return err
	}, `SELECT `+scheduleColumns+` FROM irccpin_schedules WHERE `+column+` = ?`, value)
	return found, ok, err
}

// named is schedule for a name that a person gave.
func (t *tx) named(ctx context.Context, name string) (stored, error) {
	found, ok, err := t.schedule(ctx, "name", name)
	if err == nil && !ok {
		err = errNoSchedule(name)
	}
	return found, err
}

// Schedules lists all schedules, live and simulated, by name.
func (s *Store) Schedules(ctx context.Context) ([]Schedule, error) {
	list := []Schedule{}
	err := s.in(ctx, "listing the schedules", func(t *tx) error {
		list = list[:0]
		err := t.each(ctx, func(scan func(...any) error) error {
			found, err := scanSchedule(scan)
			list = append(list, found.Schedule)
			return err
		}, `SELECT `+scheduleColumns+` FROM irccpin_schedules ORDER BY name`)
		for i := 0; err == nil && i < len(list); i++ {
			err = t.describe(ctx, &list[i])
		}
		return err
	})
	return list, err
}

// describe adds rows and last run.
func (t *tx) describe(ctx context.Context, s *Schedule) error {
	err := t.each(ctx, func(scan func(...any) error) error {
		var content, code string
		var parked, delivered int64
		p := ParkedRow{}
		if err := scan(&content, &parked, &code, &p.Message, &p.Hint, &delivered); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(content), &p.Row); err != nil {
			return err
		}
		s.Rows = append(s.Rows, p.Row)
		if s.UntilPIN && delivered != 0 {
			s.Rested++
		}
		if parked != 0 {
			p.Since, p.Code = fromMicros(parked), automation.Code(code)
			s.Parked = append(s.Parked, p)
		}
		return nil
	}, `SELECT content, parked_at, parked_code, parked_message, parked_hint, delivered_at FROM irccpin_schedule_rows WHERE schedule = ? ORDER BY place`, s.ID)
	if err != nil {
		return err
	}
	last := LastRun{Counts: map[string]int{}}
	var due, over int64
	found, err := t.one(ctx, []any{&last.Batch, &due, &over}, `SELECT id, due_at, ended_at FROM irccpin_batches WHERE schedule = ? ORDER BY created_at DESC, id LIMIT 1`, s.ID)
	if err != nil || !found {
		return err
	}
	last.Due, last.Ended = fromMicros(due), fromMicros(over)
	s.Last = &last
	return t.each(ctx, func(scan func(...any) error) error {
		var state, result, code string
		var n int
		if err := scan(&state, &result, &code, &n); err != nil {
			return err
		}
		word := state
		if state == "done" {
			word = result + code // one of them is empty
		}
		last.Counts[word] += n
		return nil
	}, `SELECT state, result, code, count(*) FROM irccpin_batch_rows WHERE batch = ? GROUP BY state, result, code`, last.Batch)
}

// Pause keeps a schedule from running until it is resumed. A run under way ends
// as usual.
func (s *Store) Pause(ctx context.Context, name string) error {
	return s.in(ctx, "pausing the schedule", func(t *tx) error {
		found, err := t.named(ctx, name)
		if err != nil || found.State != Active {
			return err
		}
		_, err = t.exec(ctx, `UPDATE irccpin_schedules SET state = 'paused', revision = revision + 1 WHERE id = ?`, found.ID)
		return err
	})
}

// Resume lets a paused schedule run again, from now on, and gives rows that wait
// for a person another try. It returns how many these are.
func (s *Store) Resume(ctx context.Context, name string) (unparked int, next time.Time, err error) {
	err = s.in(ctx, "resuming the schedule", func(t *tx) error {
		found, err := t.named(ctx, name)
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, `UPDATE irccpin_schedule_rows SET parked_at = 0, parked_code = '', parked_message = '', parked_hint = '' WHERE schedule = ? AND parked_at <> 0`, found.ID)
		if err != nil {
			return err
		}
		unparked, next = int(n), found.Next
		if found.State != Paused {
			return nil
		}
		next = found.Timing.first(t.now)
		if _, err := t.exec(ctx, `UPDATE irccpin_schedules SET state = 'active', revision = revision + 1, next_at = ? WHERE id = ?`, micros(next), found.ID); err != nil {
			return err
		}
		return t.plan(ctx, found.Realm, occurrenceJob{Schedule: found.ID, Revision: found.revision + 1, Due: micros(next)})
	})
	return unparked, next, err
}

// Remove takes a schedule away, with what is still to be done of it. Rows that
// are under way end at the portal, and are not delivered.
func (s *Store) Remove(ctx context.Context, name string) error {
	return s.in(ctx, "removing the schedule", func(t *tx) error {
		found, err := t.named(ctx, name)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `DELETE FROM irccpin_schedules WHERE id = ?`, found.ID)
		return err
	})
}

// errRunning is what a second run beside the first is answered with.
var errRunning = errors.New("it is running already")

// RunNow lets a schedule run at once, beside its timing, and returns the number
// of rows. The error is usage when it is running, or has nothing left to do.
func (s *Store) RunNow(ctx context.Context, name string) (rows int, err error) {
	err = s.in(ctx, "running the schedule", func(t *tx) error {
		found, err := t.named(ctx, name)
		if err != nil {
			return err
		}
		_, rows, err = t.occur(ctx, found, t.now)
		switch {
		case errors.Is(err, errRunning):
			return &automation.Error{Code: automation.Usage, Message: lang.Text("the schedule %q is running already", name), Hint: lang.Text("irccpin schedule list tells how far it is.")}
		case err == nil && rows == 0:
			return &automation.Error{Code: automation.Usage, Message: lang.Text("no row of the schedule %q is left to do: each has its PIN, or waits for a person", name), Hint: lang.Text("irccpin schedule list tells which wait; irccpin schedule resume gives them another try.")}
		}
		return err
	})
	return rows, err
}

// plan puts an occurrence into the queue, to be handed out when it is due. The
// queue takes the same one once.
func (t *tx) plan(ctx context.Context, realm Realm, j occurrenceJob) error {
	return t.enqueue(ctx, river.InsertManyParams{Args: j, InsertOpts: &river.InsertOpts{
		Queue: planQueue(realm), ScheduledAt: fromMicros(j.Due), MaxAttempts: rowAttempts, UniqueOpts: river.UniqueOpts{ByArgs: true},
	}})
}
