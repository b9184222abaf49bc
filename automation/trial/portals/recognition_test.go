package portals_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/browser"
	"irccpin/automation/page"
	"irccpin/automation/trial"
	"irccpin/fixtures"
	"irccpin/fixtures/front"
	"irccpin/fixtures/mutate"
	"irccpin/fixtures/second"
	"irccpin/selectors"
)

// gallery serves single pages, without their scripts, at their real addresses,
// and shows them in one tab that has the probe in it.
type gallery struct {
	catalog *selectors.Catalog
	tab     *browser.Tab

	mu    sync.Mutex
	shown exhibit
	// doc is the document shown.
	doc browser.DocID
	// styles serves the style sheets: without them a page shows what they hide.
	styles http.Handler
}

// exhibit is one page of the gallery.
type exhibit struct {
	url, contentType string
	html             []byte
}

// openGallery opens one browser with one tab.
func openGallery(t *testing.T) *gallery {
	t.Helper()
	catalog, err := selectors.Default()
	if err != nil {
		t.Fatal(err)
	}
	g := &gallery{catalog: catalog}
	p, _ := trial.Portal(t, fixtures.Options{})
	g.styles = trial.PassTo(p.Addr)
	f, err := front.Open("127.0.0.1:0", trial.Hosts(t), g, log.New(io.Discard, "", 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	g.tab = trial.OpenTab(t, catalog, f.Addr, f.SPKI)
	return g
}

func (g *gallery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	shown, styles := g.shown, g.styles
	g.mu.Unlock()
	here, err := url.Parse(shown.url)
	switch {
	case err == nil && r.Host == here.Host && r.URL.Path == here.Path:
		w.Header().Set("Content-Type", shown.contentType)
		w.Header().Set("Cache-Control", "no-store")
		// A page is judged as it was sent: nothing hands it over to the next.
		w.Header().Set("Content-Security-Policy", "script-src 'none'; form-action 'none'")
		_, _ = w.Write(shown.html)
	case strings.HasSuffix(r.URL.Path, ".css"):
		styles.ServeHTTP(w, r)
	default:
		http.NotFound(w, r)
	}
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
				g.doc = doc
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

// TestRecognition looks at single pages, all in one browser.
func TestRecognition(t *testing.T) {
	t.Parallel()
	g := openGallery(t)
	t.Run("matrix", g.matrix)
	t.Run("second portal", g.second)
	t.Run("edges", g.edges)
	t.Run("readings", g.readings)
	t.Run("normalise", g.normalise)
	t.Run("syntax", g.syntax)
}

// matrix holds every page's rule against every page of the simulated portal:
// true on its own, false on all others. IRCCPIN_TEST_SEEDS=50 draws as many
// portals; by default there are a few.
func (g *gallery) matrix(t *testing.T) {
	seeds := 1
	if n, err := strconv.Atoi(os.Getenv("IRCCPIN_TEST_SEEDS")); err == nil {
		seeds = n
	}
	pages := 0
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
				case "signin captcha refused": // the form is there as well, and is outranked
					want = []string{"captcha-refused", "gckey-sign-in"}
				case "signin challenge":
					want = []string{"captcha-challenge", "gckey-sign-in"}
				case "server-error 503":
					// It says in so many words that the service is temporarily unavailable.
					want = []string{"maintenance"}
				}
				s := g.show(t, exhibit{sample.URL, sample.ContentType, sample.HTML})
				pages++
				where := fmt.Sprintf("%s seed %d, %s", lang, seed, sample.Name)
				if got := slices.Sorted(slices.Values(s.All)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
					t.Errorf("%s: the rules of %v hold, want %v; nearest %+v, messages %q", where, got, want, s.Shot.Nearest, s.Shot.Messages)
				}
				g.complain(t, where, s)
			}
		}
	}
	t.Logf("%d pages against %d rules each: %d judgements", pages, len(g.catalog.Pages), pages*len(g.catalog.Pages))
}

