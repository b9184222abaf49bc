package automation

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
	"irccpin/automation/ledger"
	"irccpin/automation/page"
	"irccpin/automation/secret"
	"irccpin/automation/signin"
	"irccpin/selectors"
)

// Defaults of Config.
const (
	// DefaultTimeout bounds one employer's session.
	DefaultTimeout = 5 * time.Minute
	// DefaultSettle is how long absence from the table must last after a
	// doubtful click: a slow server can commit late.
	DefaultSettle = 60 * time.Second
	// Reserve is kept after the committing click for reading what came of it.
	Reserve = 60 * time.Second
	// leaseTime is what other runs wait for after a crash; a session renews
	// its lease every third of it.
	leaseTime = 30 * time.Second
	// startTime bounds starting Chrome. A cold disk can take many seconds.
	startTime = 60 * time.Second
)

// Simulator sends the catalog's hosts to a simulated portal.
type Simulator struct {
	// Addr is its loopback HOST:PORT.
	Addr string
	// SPKI is the base64 SHA-256 of its public key.
	SPKI string
}

// PlainAddr is the address of a simulated portal, as a person may write it, with
// localhost in numbers. The name is never looked up: it could be made to mean
// anything.
func PlainAddr(addr string) string {
	if port, local := strings.CutPrefix(addr, "localhost:"); local {
		return "127.0.0.1:" + port
	}
	return addr
}

// Config says how the portal is opened.
type Config struct {
	// Settings are the employer's.
	Settings *secret.Settings
	// Simulator is nil for the real portal.
	Simulator *Simulator
	// StateDir holds ledger, runs and browser profiles.
	StateDir string
	// DatabaseURL is a PostgreSQL ledger shared by a team; empty is an SQLite
	// file in StateDir. LedgerKey makes its fingerprints, and is needed with it.
	DatabaseURL string
	LedgerKey   []byte
	// Browser is a path; empty is what is installed.
	Browser string
	// Headless hides the window.
	Headless bool
	// AllowNoSandbox lets credentials be typed into a browser without its
	// sandbox.
	AllowNoSandbox bool
	// BrowserURLs are the addresses of browsers that run elsewhere, to be used
	// in turn instead of one of this machine: see [SplitBrowserURLs]. What
	// cannot be enforced there needs TrustRemoteBrowser, or is unsafe.
	BrowserURLs        []string
	TrustRemoteBrowser bool
	// Selectors is a directory of corrected catalog files.
	Selectors string
	// Timeout bounds a session up to the committing click; 0 is DefaultTimeout.
	Timeout time.Duration
	// Settle: see DefaultSettle; negative is none.
	Settle time.Duration
	// Reserve is the time that is kept after the committing click for reading what
	// came of it; 0 is the constant of that name.
	Reserve time.Duration
	// Keep bounds the runs of earlier days in StateDir; zero is as usual, 90 days
	// and 256 MiB.
	Keep Keep
	// Patience is how long a person in front of the window has to help; 0
	// means that nobody is there.
	Patience time.Duration
	// Prompter asks a person for a passcode or an answer that the settings lack;
	// nil means that nobody is there to be asked.
	Prompter Prompter
	// Attend leaves the whole sign-in to that person; see attend.go.
	Attend bool
	// Provider makes the sign-in service that is used; nil is GCKey. One lives as
	// long as one sign-in.
	Provider func() Provider
	// RunID names the run in the ledger, and Command what it does.
	RunID, Command string
	// Observer is told what happens; nil is nobody.
	Observer Observer
	// Capture is a folder for every page that is met, redacted; empty keeps none.
	Capture string
	// Private are values that a capture makes up wherever they stand, beside
	// those of the settings and of the account's own pages.
	Private []string
	// Environ is the process environment.
	Environ []string
	// Log gets what happens inside; nil is nowhere. It never sees a secret.
	Log *slog.Logger

	// keep is given every page that is met; nil keeps none.
	keep func(page.Specimen)
	// redactor knows the settings' secrets, and learns passcodes and PINs as
	// they become known. What is written down or told passes it.
	redactor *secret.Redactor
}

// Portal is an open way to the Employer Portal for one employer: a place on a
// host, a gate of its own, and a lease on the credential.
type Portal struct {
	host *Host
	// sole tells that the host is there for this portal alone.
	sole    bool
	config  Config
	catalog *selectors.Catalog
	ledger  *ledger.Ledger
	custody *custody
	lease   *ledger.Lease
	gate    *browser.Gate
	// machine is the browser in use.
	machine machine
	// tabs are the first tabs of the contexts that were opened; closing one
	// disposes of its context.
	tabs []*browser.Tab
	// begun is what the newest sign-in has done.
	begun signin.Begun
	// cautioned are the browsers elsewhere that the result warns of.
	cautioned []string
}

// Open checks what can be checked without the portal, starts a browser, and
// takes the lease on the credential. Errors: bad_settings, no_browser,
// unsafe (no sandbox), state_unavailable, credential_held, credential_busy.
func Open(ctx context.Context, c Config) (*Portal, error) {
	c = c.withDefaults()
	if err := c.checkAttended(); err != nil {
		return nil, err
	}
	h, err := OpenHost(ctx, c.Shared())
	if err != nil {
		return nil, err
	}
	p, err := h.Open(ctx, c)
	if err != nil {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
		defer cancel()
		return nil, errors.Join(err, h.Close(bounded))
	}
	p.sole = true
	return p, nil
}

