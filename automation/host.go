package automation

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
	"irccpin/automation/ledger"
	"irccpin/automation/page"
	"irccpin/selectors"
)

// HostConfig is what the sessions of a [Host] have in common. Each field is
// that of the same name in [Config].
type HostConfig struct {
	Simulator      *Simulator
	StateDir       string
	DatabaseURL    string
	LedgerKey      []byte
	Browser        string
	Headless       bool
	AllowNoSandbox bool
	BrowserURLs    []string
	Selectors      string
	Environ        []string
	Log            *slog.Logger

	TrustRemoteBrowser bool
}

// Shared is the part of a configuration that the sessions of a [Host] can share.
func (c Config) Shared() HostConfig {
	return HostConfig{
		Simulator: c.Simulator, StateDir: c.StateDir, DatabaseURL: c.DatabaseURL, LedgerKey: c.LedgerKey,
		Browser: c.Browser, Headless: c.Headless, AllowNoSandbox: c.AllowNoSandbox, Selectors: c.Selectors,
		Environ: c.Environ, Log: c.Log, BrowserURLs: c.BrowserURLs, TrustRemoteBrowser: c.TrustRemoteBrowser,
	}
}

// with is a session's configuration on this host. What is said to the session
// alone, such as its log, stays.
func (c HostConfig) with(session Config) Config {
	session.Simulator, session.StateDir, session.DatabaseURL, session.LedgerKey = c.Simulator, c.StateDir, c.DatabaseURL, c.LedgerKey
	session.Browser, session.Headless, session.AllowNoSandbox, session.Selectors = c.Browser, c.Headless, c.AllowNoSandbox, c.Selectors
	session.BrowserURLs, session.TrustRemoteBrowser = c.BrowserURLs, c.TrustRemoteBrowser
	if session.Environ == nil {
		session.Environ = c.Environ
	}
	if session.Log == nil {
		session.Log = c.Log
	}
	return session
}

// Host is what sessions of many employers share: one supervised Chrome and one
// open ledger. Everything that is an employer's is the session's own: the
// isolated browser context with its cookies, storage and cache, the gate that
// this context's requests go through and what it has sealed, the secrets and
// the redactor that knows them, the lease, the evidence.
//
// A context is made when its session begins: making one takes some 40 ms, a
// fiftieth of a session at a portal without latency, which is not worth keeping
// one ready for an employer who is not known yet.
//
// When Chrome crashes or hangs, the sessions in it end or reconcile as they
// would alone; a new Chrome is started once, for all of them and for those to
// come. Its methods may be called from several goroutines.
type Host struct {
	config  HostConfig
	catalog *selectors.Catalog
	ledger  *ledger.Ledger
	found   browser.Found
	// closed is the gate of Chrome itself: nothing is allowed but what a
	// session's context may reach through its own.
	closed *browser.Gate
	fleet  *fleet
	// guest tells that the browser is another host's.
	guest bool

	mu sync.Mutex
	// open counts the sessions; idle is made by Close, and closed with the last.
	open int
	idle chan struct{}
}

// OpenHost checks what can be checked without the portal and without an
// employer, opens the ledger, and begins to start Chrome, which the first
// session waits for. Errors: bad_settings, no_browser, unsafe (no sandbox),
// state_unavailable. The Host is to be closed.
func OpenHost(ctx context.Context, c HostConfig) (*Host, error) {
	h, err := startHost(ctx, c)
	if err != nil {
		return nil, err
	}
	h.ledger, err = ledger.Open(ctx, ledger.Options{Dir: c.StateDir, URL: c.DatabaseURL, Key: c.LedgerKey})
	if err != nil {
		return nil, errors.Join(stateError(err), h.Close(context.WithoutCancel(ctx)))
	}
	return h, nil
}

