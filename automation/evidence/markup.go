package evidence

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"irccpin/automation/markup"
)

// cleaner redacts one page. What is not known to be harmless goes: see package markup for what of elements and attributes
// may stay.
type cleaner struct {
	text   text
	masked []string
	// known is nil for a page that was recognised: it keeps its texts.
	known func(string) bool

	// kept are the texts that stay, and hidden the words that may come back in an identifier, of a page that was not
	// recognised.
	kept   map[*html.Node]bool
	hidden map[string]bool
}

const (
	// maxHTML bounds a page. The portal's are below 200 kB; the rest of a larger one is cut off.
	maxHTML = 4 << 20
	// maxWording bounds the texts that are looked up as a whole, in bytes: the attestation, the longest wording of the
	// catalog, is below a thousand.
	maxWording = 2 << 10
	// shortestHidden is the number of characters below which a word is too common to be looked for in identifiers.
	shortestHidden = 3
)

// sealed is the policy of a saved page: it asks nobody for anything.
const sealed = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

// redact returns the page as UTF-8.
func (m *cleaner) redact(source string) ([]byte, error) {
	source = strings.ToValidUTF8(source[:min(len(source), maxHTML)], "\uFFFD")
	// Without scripting, so that the contents of noscript are elements and go with it.
	doc, err := html.ParseWithOptions(strings.NewReader(source), html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil, fmt.Errorf("reading its HTML: %w", err)
	}
	if m.known != nil {
		m.kept, m.hidden = map[*html.Node]bool{}, map[string]bool{}
		m.sort(doc, false, false)
	}
	m.clean(doc)
	markup.Seal(doc, sealed)
	var b bytes.Buffer
	if err := html.Render(&b, doc); err != nil {
		return nil, fmt.Errorf("writing its HTML: %w", err)
	}
	// As a whole once more, for secrets whose letters are spread over several texts.
	out := m.text.redactor.Bytes(b.Bytes())
	if m.text.masked != nil {
		out = m.text.masked.Bytes(out)
	}
	return out, nil
}

// sort tells the texts under n that stay from those that go. known tells that n is within wording of the catalog.
func (m *cleaner) sort(n *html.Node, known, cell bool) {
	if n.Type == html.ElementNode {
		cell = cell || n.DataAtom == atom.Td
		if !known {
			var all strings.Builder
			known = textOf(n, &all) && m.isKnown(all.String())
		}
	}
	if n.Type == html.TextNode {
		if known || m.isKnown(n.Data) {
			m.kept[n] = true
			return
		}
		for word := range words(n.Data) {
			if cell || strings.ContainsAny(word, "0123456789") {
				m.hidden[word] = true
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		m.sort(c, known, cell)
	}
}

// textOf adds the text under n to b, and reports whether it is short enough to be wording of the catalog.
func textOf(n *html.Node, b *strings.Builder) bool {
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if b.Len() > maxWording || !textOf(c, b) {
			return false
		}
	}
	return b.Len() <= maxWording
}

// words yields the words of s that are long enough to matter, in lower case.
func words(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for word := range strings.FieldsFuncSeq(strings.ToLower(s), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
			if len([]rune(word)) >= shortestHidden && !yield(word) {
				return
			}
		}
	}
}

// isKnown reports whether a text may stay on a page that was not recognised: wording of the catalog, or no words at all.
func (m *cleaner) isKnown(s string) bool {
	s = strings.Join(strings.Fields(s), " ")
	return !strings.ContainsFunc(s, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) }) || m.known(s)
}

// clean redacts n and what is under it.
func (m *cleaner) clean(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		n.Data = m.words(n)
	case html.DoctypeNode:
		n.Data, n.Attr = "html", nil
	case html.ElementNode:
		if markup.IsHollow(n) || n.DataAtom == atom.Iframe { // a frame shows another document
			for n.FirstChild != nil {
				n.RemoveChild(n.FirstChild)
			}
		}
		n.Attr = m.attributes(n)
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch {
		case markup.Goes(c):
			n.RemoveChild(c)
		default:
			m.clean(c)
		}
		c = next
	}
}

// words returns what is left of a text.
func (m *cleaner) words(n *html.Node) string {
	if m.known != nil && !m.kept[n] {
		return blank(n.Data)
	}
	left := m.text.withoutSecrets(n.Data)
	// A redactor does not look for the shortest values, but a cell that holds one has nothing else.
	for _, v := range m.masked {
		if v = strings.TrimSpace(v); v != "" && v == strings.TrimSpace(left) {
			return blank(left)
		}
	}
	return left
}

// wording returns what is left of a text that stands in an attribute.
func (m *cleaner) wording(s string) string {
	if m.known != nil && !m.isKnown(s) {
		return blank(s)
	}
	return m.text.withoutSecrets(s)
}

// blank returns a text of the same shape that says nothing.
func blank(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return c
		}
		return '…'
	}, s)
}

// identifier returns an identifier, or a list of them, without numbers, e-mail addresses and words of hidden texts.
func (m *cleaner) identifier(s string) string {
	list := strings.Fields(m.text.withoutSecrets(s))
	for i, id := range list {
		if m.tells(id) || strings.Contains(id, "@") || strings.Contains(id, "%40") {
			list[i] = "…"
		} else {
			list[i] = withoutNumbers(id)
		}
	}
	return strings.Join(list, " ")
}

// tells reports whether a word gives away a text that the page must not show.
func (m *cleaner) tells(s string) bool {
	for _, v := range m.masked {
		if len(v) >= shortestHidden && strings.Contains(s, v) {
			return true
		}
	}
	for word := range words(s) {
		if m.hidden[word] {
			return true
		}
	}
	return false
}

// address returns where a link or a form leads, without what is added for one session. Places in the page stay.
func (m *cleaner) address(s string) string {
	if place, ok := strings.CutPrefix(s, "#"); ok {
		return "#" + m.identifier(place)
	}
	parts := strings.Split(m.text.withoutSecrets(bareAddress(s)), "/")
	for i, part := range parts {
		isHost := i == 2 && parts[1] == ""
		if !isHost && m.tells(part) {
			parts[i] = "…"
		}
	}
	return strings.Join(parts, "/")
}

// attributes returns the attributes of an element that stay.
func (m *cleaner) attributes(n *html.Node) []html.Attribute {
	var kept []html.Attribute
	for _, a := range n.Attr {
		switch {
		case a.Namespace != "" || n.Namespace != "":
			continue
		case markup.IsIdentifier(a.Key):
			a.Val = m.identifier(a.Val)
		case markup.IsWording(n, a.Key):
			a.Val = m.wording(a.Val)
		case markup.IsAddress(a.Key):
			a.Val = m.address(a.Val)
		case a.Key == "style":
			if a.Val = visibility(a.Val); a.Val == "" {
				continue
			}
		default:
			continue
		}
		kept = append(kept, a)
	}
	return kept
}

// shown is a declaration that tells whether an element is shown; recognition depends on it.
var shown = regexp.MustCompile(`^(?:display|visibility)\s*:\s*[a-z-]+$`)

// visibility returns what a style attribute says of whether its element is shown.
func visibility(style string) string {
	var kept []string
	for declaration := range strings.SplitSeq(strings.ToLower(style), ";") {
		if declaration = strings.TrimSpace(declaration); shown.MatchString(declaration) {
			kept = append(kept, declaration)
		}
	}
	return strings.Join(kept, "; ")
}