// Open takes the lease on a credential for a session on this host, as the
// function [Open] does. See [Host.Run] for the configuration.
func (h *Host) Open(ctx context.Context, c Config) (_ *Portal, err error) {
	if err := h.enter(); err != nil {
		return nil, err
	}
	c = h.config.with(c).withDefaults()
	if err := c.checkAttended(); err != nil {
		h.exit()
		return nil, err
	}
	p := &Portal{host: h, config: c, catalog: h.catalog, ledger: h.ledger, custody: newCustody(h.ledger, c)}
	defer func() {
		if err != nil {
			bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
			defer cancel()
			err = errors.Join(err, p.Close(bounded))
		}
	}()
	if p.gate, err = h.openGate(); err != nil {
		return nil, err
	}
	if err = p.custody.check(ctx); err != nil {
		return nil, err
	}
	if err = p.takeLease(ctx); err != nil {
		return nil, err
	}
	if p.machine, err = h.machine(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

func (c Config) withDefaults() Config {
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Settle == 0 {
		c.Settle = DefaultSettle
	}
	if c.Reserve <= 0 {
		c.Reserve = Reserve
	}
	if c.Observer == nil {
		c.Observer = nobody{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Environ == nil {
		c.Environ = os.Environ()
	}
	if c.redactor == nil {
		c.redactor = new(secret.Redactor)
		c.redactor.AddAll(c.Settings.Secrets())
		c.Log = slog.New(c.redactor.Handler(c.Log.Handler()))
	}
	return c
}

// learn makes the PINs of users known as secrets.
func (c Config) learn(users ...User) {
	for _, u := range users {
		c.redactor.Add("pin", secret.New(u.PIN))
	}
}

// Realm keeps simulated records apart from live ones.
func (c Config) realm() ledger.Realm {
	if c.Simulator != nil {
		return ledger.Simulated
	}
	return ledger.Live
}

// takeLease takes the lease on the credential.
func (p *Portal) takeLease(ctx context.Context) error {
	var err error
	p.lease, err = p.acquire(ctx, p.custody.account)
	var busy *ledger.BusyError
	if errors.As(err, &busy) {
		return &Error{
			Code: page.CredentialBusy, Err: err,
			Message: lang.Text("another run is using this credential: %s, since %s", busy.Holder, busy.Since.Local().Format("15:04:05")),
			Hint:    lang.Text("Wait for it to end. After a crash the credential is free by %s.", busy.Expires.Local().Format("15:04:05")),
		}
	}
	return stateError(err)
}

// acquire takes a lease. One that a killed process of this machine left behind
// is not waited for.
func (p *Portal) acquire(ctx context.Context, account string) (*ledger.Lease, error) {
	me := newHolder(p.config.Command, p.config.RunID)
	realm := p.config.realm()
	lease, err := p.ledger.Acquire(ctx, realm, account, me.String(), leaseTime)
	var busy *ledger.BusyError
	if errors.As(err, &busy) && me.dead(busy.Holder) {
		if err := p.ledger.Break(ctx, realm, account, busy.Holder); err != nil {
			return nil, stateError(err)
		}
		lease, err = p.ledger.Acquire(ctx, realm, account, me.String(), leaseTime)
	}
	return lease, err
}

// stateError gives an error of the ledger its code.
func stateError(err error) error {
	if err == nil {
		return nil
	}
	var stop *Error
	if errors.As(err, &stop) || errors.Is(err, context.Canceled) {
		return err
	}
	hint := lang.Text("Check the state directory's disk and permissions, or the database, and run the command again.")
	if errors.Is(err, ledger.ErrKeyMissing) || errors.Is(err, ledger.ErrKeyTooShort) {
		return &Error{Code: BadSettings, Message: err.Error(), Err: err, Hint: lang.Text("The key must be the same on all machines that share the database.")}
	}
	if errors.Is(err, ledger.ErrWrongKey) {
		hint = lang.Text("Put the ledger.key of this ledger back into the state directory, or set IRCCPIN_LEDGER_KEY to what it was. Nothing was changed.")
	}
	return &Error{Code: page.StateUnavailable, Message: err.Error(), Hint: hint, Err: err}
}

func proxyFrom(environ []string) (*url.URL, string, error) {
	return browser.ProxyFromEnvironment(func(name string) (string, bool) {
		for _, pair := range environ {
			if len(pair) > len(name) && pair[:len(name)] == name && pair[len(name)] == '=' {
				return pair[len(name)+1:], true
			}
		}
		return "", false
	})
}

// Close disposes of the browser contexts, gives the lease back and leaves the
// host. It may be called more than once.
func (p *Portal) Close(ctx context.Context) error {
	if p.host == nil {
		return nil
	}
	h := p.host
	p.host = nil
	var errs []error
	for _, tab := range p.tabs {
		errs = append(errs, tab.Close(ctx))
	}
	if p.gate != nil {
		errs = append(errs, p.gate.Close())
	}
	if p.lease != nil {
		if err := p.lease.Release(ctx); err != nil && !errors.Is(err, ledger.ErrLeaseLost) {
			errs = append(errs, err)
		}
	}
	h.exit()
	if p.sole {
		errs = append(errs, h.Close(ctx))
	}
	return errors.Join(errs...)
}

// Catalog is what the portal is recognised by.
func (p *Portal) Catalog() *selectors.Catalog { return p.catalog }

// Ledger is the open ledger.
func (p *Portal) Ledger() *ledger.Ledger { return p.ledger }

// nobody observes nothing.
type nobody struct{}

func (nobody) Recognised(*page.Snapshot)             {}
func (nobody) Acted(page, element, deed, way string) {}
func (nobody) Warned(page.Warning)                   {}
func (nobody) Asked(string, time.Time)               {}
func (nobody) Waiting(string, time.Time)             {}
