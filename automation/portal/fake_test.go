package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/page"
	"irccpin/selectors"
)

// fakePortal is a browser tab behind which there is no browser: it shows pages
// as the probe would announce them, and does on a press what a test scripts. The
// real Driver drives it, on the fake clock of a synctest bubble.
type fakePortal struct {
	catalog *selectors.Catalog
	events  chan browser.Event
	docs    int
	armed   struct{ element, token string }
	// guard is what the guard on a button says: empty lets the click through.
	guard string
	// deaf tells that nothing is heard of the click on "Create account".
	deaf bool

	users []User
	// boxes are what dialogs say that lie over the page.
	boxes []string
	// asks is what the page says that asks back before a deletion.
	asks string
	// banner is a message that every page shows.
	banner string
	// onCreate is what "Create account" comes to, onContinue the confirmation's
	// button, onDelete a row's link, onReload loading home anew; nil is a good
	// portal's answer.
	onCreate, onContinue, onDelete, onReload func()
	// commits counts the presses of "Create account".
	commits int
	sent    User
	post    bool
	// onForm is what the link to the form comes to; nil shows it.
	onForm func()
	// wording is what the texts of every page come to.
	wording string
	// onReturn is what the way back from the form comes to; nil is home.
	onReturn func()
	// speechless: a table without rows does not say that it has none.
	speechless bool
	// lacks is an element that no page has.
	lacks string
	// stop ends what stir began.
	stop chan struct{}
	// tab is what the driver wants of its tab.
	tab browser.TabOptions
}

func newFake(catalog *selectors.Catalog, users ...User) *fakePortal {
	return &fakePortal{catalog: catalog, users: users, events: make(chan browser.Event, 100)}
}

// show makes the tab show a page of the catalog.
func (f *fakePortal) show(name string, messages ...string) {
	f.docs++
	doc := browser.DocID(fmt.Sprint("doc", f.docs))
	method := "GET"
	if f.post {
		method = "POST"
	}
	f.events <- browser.Navigated{Doc: doc, URL: "https://onlineservices-servicesenligne.cic.gc.ca/" + name, Method: method, Status: 200}
	f.tell(name, messages...)
}

// box makes a dialog come up over a page that is shown.
func (f *fakePortal) box(name, text string) {
	f.boxes = []string{text}
	f.tell(name)
	f.boxes = nil
}

// tell announces what the document that is shown says.
func (f *fakePortal) tell(name string, messages ...string) {
	doc := browser.DocID(fmt.Sprint("doc", f.docs))
	elements := map[string]any{}
	spec, _ := f.catalog.Page(name)
	for element := range spec.Elements {
		text := ""
		if element == f.lacks {
			continue
		}
		if element == "attestation" {
			text = "I confirm, for Maple Example Ltd"
		}
		elements[element] = map[string]any{"status": "found", "text": text}
	}
	rows, pages := len(f.users), []string{name}
	if name == "" {
		pages = nil
	}
	f.announce(doc, map[string]any{"page": map[string]any{
		"pages": pages, "wording": f.wording, "loaded": "complete", "elements": elements, "messages": append(messages, strings.Fields(f.banner)...),
		"tables":  map[string]any{"users": map[string]any{"count": 1, "rows": rows, "shown": true, "none": rows == 0 && !f.speechless}},
		"details": map[string]string{"legal-name": "Maple Example Ltd"},
		"boxes":   f.boxes,
	}})
}

// posts lets the page send something, in its own place or by a script.
func (f *fakePortal) posts(kind browser.RequestKind) {
	if err := f.tab.Request(browser.Request{
		URL: "https://onlineservices-servicesenligne.cic.gc.ca/mycic", Method: "POST", Kind: kind, TopFrame: true,
	}); err != nil {
		panic(err)
	}
}

