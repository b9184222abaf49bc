package selectors

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// A portal that is being redesigned shows some people the new page and others
// the old one, and goes back and forth between them. So a page can have
// variants, side by side: the file "home@cards.yaml" describes the variant
// "cards" of the page "home", in the embedded catalog or in a directory laid
// over it. It says only what is different:
//
//   - marks are its own, since they tell the variants of a page apart;
//   - elements, tables, details and facets of the page's own names take the
//     place of these, and new ones are added;
//   - everything else is the page's: its hosts, the paths where a secret may be
//     typed, what it must not look like, its rank.
//
// Where the page and a variant are both recognised, it is the variant. Two
// variants at once are as ambiguous as two pages.

// variantName is what a variant may be called: it is part of a file's name.
var variantName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// Label names a page with its variant, as its file does: "home", "home@cards".
func (p Page) Label() string {
	if p.Variant == "" {
		return p.Name
	}
	return p.Name + "@" + p.Variant
}

func (p Page) fileName() string { return p.Label() + ".yaml" }

// Shape returns a page, or with a variant's name that variant of it.
func (c *Catalog) Shape(name, variant string) (Page, bool) {
	p, ok := c.Page(name)
	if !ok || variant == "" {
		return p, ok
	}
	i := slices.IndexFunc(p.Variants, func(v Page) bool { return v.Variant == variant })
	if i < 0 {
		return Page{}, false
	}
	return p.Variants[i], true
}

// gatherVariants puts the variants beside the pages that they are shapes of.
func (c *Catalog) gatherVariants(files tree) error {
	var bases []Page
	for _, p := range c.Pages {
		if p.Variant == "" {
			bases = append(bases, p)
		}
	}
	for _, v := range c.Pages {
		if v.Variant == "" {
			continue
		}
		i := slices.IndexFunc(bases, func(p Page) bool { return p.Name == v.Name })
		if i < 0 {
			return files.fault(v.fileName(), under(fmt.Errorf("there is no page %q that this could be a variant of", v.Name), "page"))
		}
		if err := v.lieOver(bases[i]); err != nil {
			return files.fault(v.fileName(), err)
		}
		bases[i].Variants = append(bases[i].Variants, v)
	}
	c.Pages = bases
	return nil
}

// lieOver fills in from the page what its variant does not say.
func (p *Page) lieOver(base Page) error {
	if !variantName.MatchString(p.Variant) {
		return under(fmt.Errorf("the variant's name %q is not of small letters, digits and dashes", p.Variant), "variant")
	}
	if len(p.Marks) == 0 {
		return under(errors.New("a variant needs marks of its own"), "marks")
	}
	for _, own := range []struct {
		key string
		is  bool
	}{{"kind", p.Kind != ""}, {"hosts", p.Hosts != nil}, {"paths", p.Paths != nil}, {"rank", p.Rank != 0}, {"signed_in", p.SignedIn}} {
		if own.is {
			return under(errors.New("kind, hosts, paths, rank and signed_in are the page's and cannot be a variant's"), own.key)
		}
	}
	p.Kind, p.Hosts, p.Paths, p.Rank, p.SignedIn = base.Kind, base.Hosts, base.Paths, base.Rank, base.SignedIn
	p.Service = base.Service // a file in a directory laid over the catalog says nothing of it
	if p.Title == nil {
		p.Title = base.Title
	}
	p.Not = append(slices.Clone(p.Not), base.Not...) // its own keep the places that they have in the file
	p.Elements = laid(base.Elements, p.Elements)
	p.Facets = laid(base.Facets, p.Facets)
	p.Details = laid(base.Details, p.Details)
	p.Tables = laid(base.Tables, p.Tables)
	for name, e := range base.Elements {
		if e.Commits && !p.Elements[name].Commits {
			return under(fmt.Errorf("element %q commits, in every variant", name), "elements", name)
		}
	}
	return nil
}

func laid[V any](base, over map[string]V) map[string]V {
	if base == nil && over == nil {
		return nil
	}
	out := maps.Clone(base)
	if out == nil {
		out = map[string]V{}
	}
	maps.Copy(out, over)
	return out
}
