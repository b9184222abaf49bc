package browser

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
)

// kinds are the requests that Chrome holds until they are answered. Scripts,
// styles, images and fonts are not among them and cost nothing.
var kinds = map[network.ResourceType]RequestKind{
	network.ResourceTypeDocument: KindDocument,
	network.ResourceTypeXHR:      KindXHR,
	network.ResourceTypeFetch:    KindFetch,
	network.ResourceTypePing:     KindBeacon,
}

// guarded are the requests that Chrome holds: those of kinds, or all where
// there is no gate that knows the hosts.
func (t *Tab) guarded() []*fetch.RequestPattern {
	if t.options.Hosts != nil {
		return []*fetch.RequestPattern{{URLPattern: "*", RequestStage: fetch.RequestStageRequest}}
	}
	var patterns []*fetch.RequestPattern
	for kind := range kinds {
		patterns = append(patterns, &fetch.RequestPattern{ResourceType: kind, RequestStage: fetch.RequestStageRequest})
	}
	return patterns
}

// judge answers a request that Chrome holds. It runs on the reading goroutine;
// the question is asked on another.
func (t *Tab) judge(s *session, ev fetch.EventRequestPaused) {
	if ev.ResponseStatusCode != 0 || ev.ResponseErrorReason != "" {
		t.answers(s, ev.RequestID)
		return
	}
	request := Request{
		URL:        ev.Request.URL + ev.Request.URLFragment,
		Method:     ev.Request.Method,
		Kind:       kinds[ev.ResourceType],
		TopFrame:   t.isTop(ev.FrameID),
		Redirected: ev.RedirectedRequestID != "",
	}
	if request.Kind != KindDocument && !t.reachable(request.URL) {
		t.emit(Refused{Request: request, Err: errHostRefused})
		post(s, fetch.FailRequest, fetch.FailRequestParams{
			RequestID: ev.RequestID, ErrorReason: network.ErrorReasonBlockedByClient,
		})
		return
	}
	reads := request.Method == "GET" || request.Method == "HEAD" || request.Method == "OPTIONS"
	if t.browser.unseen && request.Kind == KindDocument && !request.TopFrame && reads && picture(request.URL) {
		// An answer without content leaves the frame as it is: no document is
		// made of it, and the page need not wait for one.
		post(s, fetch.FulfillRequest, fetch.FulfillRequestParams{RequestID: ev.RequestID, ResponseCode: http.StatusNoContent})
		return
	}
	if t.options.Request == nil || request.Kind == "" || request.Kind != KindDocument && reads {
		post(s, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
		return
	}
	go func() {
		if err := t.options.Request(request); err != nil {
			t.emit(Refused{Request: request, Err: err})
			post(s, fetch.FailRequest, fetch.FailRequestParams{
				RequestID: ev.RequestID, ErrorReason: network.ErrorReasonBlockedByClient,
			})
			return
		}
		post(s, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID, InterceptResponse: t.awaits(request, ev.RequestID)})
	}()
}

// awaits tells whether Chrome is to hold the answer to a request as well; nil for
// what it does by itself.
func (t *Tab) awaits(request Request, id fetch.RequestID) *bool {
	if t.options.Await == nil {
		return nil
	}
	begun := t.options.Await(request)
	if begun == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.awaited == nil {
		t.awaited = map[fetch.RequestID]func(){}
	}
	t.awaited[id] = begun
	hold := true
	return &hold
}

// answers lets an answer go on that Chrome holds, after telling who waits for it.
func (t *Tab) answers(s *session, id fetch.RequestID) {
	t.mu.Lock()
	begun := t.awaited[id]
	delete(t.awaited, id)
	t.mu.Unlock()
	go func() {
		if begun != nil {
			begun()
			t.emit(AnswerBegun{})
		}
		post(s, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: id})
	}()
}

// picture tells the address of a picture that a page shows in a frame of its
// own, as GCWeb pages do with their logos (M).
func picture(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.HasSuffix(strings.ToLower(u.Path), ".svg")
}

// errHostRefused happens when TabOptions.Hosts refuses a request.
var errHostRefused = errors.New("the host is not one of those that may be reached")

// reachable tells whether an address may be asked for. Document requests are
// left to TabOptions.Request, which says why not.
func (t *Tab) reachable(address string) bool {
	if t.options.Hosts == nil {
		return true
	}
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "data", "blob", "about":
		return true // no request leaves
	case "https":
		return t.options.Hosts(strings.ToLower(u.Hostname()))
	}
	return false
}

// answer answers a dialog, which blocks its page until then.
func (t *Tab) answer(s *session, ev page.EventJavascriptDialogOpening) {
	dialog := Dialog{Kind: DialogKind(ev.Type), Message: ev.Message}
	go func() {
		accept := dialog.Kind == DialogAlert || dialog.Kind == DialogBeforeUnload
		if t.options.Dialog != nil {
			accept = t.options.Dialog(dialog)
		}
		post(s, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: accept})
		t.emit(DialogAnswered{Dialog: dialog, Accepted: accept})
	}()
}

// frameAttached meets a frame of another site, which Chrome holds like a popup.
func (t *Tab) frameAttached(ev target.EventAttachedToTarget) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return
	}
	t.frameSubs[ev.SessionID] = struct{}{}
	s := t.browser.wire.open(ev.SessionID, nil)
	s.handle = t.handler(s)
	t.browser.workers.Go(func() {
		err := t.install(s, false)
		if err == nil || errors.Is(err, errSessionGone) || errors.Is(err, ErrTabClosed) {
			return // a frame that is gone again needs nothing more
		}
		// Chrome still holds it, so it shows nothing.
		t.browser.log.Warn("a frame of another site could not be set up", "error", err)
	})
}
