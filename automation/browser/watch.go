package browser

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
)

// view is what a tab shows, as far as Chrome has told. It is guarded by
// Tab.mu.
type view struct {
	top cdp.FrameID
	// documents are the documents that the frames show. The top frame's is
	// empty before the first and while Chrome shows an error page of its own.
	documents map[cdp.FrameID]DocID
	errorPage bool
	// worlds are the execution contexts of TabOptions.World.
	worlds map[worldKey]world
	// loads are the navigations of the top frame that are under way.
	loads map[cdp.LoaderID]*load
}

// worldKey names an execution context: its number is unique within a session.
type worldKey struct {
	session target.SessionID
	id      runtime.ExecutionContextID
}

// world is an execution context of TabOptions.World.
type world struct {
	frame  cdp.FrameID
	doc    DocID
	unique string
}

// load is a navigation of the top frame, redirects included.
type load struct {
	url, method      string
	fromPost         bool
	status           int
	mime, retryAfter string
	failure          string
}

func newView(top cdp.FrameID) view {
	return view{
		top:       top,
		documents: make(map[cdp.FrameID]DocID),
		worlds:    make(map[worldKey]world),
		loads:     make(map[cdp.LoaderID]*load),
	}
}

// document is the top document; empty when there is none.
func (v *view) document() DocID { return v.documents[v.top] }

// world is the unique id of the top document's context; empty while there is
// none.
func (v *view) world() string {
	for _, w := range v.worlds {
		if w.frame == v.top && w.doc == v.document() {
			return w.unique
		}
	}
	return ""
}

// load finds a navigation, or notes a new one.
func (v *view) load(id cdp.LoaderID) *load {
	l := v.loads[id]
	if l == nil {
		l = new(load)
		v.loads[id] = l
	}
	return l
}

func (t *Tab) isTop(frame cdp.FrameID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return frame == t.view.top
}

// handler gives the events of a session to the tab. It runs on the reading
// goroutine, so in the order in which Chrome spoke.
func (t *Tab) handler(s *session) func(string, jsonv2.Value) {
	return func(method string, params jsonv2.Value) {
		if err := t.watch(s, method, params); err != nil {
			// The event's parameters are not shown: they can hold anything.
			t.browser.log.Error("an event of a tab cannot be read", "event", method)
		}
	}
}

// watch turns one event of Chrome into what it means for the tab.
func (t *Tab) watch(s *session, method string, params jsonv2.Value) error {
	switch method {
	case network.RequestWillBeSent.Method:
		return with(network.RequestWillBeSent, params, t.requested)
	case network.ResponseReceived.Method:
		return with(network.ResponseReceived, params, t.responded)
	case network.LoadingFailed.Method:
		return with(network.LoadingFailed, params, t.failed)
	case page.FrameNavigated.Method:
		return with(page.FrameNavigated, params, func(ev page.EventFrameNavigated) { t.navigated(s, ev) })
	case page.NavigatedWithinDocument.Method:
		return with(page.NavigatedWithinDocument, params, t.moved)
	case page.FrameDetached.Method:
		return with(page.FrameDetached, params, t.detached)
	case page.WindowOpen.Method:
		return with(page.WindowOpen, params, t.windowOpening)
	case runtime.ExecutionContextCreated.Method:
		return with(runtime.ExecutionContextCreated, params, func(ev runtime.EventExecutionContextCreated) { t.worldMade(s, ev) })
	case runtime.ExecutionContextDestroyed.Method:
		return with(runtime.ExecutionContextDestroyed, params, t.worldGone)
	case runtime.ExecutionContextsCleared.Method:
		t.worldsGone(s)
	case runtime.BindingCalled.Method:
		return with(runtime.BindingCalled, params, func(ev runtime.EventBindingCalled) { t.announced(s, ev) })
	case fetch.RequestPaused.Method:
		return with(fetch.RequestPaused, params, func(ev fetch.EventRequestPaused) { t.judge(s, ev) })
	case page.JavascriptDialogOpening.Method:
		return with(page.JavascriptDialogOpening, params, func(ev page.EventJavascriptDialogOpening) { t.answer(s, ev) })
	case target.AttachedToTarget.Method:
		return with(target.AttachedToTarget, params, t.frameAttached)
	case target.DetachedFromTarget.Method:
		return with(target.DetachedFromTarget, params, t.frameGone)
	case inspector.TargetCrashed.Method:
		if s == t.session {
			t.end(ClosedCrashed, nil)
			post(t.browser.root, target.CloseTarget, target.CloseTargetParams{TargetID: t.id})
		}
	}
	return nil
}

// with decodes an event and hands it on.
func with[E any](event cdp.Event[E], params jsonv2.Value, take func(E)) error {
	ev, err := decode(event, params)
	if err == nil {
		take(ev)
	}
	return err
}

// requested notes a navigation of the top frame, once for each redirect hop.
func (t *Tab) requested(ev network.EventRequestWillBeSent) {
	// A document's request is known by the loader it is for.
	if ev.Type != network.ResourceTypeDocument || string(ev.RequestID) != string(ev.LoaderID) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if ev.FrameID != t.view.top {
		return
	}
	l := t.view.load(ev.LoaderID)
	l.url, l.method = ev.Request.URL+ev.Request.URLFragment, ev.Request.Method
	l.fromPost = l.fromPost || ev.Request.Method == "POST"
}

func (t *Tab) responded(ev network.EventResponseReceived) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.view.loads[ev.LoaderID]
	if l == nil || string(ev.RequestID) != string(ev.LoaderID) {
		return
	}
	l.status, l.mime = int(ev.Response.Status), ev.Response.MimeType
	for name, value := range ev.Response.Headers {
		if strings.EqualFold(name, "Retry-After") {
			l.retryAfter = fmt.Sprint(value)
		}
	}
}

