package automation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"irccpin/automation/capture"
	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/automation/portal"
	"irccpin/automation/secret"
	"irccpin/automation/signin"
	"irccpin/selectors"
)

// LookOptions say how far to look.
type LookOptions struct {
	// SignedIn signs in with the settings and looks at the pages up to "Manage
	// access". Otherwise the look ends at the sign-in form, and needs no account.
	SignedIn bool
	// Form goes on to the form for a new user, and leaves it as it is. Nothing
	// is typed there.
	Form bool
	// Judge makes it an error that something is not as the catalog knows it.
	Judge bool
}

// SeenPage is a page as a look found it.
type SeenPage struct {
	// URL is origin and path.
	URL string `json:"url"`
	capture.Sighting
	// Faults are what is not as the catalog knows it.
	Faults []Fault `json:"faults"`
}

// Fault is one thing on a page that is not as the catalog knows it.
type Fault struct {
	// Element is a name of the catalog; empty for the page itself.
	Element string `json:"element,omitempty"`
	// What is unknown, missing, ambiguous, disagree or drifted.
	What string `json:"what"`
	// Detail says it for a person.
	Detail string `json:"detail"`

	// stop is what a command ends with that meets it; nil for page_changed or, of
	// the page itself, page_unknown.
	stop *page.Stop
}

// Looked is the result that a look ends with.
const Looked = "looked"

// Look looks at the portal's pages, changes nothing, and reports each page
// element by element. The result's error is as in [Run], and with Judge also
// page_changed or page_unknown when something is not as the catalog knows it; the
// pages are those that were met until then.
func Look(ctx context.Context, c Config, o LookOptions) (*Result, []SeenPage) {
	var seen []page.Specimen
	c = c.collecting(func(s page.Specimen) {
		if n := len(seen); n > 0 && seen[n-1].Shot.Doc == s.Shot.Doc {
			seen[n-1] = s
			return
		}
		seen = append(seen, s)
	})
	var r *Result
	if o.SignedIn {
		r = Run(ctx, c, func(ctx context.Context, s *Session, r *Result) error {
			if err := s.look(ctx, o.Form); err != nil {
				return err
			}
			r.end(Looked)
			return nil
		})
	} else {
		r = lookInPublic(ctx, c)
	}
	catalog, err := selectors.Load(c.Selectors)
	if err != nil {
		return r, nil // told by the result already
	}
	pages := []SeenPage{}
	for _, s := range seen {
		pages = append(pages, seenPage(catalog, s))
	}
	if r.Error == nil && o.Judge {
		if fault := firstFault(pages); fault != nil {
			r.fail(fault)
		}
	}
	return r, pages
}

// look opens the table of users and, when asked, the form for a new one.
func (s *Session) look(ctx context.Context, form bool) error {
	d := s.desk.Driver
	if _, err := s.Users(ctx); err != nil {
		return err
	}
	if err := s.desk.Complete(ctx); err != nil {
		return s.portal.ended(ctx, err)
	}
	if err := d.Keep(ctx); err != nil || !form {
		return s.portal.ended(ctx, err)
	}
	return s.portal.ended(ctx, s.desk.LookAtForm(ctx))
}

// lookInPublic goes to the sign-in form in a browser of its own. There are no
// settings, no ledger and no lease: nothing is done that another run could mind.
func lookInPublic(ctx context.Context, c Config) *Result {
	began := time.Now()
	if c.Settings == nil {
		c.Settings = new(secret.Settings)
	}
	c = c.withDefaults()
	r := &Result{Schema: Schema, Simulated: c.Simulator != nil, Warnings: []Warning{}}
	limited, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	collector, err := c.beginCapture()
	var p *Portal
	if err == nil {
		p, err = openWithoutAccount(limited, c)
	}
	var d *page.Driver
	if err == nil {
		d, err = p.walkInPublic(limited)
	}
	if p != nil {
		finishCapture(collector, c.Capture, p.machine.Version(), r)
	}
	if err = (&Portal{config: c}).ended(limited, err); err != nil {
		failure := coded(err)
		if failure.Page == "" && d != nil {
			failure.Page = d.Last()
		}
		r.fail(cleanError(c.redactor, failure))
	} else {
		r.end(Looked)
	}
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer stop()
	if d != nil {
		r.Warnings = append(r.Warnings, d.Warnings...)
		if err := d.Close(after); err != nil {
			c.Log.Warn("closing the tab", slog.Any("error", err))
		}
	}
	if p != nil {
		if err := p.Close(after); err != nil {
			c.Log.Warn("closing the browser", slog.Any("error", err))
		}
	}
	r.ElapsedMS = time.Since(began).Milliseconds()
	return r
}

