package page

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
	"irccpin/selectors"
)

// Tab is the part of a browser tab that a Driver uses.
type Tab interface {
	Events() <-chan browser.Event
	Navigate(ctx context.Context, url string) error
	Reload(ctx context.Context) error
	Call(ctx context.Context, doc browser.DocID, function string, args any, result any) error
	Listens(ctx context.Context, doc browser.DocID, function string, events ...string) (bool, error)
	Click(ctx context.Context, x, y float64) error
	Screenshot(ctx context.Context) ([]byte, error)
	HTML(ctx context.Context) (string, error)
	Close(ctx context.Context) error
}

// Observer is told what happens, for the live view and the run's trace. Its
// methods return soon and never see a value that was typed.
type Observer interface {
	// Recognised: this page is shown and complete.
	Recognised(s *Snapshot)
	// Acted: an element was filled or pressed.
	Acted(page, element, deed, way string)
	// Warned: something was not as expected and did not stop the flow.
	Warned(w Warning)
	// Asked: a person is needed in the window, until then. what is an [Ask].
	Asked(what string, until time.Time)
	// Waiting: until then something is waited for that no page tells, such as a
	// mail. Nobody has to do anything. what is a sentence, in the language of the
	// process.
	Waiting(what string, until time.Time)
}

// Warning is something that a reader of the result should know.
type Warning struct {
	Code    string `json:"code"`
	Page    string `json:"page"`
	Element string `json:"element"`
	Detail  string `json:"detail"`
}

// Options say how a Driver works.
type Options struct {
	Catalog  *selectors.Catalog
	Observer Observer
	// Seal lets a request to a host go out once at most, until it is released, and
	// only if still says so, where it is not nil; called as the committing post
	// leaves. See browser.Gate.Seal.
	Seal func(host string, still func() bool) (release func())
	// Patience is how long a person has to help in the window, at most; 0 means
	// that nobody is there.
	Patience time.Duration
	// Keep is given every page that is met, for a capture; nil collects none.
	Keep func(Specimen)
	// Abroad lets the browser reach hosts that are not the catalog's, until back
	// is called: while a person signs in through a bank. See browser.Gate.Open.
	// Nil means never.
	Abroad func() (back func())
}

// How long the Driver waits. Each is far above what the portal usually takes
// and below what a representative would sit through.
const (
	// moveOn bounds the wait for the next page, slow answers included. GCCF's
	// chain of hand-overs is the longest.
	moveOn = 60 * time.Second
	// renderOut is how long a recognised page may take to show all its
	// elements; forms that scripts render come late.
	renderOut = 10 * time.Second
	// quarrel is how long a page may be ambiguous or contradict itself: that
	// passes while a page is being built, and does not pass otherwise.
	quarrel = 3 * time.Second
	// unknownFor is how long an unknown page may stay unknown after it last changed.
	unknownFor = 12 * time.Second
	// lateResources is how long a page may wait for its slowest picture or
	// script before it is used without: some third-party script always hangs.
	lateResources = 10 * time.Second
	// lateParts is how long an optional part of a page may take to appear after
	// the page last changed.
	lateParts = 5 * time.Second
	// restless bounds each of these three on a page that never keeps still, such as
	// one with a carousel, in multiples of what it waits for.
	restless = 4
	// tableStill is how long a page may keep a table waiting that does not change
	// itself.
	tableStill = 5 * time.Second
	// quietFor is how long a table that scripts touched must stay as it is before
	// it is read. The probe tells of changes within 15 ms; scripts that fill a
	// table do so in one go, or row by row without pausing this long.
	quietFor = 150 * time.Millisecond
	// untouchedFor is the same for a table that the server sent whole and no
	// script has touched by then: time enough for one that begins as the page is
	// complete to show itself.
	untouchedFor = 40 * time.Millisecond
	// stillLoading is added to either for a page that is used before it is
	// complete: the probe tells of its changes so much later.
	stillLoading = 250 * time.Millisecond
	// toPress bounds getting a button ready to be pressed.
	toPress = 10 * time.Second
	// toWake is how long a page must have kept still until a button that seems to wait
	// for a script is pressed all the same: one may listen on the window, and what
	// looks like a token may stay empty.
	toWake = 3 * time.Second
	// toLand is how soon a mouse click reaches the page; it takes milliseconds.
	toLand = 3 * time.Second
	// toAct is how soon a page does what it does when it is pressed down on.
	toAct = time.Second
)

