package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/cdproto/target"
)

// Errors of a tab.
var (
	// ErrDocumentGone happens when a document was asked for that is no longer
	// shown, or that was replaced while it was asked. Whether the function ran
	// is not known then.
	ErrDocumentGone = errors.New("the document is no longer shown")
	// ErrTabClosed happens when a tab was closed or crashed. When the whole
	// browser is gone, ErrBrowserGone holds too.
	ErrTabClosed = errors.New("the tab is closed")
)

// NavigationError happens when Tab.Navigate ends without a document.
type NavigationError struct {
	URL string
	// Reason is Chrome's name of the failure, such as
	// "net::ERR_NAME_NOT_RESOLVED".
	Reason string
}

func (e *NavigationError) Error() string {
	return fmt.Sprintf("%s could not be opened: %s", e.URL, e.Reason)
}

// CallError happens when a function called in a document throws.
type CallError struct {
	// Description is the exception as the page's engine describes it.
	Description string
}

func (e *CallError) Error() string { return "a function in the page failed: " + e.Description }

// group is an isolated browser context: one tab made by NewTab and the popups
// that came of it. They share cookies, and nobody else does.
type group struct {
	id       cdp.BrowserContextID
	options  TabOptions
	attached chan struct{} // closed when main is set

	// Guarded by Browser.mu.
	main    *Tab
	closing bool
}

// Tab is one tab. Its methods may be called from several goroutines.
type Tab struct {
	browser *Browser
	group   *group
	options TabOptions
	id      target.ID
	session *session
	events  chan Event
	queue   *queue[Event]
	// ready is closed when the tab's guards stand, or could not be set up.
	ready    chan struct{}
	readyErr error
	// gone is closed when the tab has ended.
	gone chan struct{}

	mu        sync.Mutex
	ended     bool
	err       error
	view      view
	changed   chan struct{} // closed and replaced when view changes
	closing   bool
	popupURL  string
	frameSubs map[target.SessionID]struct{}
	// awaited are the requests whose answers somebody waits for.
	awaited map[fetch.RequestID]func()
}

// handover is how often Chrome is asked again while a new document takes over
// its tab; no event tells when it has. It takes a millisecond or two.
const handover = 5 * time.Millisecond

// eventBuffer is the size of a tab's channel; beyond it events wait in a queue
// without a limit. It only matters when a browser is closed while nobody reads.
const eventBuffer = 64

// NewTab opens a tab in an isolated context of its own, like a private window.
// When it returns, the guards of options stand and the tab shows an empty page.
func (b *Browser) NewTab(ctx context.Context, options TabOptions) (*Tab, error) {
	t, err := b.newTab(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("opening a tab: %w", err)
	}
	return t, nil
}

func (b *Browser) newTab(ctx context.Context, options TabOptions) (*Tab, error) {
	made, err := b.newContext(ctx, options.Gate)
	if err != nil {
		return nil, err
	}
	g := &group{id: made.BrowserContextID, options: options, attached: make(chan struct{})}
	b.mu.Lock()
	b.groups[g.id] = g
	b.mu.Unlock()
	t, err := b.fill(ctx, g)
	if err != nil {
		b.mu.Lock()
		delete(b.groups, g.id)
		b.mu.Unlock()
		post(b.root, target.DisposeBrowserContext, target.DisposeBrowserContextParams{BrowserContextID: g.id})
		return nil, err
	}
	return t, nil
}

// newContext makes an isolated context. One that comes after nobody waits for
// it any more is disposed of.
func (b *Browser) newContext(ctx context.Context, gate *Gate) (target.CreateBrowserContextResult, error) {
	disposeOnDetach := true
	params := target.CreateBrowserContextParams{DisposeOnDetach: &disposeOnDetach}
	if gate != nil {
		params.ProxyServer, params.ProxyBypassList = gate.proxy()
	}
	asked := post(b.root, target.CreateBrowserContext, params)
	made, err := await(ctx, target.CreateBrowserContext, asked)
	if ctx.Err() != nil {
		go func() {
			// It is answered, or the browser ends.
			late, err := await(context.Background(), target.CreateBrowserContext, asked)
			if err == nil {
				post(b.root, target.DisposeBrowserContext, target.DisposeBrowserContextParams(late))
			}
		}()
		return made, ctx.Err()
	}
	return made, err
}

