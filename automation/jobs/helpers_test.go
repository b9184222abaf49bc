package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"go.uber.org/goleak"

	"irccpin/automation"
	"irccpin/automation/roster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a database of a test's own.
type world struct {
	dir, url string
	now      func() time.Time
}

func (w world) open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: w.dir, URL: w.url, Now: w.now})
	must(t, err)
	t.Cleanup(s.Close)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// clock is one that a test moves. Only SQLite goes by it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at(text)
}

// rowsOf makes a row for each user name, with a settings file of its own.
func rowsOf(t *testing.T, usernames ...string) []roster.Row {
	t.Helper()
	dir := t.TempDir()
	var rows []roster.Row
	for i, name := range usernames {
		path := filepath.Join(dir, fmt.Sprintf("%d.env", i))
		must(t, os.WriteFile(path, []byte("GCKEY_USERNAME="+name+"\nGCKEY_PASSWORD=Invented-1\n"), 0o600))
		rows = append(rows, roster.Row{
			Number: i + 2, Employer: "Employer " + name, EnvFile: path,
			GivenName: "Ada", FamilyName: fmt.Sprintf("Invented%d", i), AuthorizedBy: "Grace Invented",
		})
	}
	return rows
}

// portal stands for a portal and everything in front of it: it answers each
// session by a script.
type portal struct {
	mu sync.Mutex
	// answers are the endings of the sessions of a user name, in order; the last is
	// repeated. Without any, a session ends well.
	answers map[string][]answer
	visits  map[string]int
	open    map[string]int
	most    int // sessions at once
	overlap bool
	starts  []time.Time
}

// answer is how a session ends.
type answer struct {
	code  automation.Code // "" is well
	retry time.Duration
	// wait, when set, is received from before the session ends, unless interrupted.
	wait chan struct{}
	// deaf sessions do not heed an interruption, as after the committing click.
	deaf bool
}

func newPortal() *portal {
	return &portal{answers: map[string][]answer{}, visits: map[string]int{}, open: map[string]int{}}
}

// Run implements Runner.
func (p *portal) Run(ctx context.Context, c automation.Config, _ automation.Job) *automation.Result {
	name := c.Settings.Username.Reveal()
	p.mu.Lock()
	var a answer
	if list := p.answers[name]; len(list) > 0 {
		a = list[min(p.visits[name], len(list)-1)]
	}
	p.visits[name]++
	p.open[name]++
	p.overlap = p.overlap || p.open[name] > 1
	total := 0
	for _, n := range p.open {
		total += n
	}
	p.most = max(p.most, total)
	p.starts = append(p.starts, time.Now())
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.open[name]--
	}()
	r := &automation.Result{Run: c.RunID, Simulated: c.Simulator != nil}
	if a.wait != nil {
		interrupted := ctx.Done()
		if a.deaf {
			interrupted = nil
		}
		select {
		case <-a.wait:
		case <-interrupted:
			a.code = automation.Interrupted
		}
	}
	if a.code != "" {
		r.Error = &automation.Failure{Code: a.code, Message: "scripted", RetryAfter: int64(a.retry / time.Second)}
		return r
	}
	created := "created"
	r.Result, r.User = &created, &automation.User{GivenName: "Ada", PIN: "PIN-" + name}
	return r
}

func (p *portal) visited(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.visits[name]
}

// bench is one that goes to the portal, without any politeness.
func (p *portal) bench(concurrency int) Bench {
	return Bench{
		Config: automation.Config{Simulator: &automation.Simulator{Addr: "127.0.0.1:1", SPKI: "x"}, Environ: []string{}},
		Runner: p, Concurrency: concurrency,
	}
}

// endings collects how rows ended.
type endings struct {
	mu   sync.Mutex
	all  map[int]Ending
	more int // endings of rows that had ended already
	told chan struct{}
}

func newEndings() *endings { return &endings{all: map[int]Ending{}, told: make(chan struct{}, 1000)} }

