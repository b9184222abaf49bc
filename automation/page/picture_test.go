package page_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irccpin/automation/browser"
	"irccpin/automation/page"
	"irccpin/automation/secret"
)

// places are where a page can show something secret, %s being that. Each is a
// section of its own.
var places = map[string]string{
	"text":                    `<p>%s</p>`,
	"text in a list":          `<ul><li><strong>Code</strong> %s</li></ul>`,
	"description":             `<dl><dt>Code</dt><dd>%s</dd></dl>`,
	"heading":                 `<h2>Welcome %s</h2>`,
	"heading in pieces":       `<h3>Welcome <b>%.3s</b><i>%[2]s</i></h3>`,
	"link":                    `<a href="/x">%s</a>`,
	"label":                   `<label>Answer %s</label>`,
	"message":                 `<div class="alert" role="alert">It was %s.</div>`,
	"button":                  `<button type="button">Use %s</button>`,
	"submit button":           `<input type="submit" value="Use %s">`,
	"summary":                 `<details open><summary>%s</summary>%[1]s</details>`,
	"column head":             `<table><thead><tr><th>%s</th></tr></thead></table>`,
	"cell":                    `<table><tbody><tr><td>%s</td></tr></tbody></table>`,
	"row head":                `<table><tbody><tr><th scope="row">%s</th></tr></tbody></table>`,
	"link in a cell":          `<table><tbody><tr><td><a href="/x">%s</a></td></tr></tbody></table>`,
	"button in a cell":        `<table><tbody><tr><td><button type="button">%s</button></td></tr></tbody></table>`,
	"label in a cell":         `<table><tbody><tr><td><label>%s</label></td></tr></tbody></table>`,
	"caption":                 `<table><caption>%s</caption><tbody><tr><td>x</td></tr></tbody></table>`,
	"grid cell":               `<div role="grid"><div role="row"><div role="gridcell"><h4>%s</h4></div></div></div>`,
	"field":                   `<input value="%s" size="40">`,
	"field of a person":       `<input id="typed" data-typed="%s" size="40">`,
	"field in transition":     `<input value="%s" size="40" style="transition: all 30s">`,
	"placeholder":             `<input placeholder="%s" size="40">`,
	"text area":               `<textarea cols="40">%s</textarea>`,
	"choice":                  `<select><option>%s</option></select>`,
	"list box":                `<select size="2"><option>%s</option><option>y</option></select>`,
	"editable":                `<div contenteditable><span style="color: red">%s</span></div>`,
	"before an element":       `<i class="before" data-code="%s"></i>`,
	"mark of a list":          `<ul style="list-style: '%s'; margin-left: 30em"><li>x</li></ul>`,
	"background":              `<div style="width: 30em; height: 2em; background-image: url(&quot;data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='400' height='30'><text y='20'>%s</text></svg>&quot;)"></div>`,
	"drawing":                 `<svg width="400" height="30"><text y="20">%s</text></svg>`,
	"image":                   `<img width="400" height="30" src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='400' height='30'><text y='20'>%s</text></svg>">`,
	"canvas":                  `<canvas width="400" height="30" data-code="%s"></canvas>`,
	"shadow root":             `<div><template shadowrootmode="open"><style>b::after { content: attr(data-code) }</style><b data-code="%s">%[1]s</b><input value="%[1]s"></template></div>`,
	"closed custom":           `<x-code data-code="%s"></x-code>`,
	"frame":                   `<iframe width="500" height="60" srcdoc="<style>i::after { content: attr(data-code) }</style><p>%s <i data-code='%[1]s'></i></p><input value='%[1]s'>"></iframe>`,
	"frame in a frame":        `<iframe width="500" height="120" srcdoc="<iframe width=400 height=60 srcdoc='<p>%s</p>'></iframe>"></iframe>`,
	"a frame of another site": `<iframe width="500" height="60" src="https://www.canada.ca/frame?code=%s"></iframe>`,
	"dialog":                  `<dialog open style="position: static">%s</dialog>`,
	"output":                  `<output>%s</output>`,
}

