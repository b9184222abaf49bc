// Package trial is what the tests of whole runs have in common: a simulated
// portal with an employer's settings, a configuration for it, a run in a browser
// that the tests of a package share, and how it ended.
//
// It is for tests alone. They stand where what they try is: in package automation
// what holds for every run, in the folders beside this file the portals of every
// shape, redesigned ones, how runs end at portals that misbehave, deletions, and
// what goes wrong on the way. They are apart so that no package's tests take longer
// than go test allows.
package trial

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/browser"
	"irccpin/automation/ledger"
	"irccpin/automation/page"
	"irccpin/fixtures"
	"irccpin/selectors"
)

// Simulated is a portal that a test runs against.
type Simulated struct {
	Addr, SPKI string
	// Env is the path of its first employer's settings.
	Env string
}

// Portal starts a simulated portal for a test, without the weight of real pages,
// and writes the settings of its first employer.
func Portal(t *testing.T, o fixtures.Options) (*fixtures.Portal, Simulated) {
	t.Helper()
	o.Light = true
	return HeavyPortal(t, o)
}

// HeavyPortal is a portal whose pages are as heavy as the real ones.
func HeavyPortal(t *testing.T, o fixtures.Options) (*fixtures.Portal, Simulated) {
	t.Helper()
	p, err := fixtures.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	env := filepath.Join(t.TempDir(), "employer.env")
	if err := p.WriteEnvFile(env, p.Accounts()[0].Username); err != nil {
		t.Fatal(err)
	}
	return p, Simulated{p.Addr, p.SPKI, env}
}

// Hosts are the hosts of the catalog.
func Hosts(t *testing.T) []string {
	t.Helper()
	catalog, err := selectors.Default()
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, h := range catalog.Site.Hosts {
		hosts = append(hosts, h.Host)
	}
	return hosts
}

// PassTo hands requests on to a simulated portal, under the same host names.
func PassTo(addr string) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "https", addr, r.In.Host
		},
		// The portal's key is its own; the two meet on loopback.
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
}

// SecretsOf are the secrets of an account, for a search.
func SecretsOf(a fixtures.Account) map[string]string {
	out := map[string]string{"username": a.Username, "password": a.Password, "authenticator secret": a.TOTPSecret}
	for i, q := range a.Questions {
		out[fmt.Sprintf("answer %d", i)] = q.Answer
	}
	return out
}

// Newcomer is the user whom tests create.
var Newcomer = automation.NewUser{
	Person:       automation.Person{GivenName: "Zoé Maude", FamilyName: "O'Neil-Côté", Email: "zoe.oneil@example.com"},
	AuthorizedBy: "Primary User",
}

// Teller collects what an observer is told, for the log of a failing test. The zero
// Teller counts time from the first thing that it is told.
type Teller struct {
	mu    sync.Mutex
	lines []string
	began time.Time
}

func (l *Teller) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.began.IsZero() {
		l.began = time.Now()
	}
	l.lines = append(l.lines, fmt.Sprintf("%7.3fs ", time.Since(l.began).Seconds())+fmt.Sprintf(format, args...))
}

// The methods of an automation.Observer.

func (l *Teller) Recognised(s *page.Snapshot) { l.add("page %s %s", s.Page(), s.URL) }

func (l *Teller) Acted(p, e, deed, way string) { l.add("  %s %s on %s (by %s)", deed, e, p, way) }

func (l *Teller) Warned(w page.Warning) { l.add("  warning %s %s %s", w.Code, w.Element, w.Detail) }

func (l *Teller) Asked(what string, _ time.Time) { l.add("  person: %s", what) }

func (l *Teller) Waiting(what string, _ time.Time) { l.add("  wait: %s", what) }

// String is all that was told, a line each.
func (l *Teller) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// Config is a configuration for a simulated portal, with a state directory of
// the test's own.
func Config(t *testing.T, s Simulated) automation.Config {
	t.Helper()
	settings, err := automation.LoadSettings(t.Context(), automation.SettingsFrom{File: s.Env, FileNamed: true})
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	watch := &Teller{began: time.Now()}
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
		Settings: settings, Simulator: &automation.Simulator{Addr: s.Addr, SPKI: s.SPKI},
		StateDir: state, Headless: true, Settle: time.Second, Timeout: 2 * time.Minute,
		Command: "test", Observer: watch, Environ: []string{},
	}
}