// edges are pages on which a rule could say too much.
func (g *gallery) edges(t *testing.T) {
	const (
		entry    = "https://onlineservices-servicesenligne-cic.fjgc-gccf.gc.ca/mycic/ask"
		gckey    = "https://clegc-gckey.gc.ca/j/eng/x"
		portal   = "https://onlineservices-servicesenligne.cic.gc.ca/mycic/x"
		form     = "https://onlineservices-servicesenligne.cic.gc.ca/mycic/repPortal/tfwp/createSecondaryUser"
		question = `<main><h1>Delete user</h1><p>Are you sure you want to delete this user?</p>`
		home     = `<main><h1>IRCC Portal account</h1><h2>Business details</h2><a href="/mycic/c">Create a secondary user for this account</a>`
		accueil  = `<main><h1>Compte du Portail de l’IRCC</h1><h2>Détails de l’entreprise</h2><a href="/mycic/c">Créer un utilisateur secondaire pour ce compte</a>`
	)
	for name, c := range map[string]struct {
		url, html string
		rules     []string
		// element is what must be found, and the id of the element that it is.
		element, id string
	}{
		"a user deleted":                    {url: portal, html: `<main><h1>Delete Account</h1><p>The account has been deleted.</p><p><a id="on" href="/mycic/h">Continue</a></p></main>`, rules: []string{"deleted"}, element: "continue", id: "on"},
		"a user deleted, in French":         {url: portal, html: `<main><h1>Supprimer le compte</h1><p>Le compte a été supprimé.</p><p><a id="on" href="/mycic/h">Continuer</a></p></main>`, rules: []string{"deleted"}, element: "continue", id: "on"},
		"on its way":                        {url: entry, html: `<p>Please wait.</p>`, rules: []string{"gccf-entry"}},
		"on its way, a hidden button":       {url: entry, html: `<p>Please wait.</p><button hidden>Go on</button>`, rules: []string{"gccf-entry"}},
		"something to press":                {url: entry, html: `<p>Choose.</p><button>This</button><iframe hidden></iframe>`},
		"something dressed as a button":     {url: entry, html: `<p>Choose.</p><div role="button" tabindex="0">This</div>`},
		"hidden fields":                     {url: gckey, html: `<form method="post"><input type="hidden" name="t" value="1"></form>`, rules: []string{"saml-post"}},
		"hidden fields, something to press": {url: gckey, html: `<form method="post"><input type="hidden" name="t" value="1"><div role="button" tabindex="0">By app</div></form>`},
		"a frame with hidden fields":        {url: portal, html: `<p>Choose.</p><button>This</button><iframe srcdoc="&lt;form>&lt;input type=hidden name=k>&lt;/form>"></iframe>`},
		"a deletion with a way to close":    {url: portal, html: accueil + `<table><tr><th>Prénom</th><th>Nom de famille</th><th>NIP</th><th>Supprimer</th></tr><tr><td>Paul</td><td>Roy</td><td>Ab1234</td><td></td></tr></table><div role="dialog">Voulez-vous vraiment supprimer Paul Roy ? <button>Oui</button> <button>Fermer</button></div></main>`, rules: []string{"delete-dialog", "home"}},
		"home, answering the form's post":   {url: form, html: home + `<h2>Create User</h2></main>`, rules: []string{"home"}},
		"home, nobody to be created":        {url: form, html: `<main><h1>IRCC Portal account</h1><h2>Business details</h2><h2>Manage access</h2><h2>Create User</h2><a href="/mycic/b">Create a branch</a></main>`, rules: []string{"home"}},
		"the form, at the home page's":      {url: strings.Replace(form, "createSecondaryUser", "home", 1), html: `<main><h1>IRCC Portal account</h1><h2>Create User</h2><p>Enter the given and family names of the user for whom you are requesting a PIN.</p></main>`, rules: []string{"create-user", "home"}},
		"leaving":                           {url: portal, html: home + `<div role="dialog"><h2>Sign out</h2>You are leaving the portal. <button>Cancel</button> <button>Continue</button></div></main>`, rules: []string{"home", "leave-dialog"}},
		"the button in a section's footer":  {url: portal, html: question + `<section><footer><button id="yes">Yes</button> <button>No</button></footer></section></main>`, rules: []string{"delete-confirmation"}, element: "confirm-delete", id: "yes"},
		"the button's form has feedback":    {url: portal, html: question + `<form class="has-feedback"><button id="yes">Yes</button> <button>No</button></form></main>`, rules: []string{"delete-confirmation"}, element: "confirm-delete", id: "yes"},
		"feedback beside the button's form": {url: portal, html: question + `<div><form><button id="yes">Yes</button> <button>No</button></form><a href="/f">Feedback</a></div></main>`, rules: []string{"delete-confirmation"}, element: "confirm-delete", id: "yes"},
		"a Yes of the page's footer":        {url: portal, html: question + `<form><button id="yes">Yes</button> <button>No</button></form></main><footer><p>Found it?</p><button>Yes</button></footer>`, rules: []string{"delete-confirmation"}, element: "confirm-delete", id: "yes"},
		"a Yes of nowhere, and one apart":   {url: portal, html: question + `<div class="feedback"><form><button>Yes</button> <button>No</button></form></div></main><div>Found it? <button>Yes</button></div>`},
		"a notice of cookies with an OK":    {url: portal, html: question + `<form><button id="yes">Yes</button></form></main><div>We use cookies. <input type="button" value="OK"></div>`, rules: []string{"delete-confirmation"}, element: "confirm-delete", id: "yes"},
	} {
		s := g.show(t, exhibit{c.url, "text/html; charset=utf-8", []byte("<!doctype html><title>x</title>" + c.html)})
		if got := slices.Sorted(slices.Values(s.All)); !slices.Equal(got, c.rules) {
			t.Errorf("%s: the rules of %v hold, want %v; nearest %+v", name, got, c.rules, s.Shot.Nearest)
		}
		if c.element == "" {
			continue
		}
		var id string
		if err := g.tab.Call(t.Context(), g.doc, "(name) => (irccpin.located()[name] || {}).id || ''", c.element, &id); err != nil {
			t.Fatal(err)
		}
		if id != c.id {
			t.Errorf("%s: %s is %q, want %q: %+v", name, c.element, id, c.id, s.Shot.Elements[c.element])
		}
	}
	// A box that says no more than that something is wrong is told, if it is all.
	s := g.show(t, exhibit{portal, "text/html; charset=utf-8", []byte(`<!doctype html><main><h1>Create user</h1><div class="alert">Please correct the following:</div><ul><li>x</li></ul></main>`)})
	if len(s.Shot.Messages) != 1 {
		t.Errorf("messages %q", s.Shot.Messages)
	}
}