// homeWith is a page that is recognised, with these sections on it. Its scripts
// do to some of them what needs a script.
func homeWith(sections ...string) string {
	return `<!DOCTYPE html><html lang="en"><head><title>Portal</title><style>.before::before { content: attr(data-code) } body { font: 16px sans-serif }</style></head><body>
<h1>Rosa's IRCC Portal account</h1><h2>Business details</h2><h2>Manage access</h2>
<table><thead><tr><th>Given name(s)</th><th>Family Name</th><th>PIN</th></tr></thead><tbody><tr><td>No data available in table</td></tr></tbody></table>
<p><a href="/create">Create a secondary user for this account</a></p>` +
		strings.Join(sections, "\n") + `
<script>
	customElements.define("x-code", class extends HTMLElement {
		connectedCallback() { this.attachShadow({mode: "closed"}).textContent = this.dataset.code; }
	});
	for (const el of document.querySelectorAll("[data-typed]")) { el.value = el.dataset.typed; }
	for (const el of document.querySelectorAll("canvas")) { el.getContext("2d").fillText(el.dataset.code, 5, 20); }
</script></body></html>`
}

// exhibit is a handler that shows what a test has put up.
type exhibit struct {
	mu   sync.Mutex
	text string
}

func (e *exhibit) put(text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text = text
}

func (e *exhibit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r.URL.Path == "/frame" {
		html(w, "<p>"+r.URL.Query().Get("code")+"</p>")
		return
	}
	html(w, e.text)
}

const home = "https://onlineservices-servicesenligne.cic.gc.ca/mycic/repPortal/tfwp/home"

// unmasked is a tab in which the mask does nothing: the mutation that the tests
// of the mask must notice.
type unmasked struct{ *browser.Tab }

func (u unmasked) Call(ctx context.Context, doc browser.DocID, function string, args, result any) error {
	if strings.Contains(function, "Covers, in the page itself") {
		return nil // as if there was nothing to list and nothing to change
	}
	return u.Tab.Call(ctx, doc, function, args, result)
}

// snap shows a page and takes its picture. The page is afterwards as it was.
func snap(t *testing.T, s *stage, wrap func(*browser.Tab) page.Tab, redact func(string) string) page.Picture {
	t.Helper()
	var shown page.Tab
	d := s.open(t, home, func(tab *browser.Tab) page.Tab {
		if shown = tab; wrap != nil {
			shown = wrap(tab)
		}
		return shown
	})
	defer func() { _ = d.Close(background(t)) }()
	if _, err := d.Next(background(t), "the home page"); err != nil {
		t.Fatal(err)
	}
	// The words of the markup without its styles, in any order: an attribute
	// that was taken away comes back as the last one.
	words := func() []string {
		text, err := shown.HTML(background(t))
		if err != nil {
			t.Fatal(err)
		}
		text = regexp.MustCompile(` style="[^"]*"`).ReplaceAllString(text, "")
		words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \n<>", r) })
		slices.Sort(words)
		return words
	}
	before := words()
	picture, err := d.TakePicture(background(t), redact)
	if err != nil {
		t.Fatal(err)
	}
	if len(picture.Screenshot) == 0 {
		t.Fatal("there is no screenshot")
	}
	if diff := cmp.Diff(before, words()); diff != "" {
		t.Errorf("the cover left its marks on the page: %s", diff)
	}
	return picture
}

// one and other are secrets of one shape and of very different looks; only the
// first kind is known to the redactor by value.
var (
	one   = secrets{known: "wiWMiwllWMw", code: "WwM7q2"}
	other = secrets{known: "ilIjlWWjiiM", code: "iljI1J"}
)

type secrets struct{ known, code string }

func (s secrets) redact(text string) string {
	r := new(secret.Redactor)
	r.Add("answer", secret.New(s.known))
	return r.String(text)
}

// band is the height of a section in CSS pixels, and bandTop where the first one
// begins: each has a stretch of the picture to itself.
const (
	band    = 150
	bandTop = 400
)

// homeWithAll has the secret in every place.
func homeWithAll(value string) string {
	var sections []string
	for i, name := range sortedKeys(places) {
		text := fmt.Sprintf(places[name]+"%.0[2]s", value, value[3:])
		sections = append(sections, fmt.Sprintf(`<section style="position: absolute; top: %dpx; height: %dpx; overflow: hidden">%s</section>`, bandTop+i*band, band, text))
	}
	return homeWith(sections...)
}

