package selectors

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// check makes sure of what the decoder cannot: that everything that is named is
// there, and that the browser can read what it is given. An error names the file,
// and the line of what is wrong in it.
func (c *Catalog) check(files tree) error {
	if err := c.Site.check(); err != nil {
		return files.fault(siteFile, err)
	}
	if err := c.checkServices(files); err != nil {
		return err
	}
	names := map[string]bool{}
	for _, h := range c.Site.Hosts {
		names[h.Name] = true
	}
	for _, base := range c.Pages {
		for _, p := range append([]Page{base}, base.Variants...) {
			if err := p.check(names, c.Site.Dangers); err != nil {
				return files.fault(p.fileName(), err)
			}
		}
	}
	return nil
}

func (s Site) check() error {
	if len(s.Hosts) == 0 {
		return under(errors.New("names no hosts"), "hosts")
	}
	if err := s.PasscodeMail.check(); err != nil {
		return under(fmt.Errorf("passcode_mail: %w", err), "passcode_mail")
	}
	if err := s.Refusals.Says.check(); err != nil {
		return under(fmt.Errorf("refusals: %w", err), "refusals", "says")
	}
	if err := s.Refusals.Unlike.check(); err != nil {
		return under(fmt.Errorf("refusals: %w", err), "refusals", "unlike")
	}
	if err := s.Aside.check(); err != nil {
		return under(fmt.Errorf("aside: %w", err), "aside")
	}
	over := map[string]Texts{"close": s.Over.Close, "also": s.Over.Also, "about": s.Over.About, "unlike": s.Over.Unlike}
	for _, name := range inOrder(over) {
		if err := over[name].check(); err != nil {
			return under(fmt.Errorf("over: %s: %w", name, err), "over", name)
		}
	}
	for i, q := range s.Questions {
		if err := q.check(); err != nil {
			return under(fmt.Errorf("question %d: %w", i+1, err), "questions", strconv.Itoa(i))
		}
	}
	for _, group := range []struct {
		called, key string
		elements    map[string]Element
	}{{"danger", "dangers", s.Dangers}, {"signed_in", "signed_in", s.SignedIn}} {
		for _, name := range inOrder(group.elements) {
			if err := group.elements[name].check(nil, s.Dangers); err != nil {
				return under(fmt.Errorf("%s %q: %w", group.called, name, err), group.key, name)
			}
		}
	}
	return cmp.Or(
		each("messages", s.Messages, checkCSS),
		each("label_hints", s.LabelHints, checkCSS),
		each("hidden_in_cells", s.HiddenInCells, checkCSS),
		each("label_noise", s.LabelNoise, plainExpression),
		each("label_marks", s.LabelMarks, plainExpression),
		each("notices", s.Notices, groupedExpression),
	)
}

func plainExpression(re string) error   { return checkExpression(re, false) }
func groupedExpression(re string) error { return checkExpression(re, true) }

// each checks the texts of a list.
func each(key string, list []string, check func(string) error) error {
	for i, text := range list {
		if err := check(text); err != nil {
			return under(fmt.Errorf("%s: %w", key, err), key, strconv.Itoa(i))
		}
	}
	return nil
}