// The overlays that the Driver minds by itself, by their names in the catalog.
const (
	sessionDialog    = "session-dialog"
	captchaChallenge = "captcha-challenge"
)

// Driver drives one tab, page by page. It is not safe for concurrent use.
type Driver struct {
	tab     Tab
	options Options
	policy  *policy

	at view
	// left is the situation that was acted upon; the next page must differ.
	left *Snapshot
	// clicks are verdicts of the guard that were not asked for yet.
	clicks []clickVerdict
	// main is the first tab, which takes the others along when it is closed.
	main Tab
	// others are the tabs beside the one that is driven, oldest first; see tabs.go.
	others []*pane
	// plain is the last press, where Next may repeat it.
	plain *plainPress
	// acted is when something was last pressed, or an address opened.
	acted time.Time
	// questions answers the browser's own boxes.
	questions *questions
	// unanswered is a question of the page's in such a box that was not answered
	// with OK; it ends the flow.
	unanswered unanswered
	// refused is a request that was stopped and ends the flow.
	refused *Refusal
	// closed is set when the tab has ended.
	closed *browser.Closed
	// last is the last page recognised.
	last string
	// theirs is set while the page is in a person's hands, until when; see person.go.
	theirs bool
	until  time.Time
	// still is the permission to commit: see Permit.
	still func() *Stop
	// committed is set by the committing click: nobody is asked for anything then.
	committed bool
	// answering is the document on which something was pressed that cannot be taken
	// back, until something else is pressed: what is shown instead answers that.
	answering browser.DocID
	// seen avoids telling the observer the same page twice.
	seen    *Snapshot
	drifted map[string]bool
	// Warnings collected so far.
	Warnings []Warning
}

// view is what is known of the document that the tab shows now.
type view struct {
	doc     browser.DocID
	url     string
	method  string
	post    bool
	status  int
	retry   string
	failed  *browser.NavigationFailed
	shot    *Snapshot
	since   time.Time // the document was committed
	changed time.Time // the snapshot last changed
	begun   time.Time // the page that it was recognised as, or not, came up
	filled  time.Time // a table of it last changed
	alerts  []string  // what it said in boxes of the browser's own
	alerted time.Time // it last did
}

// TabOptions are what a tab needs for this Driver: the probe, its world, and the
// policy. The tab that is opened with them goes to Take.
func (d *Driver) TabOptions() (browser.TabOptions, error) {
	text, err := script(d.options.Catalog)
	if err != nil {
		return browser.TabOptions{}, err
	}
	return browser.TabOptions{
		World: world, Script: text, Binding: binding,
		Request: d.policy.judge,
		Await:   d.policy.await,
		Dialog:  d.questions.answer,
	}, nil
}

// New makes a Driver. It has no tab yet: open one with its TabOptions and hand
// it to Take.
func New(o Options) *Driver {
	return &Driver{
		options: o,
		policy:  &policy{catalog: o.Catalog, seal: o.Seal, abroad: o.Abroad},
		drifted: map[string]bool{},

		questions: &questions{catalog: o.Catalog},
	}
}

// Take gives the Driver its tab.
func (d *Driver) Take(tab Tab) { d.tab, d.main = tab, tab }

// Waiting tells the observer what is waited for meanwhile: see [Observer].
func (d *Driver) Waiting(what string, until time.Time) { d.options.Observer.Waiting(what, until) }

// Last is the name of the last page recognised; "unknown" when there was none.
func (d *Driver) Last() string {
	if d.last == "" {
		return "unknown"
	}
	return d.last
}

// Says is what an element of a page says to a person, or with an empty element
// the page itself, for messages.
func (d *Driver) Says(page, element string) string {
	return d.options.Catalog.Says(lang.Current(), page, element)
}

// Shot is the newest snapshot; nil when there is none.
func (d *Driver) Shot() *Snapshot { return d.at.shot }

