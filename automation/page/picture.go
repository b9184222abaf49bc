package page

import (
	"context"
	_ "embed"
	"regexp"
	"strings"
	"time"
	"unicode"

	"irccpin/automation/browser"
)

//go:embed mask.js
var mask string

// Picture is a page as evidence keeps it: everything that may be somebody's
// data is covered before it is taken.
type Picture struct {
	Snapshot *Snapshot
	HTML     string
	// Screenshot is a PNG; nil for a page that was not recognised, of which
	// nobody knows where its secrets stand, and for one that did not hold still.
	Screenshot []byte
}

const (
	// pictureTime bounds taking a picture: it is taken when something went wrong
	// already, and must not keep the result waiting.
	pictureTime = 5 * time.Second
	// pictureTries is how often a page may change under its cover, as one with
	// a clock does once a second.
	pictureTries = 3
)

// maskOrder is what the mask reads; see mask.js.
type maskOrder struct {
	Messages string      `json:"messages"`
	Blocks   []maskBlock `json:"blocks"`
	Uncover  bool        `json:"uncover"`
}

// maskBlock is a part of the interface, text by text: what it says, and what it
// may say in a picture.
type maskBlock struct {
	From []string `json:"from"`
	To   []string `json:"to"`
}

// TakePicture covers the page's data and takes its HTML and, of a recognised
// page, a screenshot. redact removes the secrets from a text of the page's
// interface. Afterwards the page is as it was: its Logout is still to be found.
func (d *Driver) TakePicture(ctx context.Context, redact func(string) string) (Picture, error) {
	shot := d.at.shot
	if shot == nil || d.closed != nil || d.theirs {
		// What a person types or sees in their own window is nobody's evidence.
		return Picture{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, pictureTime)
	defer cancel()
	picture := Picture{Snapshot: shot}
	defer d.uncoverPage(ctx, shot.Doc)
	for range pictureTries {
		order, err := d.coverPage(ctx, redact)
		if err != nil {
			return Picture{}, err
		}
		if picture.HTML, err = d.tab.HTML(ctx); err != nil || shot.Page() == "" {
			return picture, err
		}
		screenshot, err := d.tab.Screenshot(ctx)
		if err != nil {
			return picture, err
		}
		// A page that wrote something over its cover may be in the picture with it.
		var changes int
		if err := d.tab.Call(ctx, shot.Doc, mask, order, &changes); err != nil {
			return picture, err
		}
		if changes == 0 {
			picture.Screenshot = screenshot
			return picture, nil
		}
	}
	return picture, nil
}

// coverPage covers the page that is shown, and returns the order that did it.
func (d *Driver) coverPage(ctx context.Context, redact func(string) string) (maskOrder, error) {
	order := maskOrder{Messages: strings.Join(d.options.Catalog.Site.Messages, ", ")}
	var says [][]string
	if err := d.tab.Call(ctx, d.at.shot.Doc, mask, order, &says); err != nil {
		return order, err
	}
	order.Blocks = []maskBlock{} // none is an order to cover as well
	for _, texts := range says {
		order.Blocks = append(order.Blocks, maskBlock{From: texts, To: presentable(texts, redact)})
	}
	var changes int
	return order, d.tab.Call(ctx, d.at.shot.Doc, mask, order, &changes)
}

// uncoverPage takes the cover off. Should that fail, signing out says so.
func (d *Driver) uncoverPage(ctx context.Context, doc browser.DocID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pictureTime)
	defer cancel()
	var changes int
	_ = d.tab.Call(ctx, doc, mask, maskOrder{Messages: ":root", Uncover: true}, &changes)
}

// presentable returns the texts of a block as a picture may show them. A secret
// that is spread over several of them takes them all along.
func presentable(texts []string, redact func(string) string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = redact(text)
	}
	whole := strings.Join(out, "")
	spread := redact(whole) != whole
	for i := range out {
		out[i] = withoutCodes(out[i])
	}
	if spread || withoutCodes(whole) != strings.Join(out, "") {
		for i := range out {
			out[i] = dotted(out[i])
		}
	}
	return out
}

// word finds what could be an e-mail address, a code or a number of somebody.
var word = regexp.MustCompile(`[^\s@]+@[^\s@]+|[\p{L}\p{N}]{5,}`)

// withoutCodes returns a text without words that look like a PIN, a passcode, an
// account or an address, whoever's they are. A PIN in a message was perhaps
// never read, and is not known to be one. Years and times are shorter.
func withoutCodes(text string) string {
	return word.ReplaceAllStringFunc(text, func(s string) string {
		if strings.Contains(s, "@") || strings.ContainsFunc(s, unicode.IsDigit) {
			return dotted(s)
		}
		return s
	})
}

// dotted returns a text of the same shape that says nothing.
func dotted(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return r
		}
		return '•'
	}, text)
}
