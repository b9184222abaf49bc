package browser_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irccpin/automation/browser"
)

// TestEvents walks one tab through everything that a navigation can come to.
func TestEvents(t *testing.T) {
	mux := http.NewServeMux()
	html := func(pattern, text string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, text)
		})
	}
	html("www.example.com/{$}", `<title>Start</title><a id=a href="#part">part</a>`)
	html("www.example.com/form", `<form method=post action=/posted><button autofocus>send</button></form>`)
	html("www.example.com/posted", `<title>Posted</title>`)
	html("sso.example.org/in", `<title>In</title>`)
	mux.HandleFunc("www.example.com/busy", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "120")
		http.Error(w, "busy", http.StatusServiceUnavailable)
	})
	mux.HandleFunc("www.example.com/empty", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	})
	mux.HandleFunc("www.example.com/nothing", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("www.example.com/file", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", "attachment; filename=list.csv")
		fmt.Fprint(w, "a,b")
	})
	mux.HandleFunc("www.example.com/hop", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://sso.example.org/in", http.StatusFound)
	})
	mux.HandleFunc("www.example.com/post-hop", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/posted", http.StatusSeeOther)
	})
	mux.HandleFunc("www.example.com/dead", func(w http.ResponseWriter, r *http.Request) {
		panic(http.ErrAbortHandler)
	})
	s := newSite(t, mux)
	b, _ := s.open(t)
	tab := newTab(t, b, tabOptions())
	ctx := background(t)

	// submit posts a form of the document to an address.
	submit := func(doc browser.DocID, action string) {
		t.Helper()
		await(t, tab, func(ev browser.Announced) bool { return ev.Doc == doc && strings.Contains(ev.Payload, "interactive") })
		err := tab.Call(ctx, doc, `(action) => {
			const form = document.createElement("form");
			form.method = "post"; form.action = action;
			document.body.append(form); form.submit();
		}`, action, nil)
		if err != nil && !errors.Is(err, browser.ErrDocumentGone) {
			t.Fatal(err)
		}
	}
	const origin = "https://www.example.com"
	type seen struct {
		URL, Method, RetryAfter string
		Status                  int
		FromPost                bool
	}
	is := func(got browser.Navigated, want seen) {
		t.Helper()
		if diff := cmp.Diff(want, seen{got.URL, got.Method, got.RetryAfter, got.Status, got.FromPost}); diff != "" {
			t.Errorf("Navigated (-want +got):\n%s", diff)
		}
	}

	start := visit(t, tab, origin+"/")
	is(start, seen{URL: origin + "/", Method: "GET", Status: 200})
	if start.MIME != "text/html" {
		t.Errorf("MIME = %q", start.MIME)
	}
	said, before := await[browser.Announced](t, tab, nil)
	if said.Doc != start.Doc || said.Frame != "" || !strings.Contains(said.Payload, origin+"/") {
		t.Errorf("Announced = %+v, want the top document %s", said, start.Doc)
	}
	if len(before) != 0 {
		t.Errorf("between Navigated and Announced came %+v", before)
	}

	await[browser.Announced](t, tab, nil) // parsed
	if err := tab.Call(ctx, start.Doc, `() => { document.getElementById("a").click() }`, nil, nil); err != nil {
		t.Fatal(err)
	}
	moved, _ := await[browser.SameDocument](t, tab, nil)
	if want := (browser.SameDocument{Doc: start.Doc, URL: origin + "/#part"}); moved != want {
		t.Errorf("SameDocument = %+v, want %+v", moved, want)
	}

	busy := load(t, tab, origin+"/busy")
	is(busy, seen{URL: origin + "/busy", Method: "GET", Status: 503, RetryAfter: "120"})

	if err := tab.Navigate(ctx, origin+"/hop"); err != nil {
		t.Fatal(err)
	}
	in, _ := await[browser.Navigated](t, tab, nil)
	is(in, seen{URL: "https://sso.example.org/in", Method: "GET", Status: 200})

	form := visit(t, tab, origin+"/form")
	submit(form.Doc, "/posted")
	posted, _ := await[browser.Navigated](t, tab, nil)
	is(posted, seen{URL: origin + "/posted", Method: "POST", Status: 200, FromPost: true})

	submit(posted.Doc, "/post-hop")
	hopped, _ := await[browser.Navigated](t, tab, nil)
	is(hopped, seen{URL: origin + "/posted", Method: "GET", Status: 200, FromPost: true})

	if err := tab.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	again, _ := await[browser.Navigated](t, tab, nil)
	is(again, seen{URL: origin + "/posted", Method: "GET", Status: 200})
	if again.Doc == hopped.Doc {
		t.Error("a reload kept the document's name")
	}
	await(t, tab, func(ev browser.Announced) bool {
		return ev.Doc == again.Doc && strings.Contains(ev.Payload, "interactive")
	})

	// Failures: the old document stays, or an error page of Chrome's shows.
	var failed *browser.NavigationError
	for path, status := range map[string]int{"/nothing": 204, "/file": 200} {
		if err := tab.Navigate(ctx, origin+path); !errors.As(err, &failed) || failed.Reason != "net::ERR_ABORTED" {
			t.Errorf("Navigate to %s: %v", path, err)
		}
		kept, _ := await[browser.NavigationFailed](t, tab, nil)
		if want := (browser.NavigationFailed{URL: origin + path, Method: "GET", Reason: "net::ERR_ABORTED", Status: status, Kept: true}); kept != want {
			t.Errorf("%s: %+v, want %+v", path, kept, want)
		}
	}
	var title string
	if err := tab.Call(ctx, again.Doc, `() => document.title`, nil, &title); err != nil || title != "Posted" {
		t.Errorf("after a 204 and a download the document is gone: %q, %v", title, err)
	}

	empty := visit(t, tab, origin+"/empty")
	is(empty, seen{URL: origin + "/empty", Method: "GET", Status: 500})

	if err := tab.Navigate(ctx, origin+"/dead"); !errors.As(err, &failed) || failed.Reason != "net::ERR_EMPTY_RESPONSE" {
		t.Errorf("Navigate to a dead connection: %v", err)
	}
	dead, _ := await[browser.NavigationFailed](t, tab, nil)
	if want := (browser.NavigationFailed{URL: origin + "/dead", Method: "GET", Reason: "net::ERR_EMPTY_RESPONSE"}); dead != want {
		t.Errorf("dead connection: %+v, want %+v", dead, want)
	}
	if err := tab.Call(ctx, empty.Doc, `() => 1`, nil, nil); !errors.Is(err, browser.ErrDocumentGone) {
		t.Errorf("Call of the document before an error page: %v", err)
	}

	if err := tab.Close(ctx); err != nil {
		t.Fatal(err)
	}
	closed, _ := await[browser.Closed](t, tab, nil)
	if closed.Reason != browser.ClosedByUs || closed.Err != nil {
		t.Errorf("Closed = %+v", closed)
	}
	if _, open := <-tab.Events(); open {
		t.Error("an event after Closed")
	}
	if err := tab.Navigate(ctx, origin); !errors.Is(err, browser.ErrTabClosed) {
		t.Errorf("Navigate of a closed tab: %v", err)
	}
	if err := tab.Close(ctx); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

