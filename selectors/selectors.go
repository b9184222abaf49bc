// Package selectors is the catalog: what is known of every page that a sign-in
// to the Employer Portal can meet, as data.
//
// The portal's markup is not public. What is public is what a person reads:
// headings, labels, button texts, table headings. So a page is recognised by
// several independent marks, and an element is found in several independent
// ways; ids serve only where somebody saw them in real markup. All of that
// lives in the YAML files of the catalog folder, one file per page, and
// nowhere else in the program: "a label changed" is a change to one file.
//
// What belongs to one sign-in service lies in a folder of its own, with a
// service.yaml that names its hosts and the link that leads to it.
//
// The files are compiled into the program; a directory of corrected files can
// be laid over them without a rebuild (see [Load]). Package automation/page
// evaluates the catalog inside the browser.
//
// Where to go next: selectors.go is the form of a page and how the files are
// read, check.go and syntax.go what they must hold, services.go and variants.go
// what a service and a second look of a page add, normalise.go how texts are
// compared, questions.go what boxes of the browser's own may ask.
package selectors

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed catalog
var embedded embed.FS

// siteFile describes the hosts; every other file of the catalog is one page, or
// what a folder is for.
const siteFile = "site.yaml"

// Catalog is everything known of the portal: its hosts and its pages.
type Catalog struct {
	Site     Site      `json:"site"`
	Pages    []Page    `json:"pages"`
	Services []Service `json:"-"`
	// Overridden lists the files that came from a directory and not from the
	// program, for reports.
	Overridden []string `json:"-"`
}

// Site is what holds for all pages.
type Site struct {
	// Start is the address where a sign-in begins, by language ("en", "fr").
	Start map[string]string `yaml:"start" json:"-"`
	// Hosts are the only hosts that the browser may reach.
	Hosts []Host `yaml:"hosts" json:"hosts"`
	// Kin are domains whose hosts count as "another sign-in service of the
	// same government" when a navigation leaves the catalog.
	Kin []string `yaml:"kin" json:"-"`
	// Dangers are buttons and links that no step may ever press by mistake.
	Dangers map[string]Element `yaml:"dangers" json:"dangers"`
	// SignedIn are elements of every page that is shown while a session is
	// open, unless the page describes its own of that name.
	SignedIn map[string]Element `yaml:"signed_in" json:"-"`
	// Messages finds the boxes in which pages say what went wrong.
	Messages []string `yaml:"messages" json:"messages"`
	// LabelNoise are expressions for what marks a label and is not part of it,
	// such as "(required)".
	LabelNoise []string `yaml:"label_noise" json:"labelNoise"`
	// LabelHints finds help inside a label, which is not part of its wording.
	LabelHints []string `yaml:"label_hints" json:"labelHints"`
	// LabelMarks are expressions for the whole text of an element in or beside a label
	// that is no part of its wording, such as "Required" in a badge.
	LabelMarks []string `yaml:"label_marks" json:"labelMarks"`
	// HiddenInCells finds parts of a table cell that are not for reading, such
	// as sort keys.
	HiddenInCells []string `yaml:"hidden_in_cells" json:"hiddenInCells"`
	// Notices are the wordings of maintenance announcements.
	Notices []string `yaml:"notices" json:"notices"`
	// Refusals are what pages that are not known say of what was sent.
	Refusals Refusals `yaml:"refusals" json:"refusals"`
	// Aside are wordings of parts of any page that are not about it, such as the
	// question whether it was of help. An element with Apart is not looked for there.
	Aside Texts `yaml:"aside" json:"aside"`
	// Over is what may lie over any page and asks for nothing.
	Over Over `yaml:"over" json:"over"`
	// Questions are what pages ask in boxes of the browser's own.
	Questions []Question `yaml:"questions" json:"-"`
	// PasscodeMail is what an e-mail with a passcode looks like.
	PasscodeMail PasscodeMail `yaml:"passcode_mail" json:"-"`
}

// Refusals tell a refusal by a line of text: it says one of Says and none of Unlike.
type Refusals struct {
	Says   Texts `yaml:"says" json:"says"`
	Unlike Texts `yaml:"unlike" json:"unlike"`
}

// Over tells how a box that lies over a page is put away, such as a survey.
type Over struct {
	// Close are the wordings of buttons that do nothing but put a box away.
	Close Texts `yaml:"close" json:"close"`
	// Also are wordings that do so in a box that speaks of one of About.
	Also Texts `yaml:"also" json:"also"`
	// About is what boxes speak of that nobody has to answer.
	About Texts `yaml:"about" json:"about"`
	// Unlike is what a box speaks of that is a person's to decide: it stays.
	Unlike Texts `yaml:"unlike" json:"unlike"`
}

