package evidence

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"irccpin/automation/lang"
)

// reportOf writes the report of a run that failed on an unknown page, and returns it.
func reportOf(t *testing.T, hostile string) []byte {
	t.Helper()
	c := &clock{start}
	r := openRun(t, Options{Now: c.Now, Command: "create" + hostile, Employer: "Example Bakery Ltd." + hostile})
	for _, e := range []Event{
		{Kind: "open", Detail: hostile},
		{Kind: "click", Page: "landing" + hostile, Element: "employer", Way: "text"},
		{Kind: "fill", Page: "signin", Element: "username" + hostile, Way: "label" + hostile, Deed: hostile},
		{Kind: "click", Page: "signin", Element: "signin", Outcome: "page_unknown" + hostile},
	} {
		c.advance(700 * time.Millisecond)
		r.Step(e)
	}
	c.advance(5 * time.Second)
	r.Page(Snapshot{Name: "signin", Title: hostile, Lang: hostile, URL: hostile, HTML: "<p>" + html.EscapeString(hostile), Screenshot: picturePNG(t, ""), Recognised: true})
	r.Page(Snapshot{Title: "x", HTML: "<p>unknown"})
	finish(t, r, Record{Code: "page_unknown" + hostile, Message: hostile, Hint: hostile, Page: hostile, Warnings: []Warning{{hostile, hostile, hostile, hostile}}})
	record, events := load(t, r)
	record.Fault = hostile
	var b bytes.Buffer
	if err := WriteHTML(&b, record, events, os.DirFS(r.Dir())); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReport(t *testing.T) {
	page := string(reportOf(t, ""))
	for _, want := range []string{
		"Example Bakery Ltd.", "page unknown", "22 November 2026, 15:45:01 UTC", "7.8 s", "5.0 s", "<h3>signin</h3>",
		"saved as page 2", "data:image/png;base64,iVBOR", "was not recognised",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in the report", want)
		}
	}
}

// TestReportInFrench: what the report adds to the evidence is in the language of whoever writes it.
func TestReportInFrench(t *testing.T) {
	if err := lang.Use(lang.French); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lang.Use(lang.English) }()
	page := string(reportOf(t, ""))
	for _, want := range []string{
		`<html lang="fr">`, "Example Bakery Ltd.", "page inconnue", "2026-11-22, 15:45:01 UTC", "<h3>signin</h3>",
		"enregistrée comme page 2", "Étapes", "Pages enregistrées", "Aucune image\u00a0: d&#39;une page qui n&#39;a pas été reconnue", "Les secrets ont été retirés",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in the report", want)
		}
	}
	for _, stray := range []string{"Time line", "Saved pages", "Secrets were removed", "Took"} {
		if strings.Contains(page, stray) {
			t.Errorf("the report says %q", stray)
		}
	}
}

// The report runs nothing, asks nobody for anything, and shows whatever the evidence holds as text.
func TestReportIsSelfContained(t *testing.T) {
	const hostile = `"'><script>alert(1)</script><img src=//evil.example/x onerror=alert(1)></pre>{{.}}javascript:alert(1)`
	doc, err := html.Parse(bytes.NewReader(reportOf(t, hostile)))
	if err != nil {
		t.Fatal(err)
	}
	pictures := 0
	for n := range doc.Descendants() {
		switch n.DataAtom {
		case atom.Script, atom.Link, atom.Iframe, atom.Object, atom.Embed, atom.Base, atom.Form:
			t.Errorf("there is a <%s>", n.Data)
		case atom.Img:
			pictures++
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s> has %s", n.Data, a.Key)
			case a.Key == "src" && !strings.HasPrefix(a.Val, "data:image/png;base64,"),
				a.Key == "href" && !strings.HasPrefix(a.Val, "#page-"):
				t.Errorf("<%s> leads to %q", n.Data, a.Val)
			}
		}
	}
	if pictures != 1 {
		t.Errorf("there are %d pictures", pictures)
	}
}

func TestReportOfWhatIsLeft(t *testing.T) {
	var b bytes.Buffer
	record := Record{ID: "20261122-154501-aaaaaa", Started: start, State: BrokenOff, Fault: "its process ended without saying how"}
	events := []Event{{Kind: "page", Page: "home", Saved: &Saved{Recognised: true, HTML: "../other/page.html", Screenshot: "gone.png"}}}
	if err := WriteHTML(&b, record, events, os.DirFS(t.TempDir())); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"broken off", record.Fault, "Missing: ", "gone.png", "invalid argument"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in %s", want, b.String())
		}
	}
}
