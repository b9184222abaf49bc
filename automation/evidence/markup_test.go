package evidence

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"irccpin/automation/markup"
	"irccpin/automation/secret"
)

func TestMarkup(t *testing.T) {
	catalog := map[string]bool{"Sign In": true, "Given name(s) (required)": true, "Welcome to GCKey": true}
	known := func(s string) bool { return catalog[s] }
	tests := map[string]struct {
		known    func(string) bool
		masked   []string
		in, want string
	}{
		"structure, labels and ids stay": {
			in:   `<form id="login" action="/j/eng/l"><label for="token1">Username</label><input id="token1" name="token1" type="text" required class="form-control input-lg"></form>`,
			want: `<form id="login" action="/j/eng/l"><label for="token1">Username</label><input id="token1" name="token1" type="text" required="" class="form-control input-lg"/></form>`,
		},
		"typed and hidden values go, a button's wording stays": {
			in:   `<input value="typed"><input type="hidden" name="_csrf" value="x"><input type="Submit" value="Clear All"><button value="x">Sign In</button>`,
			want: `<input/><input type="hidden" name="_csrf"/><input type="Submit" value="Clear All"/><button>Sign In</button>`,
		},
		"what was chosen goes": {
			in:   `<input type="radio" checked value="a"><select><option selected value="b">Français</option></select><textarea>mine</textarea><div contenteditable="">mine</div><div contenteditable="false">theirs</div>`,
			want: `<input type="radio"/><select><option>Français</option></select><textarea></textarea><div></div><div>theirs</div>`,
		},
		"code and data go": {
			in:   `<script src="/j/js/a.js?v=1">x()</script><style>p{}</style><p onclick="x()" data-user="Jane" style="color:red; DISPLAY : none;visibility:hidden">t</p><noscript><b>n</b></noscript>`,
			want: `<script src="/j/js/a.js"></script><style></style><p style="display : none; visibility:hidden">t</p><noscript></noscript>`,
		},
		"addresses lose what belongs to a session": {
			in: `<a href="https://u:p@example.com/a/b;jsessionid=1?ReqID=2#3">a</a><a href="?x=1">b</a><a href="#main">c</a><a href="mailto:a@example.com">d</a>` +
				`<a href="javascript:go(1)">e</a><a href="/user/123456789/8f14e45fceea167a5a36dedd4bea2543">f</a><a href="//example.com/x">g</a><a href="/mycic/4.0.10/">h</a><a href="%zz">i</a>`,
			want: `<a href="https://example.com/a/b">a</a><a href="">b</a><a href="#main">c</a><a href="mailto:">d</a>` +
				`<a href="javascript:">e</a><a href="/user/000000000/…">f</a><a href="//example.com/x">g</a><a href="/mycic/4.0.10/">h</a><a href="…">i</a>`,
		},
		"comments go, page codes stay": {
			in:   `<!-- HO-01 1.6.0 --><!--WE-01--><!-- user Jane --><!-- HO-01 Jane --><p>t</p>`,
			want: `<!-- HO-01 1.6.0 --><!--WE-01--><p>t</p>`,
		},
		"identifiers lose people": {
			in:   `<p id="row-1234567" class="a jane@example.com b4">t</p>`,
			want: `<p id="row-0000000" class="a … b4">t</p>`,
		},
		"masked values go": {
			masked: []string{"Qz7wKx", "7", " "},
			in:     `<td id="pin-Qz7wKx">Qz7wKx</td><td> Q<b>z7</b>wKx </td><td>7</td><td>17</td><a href="/pins/xQz7wKx" title="PIN Qz7wKx">t</a>`,
			want:   `<td id="pin-[redacted:masked]">[redacted:masked]</td><td> [redacted:masked] </td><td>…</td><td>17</td><a href="/pins/…" title="PIN [redacted:masked]">t</a>`,
		},
		"an unknown page keeps known wording only": {
			known: known,
			in: `<h1 id="wb-cont">Welcome to <b>GCKey</b></h1><h2>Hello Jane</h2><label for="given">  Given name(s)
 <strong>(required)</strong></label><button title="Jane's button">Sign In</button><p>— | :</p><input type="submit" value="Jane">`,
			want: `<h1 id="wb-cont">Welcome to <b>GCKey</b></h1><h2>…………… …………</h2><label for="given">  Given name(s)
 <strong>(required)</strong></label><button title="……………… ………………">Sign In</button><p>— | :</p><input type="submit" value="…………"/>`,
		},
		"an unknown page's identifiers do not repeat its texts": {
			known: known,
			in:    `<p id="pin-B6dens">Your PIN: B6dens</p><table><tbody><tr class="row roe even"><td>Roe</td></tr></tbody></table><a href="https://roe.example.com/users/Roe">x</a>`,
			want: `<p id="…">………… ………… ………………</p><table><tbody><tr class="row … even"><td>………</td></tr></tbody></table>` +
				`<a href="https://roe.example.com/users/…">…</a>`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := &cleaner{text: text{redactor: new(secret.Redactor)}.masking(test.masked), masked: test.masked, known: test.known}
			in := "<body>" + test.in + "</body>"
			if strings.HasPrefix(test.in, "<td") {
				in = "<table><tbody><tr>" + strings.Replace(test.in, "<a", "</tr></tbody></table><a", 1)
				test.want = "<table><tbody><tr>" + strings.Replace(test.want, "<a", "</tr></tbody></table><a", 1)
			}
			page, err := m.redact(in)
			if err != nil {
				t.Fatal(err)
			}
			_, body, _ := strings.Cut(string(page), "<body>")
			body = strings.TrimSuffix(body, "</body></html>")
			if diff := cmp.Diff(test.want, body); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMarkupIsSealed(t *testing.T) {
	m := &cleaner{text: text{redactor: new(secret.Redactor)}}
	page, err := m.redact(`<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"><head><meta charset="windows-1252"><meta http-equiv="refresh" content="0;url=/x"></head>`)
	if err != nil {
		t.Fatal(err)
	}
	want := `<!DOCTYPE html><html><head><meta charset="utf-8"/><meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;;`
	if !strings.HasPrefix(string(page), want) || strings.Contains(string(page), "refresh") {
		t.Error(string(page))
	}
}

func TestMarkupBounds(t *testing.T) {
	m := &cleaner{text: text{redactor: new(secret.Redactor)}, known: func(string) bool { return false }}
	page, err := m.redact("<p>" + strings.Repeat("é", maxHTML))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(page), "é") {
		t.Error("the text is still there")
	}
	if _, err := m.redact(strings.Repeat("<div>", 10_000)); err == nil {
		t.Error("a page nested without end was kept")
	}
}

// Whatever comes in, what comes out holds nothing that may not stay, however a browser reads it.
func FuzzMarkup(f *testing.F) {
	f.Add(sentinelPage("Word7x"))
	f.Add("<noscript>&lt;script>Word7x</noscript><math><style>Word7x")
	f.Add("<svg><style><img title=Word7x></svg><frameset><frame src=//Word7x/Word7x?Word7x>")
	f.Add("<svg><foreignObject><xmp><!--Word7x--></xmp></foreignObject></svg><table>Word7x<td><form><form>Word7x")
	f.Fuzz(func(t *testing.T, in string) {
		m := &cleaner{text: text{redactor: new(secret.Redactor)}, known: func(string) bool { return false }}
		page, err := m.redact(in)
		if err != nil {
			return
		}
		for _, scripting := range []bool{true, false} {
			doc, err := html.ParseWithOptions(bytes.NewReader(page), html.ParseOptionEnableScripting(scripting))
			if err != nil {
				t.Fatalf("%q became %q: %v", in, page, err)
			}
			for n := range doc.Descendants() {
				if fault := notRedacted(n); fault != "" {
					t.Fatalf("%q became %q, with %s", in, page, fault)
				}
			}
		}
	})
}

// notRedacted tells what of a node may not be there.
func notRedacted(n *html.Node) string {
	switch n.Type {
	case html.CommentNode:
		if markup.Goes(n) {
			return "the comment " + n.Data
		}
	case html.TextNode:
		if strings.ContainsFunc(n.Data, unicode.IsLetter) {
			return "the text " + n.Data
		}
	case html.ElementNode:
		if markup.IsHollow(n) && n.FirstChild != nil {
			return "contents of " + n.Data
		}
		for _, a := range n.Attr {
			isSeal := n.DataAtom == atom.Meta && (a.Key == "charset" || a.Key == "http-equiv" || a.Val == sealed)
			if !isSeal && !markup.IsIdentifier(a.Key) && !markup.IsWording(n, a.Key) && !markup.IsAddress(a.Key) && a.Key != "style" && a.Key != "value" {
				return "the attribute " + a.Key
			}
		}
	}
	return ""
}
