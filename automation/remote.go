package automation

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// deadFor is how long a browser elsewhere that did not answer is asked after
// the others only: one that drops packets costs ten seconds each time.
const deadFor = 30 * time.Second

// SplitBrowserURLs reads the addresses of browsers that run elsewhere, with
// commas between them. The error does not quote them: they can hold a token.
func SplitBrowserURLs(text string) ([]string, error) {
	var all []string
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if _, err := browser.ParseEndpoint(part); err != nil {
			return nil, err
		}
		all = append(all, part)
	}
	return all, nil
}

// endpoints are the browsers that run elsewhere and are to be used.
func (c HostConfig) endpoints() ([]browser.Endpoint, error) {
	var all []browser.Endpoint
	for _, address := range c.BrowserURLs {
		e, err := browser.ParseEndpoint(address)
		if err != nil {
			return nil, &Error{Code: Usage, Message: err.Error(), Err: err}
		}
		all = append(all, e)
	}
	return all, nil
}

// What cannot be enforced in a browser that somebody else started.
const (
	lackPrivacy = "whoever else can reach its debugging port sees what is typed and read there, passwords and PINs included"
	lackSandbox = "with which flags, extensions and sandbox it runs is not known"
	lackClear   = "the connection to it is not encrypted: passwords and PINs travel there in clear"
	lackHosts   = "the list of hosts holds for the requests of pages alone, not for what workers, WebSockets and the browser itself send"
	lackSeal    = "the browser may send a post again by itself when its connection breaks, the one that creates a user included; two users that come of it are reported, not prevented"
)

// lacks lists what cannot be enforced at an endpoint.
func lacks(e browser.Endpoint, gated bool) []string {
	out := []string{lang.Text(lackPrivacy), lang.Text(lackSandbox)}
	if !e.Loopback() && !e.Encrypted() {
		out = append(out, lang.Text(lackClear))
	}
	if !gated {
		out = append(out, lang.Text(lackHosts), lang.Text(lackSeal))
	}
	return out
}

// checkTrust refuses browsers that run elsewhere, unless they are trusted.
func (c HostConfig) checkTrust(all []browser.Endpoint) error {
	if c.TrustRemoteBrowser {
		return nil
	}
	var missing []string
	for _, e := range all {
		for _, lack := range lacks(e, e.Loopback()) {
			if !slices.Contains(missing, lack) {
				missing = append(missing, lack)
			}
		}
	}
	return &Error{
		Code:    page.Unsafe,
		Message: lang.Text("irccpin does not control the browser at %s: %s", all[0], strings.Join(missing, "; ")),
		Hint:    lang.Text("Use a browser of this machine (leave --browser-url out), or accept all of this with --trust-remote-browser."),
	}
}

// CheckBrowsersElsewhere asks browsers that run elsewhere who they are, and opens
// nothing in them. The error is no_browser where one does not answer, and unsafe
// where nobody accepted what cannot be enforced there.
func CheckBrowsersElsewhere(ctx context.Context, urls []string, trust bool) (string, error) {
	c := HostConfig{BrowserURLs: urls, TrustRemoteBrowser: trust}
	all, err := c.endpoints()
	if err == nil {
		err = c.checkTrust(all)
	}
	if err != nil {
		return "", err
	}
	var found []string
	for _, e := range all {
		chrome, err := browser.Connect(ctx, browser.ConnectOptions{Endpoint: e})
		if err != nil {
			return "", &Error{Code: NoBrowser, Message: lang.Text("the browser at %s: %v", e, err), Err: err, Hint: lang.Text("Start it, or leave --browser-url out to use one of this machine.")}
		}
		found = append(found, lang.Text("%s at %s", chrome.Version(), e))
		if err := chrome.Close(ctx); err != nil {
			return "", &Error{Code: NoBrowser, Message: lang.Text("the browser at %s: %v", e, err), Err: err, Hint: lang.Text("It answered and then ended the connection. Run doctor again; if it stays so, start that browser anew.")}
		}
	}
	return strings.Join(found, "; "), nil
}

// connect uses a browser that runs elsewhere, behind our gate where it can be.
func (h *Host) connect(ctx context.Context, e browser.Endpoint) (machine, error) {
	chrome, err := browser.Connect(ctx, browser.ConnectOptions{Endpoint: e, Log: h.config.Log})
	if err != nil {
		return machine{}, err
	}
	m := machine{Browser: chrome, elsewhere: e.String()}
	if e.Loopback() {
		m.gated, err = chrome.Reaches(ctx)
	}
	if s := h.config.Simulator; err == nil && s != nil {
		err = browser.CheckSPKI(ctx, s.Addr, s.SPKI)
		if !m.gated {
			err = lang.NewError("it cannot reach a simulated portal on this machine")
		}
	}
	if err != nil {
		return machine{}, errors.Join(lang.Errorf("the browser at %s: %w", e, err), chrome.Close(ctx))
	}
	m.lacks = lacks(e, m.gated)
	return m, nil
}

// confine puts the walls around a session's tab that its machine allows.
func (p *Portal) confine(options browser.TabOptions) browser.TabOptions {
	m := p.machine
	if !m.gated {
		options.Hosts = p.catalog.Allows
		return options
	}
	options.Gate = p.gate
	// The gate leads to the simulated portal alone, whose key connect has seen;
	// the flag that would make Chrome look at it is not ours to set there.
	options.AnyCertificate = m.elsewhere != "" && p.config.Simulator != nil
	return options
}

// caution is the warning that belongs to a session in a browser elsewhere.
func (m machine) caution() Warning {
	return Warning{Code: "remote_browser", Detail: lang.Text("irccpin does not control the browser at %s: %s", m.elsewhere, strings.Join(m.lacks, "; "))}
}

// fleet is the browsers of a host: its own, or those that run elsewhere.
type fleet struct {
	engines []*engine
	turns   atomic.Uint64
}

// prepare begins to start all that are not running.
func (f *fleet) prepare() {
	for _, e := range f.engines {
		e.prepare()
	}
}

// get returns a browser that lives, of several each in its turn. One that does
// not answer is passed over.
func (f *fleet) get(ctx context.Context) (machine, error) {
	var errs []error
	for _, e := range f.inTurn() {
		m, err := e.get(ctx)
		if err == nil || ctx.Err() != nil {
			return m, err
		}
		errs = append(errs, err)
	}
	return machine{}, errors.Join(errs...)
}

// inTurn orders the browsers: round and round, and the dead last.
func (f *fleet) inTurn() []*engine {
	first := int((f.turns.Add(1) - 1) % uint64(len(f.engines)))
	order := append(slices.Clone(f.engines[first:]), f.engines[:first]...)
	now := time.Now()
	slices.SortStableFunc(order, func(a, b *engine) int {
		return cmp.Compare(dead(a, now), dead(b, now))
	})
	return order
}

func dead(e *engine, now time.Time) int {
	if failed := e.failed(); !failed.IsZero() && now.Sub(failed) < deadFor {
		return 1
	}
	return 0
}

func (f *fleet) restarts() (n int) {
	for _, e := range f.engines {
		n += e.restarts()
	}
	return n
}

func (f *fleet) close(ctx context.Context) error {
	var errs []error
	for _, e := range f.engines {
		errs = append(errs, e.close(ctx))
	}
	return errors.Join(errs...)
}
