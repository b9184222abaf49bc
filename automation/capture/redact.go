package capture

import (
	"bytes"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"irccpin/automation/markup"
	"irccpin/automation/secret"
	"irccpin/selectors"
)

// place is what a text is to the page: it decides how much of it may stay.
type place int

const (
	// prose may name people: of its words those of the vocabulary stay, and
	// small ones that no name would be.
	prose place = iota
	// label says what something is, and stays unless somebody's value is in it.
	label
	// data is somebody's value: nothing stays but what the portal itself says
	// in such places.
	data
)

// redactor makes pages up anew. It must first have gathered all pages of a
// capture: what one of them shows as somebody's value is made up on all.
type redactor struct {
	made *standIns
	// secrets finds what the settings hold, however it is written.
	secrets *secret.Redactor
	// phrases are values as a whole, normalised; names are the words of them
	// that belong to no vocabulary.
	phrases map[string]bool
	names   map[string]bool
	longest int // words of the longest phrase
	// kept are the words that stay, for the person who looks them over.
	kept map[string]bool
}

func newRedactor(secrets *secret.Redactor) *redactor {
	return &redactor{made: newStandIns(), secrets: secrets, phrases: map[string]bool{}, names: map[string]bool{}, kept: map[string]bool{}}
}

// learn makes a value known as somebody's.
func (r *redactor) learn(value string) {
	if strings.Contains(value, "@") {
		return // found by its pattern wherever it stands
	}
	words := wordsOf(value)
	if len(words) == 0 {
		return
	}
	whole := make([]string, len(words))
	for i, w := range words {
		whole[i] = selectors.Normalise(w)
		if len([]rune(w)) > 1 && !selectors.IsVocabulary(w) {
			r.names[whole[i]] = true
		}
	}
	r.phrases[strings.Join(whole, " ")] = true
	r.longest = max(r.longest, len(words))
}

// token is a word, a number, a code or an address in a text.
var token = regexp.MustCompile(`[^\s@<>()",;:]+@[^\s@<>()",;:]+\.[\p{L}]{2,}|[\p{L}\p{N}\p{M}]+(?:['’.\-][\p{L}\p{N}\p{M}]+)*`)

func wordsOf(s string) []string {
	var out []string
	for _, t := range token.FindAllString(s, -1) {
		out = append(out, strings.FieldsFunc(t, func(c rune) bool { return strings.ContainsRune("'’.-", c) })...)
	}
	return out
}

// longLabel is the length from which a label is a statement, with names in it.
const longLabel = 80

// text returns what may stay of a text, with the rest made up. strict is for
// pages of which nobody knows what they show.
func (r *redactor) text(s string, at place, strict bool) string {
	if at == label && len(s) > longLabel {
		at = prose
	}
	spans := token.FindAllStringIndex(s, -1)
	var b strings.Builder
	end := 0
	for i := 0; i < len(spans); i++ {
		b.WriteString(s[end:spans[i][0]])
		if n := r.phraseAt(s, spans[i:]); n > 0 && (n > 1 || at == data || r.isName(s[spans[i][0]:spans[i][1]])) {
			last := spans[i+n-1][1]
			b.WriteString(r.anew(s[spans[i][0]:last]))
			end, i = last, i+n-1
			continue
		}
		b.WriteString(r.token(s[spans[i][0]:spans[i][1]], at, strict))
		end = spans[i][1]
	}
	b.WriteString(s[end:])
	return b.String()
}

// phraseAt returns how many tokens, from the first on, are a value that was learned.
func (r *redactor) phraseAt(s string, spans [][]int) int {
	best := 0
	var words []string
	for n := range min(r.longest, len(spans)) {
		for _, w := range wordsOf(s[spans[n][0]:spans[n][1]]) {
			words = append(words, selectors.Normalise(w))
		}
		if r.phrases[strings.Join(words, " ")] {
			best = n + 1
		}
	}
	return best
}

func (r *redactor) isName(word string) bool {
	return slices.ContainsFunc(wordsOf(word), func(w string) bool { return r.names[selectors.Normalise(w)] })
}