// openWithoutAccount opens a browser for pages that need no credential: it has
// no ledger and takes no lease. Errors: bad_settings, no_browser.
func openWithoutAccount(ctx context.Context, c Config) (_ *Portal, err error) {
	// Nothing is typed, so that neither a missing sandbox nor a browser elsewhere
	// endangers anybody's credentials.
	c.AllowNoSandbox, c.TrustRemoteBrowser = true, true
	h, err := startHost(ctx, c.Shared())
	if err != nil {
		return nil, err
	}
	if err := h.enter(); err != nil {
		return nil, err
	}
	p := &Portal{host: h, sole: true, config: c, catalog: h.catalog}
	defer func() {
		if err != nil {
			bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
			defer cancel()
			err = errors.Join(err, p.Close(bounded))
		}
	}()
	if p.gate, err = h.openGate(); err != nil {
		return nil, err
	}
	if p.machine, err = h.machine(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Portal) walkInPublic(ctx context.Context) (*page.Driver, error) {
	d := page.New(page.Options{Catalog: p.catalog, Observer: p.config.Observer, Keep: p.config.keep})
	options, err := d.TabOptions()
	if err != nil {
		return nil, err
	}
	tab, err := p.newTab(ctx, options)
	if err != nil {
		return nil, err
	}
	d.Take(tab)
	return d, signin.ToForm(ctx, d, signin.Options{Catalog: p.catalog, Now: clock}, func(ctx context.Context, _ *page.Snapshot) error { return d.Keep(ctx) })
}

// seenPage judges a page by the catalog.
func seenPage(catalog *selectors.Catalog, s page.Specimen) SeenPage {
	out := SeenPage{URL: s.Shot.URL, Sighting: capture.Sight(s.Inspection), Faults: []Fault{}}
	add := func(element, what, detail string) {
		out.Faults = append(out.Faults, Fault{Element: element, What: what, Detail: detail})
	}
	name := s.Shot.Page()
	if name == "" {
		detail := lang.Text("the page is none that is known")
		switch {
		case len(s.Shot.Pages) > 1:
			detail = lang.Text("the page could be any of %s", strings.Join(s.Shot.Pages, ", "))
		case s.Shot.Nearest.Page != "":
			detail += lang.Text("; nearest is %q, which lacks: %s", s.Shot.Nearest.Page, strings.Join(s.Shot.Nearest.Missing, "; "))
		}
		add("", "unknown", detail)
		return out
	}
	spec, _ := catalog.Shape(name, s.Shot.Variant)
	for _, element := range sortedKeys(spec.Elements) {
		state, is := s.Shot.Elements[element], spec.Elements[element]
		switch {
		case state.Drift:
			add(element, "drifted", lang.Text("found by %s only; a better way no longer finds it", state.Way))
		case state.Status == "found", state.Status == "missing" && !is.Required, !is.Required && !is.Commits && state.Status == "ambiguous":
		case state.Status == "missing":
			add(element, state.Status, lang.Text("not found%s", seenInstead(state.Candidates)))
		case state.Status == "ambiguous":
			add(element, state.Status, lang.Text("found more than once%s", seenInstead(state.Candidates)))
		default:
			add(element, state.Status, lang.Text("found in two ways that do not agree%s", seenInstead(state.Candidates)))
		}
	}
	if spec.SignedIn {
		out.lack(portal.Lacking(s.Shot, func(at, element string) string { return catalog.Says(lang.Current(), at, element) }))
	}
	for _, table := range sortedKeys(spec.Tables) {
		switch state := s.Shot.Tables[table]; {
		case state.Count > 1:
			add(table, "ambiguous", lang.Text("the table stands there more than once"))
		case state.Count == 0 && !state.None:
			add(table, "missing", lang.Text("no table with the columns %s", strings.Join(spec.Tables[table].Required, ", ")))
		case state.Count == 1:
			if absent := without(sortedKeys(spec.Tables[table].Columns), out.Tables[table].Columns); len(absent) > 0 {
				add(table, "drifted", lang.Text("no column is known as %s", strings.Join(absent, ", ")))
			}
		}
	}
	return out
}

// lack adds what the page is known without, and what no work can be done without.
func (p *SeenPage) lack(stops []*page.Stop) {
	for _, stop := range stops {
		if slices.ContainsFunc(p.Faults, func(f Fault) bool { return f.Element == stop.Element }) {
			continue // it is told already
		}
		p.Faults = append(p.Faults, Fault{Element: stop.Element, What: p.Elements[stop.Element].Status, Detail: stop.Message, stop: stop})
	}
}

// without are the words of a list that another one has not.
func without(all, some []string) []string {
	return slices.DeleteFunc(all, func(word string) bool { return slices.Contains(some, word) })
}

func seenInstead(candidates []string) string {
	if len(candidates) == 0 {
		return ""
	}
	return lang.Text("; seen: %s", strings.Join(candidates, ", "))
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// firstFault is the error that a look ends with; nil when all is as it is known.
func firstFault(pages []SeenPage) *Error {
	n := 0
	var first *Error
	for _, p := range pages {
		for _, f := range p.Faults {
			n++
			if first != nil {
				continue
			}
			first = &Error{Code: page.PageChanged, Page: strings.Join(p.Pages, ", "), Element: f.Element}
			what := fmt.Sprintf("%q %s: %s", f.Element, lang.Word(f.What), f.Detail)
			if f.Element == "" {
				first.Code, what = page.PageUnknown, f.Detail
			}
			first.Message = lang.Text("on the page %q, %s", first.Page, what)
			if f.stop != nil {
				first.Code, first.Message, first.Hint = f.stop.Code, f.stop.Message, f.stop.Hint
			}
		}
	}
	if n > 1 {
		first.Message += lang.Text(" (and %d more)", n-1)
	}
	if first != nil && first.Hint == "" {
		first.Hint = lang.Text("Nothing was changed. Correct the catalog (a directory of corrected files goes with --selectors), or send a capture: irccpin capture --to DIR.")
	}
	return first
}