func (p Page) check(hosts map[string]bool, dangers map[string]Element) error {
	switch p.Kind {
	case Step, Transit, End, Overlay:
	default:
		return under(fmt.Errorf("kind %q is none of step, transit, end, overlay", p.Kind), "kind")
	}
	if p.Title["en"] == "" || p.Title["fr"] == "" {
		return under(errors.New("needs a title in en and fr"), "title")
	}
	if p.Facts == "" {
		return under(errors.New("needs a line of facts: where is this known from?"), "facts")
	}
	if len(p.Marks) == 0 {
		return under(errors.New("has no marks to be recognised by"), "marks")
	}
	for i, h := range p.Hosts {
		if !hosts[h] {
			return under(fmt.Errorf("there is no host %q in site.yaml", h), "hosts", strconv.Itoa(i))
		}
	}
	if err := each("paths", p.Paths, plainExpression); err != nil {
		return err
	}
	if err := cmp.Or(checkMarks("marks", p.Marks, p), checkMarks("not", p.Not, p)); err != nil {
		return err
	}
	for _, name := range inOrder(p.Facets) {
		if err := p.Facets[name].check(p); err != nil {
			return under(fmt.Errorf("facet %q: %w", name, err), "facets", name)
		}
	}
	for _, name := range inOrder(p.Elements) {
		if err := p.Elements[name].check(p.Elements, dangers); err != nil {
			return under(fmt.Errorf("element %q: %w", name, err), "elements", name)
		}
	}
	for _, name := range inOrder(p.Details) {
		if err := p.Details[name].check(); err != nil {
			return under(fmt.Errorf("detail %q: %w", name, err), "details", name)
		}
	}
	for _, name := range inOrder(p.Tables) {
		if err := p.Tables[name].check(); err != nil {
			return under(fmt.Errorf("table %q: %w", name, err), "tables", name)
		}
	}
	return nil
}

func checkMarks(key string, marks []Mark, p Page) error {
	for i, m := range marks {
		if err := m.check(p); err != nil {
			return under(err, key, strconv.Itoa(i))
		}
	}
	return nil
}

func (m Mark) check(p Page) error {
	set := 0
	for _, t := range []struct {
		key   string
		texts Texts
	}{{"heading", m.Heading}, {"title", m.Title}, {"text", m.Text}, {"message", m.Message}} {
		if t.texts == nil {
			continue
		}
		set++
		if err := t.texts.check(); err != nil {
			return under(fmt.Errorf("mark: %w", err), t.key)
		}
	}
	if m.Unlike != nil && m.Message == nil {
		return under(errors.New("mark: unlike goes with message"), "unlike")
	}
	if err := m.Unlike.check(); err != nil {
		return under(fmt.Errorf("mark: unlike: %w", err), "unlike")
	}
	for _, s := range []struct {
		key, text string
		check     func(string) error
	}{
		{"path", m.Path, plainExpression},
		{"comment", m.Comment, plainExpression},
		{"css", m.CSS, checkCSS},
		{"visible", m.Visible, checkCSS},
		{"nothing", m.Nothing, checkCSS},
		{"element", m.Element, func(name string) error {
			if _, ok := p.Elements[name]; !ok {
				return fmt.Errorf("there is no element %q", name)
			}
			return nil
		}},
		{"table", m.Table, func(name string) error {
			if _, ok := p.Tables[name]; !ok {
				return fmt.Errorf("there is no table %q", name)
			}
			return nil
		}},
	} {
		if s.text == "" {
			continue
		}
		set++
		if err := s.check(s.text); err != nil {
			return under(fmt.Errorf("mark: %w", err), s.key)
		}
	}
	for _, group := range [][]Mark{m.Any, m.Two} {
		if group != nil {
			set++
		}
	}
	if err := cmp.Or(checkMarks("any", m.Any, p), checkMarks("two", m.Two, p)); err != nil {
		return err
	}
	if set != 1 {
		return fmt.Errorf("a mark says one thing, this one says %d", set)
	}
	return nil
}

