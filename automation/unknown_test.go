package automation_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// TestUnknownPage: a page that is not recognised is reported with all that helps
// to make it known: where it is, what it says of itself, which known page it is
// nearest to, what that lacks, and where its evidence lies.
func TestUnknownPage(t *testing.T) {
	t.Parallel()
	p, s := trial.Portal(t, fixtures.Options{Seed: 4})
	b := &between{change: func(_ *http.Request, page string) string {
		return strings.NewReplacer(`type="password"`, `type="text"`, `id="login"`, `id="entrance"`).Replace(page)
	}}
	r := trial.Run(t, trial.Config(t, standBetween(t, s, b)), automation.List())
	if trial.Ending(r) != "page_unknown" || len(p.Witness().SubmitsOf(fixtures.SecretPassword, "")) != 0 {
		t.Fatalf("ended as %s: %+v", trial.Ending(r), r.Error)
	}
	for _, part := range []string{
		"host clegc-gckey.gc.ca", `title "GCKey - Sign In / Sign Up"`, `language "en"`, `headings [`, `"Sign In"`,
		`nearest is "GCKey sign-in", which lacks: `, "visible input[type=password]",
	} {
		if !strings.Contains(r.Error.Message, part) {
			t.Errorf("the report says nothing of %s: %s", part, r.Error.Message)
		}
	}
	if r.Error.Page != "landing" { // the last one recognised
		t.Errorf("page %q", r.Error.Page)
	}
	pages, err := filepath.Glob(filepath.Join(r.RunDir, "page-*-unknown.html"))
	if err != nil || len(pages) != 1 {
		t.Fatalf("of the page the run %q keeps %v (%v)", r.RunDir, pages, err)
	}
	if !strings.Contains(r.Error.Hint, pages[0]) {
		t.Errorf("the hint does not lead to %s: %s", pages[0], r.Error.Hint)
	}
	kept, err := os.ReadFile(pages[0])
	if err != nil {
		t.Fatal(err)
	}
	// How it is built is kept, and what it says is not.
	if !bytes.Contains(kept, []byte(`id="entrance"`)) || bytes.Contains(kept, []byte("Simple. Secure.")) {
		t.Errorf("the evidence is no redacted page:\n%s", kept)
	}
	if pictures, _ := filepath.Glob(filepath.Join(r.RunDir, "*.png")); len(pictures) > 0 {
		t.Errorf("of a page that is not known there are pictures: %v", pictures)
	}
}
