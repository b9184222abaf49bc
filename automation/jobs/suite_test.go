package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/roster"
)

// suite holds on every engine.
var suite = []struct {
	name string
	run  func(*testing.T, world)
}{
	{"several open at once", testOpen},
	{"newer schema", testNewer},
	{"one bad row", testOneBadRow},
	{"one credential in several rows", testOneCredential},
	{"sessions at once", testSessions},
	{"portal unavailable", testUnavailable},
	{"portal closed", testClosed},
	{"settings of a row", testRowSettings},
	{"interrupted", testInterrupted},
	{"schedule from end to end", testSchedule},
	{"rows that need a person", testParked},
	{"one occurrence and several processes", testOneOccurrence},
	{"two workers", testTwoWorkers},
	{"a row of a dead worker", testDeadWorker},
	{"a row that is handed out twice", testHandedOutTwice},
	{"a row whose job is lost", testLostJob},
	{"draining", testDrain},
	{"delivery fails", testDeliveryFails},
	{"results cannot be written", testUnwritten},
	{"results have no place", testNotReady},
	{"a worker that is killed before it tells", testKilledBeforeTelling},
	{"a session's place that expired", testSlotBack},
	{"a delivered PIN that is lost", testLostPIN},
	{"PINs watched for changes", testChanges},
	{"other versions' jobs", testOtherVersion},
	{"other versions' jobs under way", testOtherVersionUnderWay},
}

func TestSQLite(t *testing.T) {
	for _, s := range suite {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, world{dir: t.TempDir()})
		})
	}
}

func testOpen(t *testing.T, w world) {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			s, err := Open(t.Context(), Options{Dir: w.dir, URL: w.url})
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	all.Wait()
}

func testNewer(t *testing.T, w world) {
	known, err := loadMigrations()
	must(t, err)
	for name, statement := range map[string]string{
		"ours":         `UPDATE irccpin_jobs_meta SET value = '99' WHERE name = 'schema'`,
		"the engine's": `INSERT INTO river_migration (line, version) VALUES ('main', 99)`,
	} {
		s := w.open(t)
		change := func(statement string) {
			must(t, s.in(t.Context(), "testing", func(x *tx) error {
				_, err := x.exec(t.Context(), statement)
				return err
			}))
		}
		change(statement)
		_, err := Open(t.Context(), Options{Dir: w.dir, URL: w.url})
		var stop *automation.Error
		if !errors.As(err, &stop) || stop.Code != automation.StateUnavailable || !strings.Contains(stop.Message, "newer") {
			t.Errorf("%s: %v", name, err)
		}
		change(`UPDATE irccpin_jobs_meta SET value = '` + fmt.Sprint(len(known)) + `' WHERE name = 'schema'`)
		change(`DELETE FROM river_migration WHERE version = 99`)
	}
}

func testOneBadRow(t *testing.T, w world) {
	p := newPortal()
	p.answers["b"] = []answer{{code: automation.HumanNeeded}}
	e := run(t, w.open(t), p.bench(2), rowsOf(t, "a", "b", "c", "d"))
	for place, want := range []string{"created", "human_needed", "created", "created"} {
		if got := e.word(place); got != want {
			t.Errorf("row %d: %s", place, got)
		}
	}
	if pin := e.all[2].Outcome.PIN; pin != "PIN-c" {
		t.Errorf("the PIN is %q", pin)
	}
	if p.visited("b") != 1 {
		t.Errorf("a row that needs a person was tried %d times", p.visited("b"))
	}
}

func testOneCredential(t *testing.T, w world) {
	p := newPortal()
	rows := rowsOf(t, "a", "a", "a", "b")
	e := run(t, w.open(t), p.bench(4), rows)
	if p.overlap || p.visited("a") != 3 {
		t.Errorf("overlap: %t, visits: %d", p.overlap, p.visited("a"))
	}
	for place := range rows {
		if e.word(place) != "created" {
			t.Errorf("row %d: %s", place, e.word(place))
		}
	}
}