// showing lists the places in which two pictures differ.
func showing(t *testing.T, a, b page.Picture) []string {
	t.Helper()
	first, second := pixels(t, a), pixels(t, b)
	if first.Bounds() != second.Bounds() {
		t.Fatalf("the pictures are %v and %v", first.Bounds(), second.Bounds())
	}
	names := sortedKeys(places)
	if got := first.Bounds().Dy(); got < bandTop+len(names)*band {
		t.Fatalf("the picture is %d pixels high: it does not show everything", got)
	}
	var out []string
	for y := range first.Bounds().Dy() {
		same := true
		for x := range first.Bounds().Dx() {
			same = same && first.At(x, y) == second.At(x, y)
		}
		if name := "above"; !same {
			if y >= bandTop {
				name = names[(y-bandTop)/band]
			}
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func pixels(t *testing.T, p page.Picture) image.Image {
	t.Helper()
	decoded, err := png.Decode(bytes.NewReader(p.Screenshot))
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// TestPictureShowsNoSecret takes pictures of pages that differ in their secrets
// alone: the pictures must be the same, so that nothing of a secret is in any
// pixel. Without the mask they differ in every single place.
func TestPictureShowsNoSecret(t *testing.T) {
	var wall exhibit
	s := newStage(t, &wall, browser.Options{LoadImages: true})
	pair := func(of func(secrets) string, wrap func(*browser.Tab) page.Tab) []string {
		wall.put(homeWithAll(of(one)))
		first := snap(t, s, wrap, one.redact)
		wall.put(homeWithAll(of(other)))
		return showing(t, first, snap(t, s, wrap, other.redact))
	}
	known, unknown := func(s secrets) string { return s.known }, func(s secrets) string { return s.code }
	if seen := pair(known, nil); seen != nil {
		t.Errorf("a secret can be seen in the picture: %q", seen)
	}
	if seen := pair(unknown, nil); seen != nil {
		t.Errorf("a code that was never read can be seen in the picture: %q", seen)
	}
	seen := pair(known, func(tab *browser.Tab) page.Tab { return unmasked{tab} })
	if diff := cmp.Diff(sortedKeys(places), seen); diff != "" {
		t.Errorf("without the mask a secret must be seen in every place, or this test shows nothing (-all +seen):\n%s", diff)
	}
}

// TestPictureKeepsTheInterface: a picture that is covered whole would be safe
// and of no use.
func TestPictureKeepsTheInterface(t *testing.T) {
	var wall exhibit
	s := newStage(t, &wall, browser.Options{})
	wall.put(homeWith(`<h2>Welcome RosaDelgado77</h2><p>Rosa Delgado</p><div class="alert">The PIN of rosa@example.com is k7TqP2, since 2026.</div>
<h3>Hello <b>Rosa</b>Delgado77</h3><table><tbody><tr><td>k7TqP2</td></tr></tbody></table><input type="submit" value="Save">`))
	r := new(secret.Redactor)
	r.Add("username", secret.New("RosaDelgado77"))
	text := snap(t, s, nil, r.String).HTML
	for _, want := range []string{
		"Manage access", "Create a secondary user for this account", "<th>PIN</th>", "<h2>Welcome [redacted:username]</h2>", `value="Save"`,
		`<div class="alert">The PIN of •••••••••••••••• is ••••••, since 2026.</div>`, "<h3>••••• <b>••••</b>•••••••••</h3>", "<td>••••••</td>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not kept in %s", want, text)
		}
	}
}

// TestRestlessPageKeepsNoPicture: what a page writes over its cover is not
// photographed.
func TestRestlessPageKeepsNoPicture(t *testing.T) {
	var wall exhibit
	s := newStage(t, &wall, browser.Options{})
	wall.put(homeWith(`<p id="clock">x</p><script>setInterval(() => { document.getElementById("clock").textContent = "k7TqP2 " + performance.now(); }, 1);</script>`))
	d := s.open(t, home, nil)
	if _, err := d.Next(background(t), "the home page"); err != nil {
		t.Fatal(err)
	}
	picture, err := d.TakePicture(background(t), one.redact)
	if err != nil || picture.Screenshot != nil || picture.HTML == "" {
		t.Errorf("a picture of %d bytes, HTML of %d, %v", len(picture.Screenshot), len(picture.HTML), err)
	}
}
