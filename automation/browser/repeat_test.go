package browser_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"irccpin/automation/browser"
)

// TestChromeRepeatsPosts shows the danger, and that both ways of the gate
// remove it: a post over a connection that was used before, and that dies
// unanswered, is sent again by Chrome's network stack without a word.
func TestChromeRepeatsPosts(t *testing.T) {
	const nothing, drop, seal = "nothing", "DropTunnels", "Seal"
	tests := []struct {
		before string // what is done before the post leaves
		busy   bool   // the page makes other requests meanwhile
		want   int64  // posts that the server sees
	}{
		{before: nothing, want: 2}, // or this test proves nothing
		{before: drop, want: 1},
		{before: seal, want: 1},
		{before: drop, busy: true, want: 2}, // another request warmed a connection
		{before: seal, busy: true, want: 1},
	}
	for _, test := range tests {
		name := test.before
		if test.busy {
			name += ", busy page"
		}
		t.Run(name, func(t *testing.T) {
			var posts atomic.Int64
			mux := http.NewServeMux()
			mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, `<form method=post action=/create><button>Create</button></form>`)
			})
			// Answered only after its first connection was dropped.
			var waits atomic.Int64
			waiting := make(chan struct{})
			mux.HandleFunc("/wait", func(w http.ResponseWriter, r *http.Request) {
				if waits.Add(1) == 1 {
					close(waiting)
					<-r.Context().Done()
				}
				fmt.Fprint(w, "ok")
			})
			mux.HandleFunc("POST /create", func(w http.ResponseWriter, r *http.Request) {
				posts.Add(1) // the account is made, and the connection lost
				panic(http.ErrAbortHandler)
			})
			s := newSite(t, mux)
			gate := openGate(t, browser.GateOptions{Simulator: s.addr})
			b := startWith(t, browser.Options{Gate: gate, TrustSPKI: []string{s.spki}})
			release := func() {}
			warm := make(chan struct{}) // closed when a used connection lies idle
			options := tabOptions()
			options.Request = func(r browser.Request) error {
				if r.Method != "POST" {
					return nil
				}
				if test.busy {
					<-waiting
				}
				switch test.before {
				case drop:
					if gate.DropTunnels() == 0 {
						t.Error("there was no tunnel to drop")
					}
				case seal:
					release = gate.Seal("www.example.com", nil)
				}
				if test.busy {
					<-warm
				}
				return nil
			}
			tab := newTab(t, b, options)
			nav := load(t, tab, "https://www.example.com/")
			start := `() => { document.forms[0].submit() }`
			if test.busy {
				start = `() => {
					fetch("/wait").catch(() => fetch("/wait")).then(r => r.text()).then(() => told("warm"));
					document.forms[0].submit();
				}`
			}
			if err := tab.Call(background(t), nav.Doc, start, nil, nil); err != nil {
				t.Fatal(err)
			}
			if test.busy {
				await(t, tab, func(ev browser.Announced) bool { return ev.Payload == "warm" })
				close(warm)
			}
			failed, _ := await(t, tab, func(ev browser.NavigationFailed) bool { return strings.HasSuffix(ev.URL, "/create") })
			if failed.Method != "POST" || !failed.FromPost || failed.Kept {
				t.Errorf("NavigationFailed = %+v", failed)
			}
			release()
			if got := posts.Load(); got != test.want {
				t.Errorf("the server saw %d posts, want %d", got, test.want)
			}
			// The way is free again.
			load(t, tab, "https://www.example.com/")
		})
	}
}

// TestSealedHostWaits: while the one connection lives, other requests wait for
// the release; none is lost.
func TestSealedHostWaits(t *testing.T) {
	slow, finish := make(chan struct{}), make(chan struct{})
	var other atomic.Bool
	s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(slow)
			<-finish
			return
		}
		other.Store(true)
	}))
	gate := openGate(t, browser.GateOptions{Simulator: s.addr})
	client := &http.Client{Transport: s.through(gate)}
	defer client.CloseIdleConnections()
	get := func(path string) <-chan error {
		done := make(chan error, 1)
		go func() {
			response, err := client.Get("https://www.example.com" + path)
			if err == nil {
				response.Body.Close()
			}
			done <- err
		}()
		return done
	}

	release := gate.Seal("www.example.com", nil)
	first := get("/slow")
	<-slow
	second := get("/other")
	if other.Load() {
		t.Error("a second connection was let through")
	}
	release()
	release() // twice does no harm
	if err := <-second; err != nil {
		t.Errorf("after the release: %v", err)
	}
	close(finish)
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}

	// Once the one connection died, nothing more goes out until the release.
	release = gate.Seal("www.example.com", nil)
	if err := <-get("/one"); err != nil {
		t.Errorf("the one connection: %v", err)
	}
	gate.DropTunnels()
	if err := <-get("/two"); err == nil {
		t.Error("a second connection was let through after the first died")
	}
	release()
	if err := <-get("/three"); err != nil {
		t.Errorf("after the release: %v", err)
	}
}

