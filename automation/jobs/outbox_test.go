package jobs

import (
	"context"
	"strings"
	"testing"
	"time"

	"irccpin/automation"
)

// TestUnavailableForLong moves a clock over a portal that is down: people of all
// schedules are told after an hour, once, and again only when it had been back.
func TestUnavailableForLong(t *testing.T) {
	c := &clock{}
	c.set("2026-03-06T07:00:00Z")
	s := world{dir: t.TempDir(), now: c.now}.open(t)
	for _, name := range []string{"one", "other", "paused"} {
		_, err := s.Add(t.Context(), plan(name, rowsOf(t, "a")))
		must(t, err)
	}
	must(t, s.Pause(t.Context(), "paused"))
	live := plan("live", rowsOf(t, "a"))
	live.Realm = Live
	_, err := s.Add(t.Context(), live)
	must(t, err)
	told := newTold()
	bench := newPortal().bench(1)
	var seen []bool
	bench.Visited = func(answered bool) { seen = append(seen, answered) }
	k := newClerk(Service{Bench: bench, Notify: told.notify}, newCrew(s, bench, "test"))
	ended := func(code automation.Code) {
		t.Helper()
		r := &automation.Result{}
		if code != "" {
			r.Error = &automation.Failure{Code: code, Page: "unknown"}
		}
		k.crew.visited(t.Context(), r)
	}
	look := func(want int) {
		t.Helper()
		must(t, s.in(t.Context(), "testing", func(x *tx) error {
			for _, duty := range k.duties() {
				if err := duty(t.Context(), x); err != nil {
					return err
				}
			}
			return nil
		}))
		k.send(t.Context())
		if n := told.count(PortalUnavailable); n != want {
			t.Fatalf("at %s people were told %d times, and %d was wanted", c.now().Format(time.TimeOnly), n, want)
		}
	}

	ended("") // nobody is told of a portal that answers
	c.set("2026-03-06T09:00:00Z")
	look(0)
	ended(automation.PortalUnavailable)
	c.set("2026-03-06T09:30:00Z")
	ended(automation.PortalUnavailable)
	ended(automation.CredentialHeld) // never got there
	c.set("2026-03-06T09:59:00Z")
	look(0)
	c.set("2026-03-06T10:00:00Z")
	look(2)
	for _, n := range told.list() {
		if !n.Since.Equal(at("2026-03-06T09:00:00Z")) || !n.Last.Equal(at("2026-03-06T09:30:00Z")) || !n.Until.IsZero() || n.Row != nil {
			t.Errorf("told %s: since %s, last %s, until %s", n.Schedule.Name, n.Since, n.Last, n.Until)
		}
		if n.Schedule.Name != "one" && n.Schedule.Name != "other" {
			t.Errorf("told the people of %s", n.Schedule.Name)
		}
	}
	c.set("2026-03-06T15:00:00Z")
	ended(automation.PortalUnavailable)
	look(2)
	ended("")
	c.set("2026-03-06T17:00:00Z")
	look(2)

	// A short closing that is announced again and again is a long one; and one that
	// is announced as long is told of at once.
	ended(automation.PortalUnavailable)
	must(t, s.closeGate(t.Context(), Simulated, 40*time.Minute, "maintenance"))
	look(2)
	c.set("2026-03-06T17:40:00Z")
	ended(automation.PortalUnavailable)
	must(t, s.closeGate(t.Context(), Simulated, 40*time.Minute, "maintenance"))
	look(4)
	if n := told.list()[3]; !n.Until.Equal(at("2026-03-06T18:20:00Z")) {
		t.Errorf("it is told to be closed until %s", n.Until)
	}
	if want := []bool{true, false, false, false, true, false, false}; len(seen) != len(want) {
		t.Errorf("the portal was seen %v", seen)
	}
}

