package automation_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"irccpin/automation"
	"irccpin/automation/browser"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// TestReportInABrowser: a portal that writes markup into everything that it says
// makes a report that, opened in a browser, asks nobody for anything and runs
// nothing.
func TestReportInABrowser(t *testing.T) {
	t.Parallel()
	p, s := trial.Portal(t, fixtures.Options{Seed: 11})
	for _, name := range []string{"2fa-off", "create-validation-error"} {
		if err := p.Misbehave(fixtures.Misbehaviour{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	const hostile = `"'></pre></style><script>document.documentElement.dataset.ran = 1</script><img src=https://evil.example/a.png onerror="document.documentElement.dataset.ran = 2"><iframe src=https://evil.example/b></iframe><link rel=stylesheet href=https://evil.example/c><style>@import url(https://evil.example/d);</style>`
	b := &between{change: func(_ *http.Request, page string) string { return echo(page, hostile) }}
	conf := trial.Config(t, standBetween(t, s, b))
	result := trial.Run(t, conf, automation.Create(trial.Newcomer))
	if trial.Ending(result) != "rejected_by_portal" || !strings.Contains(result.Error.Message, "evil.example") {
		t.Errorf("ended as %s, and quotes nothing: %+v", trial.Ending(result), result.Error)
	}
	var report bytes.Buffer
	if err := automation.WriteRunHTML(&report, conf.StateDir, result.Run); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(report.Bytes(), []byte("evil.example")) || !bytes.Contains(report.Bytes(), []byte("data:image/png")) {
		t.Error("the report holds no quotation or no picture: the test shows nothing")
	}

	ran, asked := opened(t, report.String())
	if ran || len(asked) > 0 {
		t.Errorf("the report runs something: %t, and asks for %q", ran, asked)
	}
	// The same without what keeps it quiet.
	loud := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(report.String(), "")
	ran, asked = opened(t, strings.Replace(loud, "</body>", hostile+"</body>", 1))
	if !ran || len(asked) == 0 {
		t.Errorf("markup that is live goes unnoticed: ran %t, asked for %q", ran, asked)
	}
}

// opened opens a page from a file, and tells whether a script of its ran and
// which hosts it wanted.
func opened(t *testing.T, text string) (ran bool, asked []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	gate, err := browser.OpenGate(browser.GateOptions{
		Allow: func(string) bool { return false },
		OnRefused: func(target string) {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, target)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	found, err := browser.Find(browser.FindOptions{Headless: true})
	if err != nil {
		t.Fatal(err)
	}
	chrome, err := browser.Start(t.Context(), browser.Options{
		Path: found.Path, Headless: true, LoadImages: true, NoSandbox: os.Geteuid() == 0, Gate: gate, ProfileRoot: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer chrome.Close(t.Context())
	loaded := make(chan browser.DocID, 1)
	tab, err := chrome.NewTab(t.Context(), browser.TabOptions{
		World: "look", Binding: "told", Script: `addEventListener("load", () => told("loaded"))`,
	})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for event := range tab.Events() {
			if said, ok := event.(browser.Announced); ok && said.Frame == "" {
				loaded <- said.Doc
			}
		}
	}()
	if err := tab.Navigate(t.Context(), "file://"+file); err != nil {
		t.Fatal(err)
	}
	// A script of the page leaves its mark where this world cannot see it, so it
	// is looked for in what both share.
	doc := <-loaded
	if err := tab.Call(t.Context(), doc, `() => document.documentElement.dataset.ran !== undefined`, nil, &ran); err != nil {
		t.Fatal(err)
	}
	if err := tab.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	return ran, asked
}
