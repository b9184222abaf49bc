package browser

import (
	"errors"

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

func guarded() []*fetch.RequestPattern {
	var patterns []*fetch.RequestPattern
	for kind := range kinds {
		patterns = append(patterns, &fetch.RequestPattern{ResourceType: kind, RequestStage: fetch.RequestStageRequest})
	}
	return patterns
}

// judge answers a request that Chrome holds. It runs on the reading goroutine;
// the question is asked on another.
func (t *Tab) judge(s *session, ev fetch.EventRequestPaused) {
	request := Request{
		URL:        ev.Request.URL + ev.Request.URLFragment,
		Method:     ev.Request.Method,
		Kind:       kinds[ev.ResourceType],
		TopFrame:   t.isTop(ev.FrameID),
		Redirected: ev.RedirectedRequestID != "",
	}
	reads := request.Method == "GET" || request.Method == "HEAD" || request.Method == "OPTIONS"
	if t.options.Request == nil || request.Kind != KindDocument && reads {
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
		post(s, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
	}()
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
