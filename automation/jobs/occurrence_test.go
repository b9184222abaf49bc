package jobs

import (
	"errors"
	"testing"
	"time"

	"irccpin/automation"
)

// TestOccurrences moves a clock through the life of a schedule, and looks at
// which runs begin. Nobody works their rows; a test ends a run by hand.
func TestOccurrences(t *testing.T) {
	c := &clock{}
	c.set("2026-03-06T20:00:00Z")
	s := world{dir: t.TempDir(), now: c.now}.open(t)
	p := plan("mornings", rowsOf(t, "a", "b"))
	p.Timing = Timing{Cron: "0 7 * * *", Zone: "America/Toronto"}
	added, err := s.Add(t.Context(), p)
	must(t, err)
	wantNext := func(want string) {
		t.Helper()
		if got := find(t, s, "mornings").Next; !got.Equal(at(want)) {
			t.Errorf("next is %s, and %s was wanted", got.Format(time.RFC3339), want)
		}
	}
	batches := func() int {
		t.Helper()
		var n int
		must(t, s.in(t.Context(), "testing", func(x *tx) error {
			_, err := x.one(t.Context(), []any{&n}, `SELECT count(*) FROM irccpin_batches`)
			return err
		}))
		return n
	}
	revision := int64(1)
	due := func(text string) {
		t.Helper()
		// Two workers are handed the same one, and one of them twice.
		for range 3 {
			must(t, s.occurrence(t.Context(), occurrenceJob{Schedule: added.ID, Revision: revision, Due: micros(at(text))}))
		}
	}
	endRun := func() {
		t.Helper()
		must(t, s.in(t.Context(), "testing", func(x *tx) error {
			_, err := x.exec(t.Context(), `UPDATE irccpin_batches SET state = 'ended', ended_at = ?`, micros(x.now))
			return err
		}))
	}

	wantNext("2026-03-07T12:00:00Z")
	c.set("2026-03-07T12:00:02Z")
	due("2026-03-07T12:00:00Z")
	if n := batches(); n != 1 {
		t.Fatalf("%d runs began of one that was due", n)
	}
	wantNext("2026-03-08T11:00:00Z") // the clocks change in that night

	// The first run still goes on the next morning: that one is left out.
	c.set("2026-03-08T11:00:01Z")
	due("2026-03-08T11:00:00Z")
	if n := batches(); n != 1 {
		t.Fatalf("%d runs, over one that had not ended", n)
	}
	wantNext("2026-03-09T11:00:00Z")
	endRun()

	// Nobody was there for four days: that is made up once.
	c.set("2026-03-12T15:00:00Z")
	due("2026-03-09T11:00:00Z")
	if n := batches(); n != 2 {
		t.Fatalf("%d runs after four days", n)
	}
	wantNext("2026-03-13T11:00:00Z")
	endRun()

	// What was planned before a pause is void, also after it.
	must(t, s.Pause(t.Context(), "mornings"))
	wantNever := find(t, s, "mornings")
	if wantNever.State != Paused || !wantNever.Next.IsZero() {
		t.Errorf("a paused schedule is %s, next %s", wantNever.State, wantNever.Next)
	}
	c.set("2026-03-20T15:00:00Z")
	due("2026-03-13T11:00:00Z")
	if n := batches(); n != 2 {
		t.Fatalf("a paused schedule ran")
	}
	_, next, err := s.Resume(t.Context(), "mornings")
	must(t, err)
	if want := at("2026-03-21T11:00:00Z"); !next.Equal(want) {
		t.Errorf("resumed, next is %s", next)
	}
	due("2026-03-13T11:00:00Z")
	if n := batches(); n != 2 {
		t.Fatalf("a run from before the pause began")
	}
	revision = 3

	// One that a person asks for is beside the others.
	rows, err := s.RunNow(t.Context(), "mornings")
	must(t, err)
	if rows != 2 {
		t.Errorf("%d rows run", rows)
	}
	wantNext("2026-03-21T11:00:00Z")
	var stop *automation.Error
	if _, err := s.RunNow(t.Context(), "mornings"); !errors.As(err, &stop) || stop.Code != automation.Usage {
		t.Errorf("it runs already, and %v", err)
	}

	must(t, s.Remove(t.Context(), "mornings"))
	due("2026-03-21T11:00:00Z")
	if n := batches(); n != 0 {
		t.Errorf("%d runs of a schedule that was removed", n)
	}
}

// TestReplan loses the queue's plans, as when a database is put back from a
// backup: a schedule that is late gets its run all the same, and once.
func TestReplan(t *testing.T) {
	c := &clock{}
	c.set("2026-03-06T20:00:00Z")
	s := world{dir: t.TempDir(), now: c.now}.open(t)
	_, err := s.Add(t.Context(), plan("lost", rowsOf(t, "a")))
	must(t, err)
	jobs := func() (n int) {
		t.Helper()
		must(t, s.in(t.Context(), "testing", func(x *tx) error {
			_, err := x.one(t.Context(), []any{&n}, `SELECT count(*) FROM river_job`)
			return err
		}))
		return n
	}
	again := func() {
		t.Helper()
		must(t, s.in(t.Context(), "testing", func(x *tx) error { return x.replan(t.Context()) }))
	}
	again()
	c.set("2026-03-06T20:30:00Z")
	again()
	if n := jobs(); n != 1 {
		t.Errorf("%d plans, and one was there", n)
	}
	must(t, s.in(t.Context(), "testing", func(x *tx) error { return x.discard(t.Context(), planQueue(Simulated)) }))
	again()
	again()
	if n := jobs(); n != 1 {
		t.Errorf("%d plans after they were lost", n)
	}
	// A process was killed to which it had just been handed out.
	must(t, s.in(t.Context(), "testing", func(x *tx) error {
		_, err := x.exec(t.Context(), `UPDATE river_job SET state = 'running'`)
		return err
	}))
	c.set("2026-03-06T20:31:00Z")
	again()
	again()
	if n := jobs(); n != 2 {
		t.Errorf("%d plans, one of them with a process that was killed", n)
	}
}