// anew makes every word of a text up.
func (r *redactor) anew(s string) string {
	return token.ReplaceAllStringFunc(s, func(t string) string {
		if strings.Contains(t, "@") {
			return r.made.mail(t)
		}
		return plainWord.ReplaceAllStringFunc(t, func(w string) string {
			if strings.ContainsFunc(w, unicode.IsDigit) {
				return r.made.code(w)
			}
			return r.made.word(w)
		})
	})
}

var plainWord = regexp.MustCompile(`[\p{L}\p{N}\p{M}]+`)

// shortNumber is the number of digits up to which a number counts something on
// the page and tells of nobody: pages, steps, "6 digits".
const shortNumber = 2

// token returns what stands in the place of one word.
func (r *redactor) token(t string, at place, strict bool) string {
	if strings.Contains(t, "@") {
		return r.made.mail(t)
	}
	return plainWord.ReplaceAllStringFunc(t, func(w string) string {
		switch {
		case strings.ContainsFunc(w, unicode.IsDigit):
			digits := strings.Trim(w, "0123456789") == ""
			if digits && len(w) <= shortNumber && at != data {
				return w
			}
			return r.made.code(w)
		case r.names[selectors.Normalise(w)]:
			return r.made.word(w)
		case selectors.IsVocabulary(w) || len([]rune(w)) == 1 && at != data:
			r.kept[w] = true
			return w
		case at == data || strict:
			return r.made.word(w)
		case at == prose && strings.ContainsFunc(w, unicode.IsUpper):
			return r.made.word(w)
		}
		r.kept[w] = true
		return w
	})
}

// longNumber is the number of digits from which an identifier names one thing
// of many: a session, a row, an account.
const longNumber = 5

// longToken is the length from which letters and digits in one piece of a path
// are a key to something, and no name of it.
const longToken = 10

var longDigits = regexp.MustCompile(`[0-9]+`)

// identifier returns an id, a class or a name without numbers and names of
// people. References stay references: the same becomes the same.
func (r *redactor) identifier(s string) string {
	return token.ReplaceAllStringFunc(s, func(t string) string {
		if strings.Contains(t, "@") {
			return strings.ReplaceAll(r.made.mail(t), "@", "-at-")
		}
		if r.isName(strings.ReplaceAll(t, "_", "-")) {
			return r.anew(t)
		}
		return longDigits.ReplaceAllStringFunc(t, func(n string) string {
			if len(n) < longNumber {
				return n
			}
			return r.made.code(n)
		})
	})
}