// Host is one host of the catalog.
type Host struct {
	// Name is how page files refer to it.
	Name string `yaml:"name" json:"name"`
	Host string `yaml:"host" json:"host"`
	// Subdomains says that hosts below it belong to it as well.
	Subdomains bool `yaml:"subdomains" json:"subdomains"`
	// Presumed marks a host that was inferred and never seen.
	Presumed bool `yaml:"presumed" json:"-"`
}

// Kind says what part a page plays.
type Kind string

const (
	// Step is a page on which there is one thing to do.
	Step Kind = "step"
	// Transit is a page that moves on by itself.
	Transit Kind = "transit"
	// End is a page that ends the flow.
	End Kind = "end"
	// Overlay lies over another page and is recognised beside it.
	Overlay Kind = "overlay"
)

// Page is one page of the portal and how to recognise it.
type Page struct {
	Name string `yaml:"page" json:"name"`
	// Title is what a person calls the page, by language.
	Title map[string]string `yaml:"title" json:"-"`
	Kind  Kind              `yaml:"kind" json:"kind"`
	// Facts says where the knowledge comes from, in a sentence.
	Facts string `yaml:"facts" json:"-"`
	// Hosts names the hosts that can show the page; empty means any of the catalog.
	Hosts []string `yaml:"hosts" json:"hosts"`
	// Paths are regular expressions, one of which must match the URL's path.
	// Given only where the path was seen, and always where a secret is typed.
	Paths []string `yaml:"paths" json:"paths"`
	// Marks must all be true.
	Marks []Mark `yaml:"marks" json:"marks"`
	// Not must all be false.
	Not []Mark `yaml:"not" json:"not"`
	// Elements by name.
	Elements map[string]Element `yaml:"elements" json:"elements"`
	// Facets are named yes-or-no facts about the page beyond its identity, such
	// as which kind of passcode it asks for.
	Facets map[string]Mark `yaml:"facets" json:"facets"`
	// Details are values that stand beside a label, such as a business number.
	Details map[string]Texts `yaml:"details" json:"details"`
	// Tables by name, read by their header texts.
	Tables map[string]Table `yaml:"tables" json:"tables"`
	// Rank decides between two pages that are both recognised: an error that is
	// shown on a page outranks it. Equal ranks are ambiguous.
	Rank int `yaml:"rank" json:"rank"`
	// SignedIn says that a portal session is open on this page.
	SignedIn bool `yaml:"signed_in" json:"-"`
	// Variant is empty for the page as it is usually met, and otherwise names
	// another shape of the same page: see variants.go.
	Variant string `yaml:"variant" json:"variant,omitempty"`
	// Variants are the page's other shapes.
	Variants []Page `yaml:"-" json:"-"`

	// Service is the sign-in service that the page belongs to; empty for the
	// portal's own.
	Service string `yaml:"-" json:"-"`
	// File is where the page was read from, for reports.
	File string `yaml:"-" json:"-"`
}

// Mark is one independent sign of a page. Exactly one of its fields is set, but
// for Unlike.
type Mark struct {
	// Heading is a visible heading with this text.
	Heading Texts `yaml:"heading" json:"heading,omitempty"`
	// Title is the document's title.
	Title Texts `yaml:"title" json:"title,omitempty"`
	// Text is wording anywhere in the visible text; a plain string need only
	// be contained in it.
	Text Texts `yaml:"text" json:"text,omitempty"`
	// Message is wording in a heading or a message box, never in help text.
	Message Texts `yaml:"message" json:"message,omitempty"`
	// Unlike goes with Message: what it says when it means something else.
	Unlike Texts `yaml:"unlike" json:"unlike,omitempty"`
	// Path is a regular expression for the URL's path.
	Path string `yaml:"path" json:"path,omitempty"`
	// Comment is a regular expression for an HTML comment of the head.
	Comment string `yaml:"comment" json:"comment,omitempty"`
	// CSS finds something that was seen in real markup.
	CSS string `yaml:"css" json:"css,omitempty"`
	// Visible is CSS whose match must also be on display.
	Visible string `yaml:"visible" json:"visible,omitempty"`
	// Nothing is CSS that nothing on display may match.
	Nothing string `yaml:"nothing" json:"nothing,omitempty"`
	// Element is the name of an element of the page that must be found.
	Element string `yaml:"element" json:"element,omitempty"`
	// Table is the name of a table of the page that must be found.
	Table string `yaml:"table" json:"table,omitempty"`
	// Any needs one of its marks.
	Any []Mark `yaml:"any" json:"any,omitempty"`
	// Two needs two of its marks.
	Two []Mark `yaml:"two" json:"two,omitempty"`
}

// Texts are wordings by language. A wording is compared after normalisation
// (see Normalise) and must be equal, or, when it begins with "~", is a regular
// expression in the syntax that Go and JavaScript share.
type Texts map[string][]string

