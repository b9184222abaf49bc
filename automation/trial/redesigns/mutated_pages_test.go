package redesigns_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/page"
	"irccpin/automation/trial"
	"irccpin/fixtures"
	"irccpin/fixtures/front"
	"irccpin/fixtures/mutate"
	"irccpin/selectors"
)

// Whole flows over every mutation take an hour. What a mutation can do to a
// client, though, it does to single pages: so every mutation is tried on every
// page that it changes, in one browser, without walking there. A page that a
// person can still read must be recognised, every element that the flow uses
// must be found, and the table must hold what it held. Whether readable or not,
// no element may be another one than the one that was meant: each is marked
// before the page is mutated, in an attribute that the client does not read.

// hall shows the simulated portal's single pages, mutated, with their scripts.
type hall struct {
	catalog *selectors.Catalog
	front   *mutate.Front
	tab     *browser.Tab
	client  *http.Client

	mu     sync.Mutex
	shown  fixtures.Sample
	assets http.Handler
}

// used are the elements that a creation needs, by page of the simulated portal.
var used = map[fixtures.Page]struct {
	page     string
	at       mutate.Place
	elements []string
}{
	fixtures.PageLanding:  {"landing", mutate.AtLanding, []string{"gckey"}},
	fixtures.PageSignIn:   {"gckey-sign-in", mutate.AtGCKey, []string{"username", "password", "sign-in"}},
	fixtures.PageWelcome:  {"gckey-welcome", mutate.AtGCKey, []string{"continue"}},
	fixtures.PageCode:     {"mfa-code", mutate.AtMFA, []string{"passcode", "continue"}},
	fixtures.PageTerms:    {"terms", mutate.AtPortal, []string{"accept"}},
	fixtures.PageQuestion: {"identity-validation", mutate.AtPortal, []string{"answer", "continue"}},
	fixtures.PageHome:     {"home", mutate.AtPortal, []string{"create-secondary-user"}},
	fixtures.PageCreate:   {"create-user", mutate.AtPortal, []string{"given-names", "family-name", "email", "attestation", "create-account"}},
	fixtures.PageConfirm:  {"confirm-create-user", mutate.AtPortal, []string{"continue"}},
}

func openHall(t *testing.T) *hall {
	t.Helper()
	catalog, err := selectors.Default()
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{catalog: catalog, client: &http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		Timeout:   10 * time.Second,
	}}
	t.Cleanup(h.client.CloseIdleConnections)
	p, _ := trial.Portal(t, fixtures.Options{})
	proxy := trial.PassTo(p.Addr)
	proxy.ModifyResponse = func(r *http.Response) error {
		// One browser sees hundreds of pages with the same scripts and styles.
		r.Header.Set("Cache-Control", "public, max-age=3600")
		return nil
	}
	h.assets = proxy
	hosts := trial.Hosts(t)
	behind, err := front.Open("127.0.0.1:0", hosts, h, log.New(io.Discard, "", 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = behind.Close() })
	if h.front, err = mutate.Open(behind.Addr, hosts, 0); err != nil {
		t.Fatal(err)
	}
	h.front.Mark()
	t.Cleanup(func() { _ = h.front.Close() })
	h.tab = trial.OpenTab(t, catalog, h.front.Addr, h.front.SPKI)
	return h
}

func (h *hall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	shown := h.shown
	h.mu.Unlock()
	here, err := url.Parse(shown.URL)
	switch {
	case err == nil && r.Host == here.Host && r.URL.Path == here.Path:
		w.Header().Set("Content-Type", shown.ContentType)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "form-action 'none'")
		_, _ = w.Write(shown.HTML)
	default:
		h.assets.ServeHTTP(w, r)
	}
}

// changes tells whether the front's mutation changes a page.
func (h *hall) changes(t *testing.T, s fixtures.Sample, m mutate.Mutation) bool {
	t.Helper()
	h.mu.Lock()
	h.shown = s
	h.mu.Unlock()
	here, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	before := h.front.Applied(m.Name)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+h.front.Addr+here.RequestURI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = here.Host
	response, err := h.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return h.front.Applied(m.Name) > before
}

// meant is what the client makes of a mutated page.
type meant struct {
	Shot *page.Snapshot `json:"shot"`
	// Found are the elements that were found, by name.
	Found map[string]struct {
		// Mark is the name of the element that this was before, if it was one.
		Mark string `json:"mark"`
		// Field and Target are what it is called and where it leads.
		Field  string `json:"field"`
		Target string `json:"target"`
	} `json:"found"`
	Table *struct {
		OK     bool                `json:"ok"`
		Status string              `json:"status"`
		Rows   []map[string]string `json:"rows"`
	} `json:"table"`
}

