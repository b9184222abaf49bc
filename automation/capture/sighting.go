package capture

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// Sighting is what a catalog makes of a page. It holds no text of the page but
// what stands in Missing, which is the catalog's own.
type Sighting struct {
	// Pages are the pages that this one was recognised as: one, when all is well.
	Pages    []string `json:"pages"`
	Variant  string   `json:"variant,omitempty"`
	Overlays []string `json:"overlays,omitempty"`
	// Nearest is the page that came closest when none was recognised, and
	// Missing are the marks of it that did not hold.
	Nearest string   `json:"nearest,omitempty"`
	Missing []string `json:"missing,omitempty"`
	// Marks are the signs of the page that held, and Absent those that did not
	// although the page was recognised by others.
	Marks  []string `json:"marks,omitempty"`
	Absent []string `json:"absent,omitempty"`
	// Elements, by name.
	Elements map[string]Element `json:"elements,omitempty"`
	Tables   map[string]Table   `json:"tables,omitempty"`
	Facets   []string           `json:"facets,omitempty"`
	// Details are the names of the values that were found beside their labels.
	Details  []string `json:"details,omitempty"`
	Messages int      `json:"messages,omitempty"`
}

// Element is how an element was found.
type Element struct {
	// Status is found, missing, ambiguous or disagree.
	Status string `json:"status"`
	Way    string `json:"way,omitempty"`
	// Drift tells that a better way is known and no longer finds it.
	Drift bool `json:"drift,omitempty"`
	// Ways counts what each way that is known of the element finds.
	Ways map[string]int `json:"ways,omitempty"`
}

// Table is what was read of a table without its rows' contents.
type Table struct {
	Count   int      `json:"count"`
	Rows    int      `json:"rows,omitempty"`
	Shown   bool     `json:"shown,omitempty"`
	Columns []string `json:"columns,omitempty"`
}

func (s Sighting) name() string {
	if len(s.Pages) != 1 {
		return ""
	}
	if s.Variant != "" {
		return s.Pages[0] + "@" + s.Variant
	}
	return s.Pages[0]
}

// Sight reduces a close look at a page to what can be compared and shown.
func Sight(in page.Inspection) Sighting {
	shot := in.Shot
	s := Sighting{Pages: slices.Clone(shot.Pages), Variant: shot.Variant, Overlays: shot.Overlays, Messages: len(shot.Messages)}
	if shot.Page() == "" {
		s.Nearest, s.Missing = shot.Nearest.Page, shot.Nearest.Missing
		return s
	}
	for _, m := range in.Marks {
		if m.Holds {
			s.Marks = append(s.Marks, m.Mark)
		} else {
			s.Absent = append(s.Absent, m.Mark)
		}
	}
	s.Elements = map[string]Element{}
	for name, state := range shot.Elements {
		e := Element{Status: state.Status, Way: state.Way, Drift: state.Drift}
		for _, way := range in.Elements[name] {
			if len(way.Found) > 0 {
				if e.Ways == nil {
					e.Ways = map[string]int{}
				}
				e.Ways[way.Way] = len(way.Found)
			}
		}
		s.Elements[name] = e
	}
	for name, state := range shot.Tables {
		if s.Tables == nil {
			s.Tables = map[string]Table{}
		}
		s.Tables[name] = Table{Count: state.Count, Rows: state.Rows, Shown: state.Shown, Columns: in.Columns[name]}
	}
	s.Facets = slices.Sorted(slices.Values(shot.Facets))
	for name, value := range shot.Details {
		if value != "" {
			s.Details = append(s.Details, name)
		}
	}
	slices.Sort(s.Details)
	return s
}

// Differences says in words what is different now from what was seen then; the
// texts of pages are not part of it.
func (s Sighting) Differences(now Sighting) []string {
	var out []string
	tell := func(format string, args ...any) { out = append(out, lang.Text(format, args...)) }
	if then, today := strings.Join(s.Pages, ", "), strings.Join(now.Pages, ", "); then != today || s.Variant != now.Variant {
		tell("was recognised as %s, is now %s", orNothing(s), orNothing(now))
		return out // elements of two pages cannot be compared
	}
	if then, today := list(s.Overlays), list(now.Overlays); then != today {
		tell("over the page lay %s, now %s", then, today)
	}
	for _, name := range slices.Sorted(keys(s.Elements, now.Elements)) {
		then, today := s.Elements[name], now.Elements[name]
		if then.Status != today.Status || then.Way != today.Way {
			tell("element %q was %s, is now %s", name, then, today)
		}
	}
	for _, name := range slices.Sorted(keys(s.Tables, now.Tables)) {
		then, today := s.Tables[name], now.Tables[name]
		if then.Count != today.Count || then.Rows != today.Rows || then.Shown != today.Shown || !slices.Equal(then.Columns, today.Columns) {
			tell("table %q was %s, is now %s", name, then, today)
		}
	}
	if then, today := list(s.Facets), list(now.Facets); then != today {
		tell("the page's facts were %s, are now %s", then, today)
	}
	if then, today := list(s.Details), list(now.Details); then != today {
		tell("the values found were %s, are now %s", then, today)
	}
	if s.Messages != now.Messages {
		tell("it had %d messages, has now %d", s.Messages, now.Messages)
	}
	return out
}

func (e Element) String() string {
	switch {
	case e.Status == "":
		return "not known"
	case e.Way != "":
		return e.Status + " by " + e.Way
	}
	return e.Status
}

func (t Table) String() string {
	if t.Count == 0 {
		return "not there"
	}
	shown := "hidden"
	if t.Shown {
		shown = "shown"
	}
	return fmt.Sprintf("%d with %d rows, %s, columns %s", t.Count, t.Rows, shown, list(t.Columns))
}

func orNothing(s Sighting) string {
	switch {
	case len(s.Pages) > 1:
		return "any of " + list(s.Pages)
	case s.name() != "":
		return fmt.Sprintf("%q", s.name())
	case s.Nearest != "":
		return fmt.Sprintf("nothing (nearest is %q, which lacks: %s)", s.Nearest, strings.Join(s.Missing, "; "))
	}
	return "nothing"
}

func list(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

func keys[V any](a, b map[string]V) func(yield func(string) bool) {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return maps.Keys(all)
}