// Open navigates to an address of the catalog.
func (d *Driver) Open(ctx context.Context, address string) error {
	d.left, d.acted, d.unanswered, d.answering, d.plain = d.at.shot, time.Now(), unanswered{}, "", nil
	return d.loading(ctx, d.tab.Navigate(ctx, address), lang.Text("the portal could not be opened"))
}

// loading is what an order to load a page came to: an error of the browser's is
// a stop that says why.
func (d *Driver) loading(ctx context.Context, err error, message string) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	// The event that follows says more; wait for it.
	if stop := d.await(ctx, lang.Text("the answer to the first request"), 5*time.Second, func() bool { return d.at.failed != nil || d.refused != nil || d.closed != nil }); stop == nil {
		return d.judge(time.Now()).err
	}
	return &Stop{Code: PortalUnavailable, Page: d.Last(), Message: message, Err: err, Hint: lang.Text("Check the connection and try again later.")}
}

// ErrPosted happens when a page is to be loaded again that answered a post, or
// something that cannot be taken back: loading it again would do that again.
var ErrPosted = lang.NewError("the page answers a post and must not be loaded again")

// Again loads the page anew, as F5 would, and only if that repeats no post.
func (d *Driver) Again(ctx context.Context) error {
	if d.at.method != http.MethodGet || d.answering != "" && d.at.doc != d.answering {
		return ErrPosted
	}
	d.left, d.acted, d.unanswered, d.plain = d.at.shot, time.Now(), unanswered{}, nil
	return d.loading(ctx, d.tab.Reload(ctx), lang.Text("the page could not be loaded again"))
}

// Close closes the tab.
func (d *Driver) Close(ctx context.Context) error {
	d.policy.calm()
	d.policy.comeBack()
	if d.main == nil {
		return nil
	}
	return d.main.Close(ctx)
}

// unknown is the stop before a page that only a person can make sense of.
func (d *Driver) unknown(message string) *Stop {
	stop := d.stop(PageUnknown, message, lang.Text(unknownHint))
	stop.Ask = AskPage
	return stop
}

// titles are what a person calls some pages, given by their names and shapes.
func (d *Driver) titles(names []string) string {
	var out []string
	for _, name := range names {
		name, _, _ = strings.Cut(name, "@")
		out = append(out, strconv.Quote(d.Says(name, "")))
	}
	return strings.Join(slices.Compact(out), ", ")
}

// sight says what is seen now, for messages.
func (d *Driver) sight() string {
	switch v := d.at; {
	case v.shot == nil && v.url == "":
		return lang.Text("nothing was shown")
	case v.shot == nil:
		return lang.Text("a document was begun and not shown")
	case v.shot.Page() == "":
		return lang.Text("an unknown page of %s is shown", v.shot.Host)
	default:
		return lang.Text("the page %q is shown (%s)", d.Says(v.shot.Page(), ""), v.shot.Loaded)
	}
}

func (d *Driver) stop(code Code, message, hint string) *Stop {
	return &Stop{Code: code, Page: d.Last(), Message: message, Hint: hint}
}

func (d *Driver) refusal(r *Refusal) *Stop {
	if r.late != nil {
		return r.late
	}
	if r.Kin {
		return d.stop(HumanNeeded, lang.Text("the way led to %s, which looks like another sign-in service of the government", r.Host),
			lang.Text("Sign in there by hand to see what it wants. This program knows GCKey only."))
	}
	return d.stop(Unsafe, lang.Text("stopped before %s", r.Why), lang.Text("Nothing more was typed or pressed. If this host is right, it must first be known to the catalog."))
}

func (d *Driver) gone() *Stop {
	s := d.stop(PortalUnavailable, lang.Text("the browser ended unexpectedly (%s)", string(d.closed.Reason)), lang.Text("Run the command again."))
	if d.closed.Reason == browser.ClosedByOther {
		s = d.stop(Interrupted, lang.Text("the window was closed"), lang.Text("Run the command again to go on."))
	}
	s.Err = d.closed.Err
	return s
}

