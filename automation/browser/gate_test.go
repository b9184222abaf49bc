package browser_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irccpin/automation/browser"
)

// through is a client's way to the site's hosts through a gate.
func (s *site) through(gate *browser.Gate) *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: gate.Addr()}),
		// The site's certificate is its own; what counts here is the way.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}
}

func TestGateTargets(t *testing.T) {
	s := newSite(t, pages{"www.example.com/": "through"})
	var mu sync.Mutex
	var told []string
	gate := openGate(t, browser.GateOptions{
		Simulator: s.addr,
		// Whatever the spelling, the list says yes: the gate itself must not.
		Allow: func(host string) bool { return host == "www.example.com" || !strings.Contains(host, "foreign") },
		OnRefused: func(target string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, target)
		},
	})
	for target, want := range map[string]int{
		"www.example.com:443":           200,
		"foreign.example.com:443":       403,
		"www.example.com:80":            403,
		"www.example.com:8443":          403,
		"www.example.com":               403,
		"WWW.example.com:443":           403,
		"www.example.com.:443":          403,
		".example.com:443":              403,
		"www..example.com:443":          403,
		"127.0.0.1:443":                 403,
		"127.1:443":                     403,
		"[::1]:443":                     403,
		"2130706433:443":                403,
		"www.example.com%2eevil.io:443": 400, // not a request that Go's server takes
		"user@www.example.com:443":      400,
		"www_example.com:443":           403,
		"ẞ.example.com:443":             400,
	} {
		conn, err := net.Dial("tcp", gate.Addr())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: www.example.com:443\r\n\r\n", target)
		response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodConnect})
		conn.Close()
		if err != nil {
			t.Errorf("CONNECT %s: %v", target, err)
			continue
		}
		if got := response.StatusCode; got != want && !(want == 400 && got == 403) {
			t.Errorf("CONNECT %s: %d, want %d", target, got, want)
		}
	}
	for _, request := range []string{"GET http://www.example.com/ HTTP/1.1", "POST http://www.example.com/ HTTP/1.1", "GET / HTTP/1.1", "GET https://www.example.com/ HTTP/1.1"} {
		conn, err := net.Dial("tcp", gate.Addr())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "%s\r\nHost: www.example.com\r\nContent-Length: 0\r\n\r\n", request)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		conn.Close()
		if err != nil || response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %v, %v", request, response, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for _, target := range []string{"foreign.example.com:443", "http://www.example.com/"} {
		if !slices.Contains(told, target) || !slices.Contains(gate.Refused(), target) {
			t.Errorf("the refusal of %s was not told", target)
		}
	}
	if slices.Contains(gate.Refused(), "www.example.com:443") {
		t.Error("an allowed target counts as refused")
	}
}

func TestGateOptions(t *testing.T) {
	allow := func(string) bool { return true }
	for name, options := range map[string]browser.GateOptions{
		"no list":                    {},
		"simulator elsewhere":        {Allow: allow, Simulator: "192.0.2.1:443"},
		"simulator by name":          {Allow: allow, Simulator: "localhost:443"},
		"simulator without a port":   {Allow: allow, Simulator: "127.0.0.1"},
		"simulator on port 0":        {Allow: allow, Simulator: "127.0.0.1:0"},
		"unknown kind of proxy":      {Allow: allow, Upstream: &url.URL{Scheme: "socks5", Host: "127.0.0.1:1080"}},
		"a proxy that names no host": {Allow: allow, Upstream: &url.URL{Scheme: "http"}},
	} {
		if gate, err := browser.OpenGate(options); err == nil {
			gate.Close()
			t.Errorf("%s: opened", name)
		}
	}
	gate, err := browser.OpenGate(browser.GateOptions{Allow: allow, Simulator: "[::1]:443"})
	if err != nil {
		t.Fatal(err)
	}
	gate.Close()
}

func TestDropTunnels(t *testing.T) {
	s := newSite(t, pages{"www.example.com/": "through"})
	gate := openGate(t, browser.GateOptions{Simulator: s.addr})
	client := &http.Client{Transport: s.through(gate)}
	defer client.CloseIdleConnections()
	get := func() {
		t.Helper()
		response, err := client.Get("https://www.example.com/")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	if n := gate.DropTunnels(); n != 0 {
		t.Errorf("dropped %d of no tunnels", n)
	}
	get()
	get() // over the same connection
	if n := gate.DropTunnels(); n != 1 {
		t.Errorf("dropped %d tunnels, want 1", n)
	}
	get()
	if n := gate.DropTunnels(); n != 1 {
		t.Errorf("dropped %d tunnels, want 1", n)
	}
	gate.Close()
	if _, err := client.Get("https://www.example.com/"); err == nil {
		t.Error("a closed gate let something through")
	}
}

func TestUnreachable(t *testing.T) {
	// A port that nobody listens on.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	listener.Close()
	var why error
	gate := openGate(t, browser.GateOptions{Simulator: closed, OnUnreachable: func(target string, err error) {
		why = fmt.Errorf("%s: %w", target, err)
	}})
	b := startWith(t, browser.Options{Gate: gate})
	tab := newTab(t, b, tabOptions())
	var failed *browser.NavigationError
	if err := tab.Navigate(background(t), "https://www.example.com/"); !errors.As(err, &failed) || failed.Reason != "net::ERR_TUNNEL_CONNECTION_FAILED" {
		t.Errorf("Navigate: %v", err)
	}
	if why == nil || !strings.HasPrefix(why.Error(), "www.example.com:443") {
		t.Errorf("OnUnreachable: %v", why)
	}
}

// proxy is a small corporate proxy that wants a password.
type proxy struct {
	mu     sync.Mutex
	asked  []string
	target string // where every tunnel ends
}

const proxyUser, proxyPassword = "user", "p@ss:word"

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(proxyUser+":"+proxyPassword))
	if r.Header.Get("Proxy-Authorization") != want {
		w.Header().Set("Proxy-Authenticate", "Basic realm=x")
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.RequestURI)
	p.mu.Unlock()
	far, err := net.Dial("tcp", p.target)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer far.Close()
	near, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer near.Close()
	fmt.Fprint(near, "HTTP/1.1 200 OK\r\n\r\n")
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(far, near); far.Close() })
	both.Go(func() { _, _ = io.Copy(near, far); near.Close() })
	both.Wait()
}