// TestSealOutlivesFailedHandshakes: a connection that died before it could
// carry a request does not use up the seal, and one that could does.
func TestSealOutlivesFailedHandshakes(t *testing.T) {
	s := newSite(t, pages{"www.example.com/": "page"})
	gate := openGate(t, browser.GateOptions{Simulator: s.addr})
	defer gate.Seal("www.example.com", nil)()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS13} {
		strict := s.through(gate)
		strict.TLSClientConfig = &tls.Config{MinVersion: version, MaxVersion: version} // the site's key is unknown
		var unknown *tls.CertificateVerificationError
		if _, err := (&http.Client{Transport: strict}).Get("https://www.example.com/"); !errors.As(err, &unknown) {
			t.Fatalf("a client that knows no such key: %v", err)
		}
	}
	get := func() error {
		transport := s.through(gate)
		transport.DisableKeepAlives = true
		response, err := (&http.Client{Transport: transport}).Get("https://www.example.com/")
		if err == nil {
			response.Body.Close()
		}
		return err
	}
	if err := get(); err != nil {
		t.Errorf("the first request: %v", err)
	}
	if err := get(); err == nil {
		t.Error("a second connection could carry a request")
	}
}

// TestSealAsksOnceMore: what must not go through any more when the connection is
// there does not, however the connection was made.
func TestSealAsksOnceMore(t *testing.T) {
	var posts atomic.Int64
	s := newSite(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posts.Add(1) }))
	gate := openGate(t, browser.GateOptions{Simulator: s.addr})
	var may atomic.Bool
	defer gate.Seal("www.example.com", may.Load)()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		transport := s.through(gate)
		transport.TLSClientConfig.MaxVersion = version
		client := &http.Client{Transport: transport}
		if _, err := client.Get("https://www.example.com/"); err == nil || posts.Load() > 0 {
			t.Errorf("%s: ended with %v after %d requests", tls.VersionName(version), err, posts.Load())
		}
	}
	may.Store(true)
	client := &http.Client{Transport: s.through(gate)}
	defer client.CloseIdleConnections()
	if _, err := client.Get("https://www.example.com/"); err != nil || posts.Load() != 1 {
		t.Errorf("ended with %v after %d requests", err, posts.Load())
	}
}

// TestSealEndsWithTheAnswer: a server may end the connection with its answer. What
// the page asks for next, a redirect, its own scripts or styles, needs another one,
// and is asked for the moment that the answer is there.
func TestSealEndsWithTheAnswer(t *testing.T) {
	mux := http.NewServeMux()
	page := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, body)
		}
	}
	mux.HandleFunc("/", page(`<form method=post></form>`))
	mux.HandleFunc("POST /moves", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/there", http.StatusSeeOther)
	})
	mux.HandleFunc("/there", page(`<title>there</title>`))
	mux.HandleFunc("POST /stays", page(`<script src=/script></script>`))
	mux.HandleFunc("/script", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `document.title = "run"`)
	})
	mux.HandleFunc("POST /data", page("posted"))
	mux.HandleFunc("/data", page("read"))
	mux.HandleFunc("POST /lost", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		mux.ServeHTTP(w, r)
	}))
	gate := openGate(t, browser.GateOptions{Simulator: s.addr})
	b := startWith(t, browser.Options{Gate: gate, TrustSPKI: []string{s.spki}})
	var begun atomic.Int64
	var release func()
	options := tabOptions()
	options.Request = func(r browser.Request) error {
		if r.Method == "POST" {
			release = gate.Seal("www.example.com", nil)
		}
		return nil
	}
	options.Await = func(r browser.Request) func() {
		if r.Method != "POST" {
			return nil
		}
		release := release
		return func() { begun.Add(1); release() }
	}
	tab := newTab(t, b, options)
	ctx := background(t)
	send := `(to) => { const f = document.querySelector("form"); f.action = to; f.submit() }`
	for _, test := range []struct{ to, title string }{{"/moves", "there"}, {"/stays", "run"}} {
		nav := load(t, tab, "https://www.example.com/")
		if err := tab.Call(ctx, nav.Doc, send, test.to, nil); err != nil {
			t.Fatal(err)
		}
		nav, _ = await(t, tab, func(ev browser.Navigated) bool { return ev.URL != "https://www.example.com/" })
		var title string
		whole := `() => new Promise((done) => { const look = () => done(document.title); document.readyState === "complete" ? look() : addEventListener("load", look) })`
		if err := tab.Call(ctx, nav.Doc, whole, nil, &title); err != nil || title != test.title {
			t.Errorf("after the post to %s the title is %q, want %q: %v", test.to, title, test.title, err)
		}
	}
	nav := load(t, tab, "https://www.example.com/")
	var said string
	both := `async () => await (await fetch("/data", {method: "POST", body: "x"})).text() + ", " + await (await fetch("/data")).text()`
	if err := tab.Call(ctx, nav.Doc, both, nil, &said); err != nil || said != "posted, read" {
		t.Errorf("the script got %q: %v", said, err)
	}
	if err := tab.Call(ctx, nav.Doc, send, "/lost", nil); err != nil {
		t.Fatal(err)
	}
	await[browser.NavigationFailed](t, tab, nil)
	if n := begun.Load(); n != 4 {
		t.Errorf("%d answers were told of, want 4", n)
	}
}