// Role is what an element is to a person.
type Role string

const (
	Textbox  Role = "textbox"
	Password Role = "password"
	// Secret is a field for something secret that pages show or hide as they like.
	Secret   Role = "secret"
	Checkbox Role = "checkbox"
	// Action is anything that is pressed: a button, a link, a summary.
	Action Role = "action"
)

// Element is something on a page that is filled or pressed.
type Element struct {
	// Says is what the element says to a person, by language, for messages.
	Says map[string]string `yaml:"says" json:"-"`
	Role Role              `yaml:"role" json:"role"`
	// CSS lists selectors seen in real markup or in code that ran against the
	// site. Never a guess.
	CSS []string `yaml:"css" json:"css"`
	// Label is the visible label of a field, or the text of a button or link.
	Label Texts `yaml:"label" json:"label"`
	// Also are wordings that nobody has seen there and that would mean the same:
	// they count only when none of Label is there. What commits has none.
	Also Texts `yaml:"also" json:"also,omitempty"`
	// Unlike are wordings that rule an element out although its label matches,
	// such as a negation in a statement.
	Unlike Texts `yaml:"unlike" json:"unlike,omitempty"`
	// Shape finds the element by what it must be when neither id nor label is known.
	Shape string `yaml:"shape" json:"shape"`
	// Boxes is the number of one-character boxes that the field may be drawn as;
	// 0 when it is one field always.
	Boxes int `yaml:"boxes" json:"boxes,omitempty"`
	// With names another element whose form this one must share, so that a
	// like-named field of another form is never taken for it.
	With string `yaml:"with" json:"with"`
	// Inside restricts the element to what lies in a visible match of this CSS.
	Inside string `yaml:"inside" json:"inside"`
	// Apart leaves out what lies in a match of this CSS, such as a form of the
	// page's footer, and what lies in one of the Site's Aside parts.
	Apart string `yaml:"apart" json:"apart,omitempty"`
	// Asks is what that match must say, when it matters which box it is.
	Asks Texts `yaml:"asks" json:"asks,omitempty"`
	// AsksMore is what stands around it when more is at stake than it is meant for.
	AsksMore Texts `yaml:"asks_more" json:"-"`
	// Required elements must be found before the page counts as ready.
	Required bool `yaml:"required" json:"required"`
	// Commits marks what cannot be undone: its wording must agree, whatever
	// else matched.
	Commits bool `yaml:"commits" json:"commits"`
	// Danger allows the element to be one of the named dangers.
	Danger string `yaml:"danger" json:"danger"`
}

// Table is a table that is read by its header texts.
type Table struct {
	// Says is what a person would call the table, by language, for messages.
	Says map[string]string `yaml:"says" json:"-"`
	// Columns by name.
	Columns map[string]Texts `yaml:"columns" json:"columns"`
	// Required columns must be there for the table to count.
	Required []string `yaml:"required" json:"required"`
	// Blank columns say with a dash that they hold nothing. In others a dash is
	// a value: people with one name have one for the other.
	Blank []string `yaml:"blank" json:"blank"`
	// Nothing is what else such columns say when they hold nothing.
	Nothing Texts `yaml:"nothing" json:"nothing"`
	// Word are the columns that hold one word. Links that stand Beside it, such as
	// "Print", are not part of it, and a Veil stands in its place until it is pressed.
	Word   []string `yaml:"word" json:"word"`
	Beside Texts    `yaml:"beside" json:"beside"`
	Veil   Texts    `yaml:"veil" json:"veil"`
	// Empty is the wording of the one cell of a table without rows.
	Empty Texts `yaml:"empty" json:"empty"`
	// Idle are other wordings of that cell, which are too common to mean this table
	// where they stand anywhere else.
	Idle Texts `yaml:"idle" json:"idle"`
	// Loading says, near a table without rows, that they are still to come.
	Loading Texts `yaml:"loading" json:"loading"`
	// Next and Previous turn the table's pages.
	Next     Texts `yaml:"next" json:"next"`
	Previous Texts `yaml:"previous" json:"previous"`
	// Pager is what else stands in a pager: words, and ways to pages that are
	// reached without.
	Pager Texts `yaml:"pager" json:"pager"`
	// More is what brings rows that are not shown, other than by turning pages.
	More Texts `yaml:"more" json:"more"`
	// Number is a regular expression for what leads to a page by its number, group page.
	Number []string `yaml:"number" json:"number"`
	// Count is a regular expression whose groups page and pages count pages.
	Count []string `yaml:"count" json:"count"`
	// Behind names the element that opens the section in which the table lies; a
	// pager that loads the page anew closes it.
	Behind string `yaml:"behind" json:"-"`
	// Info is a regular expression whose groups first, last and total count rows.
	Info []string `yaml:"info" json:"info"`
	// Disabled finds a pager button that can no longer be pressed.
	Disabled []string `yaml:"disabled" json:"disabled"`
}

