package capture

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irccpin/automation/page"
	"irccpin/automation/secret"
)

const home = `<!DOCTYPE html><html lang="en"><head><!-- HO-01 1.6.0 --><!-- build for Quentin --><title>Quentin's IRCC Portal account</title></head>
<body><h1 id="wb-cont">Quentin's IRCC Portal account</h1>
<p>Dear Quentin Vesper-Okafor, call 1-800-555-0199 or write to q.vesper@firm.example.org. Step 2 of 3.</p>
<div class="row"><span>Business number</span> <span>812345679RP0001</span></div>
<form id="f" action="/save?token=9f8e7d6c&lang=eng"><label for="user-912345">Secret nickname</label>
<input id="user-912345" name="nick" value="Quentin"><input type="hidden" name="_csrf" value="tok-123456"><input type="submit" value="Save draft">
<script>var pin = "Zz9Qq8"</script></form>
<table><tr><th>Given name(s)</th><th>PIN</th></tr><tr><td>Will</td><td>Zz9Qq8</td></tr><tr><td>Oyelaran</td><td>abcdef</td></tr></table>
<p>Your PIN Zz9Qq8 belongs to oyelaran.</p><a href="mailto:q.vesper@firm.example.org">Write</a>
<a href="/mycic/home;jsessionid=0000Xy9AbC?user=7">Home</a> <a href="/reset/k3Jd82hXq01/step-2">Reset</a>
<div contenteditable>Save the step of Quentin</div><p>The pass phrase is correct horse battery.</p></body></html>`

func specimen(html string, private ...string) page.Specimen {
	return page.Specimen{HTML: html, Inspection: page.Inspection{
		Shot:    &page.Snapshot{URL: "https://example.com/home/912345", Title: "Quentin's IRCC Portal account", Lang: "en", Pages: []string{"home"}},
		Private: private,
	}}
}

func collect(t *testing.T, pages ...page.Specimen) (Capture, string, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "capture")
	secrets := new(secret.Redactor)
	secrets.Add("password", secret.New("correct horse battery"))
	c, err := Begin(Options{Dir: dir, Command: "test", Now: time.Now(), Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		c.Add(p)
	}
	if _, err := c.Finish("test browser"); err != nil {
		t.Fatal(err)
	}
	got, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %v", name, info.Mode())
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return got, all.String(), dir
}

// TestNobodyIsInACapture writes a page on which everything is somebody's.
func TestNobodyIsInACapture(t *testing.T) {
	_, all, _ := collect(t, specimen(home, "Will", "Zz9Qq8", "Oyelaran", "abcdef"))
	for _, private := range []string{
		"quentin", "vesper", "okafor", "q.vesper", "firm.example.org", "812345679", "RP0001", "555-0199", "912345", "9f8e7d6c",
		"tok-123456", "Zz9Qq8", "abcdef", "oyelaran", "correct horse", ">Will<", "jsessionid", "0000Xy9AbC", "k3Jd82hXq01", "the step of",
	} {
		if strings.Contains(strings.ToLower(all), strings.ToLower(private)) {
			t.Errorf("the capture holds %q:\n%s", private, all)
		}
	}
	for _, kept := range []string{
		"IRCC Portal account", "Business number", "Secret nickname", "Given name(s)", "Save draft", `id="wb-cont"`, `name="nick"`,
		"Step 2 of 3", "HO-01 1.6.0", "lang=eng", "Your PIN", `/mycic/home`, "/step-2",
	} {
		if !strings.Contains(all, kept) {
			t.Errorf("the capture has lost %q:\n%s", kept, all)
		}
	}
}

// TestTheSameIsMadeUpTheSame: within a capture, and not in the next.
func TestTheSameIsMadeUpTheSame(t *testing.T) {
	second := specimen(`<p>Yours, Quentin</p><label for="user-912345">x</label>`)
	second.Shot.URL = "https://example.com/other"
	second.Shot.Doc = "2"
	madeUp := func() (string, string) {
		got, _, dir := collect(t, specimen(home), second)
		one, err := got.HTML(dir, got.Pages[0])
		if err != nil {
			t.Fatal(err)
		}
		two, err := got.HTML(dir, got.Pages[1])
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := bytes.Cut(two, []byte("Yours, "))
		name, _, _ := bytes.Cut(after, []byte("<"))
		if !bytes.Contains(one, append(bytes.Clone(name), []byte("&#39;s IRCC Portal account")...)) {
			t.Errorf("Quentin became %q on one page, and not on the other:\n%s", name, one)
		}
		_, after, _ = bytes.Cut(two, []byte(`for="`))
		id, _, _ := bytes.Cut(after, []byte(`"`))
		if !bytes.Contains(one, append([]byte(`<label for="`), id...)) || !bytes.Contains(one, append([]byte(`id="`), id...)) {
			t.Errorf("the reference %q leads nowhere:\n%s", id, one)
		}
		return string(name), string(id)
	}
	_, first := madeUp()
	if _, again := madeUp(); first == again {
		t.Errorf("two captures made up the same id %q", first)
	}
}

// TestUnknownPagesSayLess: of a page that nobody knows, words outside the
// vocabulary go even where they label something.
func TestUnknownPagesSayLess(t *testing.T) {
	s := specimen(`<h1>Zweitpass required</h1><label>Zugangswort</label><button>Continue</button>`)
	s.Shot.Pages = nil
	_, all, _ := collect(t, s)
	if strings.Contains(all, "Zweitpass") || strings.Contains(all, "Zugangswort") || !strings.Contains(all, "Continue") {
		t.Errorf("the page says %s", all)
	}
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "no capture") {
		t.Errorf("an empty folder loads as %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, manifest), []byte(`{"schema":1,"pages":[{"file":"../x.html"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "outside its folder") {
		t.Errorf("a page outside the folder loads as %v", err)
	}
	if err := Reserve(dir); err == nil {
		t.Error("a folder with files in it was taken")
	}
	if err := os.WriteFile(filepath.Join(dir, manifest), []byte(`{"schema":9}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("another schema loads as %v", err)
	}
}

func TestDifferences(t *testing.T) {
	then := Sighting{Pages: []string{"home"}, Elements: map[string]Element{"logout": {Status: "found", Way: "id"}}, Tables: map[string]Table{"users": {Count: 1, Rows: 2, Shown: true}}}
	if d := then.Differences(then); len(d) != 0 {
		t.Errorf("the same differs: %q", d)
	}
	now := Sighting{Pages: []string{"home"}, Elements: map[string]Element{"logout": {Status: "found", Way: "text"}}, Tables: map[string]Table{}}
	want := []string{`element "logout" was found by id, is now found by text`, `table "users" was 1 with 2 rows, shown, columns none, is now not there`}
	if d := then.Differences(now); strings.Join(d, "\n") != strings.Join(want, "\n") {
		t.Errorf("differences are %q", d)
	}
	lost := Sighting{Nearest: "home", Missing: []string{"table users"}}
	if d := then.Differences(lost); len(d) != 1 || !strings.Contains(d[0], "which lacks: table users") {
		t.Errorf("differences are %q", d)
	}
}