// Reserving gives a configuration another reserve, so that a test need not wait a
// minute for a page that hangs after the committing click.
func Reserving(c automation.Config, reserve time.Duration) automation.Config {
	c.Reserve = reserve
	return c
}

// Run does a job, in the browser that the tests of a package share, and gives each
// run an id of its own.
func Run(t *testing.T, c automation.Config, job automation.Job) *automation.Result {
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

// RunAlone is Run in a browser of the run's own, as a command does it.
func RunAlone(t *testing.T, c automation.Config, job automation.Job) *automation.Result {
	t.Helper()
	c.RunID = automation.NewRunID(time.Now())
	return automation.Run(context.WithoutCancel(t.Context()), c, job)
}

// Ending says how a result ended, in one word.
func Ending(r *automation.Result) string {
	if r.Error != nil {
		return string(r.Error.Code)
	}
	return *r.Result
}

// Warned tells whether a result has a warning of that code.
func Warned(r *automation.Result, code string) bool {
	return slices.ContainsFunc(r.Warnings, func(w automation.Warning) bool { return w.Code == code })
}

// Unresolved lists the intents of an account that are still open, after proving
// that its lease is free.
func Unresolved(t *testing.T, conf automation.Config, username string) []ledger.Record {
	t.Helper()
	l, err := ledger.Open(t.Context(), ledger.Options{Dir: conf.StateDir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	account := l.Fingerprint("account", username)
	lease, err := l.Acquire(t.Context(), ledger.Simulated, account, "the test", time.Second)
	if err != nil {
		t.Errorf("the lease is not free: %v", err)
	} else if err := lease.Release(t.Context()); err != nil {
		t.Error(err)
	}
	open, err := l.Unresolved(t.Context(), ledger.Simulated, account)
	if err != nil {
		t.Fatal(err)
	}
	return open
}

// OpenTab opens a browser with one tab, in which the probe looks at the pages of
// a server at addr.
func OpenTab(t *testing.T, catalog *selectors.Catalog, addr, spki string) *browser.Tab {
	t.Helper()
	gate, err := browser.OpenGate(browser.GateOptions{Allow: catalog.Allows, Simulator: addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = gate.Close() })
	found, err := browser.Find(browser.FindOptions{Headless: true})
	if err != nil {
		t.Fatal(err)
	}
	chrome, err := browser.Start(t.Context(), browser.Options{
		Path: found.Path, Headless: true, NoSandbox: true, TrustSPKI: []string{spki}, Gate: gate, ProfileRoot: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = chrome.Close(context.WithoutCancel(t.Context())) })
	options, err := page.New(page.Options{Catalog: catalog}).TabOptions()
	if err != nil {
		t.Fatal(err)
	}
	tab, err := chrome.NewTab(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// Draw is what a test draws its sample with. IRCCPIN_TEST_SEED repeats a draw, and
// is in the log of each.
func Draw(t *testing.T) *rand.Rand {
	t.Helper()
	draw := rand.Uint64() % 1_000_000
	if n, err := strconv.ParseUint(os.Getenv("IRCCPIN_TEST_SEED"), 10, 64); err == nil {
		draw = n
	}
	t.Logf("IRCCPIN_TEST_SEED=%d", draw)
	return rand.New(rand.NewPCG(draw, draw))
}

// Main runs the tests of a package and closes the browser that they share. It
// returns the code to exit with.
func Main(m *testing.M) int {
	// A session waits for its pages half of the time: one more at once, unless
	// somebody asks for a number.
	flag.Parse()
	cores := runtime.GOMAXPROCS(0)
	if at := flag.Lookup("test.parallel"); at.Value.String() == strconv.Itoa(cores) {
		if err := at.Value.Set(strconv.Itoa(cores + 1)); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if err := common.close(); err != nil {
		fmt.Fprintln(os.Stderr, "closing the browser:", err)
		return 1
	}
	return code
}

// common is the browser that the tests of a package share.
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
