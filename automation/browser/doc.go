// Package browser finds, starts and supervises a real Chrome, and gives its
// callers tabs whose every document announces itself.
//
// It exists so that the rest of the program can think in pages: a [Tab] is a
// stream of events ("this document is shown", "this request was refused",
// "the tab is gone") and a few verbs (call a function in the document, click,
// navigate). Nothing here polls, and nothing here knows a portal: host names,
// wordings and the script that looks at pages are handed in.
//
// Three walls keep Chrome where it belongs:
//
//   - the [Gate], a proxy on loopback that all of Chrome's traffic must pass,
//     knows the hosts that may be reached; it carries TLS and reads nothing;
//   - TabOptions.Request is asked before a document, or a posted form or
//     script request, leaves the browser, once for every redirect hop;
//   - Chrome starts in a fresh profile with an environment, a resolver and
//     flags that leave no other way out. See arguments for each flag's reason.
//
// # How the parts lie
//
//	find.go, places.go        which browser to start
//	install.go                getting one when there is none
//	gate.go, upstream.go      the way out of Chrome, and a proxy beyond it
//	arguments.go              Chrome's flags and environment, each with its reason
//	profile.go                the directory of one run, and sweeping dead ones
//	process.go, process_*.go  starting Chrome and ending it with all its children
//	wire.go                   commands and events over the pipe
//	browser.go                Start, Browser and its supervision
//	tab.go                    NewTab and the verbs of a tab
//	events.go                 what a tab tells
//	watch.go                  how Chrome's events become ours
//	guard.go                  requests and dialogs, asked and answered
//
// chromedp gives the pipe and cdproto the protocol; this package is the only
// one that imports them. It routes sessions itself, because a popup must be
// held before its first request until its guards stand, and because events of
// one tab must stay in order.
//
// Start reading at [Start] and [Browser.NewTab].
package browser
