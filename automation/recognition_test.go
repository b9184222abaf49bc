package automation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/page"
	"irccpin/fixtures"
	"irccpin/fixtures/front"
	"irccpin/selectors"
)

// gallery serves single pages, without their scripts, at their real addresses,
// and shows them in one tab that has the probe in it.
type gallery struct {
	catalog *selectors.Catalog
	tab     *browser.Tab

	mu    sync.Mutex
	shown exhibit
}

// exhibit is one page of the gallery.
type exhibit struct {
	url, contentType string
	html             []byte
}

// openGallery opens one browser with one tab. Styles come from a simulated
// portal: without them a page shows what its styles hide.
func openGallery(t *testing.T) *gallery {
	t.Helper()
	catalog, err := selectors.Default()
	if err != nil {
		t.Fatal(err)
	}
	g := &gallery{catalog: catalog}
	styles, _ := portal(t, fixtures.Options{})
	var hosts []string
	for _, h := range catalog.Site.Hosts {
		hosts = append(hosts, h.Host)
	}
	f, err := front.Open("127.0.0.1:0", hosts, g.handler(styles), log.New(io.Discard, "", 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	gate, err := browser.OpenGate(browser.GateOptions{Allow: catalog.Allows, Simulator: f.Addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = gate.Close() })
	found, err := browser.Find(browser.FindOptions{Headless: true})
	if err != nil {
		t.Fatal(err)
	}
	chrome, err := browser.Start(t.Context(), browser.Options{
		Path: found.Path, Headless: true, NoSandbox: true, TrustSPKI: []string{f.SPKI}, Gate: gate, ProfileRoot: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = chrome.Close(context.WithoutCancel(t.Context())) })
	options, err := page.New(page.Options{Catalog: catalog}).TabOptions()
	if err != nil {
		t.Fatal(err)
	}
	if g.tab, err = chrome.NewTab(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *gallery) handler(styles *fixtures.Portal) http.Handler {
	pass := passTo(styles.Addr)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		shown := g.shown
		g.mu.Unlock()
		here, _ := url.Parse(shown.url)
		if r.Host == here.Host && r.URL.Path == here.Path {
			w.Header().Set("Content-Type", shown.contentType)
			w.Header().Set("Cache-Control", "no-store")
			// A page is judged as it was sent: nothing hands it over to the next.
			w.Header().Set("Content-Security-Policy", "script-src 'none'; form-action 'none'")
			_, _ = w.Write(shown.html)
			return
		}
		if strings.HasSuffix(r.URL.Path, ".css") {
			pass.ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r)
	})
}

// sight is what the probe makes of an exhibit.
type sight struct {
	Shot *page.Snapshot
	// All are the rules that hold, whatever their rank.
	All []string
}

// show opens an exhibit and returns what is seen once it is loaded.
func (g *gallery) show(t *testing.T, e exhibit) sight {
	t.Helper()
	g.mu.Lock()
	g.shown = e
	g.mu.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := g.tab.Navigate(ctx, e.url); err != nil {
		t.Fatal(err)
	}
	var doc browser.DocID
	for {
		select {
		case <-ctx.Done():
			t.Fatalf("%s was never announced as complete", e.url)
		case event := <-g.tab.Events():
			switch event := event.(type) {
			case browser.Navigated:
				doc = event.Doc
			case browser.Announced:
				var said struct {
					Page *page.Snapshot `json:"page"`
				}
				if err := json.Unmarshal([]byte(event.Payload), &said); err != nil {
					t.Fatal(err)
				}
				if event.Doc != doc || event.Frame != "" || said.Page == nil || said.Page.Loaded != "complete" || !strings.HasPrefix(e.url, said.Page.URL) {
					continue
				}
				s := sight{Shot: said.Page}
				if err := g.tab.Call(ctx, doc, "() => irccpin.matches()", nil, &s.All); err != nil {
					t.Fatal(err)
				}
				return s
			}
		}
	}
}

// rules says which rules of the catalog hold on a page of the simulated
// portal: exactly these, and no other.
var rules = map[fixtures.Page][]string{
	fixtures.PageLanding:        {"landing"},
	fixtures.PageGCCF:           {"gccf-entry"},
	fixtures.PageSignIn:         {"gckey-sign-in"},
	fixtures.PageInterstitial:   {"gckey-skip"},
	fixtures.PageWelcome:        {"gckey-welcome"},
	fixtures.PageMethod:         {"mfa-choose-method"},
	fixtures.PageCode:           {"mfa-code"},
	fixtures.PageFactored:       {"mfa-success"},
	fixtures.PageTerms:          {"terms"},
	fixtures.PageQuestion:       {"identity-validation"},
	fixtures.PageHome:           {"home"},
	fixtures.PageCreate:         {"create-user"},
	fixtures.PageConfirm:        {"confirm-create-user"},
	fixtures.PageSessionDialog:  {"home", "session-dialog"},
	fixtures.PageNotAuthorized:  {"not-authorized"},
	fixtures.PageSessionExpired: {"session-expired"},
	fixtures.PageCanadaLogin:    {"canada-login"},
	fixtures.PageDelete:         {"delete-confirmation"},
	fixtures.PageMaintenance:    {"maintenance"},
	fixtures.PageServerError:    {"page-error"},
	fixtures.PageSignedOut:      {"signed-out"},
	fixtures.PageLocked:         {"account-locked"},
	fixtures.PageUnknown:        {},
}

// TestRecognition holds every page's rule against every page of the simulated
// portal: true on its own, false on all others. IRCCPIN_TEST_SEEDS=50 draws as
// many portals; by default there are a few.
func TestRecognition(t *testing.T) {
	g := openGallery(t)
	seeds := 2
	if n, err := strconv.Atoi(drawn("IRCCPIN_TEST_SEEDS")); err == nil {
		seeds = n
	}
	pages, judged := 0, 0
	for _, lang := range []string{"en", "fr"} {
		for seed := range seeds {
			samples, err := fixtures.Samples(uint64(seed), lang)
			if err != nil {
				t.Fatal(err)
			}
			for _, sample := range samples {
				want, known := rules[sample.Page]
				if !known {
					t.Fatalf("the test does not know the page %s", sample.Page)
				}
				switch sample.Name {
				case "revoked gckey":
					want = []string{"account-revoked"}
				case "server-error 503":
					// It says in so many words that the service is temporarily unavailable.
					want = []string{"maintenance"}
				}
				s := g.show(t, exhibit{sample.URL, sample.ContentType, sample.HTML})
				pages++
				judged += len(g.catalog.Pages)
				got := slices.Sorted(slices.Values(s.All))
				if !slices.Equal(got, slices.Sorted(slices.Values(want))) {
					t.Errorf("%s seed %d, %s: the rules of %v hold, want %v; nearest %+v, messages %q", lang, seed, sample.Name, got, want, s.Shot.Nearest, s.Shot.Messages)
				}
				g.complain(t, fmt.Sprintf("%s seed %d, %s", lang, seed, sample.Name), s)
			}
		}
	}
	t.Logf("%d pages against %d rules each: %d judgements", pages, len(g.catalog.Pages), judged)
}

// complain checks that a recognised page has its required elements.
func (g *gallery) complain(t *testing.T, where string, s sight) {
	t.Helper()
	spec, known := g.catalog.Page(s.Shot.Page())
	if !known {
		return
	}
	for name, element := range spec.Elements {
		if state := s.Shot.Elements[name]; element.Required && state.Status != "found" {
			t.Errorf("%s: element %q of %s is %s: %v", where, name, spec.Name, state.Status, state.Candidates)
		}
	}
}
