package page_test

import (
	"context"
	"io"
	"log"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/page"
	"irccpin/fixtures/front"
	"irccpin/selectors"
)

// patience bounds what a test waits for; it is only reached on failure.
const patience = 30 * time.Second

func background(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// stage is a browser in front of pages that a test writes.
type stage struct {
	catalog *selectors.Catalog
	gate    *browser.Gate
	chrome  *browser.Browser
}

// newStage serves every host of the catalog from one handler, and starts a
// browser that can reach it.
func newStage(t testing.TB, handler http.Handler, options browser.Options) *stage {
	t.Helper()
	catalog, err := selectors.Load("")
	if err != nil {
		t.Fatal(err)
	}
	street, err := front.Open("127.0.0.1:0", []string{"*.gc.ca", "*.canada.ca"}, handler, log.New(io.Discard, "", 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := street.Close(); err != nil {
			t.Error(err)
		}
	})
	gate, err := browser.OpenGate(browser.GateOptions{Allow: catalog.Allows, Simulator: street.Addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = gate.Close() })
	if options.Path == "" {
		found, err := browser.Find(browser.FindOptions{Headless: true})
		if err != nil {
			t.Fatal(err)
		}
		options.Path = found.Path
	}
	options.Headless, options.NoSandbox = true, os.Geteuid() == 0
	options.TrustSPKI, options.Gate, options.ProfileRoot = []string{street.SPKI}, gate, t.TempDir()
	chrome, err := browser.Start(background(t), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := chrome.Close(background(t)); err != nil {
			t.Error(err)
		}
	})
	return &stage{catalog: catalog, gate: gate, chrome: chrome}
}

// open shows an address to a driver of its own. wrap, if not nil, stands between
// the driver and its tab.
func (s *stage) open(t testing.TB, address string, wrap func(*browser.Tab) page.Tab) *page.Driver {
	t.Helper()
	driver := page.New(page.Options{Catalog: s.catalog, Observer: nobody{}, Seal: s.gate.Seal})
	options, err := driver.TabOptions()
	if err != nil {
		t.Fatal(err)
	}
	tab, err := s.chrome.NewTab(background(t), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = driver.Close(background(t)) })
	if wrap == nil {
		driver.Take(tab)
	} else {
		driver.Take(wrap(tab))
	}
	if err := driver.Open(background(t), address); err != nil {
		t.Fatal(err)
	}
	return driver
}

// nobody observes nothing.
type nobody struct{}

func (nobody) Recognised(*page.Snapshot)             {}
func (nobody) Acted(page, element, deed, way string) {}
func (nobody) Warned(page.Warning)                   {}
func (nobody) Asked(string, time.Time)               {}
func (nobody) Waiting(string, time.Time)             {}

// html answers with a page.
func html(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.Copy(w, strings.NewReader(text))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
