package selectors

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

func (c *Catalog) check() error {
	if len(c.Site.Hosts) == 0 {
		return errors.New("site.yaml: names no hosts")
	}
	if err := c.Site.PasscodeMail.check(); err != nil {
		return fmt.Errorf("site.yaml: %w", err)
	}
	names := map[string]bool{}
	for _, h := range c.Site.Hosts {
		names[h.Name] = true
	}
	if err := c.Site.Aside.check(); err != nil {
		return fmt.Errorf("site.yaml: aside: %w", err)
	}
	for _, texts := range []Texts{c.Site.Over.Close, c.Site.Over.Also, c.Site.Over.About, c.Site.Over.Unlike} {
		if err := texts.check(); err != nil {
			return fmt.Errorf("site.yaml: over: %w", err)
		}
	}
	for i, q := range c.Site.Questions {
		if err := q.check(); err != nil {
			return fmt.Errorf("site.yaml: question %d: %w", i+1, err)
		}
	}
	for name, e := range c.Site.Dangers {
		if err := e.check(nil); err != nil {
			return fmt.Errorf("site.yaml: danger %q: %w", name, err)
		}
	}
	for name, e := range c.Site.SignedIn {
		if err := e.check(nil); err != nil {
			return fmt.Errorf("site.yaml: signed_in %q: %w", name, err)
		}
	}
	if err := c.checkServices(); err != nil {
		return err
	}
	for _, base := range c.Pages {
		for _, p := range append([]Page{base}, base.Variants...) {
			if err := p.check(names); err != nil {
				return fmt.Errorf("%s: %w", p.File, err)
			}
			for name, e := range p.Elements {
				if _, ok := c.Site.Dangers[e.Danger]; e.Danger != "" && !ok {
					return fmt.Errorf("%s: element %q: there is no danger %q", p.File, name, e.Danger)
				}
			}
		}
	}
	return nil
}

func (p Page) check(hosts map[string]bool) error {
	switch p.Kind {
	case Step, Transit, End, Overlay:
	default:
		return fmt.Errorf("kind %q is none of step, transit, end, overlay", p.Kind)
	}
	if p.Title["en"] == "" || p.Title["fr"] == "" {
		return errors.New("needs a title in en and fr")
	}
	if p.Facts == "" {
		return errors.New("needs a line of facts: where is this known from?")
	}
	if len(p.Marks) == 0 {
		return errors.New("has no marks to be recognised by")
	}
	for _, h := range p.Hosts {
		if !hosts[h] {
			return fmt.Errorf("there is no host %q in site.yaml", h)
		}
	}
	for _, re := range p.Paths {
		if _, err := regexp.Compile(re); err != nil {
			return fmt.Errorf("path: %w", err)
		}
	}
	for _, m := range slices.Concat(p.Marks, p.Not) {
		if err := m.check(p); err != nil {
			return err
		}
	}
	for name, m := range p.Facets {
		if err := m.check(p); err != nil {
			return fmt.Errorf("facet %q: %w", name, err)
		}
	}
	for name, e := range p.Elements {
		if err := e.check(p.Elements); err != nil {
			return fmt.Errorf("element %q: %w", name, err)
		}
	}
	for name, t := range p.Details {
		if err := t.check(); err != nil {
			return fmt.Errorf("detail %q: %w", name, err)
		}
	}
	for name, t := range p.Tables {
		if err := t.check(); err != nil {
			return fmt.Errorf("table %q: %w", name, err)
		}
	}
	return nil
}