// failed notes why a navigation of the top frame fails. Chrome shows its own
// page for it next, unless the navigation was given up.
func (t *Tab) failed(ev network.EventLoadingFailed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.view.loads[cdp.LoaderID(ev.RequestID)]
	if l == nil {
		return
	}
	l.failure = ev.ErrorText
	if ev.ErrorText == "net::ERR_ABORTED" {
		delete(t.view.loads, cdp.LoaderID(ev.RequestID))
		t.emit(NavigationFailed{
			URL: l.url, Method: l.method, Reason: l.failure, Status: l.status, FromPost: l.fromPost, Kept: true,
		})
	}
}

// navigated notes a new document of a frame.
func (t *Tab) navigated(s *session, ev page.EventFrameNavigated) {
	f := ev.Frame
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.reuse(s, f)
	if s != t.session || f.ParentID != "" {
		t.view.documents[f.ID] = DocID(f.LoaderID)
		return
	}
	t.view.top = f.ID
	l := t.view.loads[f.LoaderID]
	delete(t.view.loads, f.LoaderID)
	if l == nil {
		l = new(load)
	}
	t.view.errorPage = f.UnreachableURL != "" || strings.HasPrefix(f.URL, "chrome-error:")
	defer t.touch()
	if t.view.errorPage {
		t.view.documents[f.ID] = ""
		if l.failure == "" {
			l.failure = "net::ERR_HTTP_RESPONSE_CODE_FAILURE"
		}
		if l.url == "" {
			l.url = f.UnreachableURL
		}
		t.emit(NavigationFailed{
			URL: l.url, Method: l.method, Reason: l.failure, Status: l.status, FromPost: l.fromPost,
		})
		return
	}
	t.view.documents[f.ID] = DocID(f.LoaderID)
	t.emit(Navigated{
		Doc: DocID(f.LoaderID), URL: f.URL + f.URLFragment, Method: l.method, Status: l.status,
		MIME: f.MimeType, RetryAfter: l.retryAfter, FromPost: l.fromPost,
	})
}

// reuse meets the one case in which a world outlives its document: the empty
// document that a window or frame was opened with, when a page of the same
// origin follows. Chrome does not run the script again there, so we do. t.mu is
// held.
func (t *Tab) reuse(s *session, f *cdp.Frame) {
	for key, w := range t.view.worlds {
		if key.session != s.id || w.frame != f.ID || w.doc == DocID(f.LoaderID) {
			continue
		}
		w.doc = t.view.documents[f.ID]
		t.view.worlds[key] = w
		silent := true
		post(s, runtime.Evaluate, runtime.EvaluateParams{
			Expression: t.options.Script, UniqueContextID: w.unique, Silent: &silent,
		})
	}
}

// moved tells of a new address of the same document.
func (t *Tab) moved(ev page.EventNavigatedWithinDocument) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ev.FrameID == t.view.top {
		t.emit(SameDocument{Doc: t.view.document(), URL: ev.URL})
	}
}

// detached forgets a frame. One that only moved to another process stays.
func (t *Tab) detached(ev page.EventFrameDetached) {
	if ev.Reason == page.FrameDetachedReasonSwap {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.view.documents, ev.FrameID)
}

func (t *Tab) windowOpening(ev page.EventWindowOpen) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.popupURL = ev.URL
}

func (t *Tab) worldMade(s *session, ev runtime.EventExecutionContextCreated) {
	if ev.Context.Name != t.options.World {
		return
	}
	var of struct {
		FrameID   cdp.FrameID `json:"frameId"`
		IsDefault bool        `json:"isDefault"`
	}
	if err := json.Unmarshal(ev.Context.AuxData, &of); err != nil || of.IsDefault {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if of.FrameID == t.view.top && t.view.document() == "" && !t.view.errorPage {
		// The empty document that a window is opened with: Chrome does not
		// tell that it is there, and the page that opened it can write into it.
		blank := DocID("blank:" + ev.Context.UniqueID)
		t.view.documents[of.FrameID] = blank
		t.emit(Navigated{Doc: blank, URL: "about:blank", MIME: "text/html"})
	}
	t.view.worlds[worldKey{s.id, ev.Context.ID}] = world{
		frame: of.FrameID, doc: t.view.documents[of.FrameID], unique: ev.Context.UniqueID,
	}
	t.touch()
}

func (t *Tab) worldGone(ev runtime.EventExecutionContextDestroyed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, w := range t.view.worlds {
		if w.unique == ev.ExecutionContextUniqueID {
			delete(t.view.worlds, key)
		}
	}
}

func (t *Tab) worldsGone(s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(s.id)
}

// forget drops the worlds of a session. t.mu is held.
func (t *Tab) forget(session target.SessionID) {
	for key := range t.view.worlds {
		if key.session == session {
			delete(t.view.worlds, key)
		}
	}
}

// announced passes on what a script said. A call from another world than the
// installed one cannot come: the binding is not there.
func (t *Tab) announced(s *session, ev runtime.EventBindingCalled) {
	if ev.Name != t.options.Binding {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	w, ok := t.view.worlds[worldKey{s.id, ev.ExecutionContextID}]
	if !ok || w.doc == "" {
		return // one of Chrome's own error pages
	}
	said := Announced{Doc: w.doc, Payload: ev.Payload}
	if w.frame != t.view.top {
		said.Frame = FrameID(w.frame)
	}
	t.emit(said)
}

// frameGone ends the session of a frame of another site.
func (t *Tab) frameGone(ev target.EventDetachedFromTarget) {
	t.mu.Lock()
	delete(t.frameSubs, ev.SessionID)
	t.forget(ev.SessionID)
	t.mu.Unlock()
	t.browser.wire.close(ev.SessionID, errSessionGone)
}