// Default is the catalog that is part of the program.
func Default() (*Catalog, error) { return Load("") }

// Load reads the embedded catalog and lays the files of dir, if any, over it. A
// file replaces the one of its name, in whichever folder that is; a new folder
// is a further sign-in service. Decoding is strict: an unknown key, a reference
// to nothing, or an expression or a selector that a browser cannot read, is an error
// that names the file and the line.
func Load(dir string) (*Catalog, error) {
	files := tree{}
	if err := files.read(embedded, "catalog"); err != nil {
		return nil, err
	}
	c := &Catalog{}
	if dir != "" {
		over := tree{}
		if err := over.read(os.DirFS(dir), "."); err != nil {
			return nil, fmt.Errorf("read the selectors directory %s: %w", dir, err)
		}
		files.lay(over, dir)
		c.Overridden = slices.Sorted(maps.Keys(over))
		if len(c.Overridden) == 0 {
			return nil, fmt.Errorf("the selectors directory %s holds no .yaml file", dir)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == siteFile {
			if err := decode(files[name].data, &c.Site); err != nil {
				return nil, files.fault(name, err)
			}
			continue
		}
		if path.Base(name) == serviceFile {
			if err := c.addService(files[name]); err != nil {
				return nil, files.fault(name, err)
			}
			continue
		}
		p := Page{File: files[name].shown, Service: files[name].folder}
		if err := decode(files[name].data, &p); err != nil {
			return nil, files.fault(name, err)
		}
		if p.fileName() != name {
			return nil, files.fault(name, under(fmt.Errorf("describes page %q; the file's name and the page's must agree (%s)", p.Label(), p.fileName()), "page"))
		}
		c.Pages = append(c.Pages, p)
	}
	c.admitServices()
	if err := c.gatherVariants(files); err != nil {
		return nil, err
	}
	for i := range c.Pages {
		c.Pages[i].inherit(c.Site)
	}
	if err := c.check(files); err != nil {
		return nil, err
	}
	return c, nil
}

// inherit gives a page of an open session the elements that all of them share.
func (p *Page) inherit(site Site) {
	for i := range p.Variants {
		p.Variants[i].inherit(site)
	}
	if !p.SignedIn {
		return
	}
	if p.Elements == nil {
		p.Elements = map[string]Element{}
	}
	for name, e := range site.SignedIn {
		if _, own := p.Elements[name]; !own {
			p.Elements[name] = e
		}
	}
}

func decode(data []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return err
	}
	if err := d.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return errors.New("holds more than one document")
	}
	return nil
}

// Page returns a page by name.
func (c *Catalog) Page(name string) (Page, bool) {
	i := slices.IndexFunc(c.Pages, func(p Page) bool { return p.Name == name })
	if i < 0 {
		return Page{}, false
	}
	return c.Pages[i], true
}

// Allows tells whether the browser may reach a host (no port, lower case).
func (c *Catalog) Allows(host string) bool {
	return slices.ContainsFunc(c.Site.Hosts, func(h Host) bool {
		return h.Host == host || (h.Subdomains && strings.HasSuffix(host, "."+h.Host))
	})
}

// Origin is the https origin of a host given by its name in the catalog.
func (c *Catalog) Origin(name string) string {
	i := slices.IndexFunc(c.Site.Hosts, func(h Host) bool { return h.Name == name })
	if i < 0 {
		return ""
	}
	return "https://" + c.Site.Hosts[i].Host
}

// IsKin tells whether a host belongs to the same government, so that landing
// on it looks like another of its sign-in services rather than an attack. Its
// names are spelt in plain letters: one with others (xn--…) is a look-alike.
func (c *Catalog) IsKin(host string) bool {
	if strings.Contains(host, "xn--") {
		return false
	}
	return slices.ContainsFunc(c.Site.Kin, func(d string) bool {
		return host == d || strings.HasSuffix(host, "."+d)
	})
}

// Says is what an element or a table, or with an empty element a page, says to a person in
// a language, "en" or "fr"; its name in the catalog when that is not known.
func (c *Catalog) Says(language, page, element string) string {
	p, _ := c.Page(page)
	if element == "" {
		return firstOf(p.Title[language], page)
	}
	return firstOf(firstOf(p.Elements[element].Says[language], p.Tables[element].Says[language]), element)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// JSON is the catalog as the script in the page reads it: with each shape of a
// page as an entry of its own.
func (c *Catalog) JSON() ([]byte, error) {
	flat := *c
	flat.Pages = nil
	for _, p := range c.Pages {
		flat.Pages = append(append(flat.Pages, p), p.Variants...)
	}
	return json.Marshal(flat)
}
