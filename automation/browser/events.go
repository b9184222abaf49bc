package browser

// DocID names one document: one commit of one frame. A reload, or a
// navigation to the same address, makes another one. The zero value names no
// document.
type DocID string

// FrameID names a frame of a tab for as long as the frame exists.
type FrameID string

// Event is what a [Tab] tells. The concrete types are [Announced],
// [Navigated], [SameDocument], [NavigationFailed], [Refused],
// [DialogAnswered], [AnswerBegun], [Popup] and [Closed].
type Event interface{ event() }

// Announced is a call of the binding by the installed script. Navigated for
// the same document always comes first.
type Announced struct {
	// Doc is the document whose script spoke.
	Doc DocID
	// Frame is empty for the top frame and names the frame otherwise.
	Frame FrameID
	// Payload is what the script passed to the binding.
	Payload string
}

// Navigated tells that the top frame shows a new document. Chrome's own error
// pages are not documents: see [NavigationFailed].
type Navigated struct {
	Doc DocID
	// URL is the address of the document, with its fragment.
	URL string
	// Method is that of the request which the document answers; empty when no
	// request was made (about:blank).
	Method string
	// Status is the HTTP status; 0 when no request was made.
	Status int
	// MIME is the type of the document as Chrome decided it.
	MIME string
	// RetryAfter is the header Retry-After of the response, as sent.
	RetryAfter string
	// FromPost tells that the navigation posted something, even when a
	// redirect made the last request a GET.
	FromPost bool
}

// SameDocument tells that the address of the top document changed without a
// new document: a fragment, or the history API.
type SameDocument struct {
	Doc DocID
	URL string
}

// NavigationFailed tells that a navigation of the top frame ended without a
// document.
type NavigationFailed struct {
	// URL is the address that could not be shown.
	URL string
	// Method is that of the request that failed.
	Method string
	// Reason is Chrome's name of the failure, such as
	// "net::ERR_CONNECTION_RESET" or "net::ERR_BLOCKED_BY_CLIENT" (refused by
	// TabOptions.Request or by the gate).
	Reason string
	// Status is the HTTP status when there was a response, else 0: Chrome
	// shows an error page of its own for an error status with an empty body.
	Status int
	// FromPost tells that the navigation posted something.
	FromPost bool
	// Kept tells that the document shown before is still there: the
	// navigation was given up for another one, was a download, or the
	// response was 204.
	Kept bool
}

// Refused tells that a request was stopped by TabOptions.Request.
type Refused struct {
	Request Request
	// Err is what TabOptions.Request returned.
	Err error
}

// AnswerBegun tells that the answer to a post has begun that TabOptions.Await asked
// for, or that there will be none.
type AnswerBegun struct{}

// DialogAnswered tells that a dialog was opened by the page and answered.
type DialogAnswered struct {
	Dialog   Dialog
	Accepted bool
}

// Popup tells that the page opened another tab or window. The new tab has the
// same TabOptions, and its guards stood before its first request.
type Popup struct {
	// Tab is the new tab; its own Events are to be read, or it is to be
	// closed.
	Tab *Tab
	// URL is the address it was opened with, as far as known.
	URL string
}

// Closed is the last event of a tab.
type Closed struct {
	Reason CloseReason
	// Err says more, for people; nil when the tab was closed by Tab.Close.
	Err error
}

// CloseReason says how a tab ended.
type CloseReason string

const (
	// ClosedByUs: Tab.Close or Browser.Close was called.
	ClosedByUs CloseReason = "closed"
	// ClosedByOther: a person closed the window, or the page closed itself; or
	// a popup could not be guarded and was closed before it ran (Err says so).
	ClosedByOther CloseReason = "closed by user or page"
	// ClosedCrashed: the process that showed the page died.
	ClosedCrashed CloseReason = "crashed"
	// ClosedBrowserGone: the whole browser died, hung or was killed.
	ClosedBrowserGone CloseReason = "browser gone"
)

func (Announced) event()        {}
func (Navigated) event()        {}
func (SameDocument) event()     {}
func (NavigationFailed) event() {}
func (Refused) event()          {}
func (DialogAnswered) event()   {}
func (AnswerBegun) event()      {}
func (Popup) event()            {}
func (Closed) event()           {}

// RequestKind says what a request is for.
type RequestKind string

const (
	// KindDocument loads a document into a frame.
	KindDocument RequestKind = "document"
	// KindXHR is an XMLHttpRequest of a script, or a fetch(): where Chrome
	// holds requests it tells them apart rarely.
	KindXHR RequestKind = "xhr"
	// KindFetch is a fetch() of a script, where Chrome can tell.
	KindFetch RequestKind = "fetch"
	// KindBeacon is a navigator.sendBeacon() of a script, which posts too.
	KindBeacon RequestKind = "beacon"
)

// Request is a request that is about to leave the browser. It carries no body
// and no headers, so that it can be logged.
type Request struct {
	URL    string
	Method string
	Kind   RequestKind
	// TopFrame tells that the request is made by, or loads, the top frame.
	TopFrame bool
	// Redirected tells that a response to an earlier request led here.
	Redirected bool
}

// DialogKind is one of the four dialogs that a page can open.
type DialogKind string

// The kinds of dialog, by their names in the page.
const (
	DialogAlert        DialogKind = "alert"
	DialogConfirm      DialogKind = "confirm"
	DialogPrompt       DialogKind = "prompt"
	DialogBeforeUnload DialogKind = "beforeunload"
)

// Dialog is a dialog that a page opened.
type Dialog struct {
	Kind    DialogKind
	Message string
}

// TabOptions say what is installed in a tab, which way its requests take and
// who is asked. Popups inherit them.
type TabOptions struct {
	// World is the name of the isolated world that Script runs in: its
	// variables are invisible to the page, and the page's to it.
	World string
	// Script runs in World of every document of every frame, before the
	// page's own scripts. In a window that a page opens it can run twice in
	// the same world, first for the empty document that the window starts with.
	Script string
	// Binding is the name of the function, visible in World alone, by which
	// Script speaks: Binding(string).
	Binding string
	// Gate is the way out of this tab's isolated context, and of no other; nil
	// is the browser's own. It must outlive the tab.
	Gate *Gate
	// Hosts says whether a host may be reached, where no gate does: every
	// request of the tab's pages is held and asked about, which costs a
	// message each way. It gets lower-case names and must return at once. What
	// workers, WebSockets and Chrome itself send passes it by. Nil asks nobody.
	Hosts func(host string) bool
	// AnyCertificate accepts every server's certificate. It is only for a way
	// that ends at one server which the caller has looked at.
	AnyCertificate bool
	// Request is asked before a document request of any frame leaves, and
	// before a script posts (any method but GET, HEAD and OPTIONS): once for
	// each redirect hop. An error stops the request and comes back in Refused.
	// It runs on a goroutine of its own and may take its time; nil allows
	// everything.
	Request func(Request) error
	// Await is asked for what to call as the answer to a post begins that Request
	// let go, or as it turns out that there will be none: before the page learns of
	// it, and so before anything else is asked for because of it. A redirect is an
	// answer. It costs a message each way where it returns a function; nil asks nobody.
	Await func(Request) (begun func())
	// Dialog answers a dialog: true is OK. Nil accepts alert and
	// beforeunload, and dismisses the others.
	Dialog func(Dialog) bool
}