// TestFullBrowser: what the full browser does otherwise than the headless
// shell.
func TestFullBrowser(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/empty", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<form method=post><input type=password name=p><button>x</button></form>")
	})
	s := newSite(t, mux)
	gate := openGate(t, browser.GateOptions{Simulator: s.addr})
	b := startWith(t, browser.Options{Path: findPath(t, false), Gate: gate, TrustSPKI: []string{s.spki}})
	tab := newTab(t, b, tabOptions())
	ctx := background(t)

	// An error status without a body becomes an error page of Chrome's.
	var failed *browser.NavigationError
	if err := tab.Navigate(ctx, "https://www.example.com/empty"); !errors.As(err, &failed) {
		t.Errorf("Navigate: %v", err)
	}
	got, _ := await[browser.NavigationFailed](t, tab, nil)
	want := browser.NavigationFailed{URL: "https://www.example.com/empty", Method: "GET", Reason: "net::ERR_HTTP_RESPONSE_CODE_FAILURE", Status: 502}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}

	nav := load(t, tab, "https://www.example.com/")
	var title string
	if err := tab.Call(ctx, nav.Doc, `() => document.forms.length + " form"`, nil, &title); err != nil || title != "1 form" {
		t.Errorf("Call: %q, %v", title, err)
	}
	if refused := gate.Refused(); len(refused) != 0 {
		t.Errorf("Chrome asked for %q by itself", refused)
	}
}