// testSessions lets two processes share one limit.
func testSessions(t *testing.T, w world) {
	p := newPortal()
	var all sync.WaitGroup
	for range 2 {
		s := w.open(t)
		rows := rowsOf(t, "a", "b", "c", "d")
		for i := range rows {
			rows[i].Employer = fmt.Sprint(i)
		}
		all.Go(func() {
			b := p.bench(4)
			b.Limits = Limits{Sessions: 1, Pause: 100 * time.Millisecond}
			e := newEndings()
			if _, err := s.RunBatch(t.Context(), Batch{Command: Create, Rows: rows, Ended: e.end}, b); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if p.most != 1 {
		t.Errorf("%d sessions at once", p.most)
	}
	for i := 1; i < len(p.starts); i++ {
		// The pause is reckoned where the place is given, just before the start;
		// half of it is room for a start that was slow to follow.
		if gap := p.starts[i].Sub(p.starts[i-1]); gap < 50*time.Millisecond {
			t.Errorf("session %d began %s after the one before", i, gap)
		}
	}
}

func testUnavailable(t *testing.T, w world) {
	p := newPortal()
	p.answers["a"] = []answer{{code: automation.PortalUnavailable}, {}}
	p.answers["b"] = []answer{{code: automation.PortalUnavailable}}
	p.answers["c"] = []answer{{code: automation.OutcomeUnknown}}
	e := run(t, w.open(t), p.bench(2), rowsOf(t, "a", "b", "c"))
	for place, want := range []string{"created", "portal_unavailable", "outcome_unknown"} {
		if e.word(place) != want {
			t.Errorf("row %d: %s", place, e.word(place))
		}
	}
	if a, b, c := p.visited("a"), p.visited("b"), p.visited("c"); a != 2 || b != foregroundTries || c != 1 {
		t.Errorf("visits: %d, %d, %d", a, b, c)
	}
}

// testClosed lets the portal announce maintenance: nobody goes there any more.
func testClosed(t *testing.T, w world) {
	p := newPortal()
	p.answers["a"] = []answer{{code: automation.PortalUnavailable, retry: 3 * time.Hour}}
	s := w.open(t)
	e := run(t, s, p.bench(1), rowsOf(t, "a", "b", "c"))
	for place := range 3 {
		if e.word(place) != "portal_unavailable" {
			t.Errorf("row %d: %s", place, e.word(place))
		}
	}
	if p.visited("b")+p.visited("c") != 0 {
		t.Error("the portal was visited while it was closed")
	}
	if message := e.all[2].Outcome.Message; !strings.Contains(message, "not opened") {
		t.Errorf("the message is %q", message)
	}
	// The live portal is another one.
	a, err := s.admit(t.Context(), Live, Limits{}, "test")
	must(t, err)
	if a.slot == nil {
		t.Fatal("the closing of a simulated portal closed the live one")
	}
	must(t, a.slot.release(t.Context()))
}

func testRowSettings(t *testing.T, w world) {
	p := newPortal()
	rows := rowsOf(t, "a", "b", "c", "d")
	rows[0].EnvFile += ".missing"
	rows[1].BusinessNumber = "123456789RP0001"
	// The file names the employer's number as well: the same one, and another.
	rows[2].BusinessNumber = "123456789RP0001"
	setNumber(t, rows[2], "123 456 789 rp-0001")
	rows[3].BusinessNumber = "123456789RP0001"
	setNumber(t, rows[3], "987654321RP0001")
	e := run(t, w.open(t), p.bench(2), rows)
	for place, want := range []string{"bad_settings", "created", "created", "wrong_employer"} {
		if e.word(place) != want {
			t.Errorf("row %d: %s", place, e.word(place))
		}
	}
	if p.visited("d") != 0 {
		t.Error("the portal was opened for a row that names another employer than its settings")
	}
}

// setNumber gives the settings of a row a business number.
func setNumber(t *testing.T, r roster.Row, number string) {
	t.Helper()
	file, err := os.OpenFile(r.EnvFile, os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	_, err = file.WriteString("IRCC_BUSINESS_NUMBER=" + number + "\n")
	must(t, errors.Join(err, file.Close()))
}

// testParked parks the rows of a schedule that need a person, each with its
// reason, and tells people of each.
func testParked(t *testing.T, w world) {
	s, p, d := w.open(t), newPortal(), newDesk()
	rows := rowsOf(t, "a", "b", "c", "d", "e")
	rows[0].EnvFile += ".missing"
	p.answers["b"] = []answer{{code: automation.CredentialRefused}}
	p.answers["c"] = []answer{{code: automation.CredentialHeld}}
	rows[3].BusinessNumber = "123456789RP0001"
	setNumber(t, rows[3], "987654321RP0001")
	_, err := s.Add(t.Context(), plan("parked", rows))
	must(t, err)
	told := newTold()
	serve(t, s, Service{Bench: p.bench(2), Deliver: d, Notify: told.notify})
	until(t, "the end of the run", func() bool { return !ranLast(t, s, "parked").Ended.IsZero() })
	var codes []automation.Code
	for _, parked := range find(t, s, "parked").Parked {
		codes = append(codes, parked.Code)
	}
	if want := []automation.Code{automation.BadSettings, automation.CredentialRefused, automation.CredentialHeld, automation.WrongEmployer}; !slices.Equal(codes, want) {
		t.Errorf("parked with %v", codes)
	}
	until(t, "the notices", func() bool { return len(told.list()) == 5 })
	for _, n := range told.list() {
		want := PersonNeeded
		switch {
		case n.Code == "":
			want = PINAppeared
		case n.Code == automation.CredentialRefused, n.Code == automation.CredentialHeld:
			want = CredentialHeld
		}
		if n.Kind != want || n.Row == nil || want != PINAppeared && (n.Message == "" || n.Row.Number < 2 || n.Row.Number > 5) {
			t.Errorf("told %+v", n)
		}
	}
	// Nothing is left to do until a person has helped.
	var stop *automation.Error
	if _, err := s.RunNow(t.Context(), "parked"); !errors.As(err, &stop) || stop.Code != automation.Usage {
		t.Errorf("running it again says %v", err)
	}
	if p.visited("b") != 1 || p.visited("c") != 1 {
		t.Errorf("visits: %v", p.visits)
	}
}

// testOneOccurrence lets several processes begin what is due at the same moment,
// sweep and ask for runs: what is once is once.
func testOneOccurrence(t *testing.T, w world) {
	stores := []*Store{w.open(t), w.open(t), w.open(t)}
	s := stores[0]
	added, err := s.Add(t.Context(), plan("once", rowsOf(t, "a", "b")))
	must(t, err)
	together := func(f func(*Store) error) (failed int) {
		var all sync.WaitGroup
		var mu sync.Mutex
		for _, store := range stores {
			for range 2 {
				all.Go(func() {
					if err := f(store); err != nil {
						var stop *automation.Error
						if !errors.As(err, &stop) || stop.Code != automation.Usage {
							t.Error(err)
						}
						mu.Lock()
						defer mu.Unlock()
						failed++
					}
				})
			}
		}
		all.Wait()
		return failed
	}
	count := func(what string, want int) {
		t.Helper()
		var n int
		must(t, s.in(t.Context(), "testing", func(x *tx) error {
			_, err := x.one(t.Context(), []any{&n}, `SELECT count(*) FROM `+what)
			return err
		}))
		if n != want {
			t.Errorf("%s: %d, and %d was wanted", what, n, want)
		}
	}
	end := func() {
		t.Helper()
		must(t, s.in(t.Context(), "testing", func(x *tx) error {
			_, err := x.exec(t.Context(), `UPDATE irccpin_batches SET state = 'ended', ended_at = ?`, micros(x.now))
			return err
		}))
	}
	const rowJobs = `river_job WHERE kind = 'irccpin_row_` + format + `'`
	together(func(store *Store) error {
		return store.occurrence(t.Context(), occurrenceJob{Schedule: added.ID, Revision: 1, Due: micros(added.Next)})
	})
	count(`irccpin_batches`, 1)
	count(rowJobs, 2)
	next := find(t, s, "once").Next
	if !next.Equal(added.Next.Add(6 * time.Hour)) {
		t.Errorf("next is %s, after %s", next, added.Next)
	}
	count(fmt.Sprintf(`river_job WHERE kind = 'irccpin_occurrence_%s' AND CAST(args ->> 'due' AS BIGINT) = %d`, format, micros(next)), 1)

	must(t, s.in(t.Context(), "testing", func(x *tx) error { return x.discard(t.Context(), realmQueue(Simulated)) }))
	together(func(store *Store) error {
		return store.in(t.Context(), "testing", func(x *tx) error { return x.sweep(t.Context()) })
	})
	count(rowJobs, 2)
	count(`irccpin_batch_rows WHERE turn = 2`, 2)

	end()
	if failed := together(func(store *Store) error {
		_, err := store.RunNow(t.Context(), "once")
		return err
	}); failed != 5 {
		t.Errorf("of six that asked for a run, %d were refused", failed)
	}
	count(`irccpin_batches`, 2)
}

func testInterrupted(t *testing.T, w world) {
	p := newPortal()
	wait := make(chan struct{})
	p.answers["a"] = []answer{{wait: wait, deaf: true}} // past its commit
	p.answers["b"] = []answer{{wait: wait}}
	s := w.open(t)
	ctx, interrupt := context.WithCancel(t.Context())
	e := newEndings()
	done := make(chan error)
	go func() {
		_, err := s.RunBatch(ctx, Batch{Command: Create, Rows: rowsOf(t, "a", "b", "c", "d"), Ended: e.end}, p.bench(2))
		done <- err
	}()
	until(t, "two sessions", func() bool { return p.visited("a")+p.visited("b") == 2 })
	interrupt()
	until(t, "the end of the session before its commit", func() bool { return e.word(1) == "interrupted" })
	close(wait)
	must(t, <-done)
	for place, want := range []string{"created", "interrupted", "interrupted", "interrupted"} {
		if e.word(place) != want {
			t.Errorf("row %d: %s", place, e.word(place))
		}
	}
	if p.visited("c")+p.visited("d") != 0 {
		t.Error("a session began after the interruption")
	}
	if e.more > 0 {
		t.Errorf("%d rows were told twice", e.more)
	}
}

// serve runs a worker until the test stops it.
func serve(t *testing.T, s *Store, v Service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, v) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("the worker ended with %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func testSchedule(t *testing.T, w world) {
	s := w.open(t)
	p := newPortal()
	p.answers["b"] = []answer{{code: automation.HumanNeeded}, {}}
	p.answers["c"] = []answer{{code: automation.PINPending}, {}}
	_, err := s.Add(t.Context(), plan("spring", rowsOf(t, "a", "b", "c")))
	must(t, err)
	if _, err := s.Add(t.Context(), plan("spring", nil)); err == nil {
		t.Error("two schedules of one name")
	}
	d := newDesk()
	told := newTold()
	serve(t, s, Service{Bench: p.bench(2), Deliver: d, Notify: told.notify})
	ended := func() bool { return !ranLast(t, s, "spring").Ended.IsZero() }
	until(t, "the first run", ended)
	found := find(t, s, "spring")
	if len(found.Parked) != 1 || found.Parked[0].Code != automation.HumanNeeded || found.Parked[0].Row.Number != 3 {
		t.Errorf("parked: %+v", found.Parked)
	}
	if found.Rested != 1 || found.Last.Counts["created"] != 1 || found.Last.Counts["pin_pending"] != 1 {
		t.Errorf("%d rest, %v", found.Rested, found.Last.Counts)
	}
	if !found.Next.After(time.Now()) {
		t.Errorf("next is %s", found.Next)
	}

	// A second run asks for the row without a PIN, and for nobody else.
	rows, err := s.RunNow(t.Context(), "spring")
	must(t, err)
	if rows != 1 {
		t.Errorf("%d rows run", rows)
	}
	until(t, "the second run", ended)
	if a, b, c := p.visited("a"), p.visited("b"), p.visited("c"); a != 1 || b != 1 || c != 2 {
		t.Errorf("visits: %d, %d, %d", a, b, c)
	}
	var stop *automation.Error
	if _, err := s.RunNow(t.Context(), "spring"); !errors.As(err, &stop) || stop.Code != automation.Usage {
		t.Errorf("nothing is left, and running it says %v", err)
	}

	// After a person has helped, the last row gets its PIN, and the schedule ends.
	unparked, _, err := s.Resume(t.Context(), "spring")
	must(t, err)
	if unparked != 1 {
		t.Errorf("%d rows unparked", unparked)
	}
	_, err = s.RunNow(t.Context(), "spring")
	must(t, err)
	until(t, "the end of the schedule", func() bool { return find(t, s, "spring").State == Finished })
	until(t, "the notices", func() bool {
		return told.count(PINAppeared) == 3 && told.count(PersonNeeded) == 1 && told.count(ScheduleFinished) == 1
	})
	for place, pin := range []string{"PIN-a", "PIN-b", "PIN-c"} {
		if got := d.handed[place]; len(got) != 1 || got[0] != pin {
			t.Errorf("row %d: handed %v", place, got)
		}
	}
	must(t, s.Remove(t.Context(), "spring"))
	if err := s.Remove(t.Context(), "spring"); err == nil {
		t.Error("removed twice")
	}
}

// testTwoWorkers lets two processes work one schedule: each row once.
func testTwoWorkers(t *testing.T, w world) {
	p := newPortal()
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	d, e := newDesk(), newEndings()
	for range 2 {
		serve(t, w.open(t), Service{Bench: p.bench(2), Deliver: d, Ended: e.end})
	}
	s := w.open(t)
	_, err := s.Add(t.Context(), plan("shared", rowsOf(t, names...)))
	must(t, err)
	until(t, "the end", func() bool { return find(t, s, "shared").State == Finished })
	for _, name := range names {
		if p.visited(name) != 1 {
			t.Errorf("%s was visited %d times", name, p.visited(name))
		}
	}
	if p.overlap || e.more > 0 {
		t.Errorf("overlap: %t, told twice: %d", p.overlap, e.more)
	}
}

// testDeadWorker leaves a row behind as a killed worker would.
func testDeadWorker(t *testing.T, w world) {
	s := w.open(t)
	_, err := s.Add(t.Context(), plan("killed", rowsOf(t, "a")))
	must(t, err)
	batch := begun(t, s, "killed")
	c := newCrew(s, newPortal().bench(1), "dead")
	task, err := c.claim(t.Context(), rowJob{batch, 0, 1})
	must(t, err)
	if task == nil {
		t.Fatal("the row could not be taken up")
	}
	if again, err := newCrew(s, newPortal().bench(1), "other").claim(t.Context(), rowJob{batch, 0, 1}); !snoozes(err) || again != nil {
		t.Fatalf("a row under way was taken up by another: %v, %v", again, err)
	}
	p, d := newPortal(), newDesk()
	serve(t, s, Service{Bench: p.bench(1), Deliver: d}) // its first beat sweeps: the dead one never enrolled
	until(t, "the end", func() bool { return find(t, s, "killed").State == Finished })
	// The dead one, come back, is too late.
	e := c.ending(task, &automation.Error{Code: automation.Internal, Message: "late"})
	c.settle = func(context.Context, *tx, *Ending) error { t.Error("a late ending was taken"); return nil }
	c.ended = func(*Ending) { t.Error("a late ending was told") }
	must(t, c.finish(t.Context(), task, e))
	if got := d.handed[0]; len(got) != 1 {
		t.Errorf("handed %v", got)
	}
}

// testHandedOutTwice lets the queue hand out a row again that is under way, as it
// does with one that it takes for stuck. The row then goes back to the queue: its
// job must still be there.
func testHandedOutTwice(t *testing.T, w world) {
	s := w.open(t)
	p, d, e := newPortal(), newDesk(), newEndings()
	p.answers["a"] = []answer{{code: automation.PortalUnavailable, wait: make(chan struct{})}, {}}
	_, err := s.Add(t.Context(), plan("twice", rowsOf(t, "a")))
	must(t, err)
	job := rowJob{begun(t, s, "twice"), 0, 1}
	c, other := newCrew(s, p.bench(1), "one"), newCrew(s, p.bench(1), "other")
	for _, crew := range []*crew{c, other} {
		crew.tries, crew.keep = workerTries, true
		newClerk(Service{Bench: crew.Bench, Deliver: d, Ended: e.end}, crew)
		must(t, s.enrol(t.Context(), crew.process))
	}
	first := make(chan error)
	go func() { first <- c.work(t.Context(), job) }()
	until(t, "the session", func() bool { return p.visited("a") == 1 })
	for name, crew := range map[string]*crew{"the same process": c, "another process": other} {
		if err := crew.work(t.Context(), job); !snoozes(err) {
			t.Errorf("handed out again to %s while it is under way, the job ends with %v", name, err)
		}
	}
	close(p.answers["a"][0].wait)
	if err := <-first; !snoozes(err) {
		t.Fatalf("a row that is tried again ends its job with %v", err)
	}
	must(t, other.work(t.Context(), job))
	if e.word(0) != "created" || p.visited("a") != 2 {
		t.Errorf("it ended as %s after %d visits", e.word(0), p.visited("a"))
	}
	must(t, c.work(t.Context(), job)) // there is nothing more to do
	must(t, c.work(t.Context(), rowJob{job.Batch, 0, 2}))
	if p.visited("a") != 2 {
		t.Errorf("%d visits of a row that had ended", p.visited("a"))
	}
}

// testLostJob takes the jobs of queued rows away, in the ways in which a process
// that is killed and the engine do: the rows get others, and once.
func testLostJob(t *testing.T, w world) {
	s := w.open(t)
	_, err := s.Add(t.Context(), plan("lost", rowsOf(t, "a", "b")))
	must(t, err)
	batch := begun(t, s, "lost")
	do := func(statement string, args ...any) {
		t.Helper()
		must(t, s.in(t.Context(), "testing", func(x *tx) error {
			_, err := x.exec(t.Context(), statement, args...)
			return err
		}))
	}
	turns := func(want ...int) {
		t.Helper()
		must(t, s.in(t.Context(), "testing", func(x *tx) error {
			if err := x.sweep(t.Context()); err != nil {
				return err
			}
			for place, turn := range want {
				var got, jobs int
				if _, err := x.one(t.Context(), []any{&got}, `SELECT turn FROM irccpin_batch_rows WHERE batch = ? AND place = ?`, batch, place); err != nil {
					return err
				}
				if _, err := x.one(t.Context(), []any{&jobs}, `SELECT count(*) FROM river_job WHERE state = 'available' AND args ->> 'place' = ? AND args ->> 'turn' = ?`, fmt.Sprint(place), fmt.Sprint(turn)); err != nil {
					return err
				}
				if got != turn || jobs > 1 {
					t.Errorf("row %d has turn %d, and %d was wanted; it has %d jobs", place, got, turn, jobs)
				}
			}
			return nil
		}))
	}
	turns(1, 1)
	// Handed out a moment ago: it may yet be taken up.
	do(`UPDATE river_job SET state = 'running' WHERE kind = ? AND CAST(args ->> 'place' AS BIGINT) = 0`, rowJob{}.Kind())
	turns(1, 1)
	// That process was killed.
	do(`UPDATE irccpin_batch_rows SET queued_at = queued_at - ?`, (2 * lostTime).Microseconds())
	turns(2, 1)
	turns(2, 1)
	// The engine gave up the other one.
	do(`DELETE FROM river_job WHERE kind = ? AND CAST(args ->> 'place' AS BIGINT) = 1`, rowJob{}.Kind())
	turns(2, 2)
	turns(2, 2)

	p, d := newPortal(), newDesk()
	serve(t, s, Service{Bench: p.bench(2), Deliver: d})
	until(t, "the end", func() bool { return find(t, s, "lost").State == Finished })
	if a, b := p.visited("a"), p.visited("b"); a != 1 || b != 1 {
		t.Errorf("visits: %d, %d", a, b)
	}
}

// testDrain asks a worker to end in the middle: what is past its commit is
// finished, what is not goes back to the queue, and another worker does it.
func testDrain(t *testing.T, w world) {
	s := w.open(t)
	p := newPortal()
	wait := make(chan struct{})
	p.answers["a"] = []answer{{wait: wait, deaf: true}}
	p.answers["b"] = []answer{{wait: wait}, {}}
	d, e := newDesk(), newEndings()
	_, err := s.Add(t.Context(), plan("drained", rowsOf(t, "a", "b", "c")))
	must(t, err)
	stop := serve(t, s, Service{Bench: p.bench(2), Deliver: d, Ended: e.end, Drain: time.Millisecond})
	until(t, "two sessions", func() bool { return p.visited("a")+p.visited("b") == 2 })
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	until(t, "the interrupted row's way back", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.open["b"] == 0
	})
	close(wait)
	<-stopped
	if e.word(0) != "created" || e.word(1) != "not told" || e.word(2) != "not told" {
		t.Errorf("after draining: %s, %s, %s", e.word(0), e.word(1), e.word(2))
	}
	serve(t, s, Service{Bench: p.bench(2), Deliver: d, Ended: e.end})
	until(t, "the end", func() bool { return find(t, s, "drained").State == Finished })
	if p.visited("a") != 1 || p.visited("b") != 2 || p.visited("c") != 1 {
		t.Errorf("visits: %v", p.visits)
	}
}

func testDeliveryFails(t *testing.T, w world) {
	s, p, d, e := w.open(t), newPortal(), newDesk(), newEndings()
	d.fail = true
	_, err := s.Add(t.Context(), plan("undeliverable", rowsOf(t, "a")))
	must(t, err)
	serve(t, s, Service{Bench: p.bench(1), Deliver: d, Ended: e.end})
	until(t, "the end of the run", func() bool { return e.word(0) == "delivery_failed" })
	if found := find(t, s, "undeliverable"); found.Rested != 0 || found.State != Active || len(found.Parked) != 0 {
		t.Errorf("%+v", found)
	}
	d.mu.Lock()
	d.fail = false
	d.mu.Unlock()
	_, err = s.RunNow(t.Context(), "undeliverable")
	must(t, err)
	until(t, "the end of the schedule", func() bool { return find(t, s, "undeliverable").State == Finished })
	if got := d.handed[0]; len(got) != 1 || got[0] != "PIN-a" {
		t.Errorf("handed %v", got)
	}
}

// testNotReady names a place for the results that belongs to something else: no
// session is spent on a PIN that could not be delivered.
func testNotReady(t *testing.T, w world) {
	s, p, d, e := w.open(t), newPortal(), newDesk(), newEndings()
	d.closed = &automation.Error{Code: automation.Usage, Message: "it is somebody else's"}
	_, err := s.Add(t.Context(), plan("elsewhere", rowsOf(t, "a")))
	must(t, err)
	serve(t, s, Service{Bench: p.bench(1), Deliver: d, Ended: e.end})
	until(t, "the end of the run", func() bool { return e.word(0) == "usage" })
	if found := find(t, s, "elsewhere"); len(found.Parked) != 1 || p.visited("a") != 0 {
		t.Errorf("%d sessions, parked: %+v", p.visited("a"), found.Parked)
	}
}

// testUnwritten fills the disk that results are written to: how a row ended stays
// known, and a PIN that was read is not taken for delivered.
func testUnwritten(t *testing.T, w world) {
	s, p, d, e := w.open(t), newPortal(), newDesk(), newEndings()
	p.answers["b"] = []answer{{code: automation.HumanNeeded}}
	p.answers["c"] = []answer{{code: automation.OutcomeUnknown}, {}}
	d.full = true
	_, err := s.Add(t.Context(), plan("full", rowsOf(t, "a", "b", "c")))
	must(t, err)
	told := newTold()
	serve(t, s, Service{Bench: p.bench(1), Deliver: d, Ended: e.end, Notify: told.notify})
	until(t, "the end of the run", func() bool { return !ranLast(t, s, "full").Ended.IsZero() })
	for place, want := range []string{"delivery_failed", "human_needed", "outcome_unknown"} {
		if e.word(place) != want {
			t.Errorf("row %d: %s", place, e.word(place))
		}
	}
	found := find(t, s, "full")
	if len(found.Parked) != 1 || found.Parked[0].Code != automation.HumanNeeded || found.Rested != 0 {
		t.Errorf("parked: %+v, %d rest", found.Parked, found.Rested)
	}
	until(t, "the notice", func() bool { return told.count(PersonNeeded) == 1 })
	d.mu.Lock()
	d.full = false
	d.mu.Unlock()
	_, err = s.RunNow(t.Context(), "full")
	must(t, err)
	until(t, "the PINs", func() bool { return find(t, s, "full").Rested == 2 })
}

// testLostPIN loses a PIN that was delivered: its row rests no more, and the PIN is
// written anew.
func testLostPIN(t *testing.T, w world) {
	s, p, d := w.open(t), newPortal(), newDesk()
	p.answers["b"] = []answer{{code: automation.PINPending}, {}}
	_, err := s.Add(t.Context(), plan("spreadsheet", rowsOf(t, "a", "b")))
	must(t, err)
	serve(t, s, Service{Bench: p.bench(1), Deliver: d})
	until(t, "the first run", func() bool { return !ranLast(t, s, "spreadsheet").Ended.IsZero() })
	d.mu.Lock()
	d.lost = []int{0}
	d.mu.Unlock()
	_, err = s.RunNow(t.Context(), "spreadsheet")
	must(t, err)
	until(t, "the second run", func() bool { return p.visited("b") == 2 && !ranLast(t, s, "spreadsheet").Ended.IsZero() })
	if found := find(t, s, "spreadsheet"); found.State != Active || found.Rested != 1 {
		t.Errorf("it is %s, and %d rows rest", found.State, found.Rested)
	}
	_, err = s.RunNow(t.Context(), "spreadsheet")
	must(t, err)
	until(t, "the end", func() bool { return find(t, s, "spreadsheet").State == Finished })
	if got := d.wrote[0]; len(got) != 2 || got[1] != "PIN-a" || p.visited("a") != 2 {
		t.Errorf("written %d times after %d visits", len(got), p.visited("a"))
	}
}

// testChanges watches PINs for changes (--until never): a row never rests, and a
// PIN is delivered when it appears and when it changes, and at no other time.
func testChanges(t *testing.T, w world) {
	s, d := w.open(t), newDesk()
	p := plan("watched", rowsOf(t, "a"))
	p.UntilPIN = false
	_, err := s.Add(t.Context(), p)
	must(t, err)
	told := newTold()
	c := newCrew(s, newPortal().bench(1), "test")
	k := newClerk(Service{Bench: c.Bench, Deliver: d, Notify: told.notify}, c)
	for i, step := range []struct {
		pin   string // "" is none yet
		lost  bool   // the file holds it no more
		kinds []NoticeKind
	}{
		{pin: ""},
		{pin: "1111", kinds: []NoticeKind{PINAppeared}},
		{pin: "1111"},
		{pin: "2222", kinds: []NoticeKind{PINChanged}},
		{pin: ""}, // gone for a while
		{pin: "2222"},
		{pin: "2222", lost: true},
		{pin: "2222"},
	} {
		if step.lost {
			d.lost = []int{0}
		}
		before := len(told.list())
		_, err := s.RunNow(t.Context(), "watched")
		must(t, err)
		task, err := c.claim(t.Context(), rowJob{ranLast(t, s, "watched").Batch, 0, 1})
		must(t, err)
		r := &automation.Result{Run: "run"}
		if step.pin == "" {
			r.Error = &automation.Failure{Code: automation.PINPending, Page: "home"}
		} else {
			found := automation.Found
			r.Result, r.User = &found, &automation.User{PIN: step.pin}
		}
		e := &Ending{Batch: task.Batch, Schedule: task.schedule, Place: 0, Row: task.row, Result: r, PIN: automation.Sighting{Fingerprint: step.pin}}
		must(t, c.finish(t.Context(), task, c.judge(t.Context(), task, e).ending))
		k.send(t.Context())
		var kinds []NoticeKind
		for _, n := range told.list()[before:] {
			kinds = append(kinds, n.Kind)
		}
		if !slices.Equal(kinds, step.kinds) {
			t.Errorf("step %d: told %v, and %v was wanted", i, kinds, step.kinds)
		}
		if found := find(t, s, "watched"); found.State != Active || found.Rested != 0 {
			t.Errorf("step %d: it is %s, and %d rows rest", i, found.State, found.Rested)
		}
	}
	if want := []string{"1111", "2222"}; !slices.Equal(d.handed[0], want) {
		t.Errorf("handed %v", d.handed[0])
	}
}

// testOtherVersion lays jobs of another version into the database: a worker of
// this one leaves them alone.
func testOtherVersion(t *testing.T, w world) {
	s := w.open(t)
	must(t, s.in(t.Context(), "testing", func(x *tx) error {
		other := rowJob{"batch-of-tomorrow", 0, 1}.in("irccpin_v2_simulated")
		return x.enqueue(t.Context(), other)
	}))
	p, d, e := newPortal(), newDesk(), newEndings()
	_, err := s.Add(t.Context(), plan("today", rowsOf(t, "a")))
	must(t, err)
	serve(t, s, Service{Bench: p.bench(1), Deliver: d, Ended: e.end})
	until(t, "the end", func() bool { return find(t, s, "today").State == Finished })
	var state string
	must(t, s.in(t.Context(), "testing", func(x *tx) error {
		_, err := x.one(t.Context(), []any{&state}, `SELECT state FROM river_job WHERE queue = 'irccpin_v2_simulated'`)
		return err
	}))
	if state != "available" {
		t.Errorf("the other version's job is %q", state)
	}
}

// testOtherVersionUnderWay lets a worker look after a queue in which a newer
// program has a job under way for hours, of a kind that is not known here: it is
// not thrown away. A job that is a month old shows when the engine has looked.
func testOtherVersionUnderWay(t *testing.T, w world) {
	s := w.open(t)
	const queue = "irccpin_v2_simulated"
	state := func(place int) (state string) {
		t.Helper()
		must(t, s.in(t.Context(), "testing", func(x *tx) error {
			_, err := x.one(t.Context(), []any{&state}, `SELECT state FROM river_job WHERE queue = ? AND CAST(args ->> 'place' AS BIGINT) = ?`, queue, place)
			return err
		}))
		return state
	}
	must(t, s.in(t.Context(), "testing", func(x *tx) error {
		if err := x.enqueue(t.Context(), rowJob{"old", 0, 1}.in(queue), rowJob{"new", 1, 1}.in(queue)); err != nil {
			return err
		}
		for place, job := range []struct {
			kind string
			age  time.Duration
		}{{rowJob{}.Kind(), 30 * 24 * time.Hour}, {"irccpin_row_v2", 3 * time.Hour}} {
			began := time.Now().UTC().Add(-job.age).Format("2006-01-02 15:04:05.000")
			if _, err := x.exec(t.Context(), `UPDATE river_job SET state = 'running', attempt = 1, kind = ?, attempted_at = '`+began+`' WHERE queue = ? AND CAST(args ->> 'place' AS BIGINT) = ?`, job.kind, queue, place); err != nil {
				return err
			}
		}
		return nil
	}))
	serve(t, s, Service{Bench: newPortal().bench(1), Deliver: newDesk()})
	until(t, "the engine's look at stuck jobs", func() bool { return state(0) != "running" })
	if got := state(1); got != "running" {
		t.Errorf("the newer program's job is %q", got)
	}
}
