package page_test

import (
	"net/http"
	"testing"

	"irccpin/automation/browser"
	"irccpin/automation/page"
)

// TestLoadingWithoutABrowser: a browser that ended is a stop with a reason,
// whatever was to be loaded.
func TestLoadingWithoutABrowser(t *testing.T) {
	s := newStage(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { html(w, "<title>a page</title>") }), browser.Options{})
	const address = "https://www.canada.ca/"
	var tab *browser.Tab
	driver := s.open(t, address, func(opened *browser.Tab) page.Tab { tab = opened; return opened })
	if err := driver.Await(background(t), "the page", patience, func(*page.Snapshot) bool { return true }); err != nil {
		t.Fatal(err)
	}
	if err := tab.Close(background(t)); err != nil {
		t.Fatal(err)
	}
	if err := driver.Again(background(t)); page.CodeOf(err) != page.PortalUnavailable {
		t.Errorf("loading again says %v", err)
	}
	if err := driver.Open(background(t), address); page.CodeOf(err) != page.PortalUnavailable {
		t.Errorf("opening says %v", err)
	}
}
