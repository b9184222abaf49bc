package evidence

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"irccpin/automation/secret"
)

// sentinels are secrets that nothing else looks like; the short ones are as short as the portal's.
var sentinels = map[string]string{
	"username": "sentinel-Username-8841",
	"password": `s3ntinel"P&ss<wörd>\`,
	"totp":     "JBSWY3DPEHPK3PXPJBSWY3DP",
	"answer":   "Sentinel Éléphant",
	"pin":      "Qz7wKx",
	"passcode": "918273",
}

func sentinelRedactor() *secret.Redactor {
	r := new(secret.Redactor)
	for kind, s := range sentinels {
		r.Add(kind, secret.New(s))
	}
	return r
}

// everySentinel is a text with all secrets in it, in several forms.
func everySentinel() string {
	var b strings.Builder
	for _, s := range sentinels {
		fmt.Fprintf(&b, " %s %s %s %s ;", s, url.QueryEscape(s), html.EscapeString(s), base64.StdEncoding.EncodeToString([]byte(s)))
	}
	return b.String()
}

// fill puts s into every text of a value, so that a field that is added later is tested too.
func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), s)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), s)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), s)
			}
		}
	}
}

// sentinelPage is a page with s in every place that a page has.
func sentinelPage(s string) string {
	e := html.EscapeString(s)
	return `<!DOCTYPE html SYSTEM "` + e + `"><html lang="` + e + `" data-x="` + e + `"><head><!-- ` + e + ` --><title>` + e + `</title>
<meta name="description" content="` + e + `"><base href="https://example.com/` + e + `"><script>var x = "` + e + `";</script><style>a{content:"` + e + `"}</style>
</head><body id="` + e + `" class="` + e + `" onclick="f('` + e + `')"><p title="` + e + `">` + e + ` and <b>bold ` + e + `</b></p>
<a href="/next?token=` + url.QueryEscape(s) + `#` + e + `">next</a><a href="mailto:` + e + `">mail</a><a href="javascript:f('` + e + `')">x</a>
<form action="https://` + url.PathEscape(s) + `@example.com/j;jsessionid=` + url.PathEscape(s) + `?q=` + url.QueryEscape(s) + `">
<input id="given" value="` + e + `"><input type="hidden" name="_csrf" value="` + e + `"><input type="submit" value="` + e + `">
<textarea>` + e + `</textarea><select><option value="` + e + `" selected>` + e + `</option></select><div contenteditable>` + e + `</div></form>
<table><tr><td>` + e + `</td></tr></table><noscript><img alt="` + e + `"></noscript><iframe srcdoc="` + e + `">` + e + `</iframe>
<svg><text id="` + e + `">` + e + `</text></svg><math><mi>` + e + `</mi></math><template shadowrootmode="open"><i>` + e + `</i></template>
<x-thing some="` + e + `">` + e + `</x-thing><xmp>` + e + `</xmp><!--` + e + `--><plaintext>` + e
}

// playRun puts s everywhere it can be put.
func playRun(t *testing.T, r *Run, s string) {
	t.Helper()
	var e Event
	fill(reflect.ValueOf(&e).Elem(), s)
	r.Step(e)
	for _, recognised := range []bool{true, false} {
		snapshot := Snapshot{}
		fill(reflect.ValueOf(&snapshot).Elem(), s)
		snapshot.Masked = []string{"Jane Roe"}
		snapshot.HTML, snapshot.Screenshot, snapshot.Recognised = sentinelPage(s), picturePNG(t, s), recognised
		r.Page(snapshot)
	}
	var rec Record
	fill(reflect.ValueOf(&rec).Elem(), s)
	finish(t, r, rec)
}

func TestNoSecretIsWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	text := everySentinel()
	r := openRun(t, Options{
		Dir: dir, Redactor: sentinelRedactor(), Known: func(string) bool { return true },
		Command: text, Employer: text, Versions: Versions{Program: text, Browser: text},
	})
	if found := leaks(t, dir, sentinels); found != nil {
		t.Errorf("when opened: %q", found)
	}
	playRun(t, r, text)
	if found := leaks(t, dir, sentinels); found != nil {
		t.Errorf("%q", found)
	}
	record, events := load(t, r)
	if record.State != Finished || len(events) != 3 {
		t.Errorf("the run is %s with %d events", record.State, len(events))
	}
	var report bytes.Buffer
	if err := WriteHTML(&report, record, events, os.DirFS(r.Dir())); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, "report.html"), report.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if found := leaks(t, out, sentinels); found != nil {
		t.Errorf("in the report: %q", found)
	}
}

// Without the redactor's knowledge the same run must be full of secrets, or the test above proves nothing.
func TestLeaksAreFoundWithoutRedaction(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	playRun(t, openRun(t, Options{Dir: dir}), everySentinel())
	found := strings.Join(leaks(t, dir, sentinels), "\n")
	for kind := range sentinels {
		if !strings.Contains(found, "the "+kind+" as ") {
			t.Errorf("the %s was not found anywhere", kind)
		}
	}
	for _, file := range []string{recordFile, traceFile, ".html"} {
		if !strings.Contains(found, file+" holds") {
			t.Errorf("nothing was found in %s", file)
		}
	}
}

// A page that was not recognised keeps no text, even without a redactor that knows anything.
func TestUnknownPageKeepsNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.StringMatching(`[A-Z][a-z]{2}[0-9][A-Za-z]{2,5}`).Draw(rt, "word")
		m := &cleaner{text: text{redactor: new(secret.Redactor)}, known: func(s string) bool { return s == "Sign In" }}
		page, err := m.redact(sentinelPage(word))
		if err != nil {
			rt.Fatal(err)
		}
		if bytes.Contains(bytes.ToLower(page), []byte(strings.ToLower(word))) {
			rt.Fatalf("%s is in %s", word, page)
		}
	})
}

func TestSecretLearntLaterIsRemoved(t *testing.T) {
	redactor := new(secret.Redactor)
	r := openRun(t, Options{Redactor: redactor})
	r.Step(Event{Kind: "read", Detail: "the cell says Qz7wKx"})
	page := r.Page(Snapshot{Name: "home", Recognised: true, HTML: "<p>Qz7wKx</p>"})
	if !strings.Contains(read(t, page), "Qz7wKx") {
		t.Fatal("nobody could know it yet")
	}
	redactor.Add("pin", secret.New("Qz7wKx"))
	finish(t, r, Record{Result: "found"})
	if found := leaks(t, r.Dir(), map[string]string{"pin": "Qz7wKx"}); found != nil {
		t.Errorf("%q", found)
	}
	if _, events := load(t, r); len(events) != 2 || events[0].Detail != "the cell says [redacted:pin]" {
		t.Errorf("the trace became %+v", events)
	}
}
