// Package markup says what of a page's markup may be kept in a file.
//
// Evidence and captures clean pages each in their own way: evidence takes out
// what is secret, a capture makes up anew what is anybody's. What must hold for
// both stands here, so that a hole that is mended in one is mended in the other.
//
// Where to go next: automation/evidence (markup.go) and automation/capture
// (redact.go), the two who ask.
package markup

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Attributes that stay, by what they hold. Typed and chosen values ("value",
// "checked", "selected") are not among them, nor code ("onclick") nor data
// ("data-…"), which may hold anything.
var (
	identifiers = setOf(`id class name for form type role lang dir hidden disabled required readonly multiple open novalidate
		tabindex maxlength minlength size colspan rowspan scope headers method enctype accept-charset autocomplete inputmode
		target rel hreflang shadowrootmode slot
		aria-labelledby aria-describedby aria-controls aria-owns aria-required aria-hidden aria-expanded aria-invalid
		aria-current aria-live aria-atomic aria-haspopup aria-modal aria-disabled aria-level aria-sort`)
	wordings  = setOf(`aria-label aria-description aria-roledescription title alt placeholder label summary abbr`)
	addresses = setOf(`href src action formaction`)
)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// IsIdentifier reports whether an attribute holds identifiers: words of the
// page's author, which may still repeat somebody's data.
func IsIdentifier(attribute string) bool { return identifiers[attribute] }

// IsWording reports whether an attribute of n holds a text for people. The value
// of a button does as well.
func IsWording(n *html.Node, attribute string) bool {
	return wordings[attribute] || attribute == "value" && isButton(n)
}

// IsAddress reports whether an attribute holds an address.
func IsAddress(attribute string) bool { return addresses[attribute] }

// hollow are the elements whose contents are no text of the page: code, what was
// typed, and drawings.
var hollow = []atom.Atom{
	atom.Script, atom.Style, atom.Noscript, atom.Textarea, atom.Object, atom.Svg, atom.Math,
	atom.Canvas, atom.Audio, atom.Video, atom.Noembed, atom.Noframes, atom.Xmp,
}

// IsHollow reports whether the contents of an element go, since they are no text
// of the page or a person types right into it.
func IsHollow(n *html.Node) bool {
	return slices.Contains(hollow, n.DataAtom) || n.Namespace != "" || isEditable(n)
}

// isEditable reports whether a person types right into the element: with or
// without a value, the attribute says so.
func isEditable(n *html.Node) bool {
	value, has := attribute(n, "contenteditable")
	return has && value != "false"
}

// isButton reports whether the value of an input is its wording.
func isButton(n *html.Node) bool {
	kind, _ := attribute(n, "type")
	return n.DataAtom == atom.Input && slices.Contains([]string{"submit", "button", "reset"}, kind)
}

// attribute returns an attribute's value in lower case.
func attribute(n *html.Node, name string) (value string, has bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return strings.ToLower(a.Val), true
		}
	}
	return "", false
}

// pageCode is the comment in which GCKey's pages carry their code, such as
// "HO-01 1.6.0" (seen in real markup). It is a mark by which pages are recognised,
// in any language.
var pageCode = regexp.MustCompile(`^\s*[A-Z]{2}-[0-9]{2}(?: [0-9]{1,3}(?:\.[0-9]{1,3}){0,3})?\s*$`)

// Goes reports whether a node goes as a whole: a comment that is no page's code,
// and an element behind which no markup could follow.
func Goes(n *html.Node) bool {
	return n.Type == html.CommentNode && !pageCode.MatchString(n.Data) || n.Type == html.ElementNode && n.DataAtom == atom.Plaintext
}

// Seal puts a policy and the charset first in the head of a page, so that the
// saved file is read as what it is and, opened in a browser, asks nobody for
// anything. The page's own declarations lost their contents.
func Seal(doc *html.Node, policy string) {
	for n := range doc.Descendants() {
		if n.DataAtom != atom.Head {
			continue
		}
		for _, attributes := range [][]html.Attribute{
			{{Key: "http-equiv", Val: "Content-Security-Policy"}, {Key: "content", Val: policy}},
			{{Key: "charset", Val: "utf-8"}},
		} {
			n.InsertBefore(&html.Node{Type: html.ElementNode, Data: "meta", DataAtom: atom.Meta, Attr: attributes}, n.FirstChild)
		}
		return
	}
}