// startHost is OpenHost without a ledger, for looking at pages that need no
// credential.
func startHost(ctx context.Context, c HostConfig) (_ *Host, err error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Environ == nil {
		c.Environ = os.Environ()
	}
	h := &Host{config: c}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close(context.WithoutCancel(ctx)))
		}
	}()
	if h.catalog, err = loadCatalog(c.Selectors); err != nil {
		return nil, err
	}
	engines, err := h.engines()
	if err != nil {
		return nil, err
	}
	if _, err = h.gateOptions(); err != nil {
		return nil, err
	}
	if h.closed, err = browser.OpenGate(browser.GateOptions{Allow: func(string) bool { return false }}); err != nil {
		return nil, err
	}
	// Starting Chrome takes longest, and waits for nothing: it overlaps with
	// opening the ledger, and with what the first session does before it.
	h.fleet = &fleet{engines: engines}
	h.fleet.prepare()
	return h, nil
}

// Beside opens another host that has a state of its own and uses h's browser, for
// whoever keeps one ledger for each of several representatives. Its sessions are
// as far from h's as from each other. The browser and what it trusts are h's. It
// is to be closed before h is. Errors: bad_settings, state_unavailable.
func (h *Host) Beside(ctx context.Context, c HostConfig) (*Host, error) {
	c.Browser, c.Headless, c.BrowserURLs, c.AllowNoSandbox = h.config.Browser, h.config.Headless, h.config.BrowserURLs, h.config.AllowNoSandbox
	c.TrustRemoteBrowser = h.config.TrustRemoteBrowser
	if c.Log == nil {
		c.Log = h.config.Log
	}
	if c.Environ == nil {
		c.Environ = h.config.Environ
	}
	if (c.Simulator == nil) != (h.config.Simulator == nil) || c.Simulator != nil && c.Simulator.SPKI != h.config.Simulator.SPKI {
		return nil, &Error{Code: BadSettings, Message: lang.Text("a browser that is shared trusts one portal, and this is another"), Hint: lang.Text("Open a host of its own for it.")}
	}
	other := &Host{config: c, fleet: h.fleet, guest: true}
	var err error
	if other.catalog, err = loadCatalog(c.Selectors); err != nil {
		return nil, err
	}
	if _, err = other.gateOptions(); err != nil {
		return nil, err
	}
	other.ledger, err = ledger.Open(ctx, ledger.Options{Dir: c.StateDir, URL: c.DatabaseURL, Key: c.LedgerKey})
	if err != nil {
		return nil, stateError(err)
	}
	return other, nil
}

func loadCatalog(dir string) (*selectors.Catalog, error) {
	catalog, err := selectors.Load(dir)
	if err != nil {
		return nil, &Error{Code: BadSettings, Message: lang.Text("the selectors cannot be used: %v", err), Hint: lang.Text("Correct the file, or leave --selectors out."), Err: err}
	}
	return catalog, nil
}

// errHostClosed happens when a session is begun on a Host that was closed.
var errHostClosed = lang.NewError("the host of the sessions is closed")

// Run does a job in a session of its own, as the function [Run] does. The
// fields that c has in common with HostConfig are the host's, whatever c says;
// but c's Environ and Log stand when they are set.
func (h *Host) Run(ctx context.Context, c Config, job Job) *Result {
	return perform(ctx, h.config.with(c), job, h.Open)
}

// Restarts is how often Chrome was started again.
func (h *Host) Restarts() int { return h.fleet.restarts() }

// enter counts a session in, unless the host is being closed.
func (h *Host) enter() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.idle != nil {
		return errHostClosed
	}
	h.open++
	return nil
}

// exit counts a session out.
func (h *Host) exit() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	if h.open == 0 && h.idle != nil {
		close(h.idle)
	}
}

// Close waits for the sessions to end, then ends Chrome and closes the ledger.
// When ctx ends first the sessions are cut off, as a crash would; what they
// committed is reconciled by the next ones. It may be called more than once.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	first := h.idle == nil
	if first {
		h.idle = make(chan struct{})
		if h.open == 0 {
			close(h.idle)
		}
	}
	h.mu.Unlock()
	var errs []error
	select {
	case <-h.idle:
	case <-ctx.Done():
		errs = append(errs, ctx.Err())
	}
	if !first {
		return errors.Join(errs...)
	}
	if h.fleet != nil && !h.guest {
		errs = append(errs, h.fleet.close(ctx))
	}
	if h.closed != nil {
		errs = append(errs, h.closed.Close())
	}
	if h.ledger != nil {
		errs = append(errs, h.ledger.Close())
	}
	return errors.Join(errs...)
}