const lookAtMeant = `(mark) => {
	const shot = irccpin.snapshot();
	const found = Object.fromEntries(Object.entries(irccpin.located()).map(([name, el]) => [name, {
		mark: el.getAttribute(mark) || '', field: el.name || '',
		target: [el.getAttribute('formaction'), el.getAttribute('href'), el.getAttribute('onclick')].filter(Boolean).join(' '),
	}]));
	const table = shot.pages[0] === 'home' && shot.pages.length === 1 ? irccpin.readTable({ page: 'home', table: 'users' }) : null;
	return { shot, found, table };
}`

// settled is how long a page may take to become what it will be: the mutations
// that are late are so by two seconds at most.
const settled = 3500 * time.Millisecond

// rest is how long a page that is not readable is left alone before it is judged.
const rest = 150 * time.Millisecond

// look shows a page and returns what the client makes of it: as soon as all is
// found, or when the page has had its time.
func (h *hall) look(t *testing.T, s fixtures.Sample, enough func(meant) bool, atMost time.Duration) meant {
	t.Helper()
	h.mu.Lock()
	h.shown = s
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := h.tab.Navigate(ctx, s.URL); err != nil {
		t.Fatal(err)
	}
	var doc browser.DocID
	var last meant
	var limit <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			t.Fatalf("%s was never shown", s.URL)
		case <-limit:
			return last
		case event, ok := <-h.tab.Events():
			if !ok {
				t.Fatal("the tab ended")
			}
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
				if event.Doc != doc || event.Frame != "" || said.Page == nil || said.Page.Loaded != "complete" {
					continue
				}
				if limit == nil {
					limit = time.After(atMost)
				}
				last = meant{}
				if err := h.tab.Call(ctx, doc, lookAtMeant, mutate.Marked, &last); err != nil {
					continue // the page moves on by itself
				}
				if enough(last) {
					return last
				}
			}
		}
	}
}

// pageTrial is one mutation on one page.
type pageTrial struct {
	m      mutate.Mutation
	sample fixtures.Sample
	users  []map[string]string
}

// judge says how a mutated page was met: completed, stopped or wrong.
func (tr pageTrial) judge(h *hall, got meant) (end, string) {
	want := used[tr.sample.Page]
	baits := h.front.Baits()
	for name, el := range got.Found {
		mustBe := slices.Contains(want.elements, name)
		switch {
		case el.Mark != "" && el.Mark != name && mustBe:
			return wrong, fmt.Sprintf("%q was taken for %q", el.Mark, name)
		case strings.Contains(el.Target, "/mutated/trap/") && mustBe:
			return wrong, fmt.Sprintf("%q leads into a trap", name)
		case el.Field != "" && slices.Contains(baits, el.Field) && mustBe:
			return wrong, fmt.Sprintf("%q is a bait", name)
		}
	}
	shot := got.Shot
	if shot == nil {
		return stopped, "nothing was recognised"
	}
	if len(shot.Pages) == 1 && shot.Pages[0] != want.page {
		return wrong, fmt.Sprintf("the page was taken for %q", shot.Pages[0])
	}
	if shot.Page() != want.page {
		return stopped, fmt.Sprintf("recognised as %v; nearest %+v", shot.Pages, shot.Nearest)
	}
	if want.page == "landing" && shot.Has("sign-in") {
		return completed, "" // the newer layout opens its choice below that button
	}
	for _, name := range want.elements {
		if state := shot.Elements[name]; state.Status != "found" {
			return stopped, fmt.Sprintf("%q is %s: %v", name, state.Status, state.Candidates)
		}
	}
	if want.page != "home" {
		return completed, ""
	}
	switch {
	case !shot.Tables["users"].Shown && shot.Has("view-manage-access") && got.Table != nil && got.Table.Status == "ambiguous":
		return completed, "" // which of two tables is meant shows when the section is opened
	case got.Table == nil || !got.Table.OK:
		return stopped, fmt.Sprintf("the table was not read: %+v", got.Table)
	case len(got.Table.Rows) != len(tr.users):
		return stopped, fmt.Sprintf("%d rows were read of %d", len(got.Table.Rows), len(tr.users))
	}
	for i, row := range got.Table.Rows {
		for _, column := range []string{"given", "family", "pin"} {
			switch row[column] {
			case tr.users[i][column]:
			case "":
				return stopped, column + " was not read"
			default:
				return wrong, fmt.Sprintf("%s was read as %q, and is %q", column, row[column], tr.users[i][column])
			}
		}
	}
	return completed, ""
}

// TestMutatedPages tries every mutation alone on the pages that it changes. Of
// those that change every page of the way one page is drawn for each; with
// IRCCPIN_TEST_MUTATIONS=pages all are taken, on three portals in both languages.
func TestMutatedPages(t *testing.T) {
	t.Parallel()
	random := trial.Draw(t)
	all := os.Getenv("IRCCPIN_TEST_MUTATIONS") == "pages"
	h := openHall(t)
	var tally []judged
	if all {
		for seed := range uint64(3) {
			for _, lang := range []string{"en", "fr"} {
				tally = append(tally, h.round(t, seed, lang, 100, random)...)
			}
		}
	} else {
		tally = h.round(t, random.Uint64N(50), []string{"en", "fr"}[random.IntN(2)], 1, random)
	}
	tell(t, tally)
}