func (d *Driver) unreachable(f browser.NavigationFailed) *Stop {
	if f.Status >= 500 {
		return d.broken(f.Status, "")
	}
	return d.stop(PortalUnavailable, lang.Text("the portal did not answer (%s)", f.Reason), lang.Text("Check the connection and try again later."))
}

func (d *Driver) broken(status int, retry string) *Stop {
	s := d.stop(PortalUnavailable, lang.Text("the portal answered with an error (HTTP status %d)", status), lang.Text("Try again later."))
	s.RetryAfter, s.Status = retryAfter(retry, time.Now()), status
	return s
}

// retryAfter reads the header Retry-After: seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return at.Sub(now).Round(time.Second)
	}
	return 0
}

// RetryAfter is how long the document now shown asks to wait; 0 when it does not say.
func (d *Driver) RetryAfter() time.Duration { return retryAfter(d.at.retry, time.Now()) }

// arrived notes a page that is recognised and complete.
func (d *Driver) arrived(s *Snapshot) {
	d.last = s.Page()
	if d.left == nil || d.left.Doc != s.Doc {
		d.policy.landed()
	}
	if d.seen == nil || d.seen.unlike(s) {
		d.options.Observer.Recognised(s)
	}
	d.seen = s
	for name, state := range s.Elements {
		if key := s.Page() + "/" + name; state.Drift && !d.drifted[key] {
			d.drifted[key] = true
			d.Warn(Warning{Code: "drift", Page: s.Page(), Element: name, Detail: lang.Text("found by %s only; a better way no longer finds it", state.Way)})
		}
	}
}

// Warn adds a warning to the result.
func (d *Driver) Warn(w Warning) {
	d.Warnings = append(d.Warnings, w)
	d.options.Observer.Warned(w)
}

func (d *Driver) handle(event browser.Event) {
	switch e := event.(type) {
	case browser.Popup:
		d.others = append(d.others, &pane{tab: e.Tab})
		return
	case browser.Closed:
		d.shut(e)
		return
	case browser.Announced:
		said, err := parseAnnouncement(e.Payload)
		switch {
		case err != nil || e.Frame != "":
		case said.Clicked != nil:
			d.clicks = append(d.clicks, *said.Clicked)
			return
		case len(said.Pressed) > 0:
			d.pressedByPerson(said.Pressed)
			return
		}
	case browser.DialogAnswered:
		d.asked(e)
		return
	case browser.Navigated, browser.NavigationFailed:
		d.policy.answered()
	}
	d.noteRefusal(event)
	d.at.handle(event, time.Now())
}

// noteRefusal keeps the first refusal that ends the flow: one of the top
// frame. What a frame or a script wanted from a foreign host is refused as
// well, and is the page's own affair.
func (d *Driver) noteRefusal(event browser.Event) {
	r, ok := event.(browser.Refused)
	if !ok {
		return
	}
	var refusal *Refusal
	if !errors.As(r.Err, &refusal) || d.refused != nil {
		return
	}
	posted := r.Request.Method != "GET" && r.Request.Method != "HEAD"
	if r.Request.Kind == browser.KindDocument && (r.Request.TopFrame || posted) || refusal.late != nil {
		d.refused = refusal
	}
}

func (v *view) handle(event browser.Event, now time.Time) {
	switch e := event.(type) {
	case browser.Navigated:
		*v = view{doc: e.Doc, url: e.URL, method: e.Method, post: e.FromPost, status: e.Status, retry: e.RetryAfter, since: now, changed: now, begun: now, filled: now}
	case browser.NavigationFailed:
		if !e.Kept {
			v.failed = &e
		}
	case browser.Announced:
		if e.Frame != "" || e.Doc != v.doc {
			return
		}
		said, err := parseAnnouncement(e.Payload)
		if err != nil || said.Page == nil {
			return
		}
		said.Page.Doc, said.Page.Status = e.Doc, v.status
		said.Page.Messages = append(said.Page.Messages, v.alerts...)
		if v.shot != nil && !slices.Equal(v.shot.Pages, said.Page.Pages) {
			v.begun = now
		}
		if v.shot == nil || !maps.Equal(v.shot.Tables, said.Page.Tables) {
			v.filled = now
		}
		v.shot, v.changed = said.Page, now
	}
}
