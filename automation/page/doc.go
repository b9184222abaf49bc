// Package page turns a browser tab into a sequence of recognised pages.
//
// One idea carries it: recognise the page, act on it, recognise again. A
// script inside the page (the probe, in the folder of that name) evaluates the
// catalog of package selectors and announces what is shown; a [Driver] waits
// for the next page that is both known and complete, fills fields and presses
// buttons on it, and reads its tables. The flows above (packages signin and portal) are loops
// over "what is shown, the one thing to do".
//
// It is strict. An element is found by several independent ways that must
// agree; what commits must say so in the words that are known; a secret goes
// into a field only if the live document is the top one, on an https origin of
// that secret's own list, and the request that carries it away is looked at
// again when it leaves. When in doubt it stops, with a [Stop] that names what
// was not as expected.
//
// Where to go next: probe.go puts the probe together, snapshot.go is what a
// page tells, wait.go waits for the next one, fill.go and press.go act on it,
// table.go reads tables, dialogs.go answers the browser's own boxes, policy.go
// judges requests, stop.go holds the reasons to stop.
package page
