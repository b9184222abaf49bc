package browser_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irccpin/automation/browser"
)

// tabWith opens a tab in a context with a gate of its own.
func (s *site) tabWith(t *testing.T, b *browser.Browser, options browser.TabOptions) (*browser.Tab, *browser.Gate) {
	t.Helper()
	gate := openGate(t, browser.GateOptions{Simulator: s.addr})
	options.Gate = gate
	return newTab(t, b, options), gate
}

// leaveTraces stores something everywhere that a page can.
const leaveTraces = `async () => {
	document.cookie = "trace=1; Secure; Max-Age=86400";
	localStorage.setItem("trace", "1");
	sessionStorage.setItem("trace", "1");
	await new Promise((done, fail) => {
		const open = indexedDB.open("trace");
		open.onupgradeneeded = () => open.result.createObjectStore("trace");
		open.onsuccess = done; open.onerror = fail;
	});
	await (await caches.open("trace")).put("/trace", new Response("1"));
	await navigator.serviceWorker.register("/worker.js");
	await (await navigator.storage.getDirectory()).getFileHandle("trace", {create: true});
	self.channel = new BroadcastChannel("trace");
	channel.onmessage = () => channel.postMessage("here");
	navigator.locks.request("held", () => new Promise(hold => self.hold = hold));
	await (await fetch("/cached")).text();
}`

// findTraces lists what is there.
const findTraces = `async () => {
	const found = [];
	const channel = new BroadcastChannel("trace");
	channel.onmessage = () => found.push("broadcast channel");
	channel.postMessage("anybody?");
	if (document.cookie) found.push("cookies");
	if (localStorage.length) found.push("local storage");
	if (sessionStorage.length) found.push("session storage");
	if ((await indexedDB.databases()).length) found.push("databases");
	if ((await caches.keys()).length) found.push("caches");
	if ((await navigator.serviceWorker.getRegistrations()).length) found.push("service workers");
	for await (const name of (await navigator.storage.getDirectory()).keys()) found.push("file " + name);
	if ((await navigator.locks.query()).held.length) found.push("locks");
	const before = await (await fetch("/count")).text();
	await (await fetch("/cached")).text();
	if (await (await fetch("/count")).text() === before) found.push("http cache");
	return found;
}`

// TestContextsAreIsolated: nothing that one tab's pages store or hold is there
// for another tab, before or after the first is closed.
func TestContextsAreIsolated(t *testing.T) {
	for _, kind := range bothBrowsers {
		t.Run(kind.name, func(t *testing.T) {
			var cached atomic.Int64
			mux := http.NewServeMux()
			mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", HttpOnly: true, Secure: true})
				if len(r.Cookies()) > 0 && r.URL.Path == "/first" {
					t.Errorf("the first request came with %v", r.Cookies())
				}
				fmt.Fprint(w, "<p>page")
			})
			mux.HandleFunc("/worker.js", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/javascript")
			})
			mux.HandleFunc("/cached", func(w http.ResponseWriter, r *http.Request) {
				cached.Add(1)
				w.Header().Set("Cache-Control", "max-age=86400, immutable")
				fmt.Fprint(w, "kept")
			})
			mux.HandleFunc("/count", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", "no-store")
				fmt.Fprint(w, cached.Load())
			})
			s := newSite(t, mux)
			b := startWith(t, browser.Options{
				Path: findPath(t, kind.shell), TrustSPKI: []string{s.spki},
				Gate: openGate(t, browser.GateOptions{Allow: func(string) bool { return false }}),
			})
			look := func(tab *browser.Tab, path string) (found []string) {
				nav := load(t, tab, "https://www.example.com"+path)
				if err := tab.Call(background(t), nav.Doc, findTraces, nil, &found); err != nil {
					t.Fatal(err)
				}
				return found
			}
			first, _ := s.tabWith(t, b, tabOptions())
			nav := load(t, first, "https://www.example.com/first")
			if err := first.Call(background(t), nav.Doc, leaveTraces, nil, nil); err != nil {
				t.Fatal(err)
			}
			second, _ := s.tabWith(t, b, tabOptions())
			if found := look(second, "/first"); len(found) > 0 {
				t.Errorf("while the first lives the second finds %v", found)
			}
			// The other way round, or the traces are none: a page of the same context.
			if diff := cmp.Diff([]string{
				"cookies", "local storage", "session storage", "databases", "caches", "service workers", "file trace", "http cache",
			}, look(first, "/again")); diff != "" {
				t.Errorf("in the same context (-want +got):\n%s", diff)
			}
			if err := first.Close(background(t)); err != nil {
				t.Fatal(err)
			}
			third, _ := s.tabWith(t, b, tabOptions())
			if found := look(third, "/first"); len(found) > 0 {
				t.Errorf("after the first the third finds %v", found)
			}
		})
	}
}

// TestGatePerContext: each context has its own list of hosts and its own
// tunnels, and Chrome itself has neither.
func TestGatePerContext(t *testing.T) {
	s := newSite(t, pages{"www.example.com/": "com", "www.example.org/": "org"})
	own := openGate(t, browser.GateOptions{Simulator: s.addr, Allow: func(string) bool { return false }})
	b := startWith(t, browser.Options{TrustSPKI: []string{s.spki}, Gate: own})
	only := func(host string) *browser.Tab {
		options := tabOptions()
		options.Gate = openGate(t, browser.GateOptions{Simulator: s.addr, Allow: func(h string) bool { return h == host }})
		return newTab(t, b, options)
	}
	com, org := only("www.example.com"), only("www.example.org")
	load(t, com, "https://www.example.com/")
	load(t, org, "https://www.example.org/")
	if err := com.Navigate(background(t), "https://www.example.org/"); err == nil {
		t.Error("a host of the other context's list was reached")
	}
	if err := newTab(t, b, tabOptions()).Navigate(background(t), "https://www.example.com/"); err == nil {
		t.Error("a context without a gate of its own got out")
	}
}