// judged is how one mutation was met on one page.
type judged struct {
	m     mutate.Mutation
	where string
	end   end
	why   string
}

// round tries every mutation on one portal, on so many of its pages at most.
func (h *hall) round(t *testing.T, seed uint64, lang string, most int, random *rand.Rand) []judged {
	t.Helper()
	samples, err := fixtures.Samples(seed, lang)
	if err != nil {
		t.Fatal(err)
	}
	samples = slices.DeleteFunc(samples, func(s fixtures.Sample) bool {
		_, is := used[s.Page]
		return !is || s.Name != string(s.Page)
	})
	var users []map[string]string
	for _, u := range fixtures.DefaultAccount(lang).Users {
		users = append(users, map[string]string{"given": u.GivenName, "family": u.FamilyName, "pin": u.PIN})
	}
	var tally []judged
	for _, m := range mutate.All() {
		h.front.Change(seed, m)
		var on []fixtures.Sample
		for _, i := range random.Perm(len(samples)) {
			s := samples[i]
			if place := used[s.Page].at; m.At == mutate.Everywhere && len(on) == most || m.At != mutate.Everywhere && m.At != place {
				continue
			}
			if h.changes(t, s, m) {
				on = append(on, s)
			}
		}
		for _, s := range on {
			tr := pageTrial{m: m, sample: s, users: users}
			h.front.Change(seed, m)
			wait := rest
			if m.Readable {
				wait = settled
			}
			got := h.look(t, s, func(got meant) bool {
				e, _ := tr.judge(h, got)
				return m.Readable && e == completed
			}, wait)
			e, why := tr.judge(h, got)
			tally = append(tally, judged{m, fmt.Sprintf("%s, %s seed %d", s.Page, lang, seed), e, why})
		}
	}
	return tally
}

// decidedInFlow are the mutations that leave a page unreadable although all that is
// looked for on it is there, and why a flow stops on them all the same.
var decidedInFlow = map[string]string{
	"attestation-other-business": "whom the statement names is compared with the home page",
	"commit-disabled":            "a button that stays disabled is not pressed",
	"commit-says-return":         "what a button does that lies shows in the table, which is read after it",
	"dialog-alert-refuses":       "what a box of the browser's says is met when the button is pressed",
	"dialog-confirm-exists":      "what a box of the browser's asks is met when the button is pressed",
	"cookies-wall":               "what covers a button is met when it is pressed",
	"question-over-page":         "what covers a button is met when it is pressed",
	"details-lost":               "the numbers on the page are compared with the settings",
	"name-typed-lost":            "what was typed is read again",
	"pager-missing":              "the table is read on when it says that it has more rows",
	"pager-row-dead":             "the table is read on when it says that it has more pages",
	"pin-is-a-dash":              "a dash is no PIN, and one is waited for",
	"pin-is-pending":             "a word that says so is no PIN, and one is waited for",
	"two-tables":                 "which table is meant shows when its section is opened",
}

// tell prints the score and judges it: nothing is wrong, nothing is taken for
// readable that is not, and of the mutations
// that leave a page readable nine in ten are met as if nothing had happened.
func tell(t *testing.T, tally []judged) {
	t.Helper()
	worst := map[string]end{}
	readable, done, pages := map[string]bool{}, 0, len(tally)
	rank := map[end]int{"": 0, completed: 1, stopped: 2, wrong: 3}
	slices.SortStableFunc(tally, func(a, b judged) int { return cmp.Compare(a.m.Name, b.m.Name) })
	for _, j := range tally {
		if rank[j.end] > rank[worst[j.m.Name]] {
			worst[j.m.Name] = j.end
		}
		readable[j.m.Name] = j.m.Readable
		switch {
		case j.end == wrong:
			t.Errorf("%s on %s: %s", j.m.Name, j.where, j.why)
		case j.end == completed && !j.m.Readable && decidedInFlow[j.m.Name] == "":
			t.Errorf("%s on %s: all was found on a page that no longer says the same", j.m.Name, j.where)
		case j.end == stopped && j.m.Readable:
			t.Logf("stopped on a readable page: %s on %s: %s", j.m.Name, j.where, j.why)
		}
	}
	all := 0
	for name, e := range worst {
		if !readable[name] {
			continue
		}
		all++
		if e == completed {
			done++
		}
	}
	t.Logf("%d pages; of %d mutations that leave them readable %d are met as if nothing had happened", pages, all, done)
	if done*10 < all*9 {
		t.Errorf("only %d of %d readable mutations", done, all)
	}
}
