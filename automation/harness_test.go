package automation_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/page"
)

// simulated is a portal that a test runs against.
type simulated struct {
	addr, spki string
	env        string // path of a settings file
}

// teller collects what an observer is told, for the log of a failing test.
type teller struct {
	mu    sync.Mutex
	lines []string
	began time.Time
}

func (l *teller) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf("%7.3fs ", time.Since(l.began).Seconds())+fmt.Sprintf(format, args...))
}

func (l *teller) Recognised(s *page.Snapshot) { l.add("page %s %s", s.Page(), s.URL) }
func (l *teller) Acted(p, e, deed, way string) {
	l.add("  %s %s on %s (by %s)", deed, e, p, way)
}

func (l *teller) Warned(w page.Warning)            { l.add("  warning %s %s %s", w.Code, w.Element, w.Detail) }
func (l *teller) Asked(what string, _ time.Time)   { l.add("  person: %s", what) }
func (l *teller) Waiting(what string, _ time.Time) { l.add("  wait: %s", what) }

func (l *teller) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// config is a configuration for a simulated portal, with a state directory of
// the test's own.
func config(t *testing.T, s simulated) automation.Config {
	t.Helper()
	settings, err := automation.LoadSettings(t.Context(), automation.SettingsFrom{File: s.env, FileNamed: true})
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	watch := &teller{began: time.Now()}
	t.Cleanup(func() {
		if t.Failed() || os.Getenv("IRCCPIN_TEST_TRACE") != "" {
			t.Log("\n" + watch.String())
		}
		left, _ := filepath.Glob(filepath.Join(state, "browsers", "*"))
		if len(left) > 0 {
			t.Errorf("browser profiles were left behind: %v", left)
		}
	})
	return automation.Config{
		Settings: settings, Simulator: &automation.Simulator{Addr: s.addr, SPKI: s.spki},
		StateDir: state, Headless: true, Settle: time.Second, Timeout: 2 * time.Minute,
		Command: "test", Observer: watch, Environ: []string{},
	}
}

// run does a job, in the browser that the tests share, and gives each run an id
// of its own.
func run(t *testing.T, c automation.Config, job automation.Job) *automation.Result {
	t.Helper()
	c.RunID = automation.NewRunID(time.Now())
	ctx := context.WithoutCancel(t.Context())
	host, err := common.open(t, c).Beside(ctx, c.Shared())
	if err != nil {
		return automation.Run(ctx, c, job) // which says the same
	}
	defer func() {
		if err := host.Close(ctx); err != nil {
			t.Errorf("closing the host: %v", err)
		}
	}()
	return host.Run(ctx, c, job)
}

// reserving gives a configuration another reserve, so that a test need not wait a
// minute for a page that hangs after the committing click.
func reserving(c automation.Config, reserve time.Duration) automation.Config {
	c.Reserve = reserve
	return c
}

// runAlone is run in a browser of the run's own, as a command does it.
func runAlone(t *testing.T, c automation.Config, job automation.Job) *automation.Result {
	t.Helper()
	c.RunID = automation.NewRunID(time.Now())
	return automation.Run(context.WithoutCancel(t.Context()), c, job)
}

// common is the browser that the tests of this package share.
var common commonBrowser

type commonBrowser struct {
	mu   sync.Mutex
	host *automation.Host
	dir  string
}

// open starts the browser for the first test that needs it.
func (b *commonBrowser) open(t *testing.T, c automation.Config) *automation.Host {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.host != nil {
		return b.host
	}
	dir, err := os.MkdirTemp("", "irccpin-tests-")
	if err != nil {
		t.Fatal(err)
	}
	b.dir = dir
	// All portals of a process have one key, so the first one's will do.
	b.host, err = automation.OpenHost(context.WithoutCancel(t.Context()), automation.HostConfig{
		Simulator: c.Simulator, StateDir: dir, Headless: true, Environ: []string{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.host
}

func (b *commonBrowser) close() error {
	var err error
	if b.host != nil {
		err = b.host.Close(context.Background())
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

// ending says how a result ended, in one word.
func ending(r *automation.Result) string {
	if r.Error != nil {
		return string(r.Error.Code)
	}
	return *r.Result
}
