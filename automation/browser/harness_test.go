package browser_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"irccpin/automation/browser"
)

// patience bounds what a test waits for; it is only reached on failure.
const patience = 20 * time.Second

func background(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// site is a TLS server that stands for every host of a test.
type site struct {
	*httptest.Server
	addr string
	spki string
}

func newSite(t *testing.T, handler http.Handler) *site {
	t.Helper()
	return startSite(t, handler, nil)
}

// startSite starts a site; wrap, if not nil, gets the listener first.
func startSite(t *testing.T, handler http.Handler, wrap func(net.Listener) net.Listener) *site {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		DNSNames:     []string{"*.example.com", "*.example.org", "*.example.net"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)

	server := httptest.NewUnstartedServer(handler)
	// Connections that a test cuts are not worth a line.
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if wrap != nil {
		server.Listener = wrap(server.Listener)
	}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return &site{
		Server: server,
		addr:   server.Listener.Addr().String(),
		spki:   base64.StdEncoding.EncodeToString(sum[:]),
	}
}

// pages is a handler that serves HTML by "host/path".
type pages map[string]string

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	html, ok := p[r.Host+r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(html))
}

// allowExample allows the hosts of example.com and example.org.
func allowExample(host string) bool {
	return strings.HasSuffix(host, ".example.com") || strings.HasSuffix(host, ".example.org")
}

func openGate(t *testing.T, options browser.GateOptions) *browser.Gate {
	t.Helper()
	if options.Allow == nil {
		options.Allow = allowExample
	}
	gate, err := browser.OpenGate(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { gate.Close() })
	return gate
}

func findPath(t testing.TB, headlessShell bool) string {
	t.Helper()
	found, err := browser.Find(browser.FindOptions{Headless: headlessShell})
	if err != nil {
		t.Fatal(err)
	}
	return found.Path
}

// startWith starts a browser and closes it with the test.
func startWith(t *testing.T, options browser.Options) *browser.Browser {
	t.Helper()
	if options.Path == "" {
		options.Path = findPath(t, true)
	}
	if options.ProfileRoot == "" {
		options.ProfileRoot = t.TempDir()
	}
	options.Headless = true
	options.NoSandbox = os.Getuid() == 0
	b, err := browser.Start(background(t), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(background(t)); err != nil {
			t.Error(err)
		}
	})
	return b
}

// open starts a browser for a site.
func (s *site) open(t *testing.T) (*browser.Browser, *browser.Gate) {
	t.Helper()
	gate := openGate(t, browser.GateOptions{Simulator: s.addr})
	return startWith(t, browser.Options{Gate: gate, TrustSPKI: []string{s.spki}}), gate
}

// announcing is a script that tells the address, and again on each mutation.
const announcing = `(() => {
	const tell = () => told(JSON.stringify({url: location.href, state: document.readyState}));
	tell();
	document.addEventListener("DOMContentLoaded", tell);
})()`

func tabOptions() browser.TabOptions {
	return browser.TabOptions{World: "probe", Script: announcing, Binding: "told"}
}

func newTab(t *testing.T, b *browser.Browser, options browser.TabOptions) *browser.Tab {
	t.Helper()
	tab, err := b.NewTab(background(t), options)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// await reads events up to the first of type E that matches, which it returns;
// what came before it is returned as well.
func await[E browser.Event](t *testing.T, tab *browser.Tab, match func(E) bool) (E, []browser.Event) {
	t.Helper()
	var before []browser.Event
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case ev, ok := <-tab.Events():
			if !ok {
				t.Fatalf("the tab ended without the event waited for; it told %+v", before)
			}
			if e, is := ev.(E); is && (match == nil || match(e)) {
				return e, before
			}
			before = append(before, ev)
		case <-timeout.C:
			t.Fatalf("the event did not come; the tab told %+v", before)
		}
	}
}

// visit opens an address and returns the new document.
func visit(t *testing.T, tab *browser.Tab, url string) browser.Navigated {
	t.Helper()
	if err := tab.Navigate(background(t), url); err != nil {
		t.Fatal(err)
	}
	ev, _ := await(t, tab, func(ev browser.Navigated) bool { return ev.URL == url })
	return ev
}

// load opens an address and waits until its document is parsed.
func load(t *testing.T, tab *browser.Tab, url string) browser.Navigated {
	t.Helper()
	nav := visit(t, tab, url)
	await(t, tab, func(ev browser.Announced) bool {
		return ev.Doc == nav.Doc && strings.Contains(ev.Payload, `"interactive"`)
	})
	return nav
}