// address returns where a link leads: names and values of its query stay only
// where everybody's are the same.
func (r *redactor) address(s string) string {
	if place, ok := strings.CutPrefix(s, "#"); ok {
		return "#" + r.identifier(place)
	}
	u, err := url.Parse(s)
	if err != nil || u.Opaque != "" {
		return "#"
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	parts := strings.Split(u.Path, "/")
	for i, part := range parts {
		part, _, _ = strings.Cut(part, ";") // a session's id, as in ;jsessionid=…
		if len(part) >= longToken && strings.ContainsAny(part, "0123456789") && strings.ContainsFunc(part, unicode.IsLetter) && !strings.ContainsAny(part, ".-_") {
			part = r.made.code(part)
		}
		parts[i] = r.identifier(part)
	}
	u.Path, u.RawPath = strings.Join(parts, "/"), ""
	query := url.Values{}
	for name, values := range u.Query() {
		for _, v := range values {
			if !selectors.IsVocabulary(v) {
				v = r.made.code(v)
			}
			query.Add(r.identifier(name), v)
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// bare returns origin and path of a page's own address.
func (r *redactor) bare(s string) string {
	s = r.address(s)
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		s = s[:i]
	}
	return s
}

// sealed keeps a saved page from asking anybody for anything when it is opened.
const sealed = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"

// page returns a page made up anew, as UTF-8.
func (r *redactor) page(source string, strict bool) ([]byte, error) {
	doc, err := parse(source)
	if err != nil {
		return nil, err
	}
	r.clean(doc, prose, strict)
	markup.Seal(doc, sealed)
	var b bytes.Buffer
	if err := html.Render(&b, doc); err != nil {
		return nil, fmt.Errorf("writing its HTML: %w", err)
	}
	// What is still a secret after that is one in the words of everybody.
	return r.secrets.Bytes(b.Bytes()), nil
}

func parse(source string) (*html.Node, error) {
	doc, err := html.ParseWithOptions(strings.NewReader(strings.ToValidUTF8(source, "\uFFFD")), html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil, fmt.Errorf("reading its HTML: %w", err)
	}
	return doc, nil
}

// gather learns what a page shows as somebody's value: what stands in cells and
// fields and belongs to no vocabulary.
func (r *redactor) gather(source string) error {
	doc, err := parse(source)
	if err != nil {
		return err
	}
	r.gatherFrom(doc, prose)
	return nil
}

func (r *redactor) gatherFrom(n *html.Node, at place) {
	at = placeOf(n, at)
	if n.Type == html.TextNode && at == data {
		r.learnValue(n.Data)
	}
	for _, a := range n.Attr {
		switch {
		case a.Key == "value" && !markup.IsWording(n, a.Key):
			r.learnValue(a.Val)
		case a.Key == "srcdoc":
			if err := r.gather(a.Val); err != nil {
				continue // redacting it will fail as well, and say so
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.gatherFrom(c, at)
	}
}

// statement is the number of words from which a text in a cell is a sentence
// of the page, as in forms that are laid out as tables.
const statement = 6

func (r *redactor) learnValue(value string) {
	if words := wordsOf(value); len(words) > 0 && len(words) < statement {
		for _, w := range words {
			if len([]rune(w)) > 2 && !selectors.IsVocabulary(w) && !strings.ContainsFunc(w, unicode.IsDigit) {
				r.names[selectors.Normalise(w)] = true
			}
		}
	}
}

// placeOf tells what the texts in an element are.
func placeOf(n *html.Node, around place) place {
	if n.Type != html.ElementNode {
		return around
	}
	switch attr(n, "role") {
	case "cell", "gridcell", "rowheader":
		return data
	case "columnheader", "button", "tab":
		return label
	}
	switch n.DataAtom {
	case atom.Td, atom.Dd, atom.Output, atom.Samp, atom.Kbd, atom.Code, atom.Time:
		return data
	case atom.Label, atom.Th, atom.Legend, atom.Button, atom.Summary, atom.Option, atom.Dt:
		return label
	case atom.A:
		return prose
	}
	return around
}

// kept are the attributes that stay besides those of package markup: by them
// recorded pages are recognised as the browser showed them.
var kept = []string{"contenteditable", "style", "aria-checked", "aria-selected"}

func (r *redactor) clean(n *html.Node, at place, strict bool) {
	at = placeOf(n, at)
	switch n.Type {
	case html.TextNode:
		n.Data = r.text(n.Data, at, strict)
	case html.DoctypeNode:
		n.Data, n.Attr = "html", nil
	case html.ElementNode:
		if markup.IsHollow(n) {
			for n.FirstChild != nil {
				n.RemoveChild(n.FirstChild)
			}
		}
		n.Attr = r.attributes(n, strict)
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch {
		case markup.Goes(c):
			n.RemoveChild(c)
		default:
			r.clean(c, at, strict)
		}
		c = next
	}
}

func (r *redactor) attributes(n *html.Node, strict bool) []html.Attribute {
	var left []html.Attribute
	for _, a := range n.Attr {
		switch {
		case a.Namespace != "" || n.Namespace != "":
			continue
		case markup.IsIdentifier(a.Key), slices.Contains(kept, a.Key):
			a.Val = r.identifier(a.Val)
		case markup.IsWording(n, a.Key):
			a.Val = r.text(a.Val, label, strict)
		case a.Key == "value":
			a.Val = r.text(a.Val, data, true)
		case markup.IsAddress(a.Key):
			a.Val = r.address(a.Val)
		case strings.HasPrefix(a.Key, "on"):
			a.Val = ""
		case a.Key == "srcdoc":
			inner, err := r.page(a.Val, strict)
			if err != nil {
				continue
			}
			a.Val = string(inner)
		default:
			continue
		}
		left = append(left, a)
	}
	return left
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return strings.ToLower(a.Val)
		}
	}
	return ""
}