// says shows a box of the browser's own, which is to be answered with OK or not.
func (f *fakePortal) says(kind browser.DialogKind, text string, ok bool) {
	dialog := browser.Dialog{Kind: kind, Message: text}
	if got := f.tab.Dialog(dialog); got != ok {
		panic(fmt.Sprintf("%q is answered with %v", text, got))
	}
	f.events <- browser.DialogAnswered{Dialog: dialog, Accepted: ok}
}

// stir makes the document that is shown say something else every second, for as
// long as it is shown and still is not called.
func (f *fakePortal) stir(name string) {
	f.stop = make(chan struct{})
	doc := f.docs
	go func() {
		for i := 0; ; i++ {
			select {
			case <-f.stop:
				return
			case <-time.After(time.Second):
			}
			if f.docs != doc {
				return
			}
			f.wording = fmt.Sprint("slide ", i)
			f.tell(name)
		}
	}()
}

func (f *fakePortal) still() {
	if f.stop != nil {
		close(f.stop)
	}
}

// breakDown answers with the server's error page, or with nothing at all.
func (f *fakePortal) breakDown() {
	f.events <- browser.NavigationFailed{Reason: "net::ERR_EMPTY_RESPONSE"}
}

func (f *fakePortal) announce(doc browser.DocID, what any) {
	payload, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	f.events <- browser.Announced{Doc: doc, Payload: string(payload)}
}

func (f *fakePortal) Events() <-chan browser.Event           { return f.events }
func (f *fakePortal) Navigate(context.Context, string) error { return nil }
func (f *fakePortal) Listens(context.Context, browser.DocID, string, ...string) (bool, error) {
	return true, nil
}
func (f *fakePortal) Screenshot(context.Context) ([]byte, error) { return nil, nil }
func (f *fakePortal) HTML(context.Context) (string, error)       { return "", nil }
func (f *fakePortal) Close(context.Context) error                { return nil }

func (f *fakePortal) Reload(context.Context) error {
	if f.onReload != nil {
		f.onReload()
		return nil
	}
	f.show("home")
	return nil
}

func (f *fakePortal) Call(_ context.Context, _ browser.DocID, function string, args, result any) error {
	data, err := json.Marshal(args)
	if err != nil {
		return err
	}
	var order struct {
		Element, Token string
		Items          []struct{ Element, Value string }
	}
	if err := json.Unmarshal(data, &order); err != nil {
		return err
	}
	var answer any = map[string]any{"ok": true}
	switch {
	case strings.Contains(function, "fill"):
		for _, item := range order.Items {
			switch item.Element {
			case "given-names":
				f.sent.GivenName = item.Value
			case "family-name":
				f.sent.FamilyName = item.Value
			case "email":
				f.sent.Email = item.Value
			}
		}
	case strings.Contains(function, "disarm"):
		answer = false // the click went through
	case strings.Contains(function, "arm"):
		f.armed.element, f.armed.token = order.Element, order.Token
	case strings.Contains(function, "readTable"):
		var rows []page.Row
		for _, u := range f.users {
			rows = append(rows, page.Row{"given": u.GivenName, "family": u.FamilyName, "email": u.Email, "pin": u.PIN})
		}
		answer = map[string]any{"ok": true, "rows": rows, "state": fmt.Sprint(rows), "next": "none", "previous": "none"}
	case strings.Contains(function, "about"):
		answer = map[string]any{"ok": true, "text": f.asks}
	default:
		return errors.New("the fake portal knows no " + function)
	}
	data, err = json.Marshal(answer)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, result)
}