// fill opens the first tab of a group.
func (b *Browser) fill(ctx context.Context, g *group) (*Tab, error) {
	// Nothing that a portal serves is to land on the disk.
	post(b.root, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior:         cdpbrowser.SetDownloadBehaviorBehaviorDeny,
		BrowserContextID: g.id,
	})
	newWindow := true // the new context has no window yet to put a tab in
	_, err := call(ctx, b.root, target.CreateTarget, target.CreateTargetParams{
		URL:              "about:blank",
		BrowserContextID: g.id,
		NewWindow:        &newWindow,
	})
	if err != nil {
		return nil, err
	}
	select {
	case <-g.attached:
	case <-b.done:
		return nil, b.Err()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	b.mu.Lock()
	t := g.main
	b.mu.Unlock()
	select {
	case <-t.ready:
		return t, t.readyErr
	case <-t.gone:
		return nil, t.closedError()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// attached meets a new tab, which Chrome holds until it is told to go on: the
// first of a group, or a popup. It runs on the reading goroutine.
func (b *Browser) attached(ev target.EventAttachedToTarget) {
	info := ev.TargetInfo
	b.mu.Lock()
	g := b.groups[info.BrowserContextID]
	if g == nil || b.tabs == nil {
		b.mu.Unlock()
		b.decline(ev)
		return
	}
	t := &Tab{
		browser:   b,
		group:     g,
		options:   g.options,
		id:        info.TargetID,
		events:    make(chan Event, eventBuffer),
		queue:     newQueue[Event](),
		ready:     make(chan struct{}),
		gone:      make(chan struct{}),
		changed:   make(chan struct{}),
		view:      newView(cdp.FrameID(info.TargetID)),
		frameSubs: make(map[target.SessionID]struct{}),
	}
	t.session = b.wire.open(ev.SessionID, nil)
	t.session.handle = t.handler(t.session)
	b.tabs[ev.SessionID] = t
	opener := b.opener(g, info.OpenerID)
	if g.main == nil {
		g.main = t
		close(g.attached)
	}
	b.mu.Unlock()

	b.workers.Go(t.deliver)
	if opener != nil {
		url := info.URL
		opener.mu.Lock()
		if url == "" || url == "about:blank" {
			url = opener.popupURL
		}
		opener.mu.Unlock()
		opener.emit(Popup{Tab: t, URL: url})
	}
	b.workers.Go(func() {
		t.readyErr = t.install(t.session, opener != nil)
		close(t.ready)
		if t.readyErr != nil && opener != nil {
			// It never ran: Chrome still holds it.
			t.end(ClosedByOther, t.readyErr)
			post(b.root, target.CloseTarget, target.CloseTargetParams{TargetID: t.id})
		}
	})
}

// decline meets a tab that is none of ours: a window that Chrome opened by
// itself, which has no business here, or in a Chrome that runs elsewhere
// somebody else's, which is let go as it is.
func (b *Browser) decline(ev target.EventAttachedToTarget) {
	if b.process != nil {
		post(b.root, target.CloseTarget, target.CloseTargetParams{TargetID: ev.TargetInfo.TargetID})
		return
	}
	if ev.WaitingForDebugger {
		s := b.wire.open(ev.SessionID, func(string, jsonv2.Value) {})
		post(s, runtime.RunIfWaitingForDebugger, cdp.Empty{})
	}
	post(b.root, target.DetachFromTarget, target.DetachFromTargetParams{SessionID: ev.SessionID})
}

// opener finds the tab that opened another one; for one opened without a
// reference (rel=noopener), the first of its group. b.mu is held.
func (b *Browser) opener(g *group, id target.ID) *Tab {
	for _, t := range b.tabs {
		if t.group == g && t.id == id && id != "" {
			return t
		}
	}
	return g.main
}

// install sets up a page or frame that Chrome holds, and lets it go.
//
// What Chrome itself does (holding requests and further frames) must be
// confirmed first. The rest is up to the process that will show the page; it
// may not answer as long as the page is held, and Chrome sees to it that it is
// done before the first document.
func (t *Tab) install(s *session, popup bool) error {
	zero := int64(0)
	guards := []*pending{
		post(s, fetch.Enable, fetch.EnableParams{Patterns: t.guarded()}),
		// Frames of other sites are sessions of their own, held like tabs.
		post(s, target.SetAutoAttach, autoAttach("iframe")),
	}
	steps := []*pending{
		post(s, page.Enable, page.EnableParams{}),
		post(s, runtime.Enable, cdp.Empty{}),
		// Of requests only the outcome is wanted: no bodies are kept.
		post(s, network.Enable, network.EnableParams{
			MaxTotalBufferSize: &zero, MaxResourceBufferSize: &zero, MaxPostDataSize: &zero,
		}),
	}
	if s == t.session {
		steps = append(steps,
			post(s, inspector.Enable, cdp.Empty{}),
			// The page believes that it is looked at, wherever its window is.
			post(s, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
			// A service worker would answer requests out of our sight.
			post(s, network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true}),
		)
	}
	if t.options.AnyCertificate {
		ignore := security.SetIgnoreCertificateErrorsParams{Ignore: true}
		guards = append(guards, post(s, security.SetIgnoreCertificateErrors, ignore))
	}
	if t.options.Binding != "" {
		steps = append(steps, post(s, runtime.AddBinding, runtime.AddBindingParams{
			Name: t.options.Binding, ExecutionContextName: t.options.World,
		}))
	}
	if t.options.Script != "" {
		steps = append(steps, post(s, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: t.options.Script, WorldName: t.options.World,
			// The page that opened a window can write into its empty document.
			RunImmediately: &popup,
		}))
	}
	for _, guard := range guards {
		if _, err := guard.wait(context.Background()); err != nil {
			return err
		}
	}
	steps = append(steps, post(s, runtime.RunIfWaitingForDebugger, cdp.Empty{}))
	for _, step := range steps {
		if _, err := step.wait(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

// Events are what the tab tells, in order. None is dropped, however long nobody
// reads. The channel is closed after Closed.
func (t *Tab) Events() <-chan Event { return t.events }

// deliver moves events from the queue to the channel.
func (t *Tab) deliver() {
	defer close(t.events)
	t.queue.pump(func(ev Event) bool {
		select {
		case t.events <- ev:
			return true
		default:
		}
		select {
		case t.events <- ev:
			return true
		case <-t.browser.released:
			return false
		}
	})
}

func (t *Tab) emit(ev Event) { t.queue.push(ev) }

// end is the end of a tab, however it comes; only the first call counts.
func (t *Tab) end(reason CloseReason, err error) {
	b := t.browser
	b.mu.Lock()
	delete(b.tabs, t.session.id)
	ours := t.group.closing
	b.mu.Unlock()

	t.mu.Lock()
	if t.ended {
		t.mu.Unlock()
		return
	}
	t.ended = true
	if ours || t.closing {
		reason, err = ClosedByUs, nil
	}
	t.err = ErrTabClosed
	if err != nil {
		t.err = fmt.Errorf("%w: %w", ErrTabClosed, err)
	} else if reason == ClosedCrashed {
		t.err = fmt.Errorf("%w: the page crashed", ErrTabClosed)
	}
	closed := t.err
	if reason == ClosedByUs {
		closed = nil
	}
	subs := t.frameSubs
	t.frameSubs = nil
	t.touch()
	t.mu.Unlock()

	for id := range subs {
		b.wire.close(id, t.err)
	}
	b.wire.close(t.session.id, t.err)
	t.queue.finish(Closed{Reason: reason, Err: closed})
	close(t.gone)
}

// touch wakes those who wait for the view to change. t.mu is held.
func (t *Tab) touch() {
	close(t.changed)
	t.changed = make(chan struct{})
}

func (t *Tab) closedError() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// Close closes the tab; the tab that NewTab made takes its popups with it. It
// may be called more than once.
func (t *Tab) Close(ctx context.Context) error {
	b := t.browser
	t.mu.Lock()
	t.closing = true
	t.mu.Unlock()
	b.mu.Lock()
	main := t.group.main == t
	if main {
		t.group.closing = true
		delete(b.groups, t.group.id)
	}
	b.mu.Unlock()

	var p *pending
	if main {
		p = post(b.root, target.DisposeBrowserContext, target.DisposeBrowserContextParams{BrowserContextID: t.group.id})
	} else {
		p = post(b.root, target.CloseTarget, target.CloseTargetParams{TargetID: t.id})
	}
	select {
	case <-t.gone:
		return nil
	case <-p.done:
	case <-ctx.Done():
		return fmt.Errorf("closing a tab: %w", ctx.Err())
	}
	select {
	case <-t.gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("closing a tab: %w", ctx.Err())
	}
}

// Navigate opens an address. It returns when the document is there, before it
// is loaded, or the navigation failed (*NavigationError).
func (t *Tab) Navigate(ctx context.Context, url string) error {
	r, err := callActive(ctx, t, page.Navigate, page.NavigateParams{URL: url})
	if err != nil {
		return fmt.Errorf("opening %s: %w", url, err)
	}
	if r.ErrorText != "" {
		return &NavigationError{URL: url, Reason: r.ErrorText}
	}
	return nil
}

// ask runs a command on the tab. A tab that ended says why.
func ask[P, R any](ctx context.Context, t *Tab, command cdp.Command[P, R], params P) (R, error) {
	result, err := call(ctx, t.session, command, params)
	return result, t.why(err)
}

// why says why the tab ended, when that is behind an error.
func (t *Tab) why(err error) error {
	if errors.Is(err, errSessionGone) || errors.Is(err, ErrBrowserGone) {
		if ended := t.closedError(); ended != nil {
			return ended
		}
	}
	return err
}

// callActive runs a command that Chrome refuses in the moment between a new
// document's first sign of life and its taking over the tab.
func callActive[P, R any](ctx context.Context, t *Tab, command cdp.Command[P, R], params P) (R, error) {
	again := time.NewTicker(handover)
	defer again.Stop()
	for {
		result, err := ask(ctx, t, command, params)
		var refused *protocolError
		if !errors.As(err, &refused) || !strings.Contains(refused.Message, "Not attached to an active page") {
			return result, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return result, errors.Join(ctx.Err(), err)
		}
	}
}

// Reload loads the document again. A document that answers a POST would be
// posted again: see Navigated.FromPost.
func (t *Tab) Reload(ctx context.Context) error {
	if _, err := callActive(ctx, t, page.Reload, page.ReloadParams{}); err != nil {
		return fmt.Errorf("reloading: %w", err)
	}
	return nil
}

// Call runs function(args) in World of the top document doc and stores what it
// returns, or what its promise becomes, in result. function is the source of a
// JavaScript function; args and result travel as JSON, and result may be nil.
//
// It returns ErrDocumentGone when another document is shown, *CallError when
// the function throws, ErrTabClosed when the tab ends meanwhile. While a
// navigation is under way, Chrome lets calls wait until it has come to
// something, so a call to a page that is being left lasts as long as the server
// takes.
func (t *Tab) Call(ctx context.Context, doc DocID, function string, args, result any) error {
	world, err := t.world(ctx, doc)
	if err != nil {
		return err
	}
	argument, err := json.Marshal(args)
	if err != nil {
		return errors.New("calling a function in the page: its arguments cannot be written as JSON")
	}
	yes := true
	r, err := ask(ctx, t, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: function,
		Arguments:           []*runtime.CallArgument{{Value: jsonv2.Value(argument)}},
		Silent:              &yes,
		ReturnByValue:       &yes,
		AwaitPromise:        &yes,
		// The unique id: the plain one can be another document's by now.
		UniqueContextID: world,
	})
	if err != nil {
		return t.explain(doc, err)
	}
	if r.ExceptionDetails != nil {
		return &CallError{Description: describe(r.ExceptionDetails)}
	}
	if result == nil || r.Result == nil || len(r.Result.Value) == 0 {
		return nil
	}
	if err := json.Unmarshal(r.Result.Value, result); err != nil {
		return fmt.Errorf("calling a function in the page: its result is not as expected: %w", err)
	}
	return nil
}

// world finds the execution context of World in a document, and waits for it
// when the document is there and the context is not yet.
func (t *Tab) world(ctx context.Context, doc DocID) (string, error) {
	for {
		t.mu.Lock()
		ended, err := t.ended, t.err
		shown, unique := t.view.document(), t.view.world()
		changed := t.changed
		t.mu.Unlock()
		switch {
		case ended:
			return "", err
		case doc == "" || shown != doc:
			return "", ErrDocumentGone
		case unique != "":
			return unique, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return "", fmt.Errorf("waiting for the document's script: %w", ctx.Err())
		}
	}
}

// explain turns Chrome's refusal of a call into ours.
func (t *Tab) explain(doc DocID, err error) error {
	var refused *protocolError
	if !errors.As(err, &refused) {
		return err
	}
	t.mu.Lock()
	shown := t.view.document()
	t.mu.Unlock()
	// Chrome's words for a context that went away before or during the call.
	for _, words := range []string{"uniqueContextId not found", "Cannot find context", "context was destroyed", "navigated or closed", "Promise was collected"} {
		if strings.Contains(refused.Message, words) {
			return ErrDocumentGone
		}
	}
	if shown != doc {
		return ErrDocumentGone
	}
	return err
}

func describe(e *runtime.ExceptionDetails) string {
	if e.Exception != nil && e.Exception.Description != "" {
		return e.Exception.Description
	}
	if e.Exception != nil && len(e.Exception.Value) > 0 {
		return e.Text + " " + string(e.Exception.Value)
	}
	return e.Text
}

// HTML is the source of the top document as it is now.
func (t *Tab) HTML(ctx context.Context) (string, error) {
	t.mu.Lock()
	doc := t.view.document()
	t.mu.Unlock()
	var html string
	err := t.Call(ctx, doc, `() => {
		const doctype = document.doctype ? new XMLSerializer().serializeToString(document.doctype) + "\n" : "";
		return doctype + (document.documentElement ? document.documentElement.outerHTML : "");
	}`, nil, &html)
	if err != nil {
		return "", fmt.Errorf("reading the page's source: %w", err)
	}
	return html, nil
}

// tallestPicture bounds a screenshot, in CSS pixels: Chrome draws no surface
// beyond 16384.
const tallestPicture = 16000

// Screenshot is a PNG of the whole page, not only of what a window shows.
func (t *Tab) Screenshot(ctx context.Context) ([]byte, error) {
	fail := func(err error) ([]byte, error) { return nil, fmt.Errorf("taking a screenshot: %w", err) }
	metrics, err := ask(ctx, t, page.GetLayoutMetrics, cdp.Empty{})
	if err != nil {
		return fail(err)
	}
	params := page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng}
	if size := metrics.CSSContentSize; size != nil && size.Width >= 1 && size.Height >= 1 {
		beyond := true
		params.CaptureBeyondViewport = &beyond
		params.Clip = &page.Viewport{
			Width: math.Ceil(size.Width), Height: math.Min(math.Ceil(size.Height), tallestPicture), Scale: 1,
		}
	}
	picture, err := ask(ctx, t, page.CaptureScreenshot, params)
	if err != nil {
		return fail(err)
	}
	return picture.Data, nil
}