// TestContextsCommitAtOnce: sessions that commit at the same moment do not end
// each other's seals, nor requests. With one gate for both, they do: that is
// why each has its own.
func TestContextsCommitAtOnce(t *testing.T) {
	for _, shared := range []bool{false, true} {
		name := "a gate each"
		if shared {
			name = "one gate for both"
		}
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			posts := map[string]int{}
			slow, finish := make(chan struct{}), make(chan struct{})
			mux := http.NewServeMux()
			mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, `<form method=post action=/create><button>Create</button></form>`)
			})
			// Under way while the others commit: one byte is there, the rest comes late.
			mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, "begun ")
				w.(http.Flusher).Flush()
				close(slow)
				<-finish
				fmt.Fprint(w, "and ended")
			})
			mux.HandleFunc("/warm", func(http.ResponseWriter, *http.Request) {})
			// Each post is counted, and its connection dies unanswered once all
			// have come that will come at first.
			var both sync.WaitGroup
			both.Add(2)
			var firsts atomic.Int64
			mux.HandleFunc("POST /create", func(w http.ResponseWriter, r *http.Request) {
				who := r.UserAgent()
				if c, err := r.Cookie("who"); err == nil {
					who = c.Value
				}
				mu.Lock()
				posts[who]++
				mu.Unlock()
				if firsts.Add(1) <= 2 {
					both.Done()
					both.Wait()
				}
				panic(http.ErrAbortHandler)
			})
			s := newSite(t, mux)
			common := openGate(t, browser.GateOptions{Simulator: s.addr})
			b := startWith(t, browser.Options{Gate: common, TrustSPKI: []string{s.spki}})
			open := func(request func(*browser.Gate, browser.Request)) *browser.Tab {
				gate := common
				if !shared {
					gate = openGate(t, browser.GateOptions{Simulator: s.addr})
				}
				options := tabOptions()
				options.Gate = gate
				options.Request = func(r browser.Request) error { request(gate, r); return nil }
				return newTab(t, b, options)
			}

			reader := open(func(*browser.Gate, browser.Request) {})
			nav := load(t, reader, "https://www.example.com/")
			read := make(chan string, 1)
			go func() {
				var text string
				_ = reader.Call(background(t), nav.Doc, `() => fetch("/slow").then(r => r.text()).catch(e => "lost: " + e)`, nil, &text)
				read <- text
			}()
			<-slow

			// Both have held their post until both have sealed: whichever seals
			// second must not open the way for a repeat of the first's.
			var sealed sync.WaitGroup
			sealed.Add(2)
			var releases []func()
			var tabs []*browser.Tab
			for _, who := range []string{"A", "B"} {
				tab := open(func(gate *browser.Gate, r browser.Request) {
					if r.Method != "POST" {
						return
					}
					release := gate.Seal("www.example.com", nil)
					mu.Lock()
					releases = append(releases, release)
					mu.Unlock()
					sealed.Done()
					sealed.Wait()
				})
				nav := load(t, tab, "https://www.example.com/")
				start := `who => { document.cookie = "who=" + who + "; Secure"; fetch("/warm").then(() => document.forms[0].submit()) }`
				if err := tab.Call(background(t), nav.Doc, start, who, nil); err != nil {
					t.Fatal(err)
				}
				tabs = append(tabs, tab)
			}
			if shared {
				// One of the posts waits at the other's seal, or is refused: the
				// server must not wait for it.
				both.Done()
			}
			for _, tab := range tabs {
				await(t, tab, func(ev browser.NavigationFailed) bool { return strings.HasSuffix(ev.URL, "/create") })
			}
			close(finish)
			got := <-read
			for _, release := range releases {
				release()
			}
			if shared {
				if got == "begun and ended" {
					t.Error("this test proves nothing: a seal of a shared gate left the others' requests alone")
				}
				return
			}
			if got != "begun and ended" {
				t.Errorf("the request of another session that was under way: %q", got)
			}
			mu.Lock()
			defer mu.Unlock()
			if diff := cmp.Diff(map[string]int{"A": 1, "B": 1}, posts); diff != "" {
				t.Errorf("posts that the server saw (-want +got):\n%s", diff)
			}
			for _, tab := range tabs {
				load(t, tab, "https://www.example.com/") // the way is free again
			}
		})
	}
}

// TestContextIsDisposedOf: a closed tab takes its context along, also one that
// nobody waited for any more.
func TestContextIsDisposedOf(t *testing.T) {
	s := newSite(t, pages{"www.example.com/": "page"})
	b := startWith(t, browser.Options{TrustSPKI: []string{s.spki}, Gate: openGate(t, browser.GateOptions{Simulator: s.addr})})
	for range 5 {
		tab, _ := s.tabWith(t, b, tabOptions())
		load(t, tab, "https://www.example.com/")
		if err := tab.Close(background(t)); err != nil {
			t.Fatal(err)
		}
	}
	given, cancel := context.WithCancel(background(t))
	cancel()
	if _, err := b.NewTab(given, tabOptions()); !errors.Is(err, context.Canceled) {
		t.Errorf("NewTab: %v", err)
	}
	eventually(t, "no context is left", func() bool {
		n, err := b.Contexts(background(t))
		return err == nil && n == 0
	})
}
