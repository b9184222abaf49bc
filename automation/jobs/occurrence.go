package jobs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/riverqueue/river"

	"irccpin/automation/roster"
)

// occurrenceJob is the queue's job for one run of a schedule: ids only. The time
// that it is due is part of what makes it unique.
type occurrenceJob struct {
	Schedule string `json:"schedule"`
	// Revision is the schedule's when this was planned; a pause makes it void.
	Revision int64 `json:"revision"`
	// Due is in microseconds since 1970.
	Due int64 `json:"due"`
	// Again tells one that was planned anew, at that time, from one that was lost;
	// both begin the same run.
	Again int64 `json:"again,omitempty"`
}

// Kind implements river.JobArgs.
func (occurrenceJob) Kind() string { return "irccpin_occurrence_" + format }

type occurrenceWorker struct {
	river.WorkerDefaults[occurrenceJob]
	store *Store
}

// Work implements river.Worker.
func (w occurrenceWorker) Work(ctx context.Context, job *river.Job[occurrenceJob]) error {
	return w.store.occurrence(ctx, job.Args)
}

// occurrence begins a run of a schedule that is due, and plans the next. It does
// so once, however often it is called: the run is unique in the database.
func (s *Store) occurrence(ctx context.Context, j occurrenceJob) error {
	return s.in(ctx, "beginning a run of a schedule", func(t *tx) error {
		found, ok, err := t.schedule(ctx, "id", j.Schedule)
		if err != nil || !ok || found.State != Active || found.revision != j.Revision {
			return err
		}
		due := fromMicros(j.Due)
		if due.Before(found.Next) {
			return nil // it was made already
		}
		// A run that is still going on is not run over: this one is left out.
		if _, _, err := t.occur(ctx, found, due); err != nil && err != errRunning {
			return err
		}
		next := found.Timing.following(due, t.now)
		if _, err := t.exec(ctx, `UPDATE irccpin_schedules SET next_at = ? WHERE id = ?`, micros(next), found.ID); err != nil {
			return err
		}
		if next.IsZero() {
			return nil
		}
		return t.plan(ctx, found.Realm, occurrenceJob{Schedule: found.ID, Revision: found.revision, Due: micros(next)})
	})
}

// occur makes the rows of one run: those that neither rest nor wait for a
// person. The error is errRunning when the run before has not ended.
func (t *tx) occur(ctx context.Context, s stored, due time.Time) (batch string, count int, err error) {
	var running int64
	if _, err := t.one(ctx, []any{&running}, `SELECT count(*) FROM irccpin_batches WHERE schedule = ? AND state = 'running'`, s.ID); err != nil {
		return "", 0, err
	}
	if running > 0 {
		return "", 0, errRunning
	}
	type open struct {
		place int
		row   roster.Row
	}
	var rows []open
	rests := flag(s.UntilPIN)
	err = t.each(ctx, func(scan func(...any) error) error {
		var o open
		var content string
		if err := scan(&o.place, &content); err != nil {
			return err
		}
		rows = append(rows, o)
		return json.Unmarshal([]byte(content), &rows[len(rows)-1].row)
	}, `SELECT place, content FROM irccpin_schedule_rows WHERE schedule = ? AND parked_at = 0 AND (delivered_at = 0 OR ? = 0) ORDER BY place`, s.ID, rests)
	if err != nil || len(rows) == 0 {
		return "", 0, err
	}
	batch = newID("batch")
	n, err := t.exec(ctx, `INSERT INTO irccpin_batches (id, realm, command, schedule, due_at, worker, state, created_at) VALUES (?, ?, ?, ?, ?, '', 'running', ?)
		ON CONFLICT (schedule, due_at) DO NOTHING`, batch, string(s.Realm), s.Command, s.ID, micros(due), micros(t.now))
	if err != nil || n == 0 {
		return "", 0, err
	}
	var jobs []river.InsertManyParams
	for _, o := range rows {
		if err := t.addRow(ctx, batch, o.place, o.row); err != nil {
			return "", 0, err
		}
		jobs = append(jobs, rowJob{batch, o.place, 1}.in(realmQueue(s.Realm)))
	}
	return batch, len(rows), t.enqueue(ctx, jobs...)
}

// replan plans what was lost: a schedule that should have run and has no plan,
// after a queue was put back from a backup, or a process was killed to which the
// plan had just been handed out. Plans that wait are not made twice.
func (t *tx) replan(ctx context.Context) error {
	const grace = 5 * time.Minute // in which a busy queue hands it out by itself
	var late []stored
	err := t.each(ctx, func(scan func(...any) error) error {
		found, err := scanSchedule(scan)
		late = append(late, found)
		return err
	}, `SELECT `+scheduleColumns+` FROM irccpin_schedules WHERE state = 'active' AND next_at <> 0 AND next_at < ?
		AND id || '/' || revision || '/' || next_at NOT IN (SELECT (args ->> 'schedule') || '/' || (args ->> 'revision') || '/' || (args ->> 'due')
			FROM river_job WHERE kind = ? AND state IN (`+waiting+`))`, micros(t.now.Add(-grace)), occurrenceJob{}.Kind())
	for i := 0; err == nil && i < len(late); i++ {
		s := late[i]
		err = t.plan(ctx, s.Realm, occurrenceJob{Schedule: s.ID, Revision: s.revision, Due: micros(s.Next), Again: micros(t.now)})
	}
	return err
}