// TestUpstream: behind a corporate proxy, Chrome still reaches what is allowed
// and nothing else.
func TestUpstream(t *testing.T) {
	s := newSite(t, pages{"www.example.com/": `<title>through two</title><iframe src=https://evil.example.net/></iframe>`})
	corporate := &proxy{target: s.addr}
	server := httptest.NewServer(corporate)
	defer server.Close()
	upstream, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}

	var why error
	for password, works := range map[string]bool{proxyPassword: true, "wrong": false} {
		upstream.User = url.UserPassword(proxyUser, password)
		gate := openGate(t, browser.GateOptions{Upstream: upstream, OnUnreachable: func(_ string, err error) { why = err }})
		b := startWith(t, browser.Options{Gate: gate, TrustSPKI: []string{s.spki}})
		tab := newTab(t, b, tabOptions())
		if !works {
			if err := tab.Navigate(background(t), "https://www.example.com/"); err == nil {
				t.Error("a wrong password for the proxy worked")
			}
			if why == nil || !strings.Contains(why.Error(), "407") || strings.Contains(why.Error(), password) {
				t.Errorf("OnUnreachable: %v", why)
			}
			continue
		}
		load(t, tab, "https://www.example.com/")
		if err := tab.Navigate(background(t), "https://evil.example.net/"); err == nil {
			t.Error("a foreign host was reached")
		}
	}
	corporate.mu.Lock()
	defer corporate.mu.Unlock()
	for _, line := range corporate.asked {
		if line != "CONNECT www.example.com:443" {
			t.Errorf("the proxy was asked to %s", line)
		}
	}
}

func TestUpstreamExceptions(t *testing.T) {
	s := newSite(t, pages{"www.example.com/": "direct"})
	corporate := &proxy{target: s.addr}
	server := httptest.NewServer(corporate)
	defer server.Close()
	upstream, _ := url.Parse(server.URL)
	upstream.User = url.UserPassword(proxyUser, proxyPassword)
	for noProxy, want := range map[string][]string{
		"":                      {"CONNECT www.portal.invalid:443"},
		"other.portal.invalid":  {"CONNECT www.portal.invalid:443"},
		".portal.invalid,other": nil,
		"*":                     nil,
	} {
		corporate.asked = nil
		gate := openGate(t, browser.GateOptions{Upstream: upstream, NoProxy: noProxy, Allow: func(string) bool { return true }})
		client := &http.Client{Transport: s.through(gate)}
		// Without the proxy the name resolves nowhere: only the way counts.
		if response, err := client.Get("https://www.portal.invalid/"); err == nil {
			response.Body.Close()
		}
		client.CloseIdleConnections()
		corporate.mu.Lock()
		if diff := cmp.Diff(want, corporate.asked); diff != "" {
			t.Errorf("NO_PROXY=%q (-want +got):\n%s", noProxy, diff)
		}
		corporate.mu.Unlock()
	}
}

func TestProxyFromEnvironment(t *testing.T) {
	type want struct{ upstream, noProxy, err string }
	for name, test := range map[string]struct {
		env  map[string]string
		want want
	}{
		"none":            {nil, want{}},
		"upper case":      {map[string]string{"HTTPS_PROXY": "http://p.example.com:3128", "NO_PROXY": "a,b"}, want{upstream: "http://p.example.com:3128", noProxy: "a,b"}},
		"lower case":      {map[string]string{"https_proxy": "https://p.example.com", "no_proxy": "a"}, want{upstream: "https://p.example.com", noProxy: "a"}},
		"upper case wins": {map[string]string{"HTTPS_PROXY": "http://one:1", "https_proxy": "http://two:2"}, want{upstream: "http://one:1"}},
		"empty":           {map[string]string{"HTTPS_PROXY": "", "https_proxy": "http://two:2"}, want{upstream: "http://two:2"}},
		"no scheme":       {map[string]string{"HTTPS_PROXY": "p.example.com:3128"}, want{upstream: "http://p.example.com:3128"}},
		"password":        {map[string]string{"HTTPS_PROXY": "http://u:p%40ss@p.example.com:3128"}, want{upstream: "http://u:p%40ss@p.example.com:3128"}},
		"socks":           {map[string]string{"HTTPS_PROXY": "socks5://u:s3cret@p:1"}, want{err: "socks5"}},
		"rubbish":         {map[string]string{"HTTPS_PROXY": "http://u:s3cret@[p"}, want{err: "HTTPS_PROXY"}},
		"http only":       {map[string]string{"HTTP_PROXY": "http://p:1"}, want{}},
	} {
		t.Run(name, func(t *testing.T) {
			upstream, noProxy, err := browser.ProxyFromEnvironment(func(name string) (string, bool) {
				value, ok := test.env[name]
				return value, ok
			})
			if test.want.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.want.err) || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("error %v, want %q in it and no password", err, test.want.err)
				}
				return
			}
			got := want{noProxy: noProxy}
			if upstream != nil {
				got.upstream = upstream.String()
			}
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}