func (m Mark) check(p Page) error {
	set := 0
	for _, t := range []Texts{m.Heading, m.Title, m.Text, m.Message} {
		if t != nil {
			set++
			if err := t.check(); err != nil {
				return fmt.Errorf("mark: %w", err)
			}
		}
	}
	if m.Unlike != nil && m.Message == nil {
		return errors.New("mark: unlike goes with message")
	}
	if err := m.Unlike.check(); err != nil {
		return fmt.Errorf("mark: unlike: %w", err)
	}
	for _, s := range []string{m.Path, m.Comment} {
		if s != "" {
			set++
			if _, err := regexp.Compile(s); err != nil {
				return fmt.Errorf("mark: %w", err)
			}
		}
	}
	for _, s := range []string{m.CSS, m.Visible, m.Nothing, m.Element, m.Table} {
		if s != "" {
			set++
		}
	}
	if _, ok := p.Elements[m.Element]; m.Element != "" && !ok {
		return fmt.Errorf("mark: there is no element %q", m.Element)
	}
	if _, ok := p.Tables[m.Table]; m.Table != "" && !ok {
		return fmt.Errorf("mark: there is no table %q", m.Table)
	}
	for _, group := range [][]Mark{m.Any, m.Two} {
		if group == nil {
			continue
		}
		set++
		for _, inner := range group {
			if err := inner.check(p); err != nil {
				return err
			}
		}
	}
	if set != 1 {
		return fmt.Errorf("a mark says one thing, this one says %d", set)
	}
	return nil
}

func (e Element) check(others map[string]Element) error {
	switch e.Role {
	case Textbox, Password, Secret, Checkbox, Action:
	default:
		return fmt.Errorf("role %q is none of textbox, password, secret, checkbox, action", e.Role)
	}
	if len(e.CSS) == 0 && len(e.Label) == 0 && e.Shape == "" {
		return errors.New("has no way to be found")
	}
	if e.Commits && len(e.Label) == 0 {
		return errors.New("commits, so it needs its wording")
	}
	if _, ok := others[e.With]; e.With != "" && !ok {
		return fmt.Errorf("with: there is no element %q", e.With)
	}
	if len(e.Also) > 0 && (e.Commits || len(e.Label) == 0) {
		return errors.New("also stands behind a label, and never where something commits")
	}
	if err := e.Also.check(); err != nil {
		return fmt.Errorf("also: %w", err)
	}
	if err := e.Unlike.check(); err != nil {
		return fmt.Errorf("unlike: %w", err)
	}
	if len(e.Asks) > 0 && e.Inside == "" {
		return errors.New("asks needs inside: what is it that says so?")
	}
	if err := e.Asks.check(); err != nil {
		return fmt.Errorf("asks: %w", err)
	}
	return e.Label.check()
}

func (t Texts) check() error {
	for lang, list := range t {
		if lang != "en" && lang != "fr" {
			return fmt.Errorf("language %q is neither en nor fr", lang)
		}
		for _, s := range list {
			if re, ok := strings.CutPrefix(s, "~"); ok {
				if _, err := regexp.Compile(re); err != nil {
					return err
				}
				if strings.ContainsFunc(re, unicode.IsControl) {
					return fmt.Errorf("expression %q holds a control character; between double quotes a backslash is written twice", s)
				}
				// Accents and capitals are gone from a text when it is compared.
				if i := strings.IndexFunc(re, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsLetter(r) }); i >= 0 {
					return fmt.Errorf("expression %q can never match: normalised text has no accents", s)
				}
				continue
			}
			if Normalise(s) == "" {
				return fmt.Errorf("wording %q is empty once normalised", s)
			}
		}
	}
	return nil
}

func (t Table) check() error {
	if len(t.Columns) == 0 {
		return errors.New("has no columns")
	}
	for name, texts := range t.Columns {
		if err := texts.check(); err != nil {
			return fmt.Errorf("column %q: %w", name, err)
		}
	}
	for _, name := range slices.Concat(t.Required, t.Blank) {
		if _, ok := t.Columns[name]; !ok {
			return fmt.Errorf("column %q is not described", name)
		}
	}
	for _, texts := range []Texts{t.Empty, t.Next, t.Previous, t.Pager} {
		if err := texts.check(); err != nil {
			return err
		}
	}
	for _, re := range slices.Concat(t.Info, t.Count) {
		if _, err := regexp.Compile(re); err != nil {
			return err
		}
	}
	return nil
}
