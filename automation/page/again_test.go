package page_test

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"irccpin/automation/browser"
	"irccpin/automation/page"
)

// TestAgain: a page that was served at the address of a post, as a confirmation
// can be, is never loaded again; one that a post led to is.
func TestAgain(t *testing.T) {
	var posts atomic.Int64
	s := newStage(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			posts.Add(1)
			if r.URL.Path == "/led" {
				http.Redirect(w, r, "/shown", http.StatusSeeOther)
				return
			}
			html(w, "<title>answer</title><h1>Created</h1>")
		case r.URL.Path == "/shown":
			html(w, "<title>answer</title><h1>Created</h1>")
		default: // sends itself
			html(w, "<title>form</title><form method=post action="+r.URL.Query().Get("to")+"></form><script>onload = () => document.forms[0].submit()</script>")
		}
	}), browser.Options{})
	for to, want := range map[string]error{"/here": page.ErrPosted, "/led": nil} {
		posts.Store(0)
		driver := s.open(t, "https://www.canada.ca/?to="+to, nil)
		answer := func(shot *page.Snapshot) bool { return shot.Title == "answer" && shot.Loaded == "complete" }
		ctx := background(t)
		for driver.Shot() == nil || !answer(driver.Shot()) { // the form's document comes before it
			if err := errors.Join(driver.Await(ctx, "the answer", patience, answer), ctx.Err()); err != nil {
				t.Fatal(err)
			}
		}
		if err := driver.Again(background(t)); !errors.Is(err, want) {
			t.Errorf("%s: loading it again ended with %v, want %v", to, err, want)
		}
		if got := posts.Load(); got != 1 {
			t.Errorf("%s: %d posts", to, got)
		}
	}
}