// second walks through the second portal and holds every rule against each
// page that was sent on the way: no two are true.
func (g *gallery) second(t *testing.T) {
	looks := second.Looks()
	if os.Getenv("IRCCPIN_TEST_SEEDS") == "" {
		looks = looks[1:2]
	}
	for i, look := range looks {
		lang, landing := []string{"fr", "en"}[i%2], []second.Landing{second.Older, second.Newer}[i/2%2]
		o := second.Options{Seed: uint64(i), Look: look, Lang: lang, Landing: landing, Users: 2}
		g.visitSecond(t, o, "created", "landing", "gckey-sign-in", "gckey-welcome", "terms", "identity-validation", "home", "create-user", "confirm-create-user")
	}
	// What goes wrong there.
	troubles := []struct {
		o          second.Options
		ends, last string
	}{
		{second.Options{NotAuthorized: true}, "not_permitted", "not-authorized"},
		{second.Options{CanadaLogin: true}, "human_needed", "canada-login"},
		{second.Options{WrongPassword: true}, "credential_refused", "gckey-sign-in"},
		{second.Options{WrongAnswers: true}, "credential_refused", "identity-validation"},
		{second.Options{NotPrimary: true}, "not_permitted", "home"},
	}
	if os.Getenv("IRCCPIN_TEST_SEEDS") == "" {
		troubles = troubles[:2] // the pages that no visit without trouble has
	}
	for i, trouble := range troubles {
		trouble.o.Look, trouble.o.Lang = looks[i%len(looks)], []string{"en", "fr"}[i%2]
		g.visitSecond(t, trouble.o, trouble.ends, trouble.last)
	}
}