func TestFramesAnnounceThemselves(t *testing.T) {
	s := newSite(t, pages{
		"www.example.com/":      `<iframe src=/inner></iframe><iframe src=https://other.example.org/></iframe><iframe srcdoc="<p>written</p>"></iframe>`,
		"www.example.com/inner": `inner`,
		"other.example.org/":    `other`,
	})
	b, _ := s.open(t)
	tab := newTab(t, b, tabOptions())
	top := load(t, tab, "https://www.example.com/")
	frames := map[browser.FrameID]string{}
	for len(frames) < 3 {
		said, _ := await(t, tab, func(ev browser.Announced) bool { return ev.Frame != "" && strings.Contains(ev.Payload, "interactive") })
		frames[said.Frame] = said.Payload
		if said.Doc == top.Doc || said.Doc == "" {
			t.Errorf("frame %+v shares the top document's name or has none", said)
		}
	}
	all := fmt.Sprint(frames)
	for _, url := range []string{"https://www.example.com/inner", "https://other.example.org/", "about:srcdoc"} {
		if !strings.Contains(all, url) {
			t.Errorf("the frame %s did not announce itself; these did: %s", url, all)
		}
	}
}

// TestReusedWindows: the empty document that a window or frame starts with, and
// the page of the same origin that takes its window over, both have the script.
func TestReusedWindows(t *testing.T) {
	s := newSite(t, pages{
		"www.example.com/": `<script>
			const frame = document.createElement("iframe");
			document.documentElement.append(frame);
			frame.contentWindow.touched = true;
			frame.src = "/inner";
		</script><button onclick="w = window.open(''); w.document.write('<title>written</title>')" style="position:fixed;top:0;left:0;width:99px;height:40px">open</button>`,
		"www.example.com/inner": "inner",
		"www.example.com/later": "later",
	})
	b, _ := s.open(t)
	tab := newTab(t, b, tabOptions())
	ctx := background(t)
	nav := visit(t, tab, "https://www.example.com/")
	await(t, tab, func(ev browser.Announced) bool { return ev.Frame != "" && strings.Contains(ev.Payload, "/inner") })
	if err := tab.Click(ctx, 10, 10); err != nil {
		t.Fatal(err)
	}
	popup, _ := await[browser.Popup](t, tab, nil)
	blank, _ := await[browser.Navigated](t, popup.Tab, nil)
	if blank.URL != "about:blank" || blank.Status != 0 {
		t.Errorf("Navigated = %+v", blank)
	}
	said, _ := await[browser.Announced](t, popup.Tab, nil)
	if said.Doc != blank.Doc {
		t.Errorf("Announced = %+v, want document %s", said, blank.Doc)
	}
	// Writing into it takes the opener's address over; the window is the same.
	written, _ := await(t, popup.Tab, func(ev browser.Announced) bool { return strings.Contains(ev.Payload, "example.com") })
	var title string
	if err := popup.Tab.Call(ctx, written.Doc, `() => document.title`, nil, &title); err != nil || title != "written" {
		t.Errorf("Call: %q, %v", title, err)
	}
	if err := tab.Call(ctx, nav.Doc, `() => {}`, nil, nil); err != nil {
		t.Errorf("the opener: %v", err)
	}
	later := visit(t, popup.Tab, "https://www.example.com/later")
	said, _ = await[browser.Announced](t, popup.Tab, nil)
	if said.Doc != later.Doc {
		t.Errorf("Announced = %+v, want document %s", said, later.Doc)
	}
}

