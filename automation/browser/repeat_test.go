package browser_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
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
			polled := make(chan struct{}, 1000)
			mux := http.NewServeMux()
			mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, `<form method=post action=/create><button>Create</button></form>`)
			})
			mux.HandleFunc("/poll", func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, "ok")
				polled <- struct{}{}
			})
			mux.HandleFunc("POST /create", func(w http.ResponseWriter, r *http.Request) {
				posts.Add(1) // the account is made, and the connection lost
				panic(http.ErrAbortHandler)
			})
			s := newSite(t, mux)
			gate := openGate(t, browser.GateOptions{Simulator: s.addr})
			b := startWith(t, browser.Options{Gate: gate, TrustSPKI: []string{s.spki}})
			release := func() {}
			options := tabOptions()
			options.Request = func(r browser.Request) error {
				if r.Method != "POST" {
					return nil
				}
				switch test.before {
				case drop:
					if gate.DropTunnels() == 0 {
						t.Error("there was no tunnel to drop")
					}
				case seal:
					release = gate.Seal("www.example.com")
				}
				if test.busy {
					for len(polled) > 0 {
						<-polled
					}
					for range 3 {
						<-polled
					}
				}
				return nil
			}
			tab := newTab(t, b, options)
			nav := load(t, tab, "https://www.example.com/")
			start := `() => { document.forms[0].submit() }`
			if test.busy {
				// One request after another, so that the post finds the
				// connection of the last idle.
				start = `() => {
					const poll = () => { const x = new XMLHttpRequest(); x.open("GET", "/poll"); x.onload = () => setTimeout(poll, 30); x.send() };
					poll();
					document.forms[0].submit();
				}`
			}
			if err := tab.Call(background(t), nav.Doc, start, nil, nil); err != nil {
				t.Fatal(err)
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
// it or for the release; none is lost.
func TestSealedHostWaits(t *testing.T) {
	held := make(chan struct{})
	var once sync.Once
	s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			select {
			case <-held:
			case <-r.Context().Done():
			}
		default:
			fmt.Fprint(w, r.URL.Path)
		}
	}))
	defer once.Do(func() { close(held) })
	gate := openGate(t, browser.GateOptions{Simulator: s.addr})
	client := &http.Client{Transport: s.through(gate)}
	defer client.CloseIdleConnections()
	release := gate.Seal("www.example.com")
	defer release()

	get := func(ctx context.Context, path string) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://www.example.com"+path, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err == nil {
			response.Body.Close()
		}
		return err
	}
	first, second := make(chan error, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(background(t))
	defer cancel()
	go func() { first <- get(ctx, "/slow") }()
	eventuallyTunnels(t, gate)
	go func() { second <- get(ctx, "/other") }()
	select {
	case err := <-second:
		t.Fatalf("a second connection did not wait: %v", err)
	case err := <-first:
		t.Fatalf("the first connection ended: %v", err)
	default:
	}
	release()
	release()
	if err := <-second; err != nil {
		t.Errorf("after the release: %v", err)
	}
	once.Do(func() { close(held) })
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}
}

// eventuallyTunnels waits until a connection through the gate can be refused,
// so until the first took the seal's place.
func eventuallyTunnels(t *testing.T, gate *browser.Gate) {
	t.Helper()
	conn, err := net.Dial("tcp", gate.Addr())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