// findBrowser finds the browser that is to be started, and checks whether
// credentials may be typed into it.
func findBrowser(c HostConfig) (browser.Found, error) {
	found, err := browser.Find(browser.FindOptions{Explicit: c.Browser, Headless: c.Headless})
	if err != nil {
		return found, noBrowser(err, c.Browser)
	}
	if !c.Headless && found.HeadlessShell {
		return found, &Error{Code: NoBrowser, Message: lang.Text("%s can show no window", found.Path), Hint: lang.Text("Leave --show and --attend out, or name another browser with --browser.")}
	}
	if noSandbox() && c.Simulator == nil && !c.AllowNoSandbox {
		return found, &Error{
			Code: page.Unsafe, Message: lang.Text("the browser would run without its sandbox, because this process is root"),
			Hint: lang.Text("Run irccpin as an ordinary user. If that is impossible: --allow-no-sandbox."),
		}
	}
	return found, nil
}

// noSandbox tells whether Chrome can only start without its sandbox: it
// refuses to run as root otherwise.
func noSandbox() bool { return runtime.GOOS == "linux" && os.Geteuid() == 0 }

// gateOptions are those of a session's gate.
func (h *Host) gateOptions() (browser.GateOptions, error) {
	options := browser.GateOptions{Allow: h.catalog.Allows}
	if s := h.config.Simulator; s != nil {
		options.Simulator = s.Addr
		return options, nil
	}
	upstream, noProxy, err := proxyFrom(h.config.Environ)
	if err != nil {
		return options, &Error{Code: BadSettings, Message: lang.Text("the proxy set in the environment cannot be used: %v", err), Err: err, Hint: lang.Text("Correct HTTPS_PROXY, or unset it.")}
	}
	options.Upstream, options.NoProxy = upstream, noProxy
	return options, nil
}

// openGate opens the gate of one session.
func (h *Host) openGate() (*browser.Gate, error) {
	options, err := h.gateOptions()
	if err != nil {
		return nil, err
	}
	gate, err := browser.OpenGate(options)
	if err != nil {
		return nil, &Error{Code: Usage, Message: err.Error(), Err: err}
	}
	return gate, nil
}

// engines are one for the browser of this machine, or one for each elsewhere.
func (h *Host) engines() (all []*engine, err error) {
	endpoints, err := h.config.endpoints()
	if err != nil {
		return nil, err
	}
	if len(endpoints) == 0 {
		if h.found, err = findBrowser(h.config); err != nil {
			return nil, err
		}
		return []*engine{newEngine(h.startBrowser)}, nil
	}
	if err := h.config.checkTrust(endpoints); err != nil {
		return nil, err
	}
	for _, e := range endpoints {
		all = append(all, newEngine(func(ctx context.Context) (machine, error) { return h.connect(ctx, e) }))
	}
	return all, nil
}

func (h *Host) startBrowser(ctx context.Context) (machine, error) {
	var trust []string
	if s := h.config.Simulator; s != nil {
		trust = []string{s.SPKI}
	}
	chrome, err := browser.Start(ctx, browser.Options{
		Path: h.found.Path, Headless: h.config.Headless, NoSandbox: noSandbox(),
		TrustSPKI: trust, Gate: h.closed, ProfileRoot: filepath.Join(h.config.StateDir, "browsers"), Log: h.config.Log,
	})
	return machine{Browser: chrome, gated: true}, err
}

// machine is a running browser, a new one if need be. Errors: no_browser, or
// the context's.
func (h *Host) machine(ctx context.Context) (machine, error) {
	m, err := h.fleet.get(ctx)
	switch {
	case err == nil:
		return m, nil
	case ctx.Err() != nil:
		return m, ctx.Err()
	case len(h.config.BrowserURLs) > 0:
		return m, &Error{Code: NoBrowser, Message: err.Error(), Err: err, Hint: lang.Text("See that it runs and its debugging port can be reached from here, or leave --browser-url out.")}
	}
	return m, &Error{Code: NoBrowser, Message: lang.Text("the browser did not start: %v", err), Err: err, Hint: lang.Text("irccpin doctor tells more.")}
}