func (f *fakePortal) Click(context.Context, float64, float64) error {
	if !f.deaf || f.armed.element != "create-account" {
		f.announce(browser.DocID(fmt.Sprint("doc", f.docs)), map[string]any{
			"clicked": map[string]any{"element": f.armed.element, "token": f.armed.token, "reason": f.guard},
		})
	}
	if f.guard != "" {
		return nil
	}
	or := func(scripted, usual func()) {
		if scripted == nil {
			scripted = usual
		}
		scripted()
	}
	home := func() { f.show("home") }
	switch f.armed.element {
	case "create-secondary-user":
		or(f.onForm, func() { f.show("create-user") })
	case "create-account":
		f.commits++
		or(f.onCreate, func() { f.create(); f.show("confirm-create-user") })
	case "continue":
		or(f.onContinue, home)
	case "return":
		or(f.onReturn, home)
	case "users delete":
		or(f.onDelete, func() { f.show("delete-confirmation") })
	case "confirm-delete":
		f.users = f.users[:len(f.users)-1]
		f.show("home")
	default:
		home()
	}
	return nil
}

// create does what the form asks for.
func (f *fakePortal) create() {
	made := f.sent
	made.PIN = "a1B2c3"
	f.users = append(f.users, made)
}

// book is a ledger in memory, with the ledger's rules.
type book struct {
	settle  time.Duration
	entries []*entry
	// fails are errors by method.
	fails map[string]error
	// onMayClick happens as the click is permitted, for good unless still is set.
	onMayClick func()
	still      Permission
	abandoned  int
}

type entry struct {
	Intent
	before    []string
	clicked   time.Time
	confirmed time.Time
	looks     []struct {
		at    time.Time
		found int
	}
	ending Ending
}

func (b *book) Begin(_ context.Context, in Intent) (string, error) {
	e := &entry{Intent: in}
	for _, u := range in.Before {
		e.before = append(e.before, b.Digest(u))
	}
	b.entries = append(b.entries, e)
	return fmt.Sprint(len(b.entries) - 1), b.fails["Begin"]
}

func (b *book) entry(id string) *entry {
	var i int
	if _, err := fmt.Sscan(id, &i); err != nil {
		panic(err)
	}
	return b.entries[i]
}

func (b *book) MayClick(_ context.Context, id string) (Permission, error) {
	b.entry(id).clicked = time.Now()
	if b.onMayClick != nil {
		b.onMayClick()
	}
	return b.still, b.fails["MayClick"]
}

func (b *book) Abandon(context.Context, string, string) error {
	b.abandoned++
	return b.fails["Abandon"]
}

func (b *book) Close(_ context.Context, id string, c Closing) error {
	if err := b.fails["Close"]; err != nil {
		return err
	}
	if e := b.entry(id); e.ending != "" {
		return errors.New("closed twice")
	}
	b.entry(id).ending = c.Ending
	return nil
}

func (b *book) Digest(u User) string {
	return u.GivenName + "|" + u.FamilyName + "|" + strings.ToLower(u.Email)
}

func (b *book) Known(_ context.Context, id string) (Known, error) {
	e := b.entry(id)
	known := Known{Deed: e.Deed, Person: e.Person, Before: e.before, Confirmed: e.confirmed}
	for _, look := range e.looks {
		known.Seen = known.Seen || look.found > 0
	}
	return known, b.fails["Known"]
}

func (b *book) Confirmed(_ context.Context, id string, at time.Time) error {
	b.entry(id).confirmed = at
	return b.fails["Confirmed"]
}

func (b *book) Looked(_ context.Context, id string, at time.Time, _, found int) error {
	if err := b.fails["Looked"]; err != nil {
		return err
	}
	e := b.entry(id)
	e.looks = append(e.looks, struct {
		at    time.Time
		found int
	}{at, found})
	return nil
}

func (b *book) Settled(_ context.Context, id string) (bool, error) {
	e := b.entry(id)
	if !e.confirmed.IsZero() {
		return false, nil
	}
	var first time.Time
	for _, look := range e.looks {
		switch {
		case (look.found > 0) == (e.Deed == Creation):
			return false, nil
		case first.IsZero():
			first = look.at
		case look.at.Sub(first) >= b.settle:
			return true, nil
		}
	}
	return false, b.fails["Settled"]
}