// TestReceiverDown sends a notice until its receiver has it, and for a day at most.
func TestReceiverDown(t *testing.T) {
	c := &clock{}
	c.set("2026-03-06T07:00:00Z")
	s := world{dir: t.TempDir(), now: c.now}.open(t)
	added, err := s.Add(t.Context(), plan("down", rowsOf(t, "a")))
	must(t, err)
	told := newTold()
	told.deaf = true
	k := newClerk(Service{Bench: newPortal().bench(1), Notify: told.notify}, newCrew(s, newPortal().bench(1), "test"))
	write := func() {
		must(t, s.in(t.Context(), "testing", func(x *tx) error {
			return x.post(t.Context(), added.ID, letter{Kind: ScheduleFinished})
		}))
	}
	sent := func(at string, want int) {
		t.Helper()
		c.set(at)
		k.send(t.Context())
		if n := len(told.list()); n != want {
			t.Fatalf("at %s it was sent %d times, and %d was wanted", at, n, want)
		}
	}
	write()
	sent("2026-03-06T07:00:00Z", 1)
	sent("2026-03-06T07:00:30Z", 1)
	sent("2026-03-06T07:01:00Z", 2)
	sent("2026-03-06T07:02:00Z", 2)
	sent("2026-03-06T07:03:00Z", 3)
	told.deaf = false
	sent("2026-03-06T07:10:00Z", 4)
	sent("2026-03-06T12:00:00Z", 4)
	for i, n := range told.list() {
		if n.ID != told.all[0].ID || n.Attempt != i+1 || !n.At.Equal(at("2026-03-06T07:00:00Z")) {
			t.Errorf("attempt %d: id %s, number %d, of %s", i+1, n.ID, n.Attempt, n.At)
		}
	}

	// A worker is killed while it sends: another one does.
	write()
	n, err := s.takeNotice(t.Context(), Simulated)
	must(t, err)
	if n == nil || n.Attempt != 1 {
		t.Fatalf("taken: %+v", n)
	}
	sent("2026-03-06T12:01:00Z", 4)
	sent("2026-03-06T12:03:00Z", 5)
	if again := told.list()[4]; again.ID != n.ID || again.Attempt != 2 {
		t.Errorf("sent again as %s, attempt %d", again.ID, again.Attempt)
	}

	told.deaf = true
	write()
	sent("2026-03-06T13:00:00Z", 6)
	sent("2026-03-07T13:00:00Z", 7)
	sent("2026-03-08T13:00:00Z", 7)
}

// testKilledBeforeTelling ends a row as a worker does that is killed before it
// could tell anybody: another one tells it, and what is kept meanwhile holds no PIN.
func testKilledBeforeTelling(t *testing.T, w world) {
	s := w.open(t)
	_, err := s.Add(t.Context(), plan("killed", rowsOf(t, "a")))
	must(t, err)
	told, d := newTold(), newDesk()
	c := newCrew(s, newPortal().bench(1), "dead")
	newClerk(Service{Bench: c.Bench, Deliver: d, Notify: told.notify}, c)
	must(t, c.work(t.Context(), rowJob{begun(t, s, "killed"), 0, 1}))
	must(t, s.in(t.Context(), "testing", func(x *tx) error {
		return x.each(t.Context(), func(scan func(...any) error) error {
			var content string
			if err := scan(&content); err != nil {
				return err
			}
			if strings.Contains(content, d.handed[0][0]) {
				t.Errorf("the outbox holds a PIN: %s", content)
			}
			return nil
		}, `SELECT content FROM irccpin_outbox`)
	}))
	if len(told.list()) != 0 {
		t.Fatal("the worker that was killed told somebody")
	}
	other := newClerk(Service{Bench: c.Bench, Deliver: d, Notify: told.notify}, newCrew(s, c.Bench, "other"))
	stop := other.sending(context.WithoutCancel(t.Context()))
	until(t, "the notices", func() bool { return len(told.list()) == 2 })
	stop()
	appeared, finished := told.list()[0], told.list()[1]
	if appeared.Kind != PINAppeared || appeared.Row == nil || appeared.Row.Employer != "Employer a" || appeared.Run == "" || appeared.Schedule.Name != "killed" {
		t.Errorf("first: %+v", appeared)
	}
	if finished.Kind != ScheduleFinished || finished.Row != nil {
		t.Errorf("then: %+v", finished)
	}
}

// testSlotBack keeps a session's place over a database that could not be reached
// for so long that others took the place for free.
func testSlotBack(t *testing.T, w world) {
	s := w.open(t)
	one := Limits{Sessions: 1}
	a, err := s.admit(t.Context(), Simulated, one, "test")
	must(t, err)
	must(t, s.in(t.Context(), "testing", func(x *tx) error {
		if _, err := x.exec(t.Context(), `DELETE FROM irccpin_slots`); err != nil {
			return err
		}
		return a.slot.renew(t.Context(), x)
	}))
	b, err := s.admit(t.Context(), Simulated, one, "test")
	must(t, err)
	if b.slot != nil {
		t.Error("two sessions have the one place")
		must(t, b.slot.release(t.Context()))
	}
	must(t, a.slot.release(t.Context()))
	b, err = s.admit(t.Context(), Simulated, one, "test")
	must(t, err)
	if b.slot == nil {
		t.Fatal("a place that was given back is taken")
	}
	must(t, b.slot.release(t.Context()))
}