// visitSecond runs a creation at a second portal, and holds every rule against
// each page that was sent. The pages named must be among them.
func (g *gallery) visitSecond(t *testing.T, o second.Options, ends string, pages ...string) {
	t.Helper()
	p, err := second.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	f, err := mutate.Open(p.Addr, trial.Hosts(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	env := filepath.Join(t.TempDir(), "employer.env")
	if err := p.WriteEnvFile(env); err != nil {
		t.Fatal(err)
	}
	if r := trial.Run(t, trial.Config(t, trial.Simulated{Addr: f.Addr, SPKI: f.SPKI, Env: env}), automation.Create(trial.Newcomer)); trial.Ending(r) != ends {
		t.Fatalf("%+v: ended as %s: %+v", o, trial.Ending(r), r.Error)
	}
	g.mu.Lock()
	g.styles = trial.PassTo(p.Addr)
	g.mu.Unlock()
	met := map[string]bool{}
	for _, v := range f.Visited() {
		s := g.show(t, exhibit{v.URL, v.ContentType, v.HTML})
		for _, name := range s.All {
			met[name] = true
		}
		// What a script renders is not on the page as it was sent.
		if len(s.All) != 1 && (len(s.All) > 1 || !strings.Contains(string(v.HTML), "<script")) {
			t.Errorf("%s in %s: at %s the rules of %v hold; nearest %+v", o.Look, o.Lang, v.URL, s.All, s.Shot.Nearest)
		}
	}
	for _, name := range pages {
		if !met[name] {
			t.Errorf("%s in %s: no page was recognised as %s", o.Look, o.Lang, name)
		}
	}
}

// normalise runs Go's Normalise and the page's own over the same texts: the
// catalog is checked by the one and used by the other.
func (g *gallery) normalise(t *testing.T) {
	g.show(t, exhibit{"https://www.canada.ca/en.html", "text/html; charset=utf-8", []byte("<!DOCTYPE html><p>x</p>")})
	texts := []string{"", "  a  b ", "L\u2019Accès\u00a0« Gérer »", "ΟΔΟΣ", "İstanbul", "Straße", "ﬁn", "a\u200bb\u00adc\ufeff", "Œuvre æ"}
	// Every character of the scripts and signs that pages of this kind may hold.
	for _, span := range [][2]rune{{0x20, 0x24f}, {0x300, 0x36f}, {0x370, 0x4ff}, {0x1e00, 0x1eff}, {0x2000, 0x206f}, {0x20a0, 0x214f}, {0x2190, 0x21ff}, {0x25a0, 0x27bf}, {0x3000, 0x303f}, {0xfb00, 0xfb06}, {0xff00, 0xff5e}} {
		for r := span[0]; r <= span[1]; r++ {
			texts = append(texts, "a"+string(r)+"B")
		}
	}
	var got []string
	if err := g.tab.Call(t.Context(), g.doc, "(texts) => texts.map(irccpin.normalise)", texts, &got); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		if want := selectors.Normalise(text); got[i] != want {
			t.Errorf("%q (%U) is %q in Go and %q in the page", text, []rune(text), want, got[i])
		}
	}
}

// syntax holds what a corrected catalog may say against what the browser can
// read: one selector or expression that it cannot would end the probe, so that
// nothing is recognised any more.
func (g *gallery) syntax(t *testing.T) {
	g.show(t, exhibit{"https://www.canada.ca/en.html", "text/html; charset=utf-8", []byte("<!DOCTYPE html><p>x</p>")})
	accepts := func(mark string) bool {
		dir := t.TempDir()
		file := "page: landing\ntitle: {en: a, fr: b}\nkind: step\nfacts: None.\nmarks:\n  - " + mark + "\n"
		if err := os.WriteFile(filepath.Join(dir, "landing.yaml"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := selectors.Load(dir)
		return err == nil
	}
	quoted := func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
	readable := func(texts []string, how string) []bool {
		var out []bool
		if err := g.tab.Call(t.Context(), g.doc, "(texts) => texts.map((text) => { try { "+how+"; return true; } catch { return false; } })", texts, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	css := []string{
		"#a", "a[href], button", "#1", "#-1", "a >", "> a", "a,", ",a", "a,,b", "", "..", ".1", ".-a", "a)", "a:not(b", "a[b!=c]", "a[b=1]", "a[b='1' i]", "a[b='1' s]", "a[b=c i]",
		"a[b=\"]\"]", "a[b='c]", "a:is(b, c) d", "a:where(.b)", "a:has(> b, + c)", "a:has(b):not(:is(c, d) e)", "a:has(> )", ":contains(x)", "a:matches(x)", ":input", "a:haschild(b)",
		"a:focus-within", "a:nosuch", "a::nosuch", "input:placeholder-shown", "input:-webkit-autofill", "li:nth-child(2n + 1)", "li:nth-child(x)", "li:first-child", "a ~ b + c", "a !b", "a || b",
		"#\\31 a", "a[b^=c][d$='e'][f*=g][h|=i][j~=k]", "a[b%=c]", "@a", "a{}", "*", "a:not()", "div[class*=modal i]", "a:lang(fr)", "a:checked:disabled", "[a", "a b:", "50%",
	}
	for i, can := range readable(css, "document.querySelector(text)") {
		slip := slices.Contains([]string{"a:not(b", "a[b='c]", "[a"}, css[i]) // the browser closes what is left open
		if got := accepts("css: " + quoted(css[i])); got != (can && !slip) {
			t.Errorf("selector %q: the browser can read it: %t; the catalog takes it: %t", css[i], can, got)
		}
	}
	expressions := []string{
		"^a$", "(?:a|b)+?", "[^a-z[]", "\\d\\bx", "(?<day>a)", "(?P<day>a)", "(?i)a", "(?s:a)", "^*", "a$+", "\\b?a", "(?=a)", "a{2,1}", "[b-a]", "(", "a)", "]", "}", "a{,2}", "\\", "(?<1>a)", "(?<a>x)(?<a>y)", "x**", "x{2}{3}",
	}
	for i, can := range readable(expressions, "new RegExp(text)") {
		if accepts("path: "+quoted(expressions[i])) && !can {
			t.Errorf("expression %q: the catalog takes it, and the browser cannot read it", expressions[i])
		}
	}
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
