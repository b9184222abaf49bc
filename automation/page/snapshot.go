package page

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"irccpin/automation/browser"
)

// Snapshot is what a page tells of itself. Texts are as a person reads them;
// nothing of what was typed is in it.
type Snapshot struct {
	// URL is origin and path, without query and fragment.
	URL string `json:"url"`
	// Host is the host name of the URL.
	Host string `json:"host"`
	// Title and Lang are the document's.
	Title string `json:"title"`
	Lang  string `json:"lang"`
	// Charset is the encoding in which the document's forms are sent, by its name in
	// the Encoding Standard.
	Charset string `json:"charset"`
	// Loaded is the document's readiness: loading, interactive, complete.
	Loaded string `json:"loaded"`
	// Pages are the catalog's pages that this one was recognised as: one, when
	// all is well.
	Pages []string `json:"pages"`
	// Variant is which of the catalog's shapes of the page this is; empty for
	// the usual one.
	Variant string `json:"variant,omitempty"`
	// Overlays lie over the page: a dialog, a captcha challenge.
	Overlays []string `json:"overlays"`
	// Messages are the texts of visible message boxes.
	Messages []string `json:"messages"`
	// Boxes are the beginnings of what visible dialogs say.
	Boxes []string `json:"boxes"`
	// Elements by name, of the recognised page.
	Elements map[string]ElementState `json:"elements"`
	// Tables by name, of the recognised page.
	Tables map[string]TableState `json:"tables"`
	// Details are values that stand beside labels.
	Details map[string]string `json:"details"`
	// Facets are the catalog's yes-or-no facts that hold on the page.
	Facets []string `json:"facets"`
	// Wording tells two texts of a page apart without carrying them; numbers
	// do not count.
	Wording string `json:"wording"`
	// Asked lists the texts that may be the security question.
	Asked []string `json:"asked"`
	// Notices are announcements of maintenance.
	Notices []Notice `json:"notices"`
	// Nearest is the catalog page that came closest, when none was recognised.
	Nearest Nearest `json:"nearest"`
	// Refusal is a line of an unrecognised page that refuses what was sent; empty when
	// none does.
	Refusal string `json:"refusal"`
	// Headings are those of an unrecognised page.
	Headings []string `json:"headings"`

	// Doc is the document that was looked at.
	Doc browser.DocID `json:"-"`
	// Status is the HTTP status of the document; 0 when it made no request.
	Status int `json:"-"`
}

// ElementState tells how an element was found.
type ElementState struct {
	// Status is found, missing, ambiguous or disagree.
	Status string `json:"status"`
	// Way is how it was found: id, label, text, aria, beside, hint, boxes, shape;
	// with "other" before it when only by a wording that nobody has seen there.
	Way string `json:"way"`
	// Drift tells that a better way than this one no longer finds it.
	Drift   bool `json:"drift"`
	Enabled bool `json:"enabled"`
	// Text is the wording of a box to tick.
	Text string `json:"text"`
	// Candidates describe what was found instead.
	Candidates []string `json:"candidates"`
	// Danger names the dangerous neighbour that was found in its place.
	Danger string `json:"danger"`
}

// TableState tells whether a table is there; its rows are read on demand.
type TableState struct {
	Count int  `json:"count"`
	Rows  int  `json:"rows"`
	Shown bool `json:"shown"`
	// Touched tells that scripts of the page may have put the rows there, or the
	// table itself; else it is as the server sent it.
	Touched bool `json:"touched"`
	// Filling tells that rows are on their way: the table says so, or one of them
	// holds nobody and does not say that nobody is there ("Loading…").
	Filling bool `json:"filling"`
	// Loading tells that nothing but words to that effect is there.
	Loading bool `json:"loading"`
	// None tells that a sentence says that there are no rows, and no table is there.
	None bool `json:"none"`
	// State changes when the rows shown change.
	State string `json:"state"`
}

// Notice is an announcement of maintenance, in normalised text.
type Notice struct {
	Text string `json:"text"`
	From string `json:"from"`
	To   string `json:"to"`
	Day  string `json:"day"`
}

// Nearest is the catalog page that came closest to an unknown one.
type Nearest struct {
	Page string `json:"page"`
	// Variant is which shape of it; empty for the usual one.
	Variant string `json:"variant,omitempty"`
	// Missing are the marks that failed; "not …" is one that should have.
	Missing []string `json:"missing"`
	// Strange tells that it is that page by all its marks, asks for a secret, and
	// stands on a host where it does not belong.
	Strange bool `json:"strange,omitempty"`
}

// Page is the name of the recognised page; empty when there is none, or more
// than one.
func (s *Snapshot) Page() string {
	if s == nil || len(s.Pages) != 1 {
		return ""
	}
	return s.Pages[0]
}

// Has tells whether an element of the recognised page is there.
func (s *Snapshot) Has(element string) bool {
	return s != nil && s.Elements[element].Status == "found"
}

// Is tells whether a facet of the recognised page holds.
func (s *Snapshot) Is(facet string) bool { return s != nil && slices.Contains(s.Facets, facet) }

// unlike tells two situations apart: another page, or the same one with
// another message. What moves on a page by itself (a clock, a table that is
// still being filled) does not count.
func (s *Snapshot) unlike(other *Snapshot) bool {
	return s.Doc != other.Doc || s.Page() != other.Page() ||
		strings.Join(s.Messages, "\n") != strings.Join(other.Messages, "\n")
}

// announcement is one message of the probe.
type announcement struct {
	Page    *Snapshot     `json:"page"`
	Clicked *clickVerdict `json:"clicked"`
	// Pressed names the dangers that somebody's own hand pressed.
	Pressed []string `json:"pressed"`
}

// clickVerdict tells what the guard in the page made of a click.
type clickVerdict struct {
	Element string `json:"element"`
	Token   string `json:"token"`
	// Reason is empty when the click was let through.
	Reason string `json:"reason"`
	// Down tells that it was pressed down on, and that this went through.
	Down bool `json:"down"`
}

func parseAnnouncement(payload string) (announcement, error) {
	var a announcement
	if err := json.Unmarshal([]byte(payload), &a); err != nil {
		return a, fmt.Errorf("read what the page announced: %w", err)
	}
	return a, nil
}