func (e *endings) end(x *Ending) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, there := e.all[x.Place]; there {
		e.more++
	}
	e.all[x.Place] = *x
	e.told <- struct{}{}
}

// word is how a row ended: its result or code.
func (e *endings) word(place int) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	x, there := e.all[place]
	if !there {
		return "not told"
	}
	return x.Outcome.Result + string(x.Outcome.Code)
}

// run works a roster in the foreground.
func run(t *testing.T, s *Store, b Bench, rows []roster.Row) *endings {
	t.Helper()
	e := newEndings()
	_, err := s.RunBatch(t.Context(), Batch{Command: Create, Rows: rows, Ended: e.end}, b)
	must(t, err)
	return e
}

// desk is a Deliverer that keeps what it gets.
type desk struct {
	mu            sync.Mutex
	handed, wrote map[int][]string // by place: the PINs
	fail, full    bool             // what cannot be handed, or written
	lost          []int            // what the next Write finds no more
	closed        error            // why nothing can be delivered
}

func newDesk() *desk { return &desk{handed: map[int][]string{}, wrote: map[int][]string{}} }

func (d *desk) Ready(context.Context, Schedule) error { return d.closed }

func (d *desk) Hand(_ context.Context, _ Schedule, e *Ending) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail {
		return os.ErrPermission
	}
	d.handed[e.Place] = append(d.handed[e.Place], e.Outcome.PIN)
	return nil
}

func (d *desk) Write(_ context.Context, _ Schedule, e *Ending) ([]int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return nil, syscall.ENOSPC
	}
	d.wrote[e.Place] = append(d.wrote[e.Place], e.Outcome.PIN)
	lost := d.lost
	d.lost = nil
	return lost, nil
}

func plan(name string, rows []roster.Row) Plan {
	return Plan{
		Name: name, Realm: Simulated, Timing: Timing{Every: 6 * time.Hour}, Command: Create, UntilPIN: true,
		Rows: rows, Roster: json.RawMessage(`{}`), Delivery: json.RawMessage(`{}`),
	}
}

// find is a schedule as it stands.
func find(t *testing.T, s *Store, name string) Schedule {
	t.Helper()
	list, err := s.Schedules(t.Context())
	must(t, err)
	for _, found := range list {
		if found.Name == name {
			return found
		}
	}
	t.Fatalf("there is no schedule %q", name)
	return Schedule{}
}

// begun begins the next run of a schedule, which nobody works yet.
func begun(t *testing.T, s *Store, name string) (batch string) {
	t.Helper()
	found := find(t, s, name)
	must(t, s.in(t.Context(), "testing", func(x *tx) error {
		x.now = found.Next
		stored, _, err := x.schedule(t.Context(), "id", found.ID)
		if err != nil {
			return err
		}
		batch, _, err = x.occur(t.Context(), stored, found.Next)
		return err
	}))
	return batch
}

// snoozes tells whether an error keeps a job in the queue.
func snoozes(err error) bool {
	var snooze *river.JobSnoozeError
	return errors.As(err, &snooze)
}

// ranLast is the last run of a schedule; zero before the first.
func ranLast(t *testing.T, s *Store, name string) LastRun {
	t.Helper()
	if last := find(t, s, name).Last; last != nil {
		return *last
	}
	return LastRun{}
}

// told collects notices.
type told struct {
	mu  sync.Mutex
	all []Notice
	// deaf receivers are told and do not get it.
	deaf bool
}

func newTold() *told { return &told{} }

func (d *told) notify(_ context.Context, n Notice) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, n)
	if d.deaf {
		return errors.New("the receiver is down")
	}
	return nil
}

func (d *told) count(kind NoticeKind) (n int) {
	for _, notice := range d.list() {
		if notice.Kind == kind {
			n++
		}
	}
	return n
}

func (d *told) list() []Notice {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.all)
}

// soon bounds what a test waits for. It never decides how a test ends well.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// until asks again and again until a condition holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for ctx := soon(t); !holds(); {
		select {
		case <-ctx.Done():
			t.Fatalf("it never came: %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