// check checks an element; others are those of its page, and dangers the site's.
func (e Element) check(others, dangers map[string]Element) error {
	switch e.Role {
	case Textbox, Password, Secret, Checkbox, Action:
	default:
		return under(fmt.Errorf("role %q is none of textbox, password, secret, checkbox, action", e.Role), "role")
	}
	if len(e.CSS) == 0 && len(e.Label) == 0 && e.Shape == "" {
		return errors.New("has no way to be found")
	}
	if e.Commits && len(e.Label) == 0 {
		return under(errors.New("commits, so it needs its wording"), "commits")
	}
	if _, ok := others[e.With]; e.With != "" && !ok {
		return under(fmt.Errorf("with: there is no element %q", e.With), "with")
	}
	if _, ok := dangers[e.Danger]; e.Danger != "" && !ok {
		return under(fmt.Errorf("there is no danger %q", e.Danger), "danger")
	}
	if len(e.Also) > 0 && (e.Commits || len(e.Label) == 0) {
		return under(errors.New("also stands behind a label, and never where something commits"), "also")
	}
	if len(e.Asks) > 0 && e.Inside == "" {
		return under(errors.New("asks needs inside: what is it that says so?"), "asks")
	}
	for _, t := range []struct {
		key   string
		texts Texts
	}{{"label", e.Label}, {"also", e.Also}, {"unlike", e.Unlike}, {"asks", e.Asks}, {"asks_more", e.AsksMore}} {
		if err := t.texts.check(); err != nil {
			return under(fmt.Errorf("%s: %w", t.key, err), t.key)
		}
	}
	if err := each("css", e.CSS, checkCSS); err != nil {
		return err
	}
	for _, s := range []struct {
		key, css string
		check    func(string) error
	}{{"shape", e.Shape, checkShape}, {"inside", e.Inside, checkCSS}, {"apart", e.Apart, checkCSS}} {
		if s.css == "" {
			continue
		}
		if err := s.check(s.css); err != nil {
			return under(fmt.Errorf("%s: %w", s.key, err), s.key)
		}
	}
	return nil
}

func (t Texts) check() error {
	for _, lang := range inOrder(t) {
		if lang != "en" && lang != "fr" {
			return under(fmt.Errorf("language %q is neither en nor fr", lang), lang)
		}
		for i, s := range t[lang] {
			if err := checkWording(s); err != nil {
				return under(err, lang, strconv.Itoa(i))
			}
		}
	}
	return nil
}

func checkWording(s string) error {
	re, ok := strings.CutPrefix(s, "~")
	if !ok {
		if Normalise(s) == "" {
			return fmt.Errorf("wording %q is empty once normalised", s)
		}
		return nil
	}
	if err := plainExpression(re); err != nil {
		return err
	}
	if strings.ContainsFunc(re, unicode.IsControl) {
		return fmt.Errorf("expression %q holds a control character; between double quotes a backslash is written twice", s)
	}
	// Accents and capitals are gone from a text when it is compared.
	if i := strings.IndexFunc(re, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsLetter(r) }); i >= 0 {
		return fmt.Errorf("expression %q can never match: normalised text has no accents", s)
	}
	return nil
}

func (t Table) check() error {
	if len(t.Columns) == 0 {
		return under(errors.New("has no columns"), "columns")
	}
	for _, name := range inOrder(t.Columns) {
		if err := t.Columns[name].check(); err != nil {
			return under(fmt.Errorf("column %q: %w", name, err), "columns", name)
		}
	}
	described := func(name string) error {
		if _, ok := t.Columns[name]; !ok {
			return fmt.Errorf("column %q is not described", name)
		}
		return nil
	}
	for _, texts := range []struct {
		key   string
		texts Texts
	}{{"nothing", t.Nothing}, {"beside", t.Beside}, {"veil", t.Veil}, {"empty", t.Empty}, {"idle", t.Idle}, {"loading", t.Loading}, {"next", t.Next}, {"previous", t.Previous}, {"pager", t.Pager}, {"more", t.More}} {
		if err := texts.texts.check(); err != nil {
			return under(fmt.Errorf("%s: %w", texts.key, err), texts.key)
		}
	}
	return cmp.Or(
		each("required", t.Required, described),
		each("blank", t.Blank, described),
		each("word", t.Word, described),
		each("info", t.Info, groupedExpression),
		each("number", t.Number, groupedExpression),
		each("count", t.Count, groupedExpression),
		each("disabled", t.Disabled, checkCSS),
	)
}

// inOrder are the names of what a file describes, so that of several faults
// always the same one is told.
func inOrder[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