// TestImages: hidden, nobody looks at them.
func TestImages(t *testing.T) {
	for _, wanted := range []bool{false, true} {
		var asked atomic.Int64
		s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				asked.Add(1)
				return
			}
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<style>@font-face{font-family:f;src:url(/f.woff)} p{font-family:f;background:url(/b.png)}</style><p>text</p><img src=/i.png>`)
		}))
		gate := openGate(t, browser.GateOptions{Simulator: s.addr})
		b := startWith(t, browser.Options{Gate: gate, TrustSPKI: []string{s.spki}, LoadImages: wanted})
		tab := newTab(t, b, tabOptions())
		nav := load(t, tab, "https://www.example.com/")
		err := tab.Call(background(t), nav.Doc, `() => document.readyState === "complete" || new Promise(done => addEventListener("load", done))`, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := asked.Load(); got > 0 != wanted {
			t.Errorf("LoadImages %v: %d images and fonts were loaded", wanted, got)
		}
	}
}

func TestCall(t *testing.T) {
	s := newSite(t, pages{
		"www.example.com/":     `<title>One</title><script>window.fetch = null; Array.prototype.map = null; var secret = 1</script>`,
		"www.example.com/next": `<title>Next</title>`,
		"www.example.org/far":  `<title>Far</title>`,
	})
	b, _ := s.open(t)
	tab := newTab(t, b, tabOptions())
	ctx := background(t)
	one := load(t, tab, "https://www.example.com/")

	type answer struct {
		Sum   int
		Name  string
		World []any
	}
	var got answer
	err := tab.Call(ctx, one.Doc, `async (args) => ({Sum: args.A + args.B, Name: args.Name, World: [typeof secret, typeof [].map]})`,
		struct {
			A, B int
			Name string
		}{1, 2, "Zoë \"Ng\\u\u2028ễn\""}, &got)
	if err != nil {
		t.Fatal(err)
	}
	want := answer{3, "Zoë \"Ng\\u\u2028ễn\"", []any{"undefined", "function"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Call (-want +got):\n%s", diff)
	}

	var thrown *browser.CallError
	if err := tab.Call(ctx, one.Doc, `() => { throw new Error("no such field") }`, nil, nil); !errors.As(err, &thrown) || !strings.Contains(thrown.Description, "no such field") {
		t.Errorf("a throwing function: %v", err)
	}
	if err := tab.Call(ctx, one.Doc, `() => "text"`, nil, new(int)); err == nil {
		t.Error("a result of the wrong type was taken")
	}
	if err := tab.Call(ctx, one.Doc, `() => undefined`, nil, new(int)); err != nil {
		t.Errorf("a function without a result: %v", err)
	}
	if err := tab.Call(ctx, "", `() => 1`, nil, nil); !errors.Is(err, browser.ErrDocumentGone) {
		t.Errorf("Call of no document: %v", err)
	}

	// A document that goes away while it is asked, to the same process and to
	// another one.
	for _, next := range []string{"https://www.example.com/next", "https://www.example.org/far"} {
		from := load(t, tab, "https://www.example.com/")
		err := tab.Call(ctx, from.Doc, `(url) => { location.href = url; return new Promise(() => {}) }`, next, nil)
		if !errors.Is(err, browser.ErrDocumentGone) {
			t.Errorf("a call that outlives its document: %v", err)
		}
		to, _ := await(t, tab, func(ev browser.Navigated) bool { return ev.URL == next })
		if err := tab.Call(ctx, from.Doc, `() => 1`, nil, nil); !errors.Is(err, browser.ErrDocumentGone) {
			t.Errorf("Call of the document before: %v", err)
		}
		if err := tab.Call(ctx, to.Doc, `() => 1`, nil, nil); err != nil {
			t.Errorf("Call of the document after: %v", err)
		}
	}

	short, cancel := context.WithCancel(ctx)
	here := load(t, tab, "https://www.example.com/")
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if err := tab.Call(short, here.Doc, `() => { told("called"); return new Promise(() => {}) }`, nil, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled call: %v", err)
		}
	})
	await(t, tab, func(ev browser.Announced) bool { return ev.Payload == "called" })
	cancel()
	waiting.Wait()
}

func TestInput(t *testing.T) {
	s := newSite(t, pages{"www.example.com/": `<body style="margin:0"><style>button{position:absolute;left:100px;width:60px;height:30px}</style>
		<button id=a style="top:50px" onclick="note(event)">A</button>
		<button id=b style="top:2000px" onkeydown="note(event)" onclick="note(event)">B</button>
		<script>const seen = []; function note(e) { seen.push(e.type + " " + e.isTrusted); document.title = seen.join(", ") }</script>`})
	b, _ := s.open(t)
	tab := newTab(t, b, tabOptions())
	ctx := background(t)
	nav := load(t, tab, "https://www.example.com/")
	if err := tab.Click(ctx, 110, 60); err != nil {
		t.Fatal(err)
	}
	if err := tab.Call(ctx, nav.Doc, `() => document.getElementById("b").focus()`, nil, nil); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"Enter", "Space"} {
		if err := tab.Key(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.Key(ctx, "F5"); err == nil {
		t.Error("an unknown key was pressed")
	}
	var seen string
	if err := tab.Call(ctx, nav.Doc, `() => document.title`, nil, &seen); err != nil {
		t.Fatal(err)
	}
	if want := "click true, keydown true, click true, keydown true, click true"; seen != want {
		t.Errorf("the page saw %q, want %q", seen, want)
	}
}

func TestPictureAndSource(t *testing.T) {
	s := newSite(t, pages{"www.example.com/": `<!DOCTYPE html><html lang="en"><body style="margin:0"><div style="height:3000px;background:#0a0">tall</div>`})
	b, _ := s.open(t)
	tab := newTab(t, b, tabOptions())
	ctx := background(t)
	load(t, tab, "https://www.example.com/")

	raw, err := tab.Screenshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if size := picture.Bounds(); size.Dy() != 3000 || size.Dx() < 1000 {
		t.Errorf("the picture is %v, want the whole page", size)
	}
	if _, g, _, _ := picture.At(5, 2900).RGBA(); g>>8 != 0xaa {
		t.Errorf("the page's end is not on the picture")
	}
	html, err := tab.HTML(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(html, "<!DOCTYPE html>") || !strings.Contains(html, `<html lang="en">`) || !strings.Contains(html, "tall") {
		t.Errorf("HTML = %q", html)
	}
}

// TestTabsAreApart: two tabs share nothing, and work at the same time.
func TestTabsAreApart(t *testing.T) {
	s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if c, err := r.Cookie("who"); err == nil {
			who = c.Value
		}
		http.SetCookie(w, &http.Cookie{Name: "who", Value: r.URL.Query().Get("as")})
		fmt.Fprintf(w, "<!DOCTYPE html><title>%s</title>", who)
	}))
	b, _ := s.open(t)
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			ctx := background(t)
			tab, err := b.NewTab(ctx, tabOptions())
			if err != nil {
				t.Error(err)
				return
			}
			as := fmt.Sprint("user", n)
			for _, want := range []string{"nobody", as} {
				if err := tab.Navigate(ctx, "https://www.example.com/?as="+as); err != nil {
					t.Error(err)
					return
				}
				nav, _ := await[browser.Navigated](t, tab, nil)
				var title string
				if err := tab.Call(ctx, nav.Doc, `() => new Promise(done => {
					const look = () => document.title ? done(document.title) : requestAnimationFrame(look); look();
				})`, nil, &title); err != nil || title != want {
					t.Errorf("tab %d is %q (%v), want %q", n, title, err, want)
				}
			}
			if err := tab.Close(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
