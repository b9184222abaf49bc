package page

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
)

//go:embed specimen.js
var specimen string

// Inspector is the function that looks closely at a page, for a tab that shows
// one without a Driver; it returns an [Inspection].
const Inspector = "() => irccpin.inspect()"

// Inspection is a page looked at closely: what a snapshot tells, and how it
// came to be known.
type Inspection struct {
	Shot *Snapshot `json:"shot"`
	// Marks are the signs of the recognised page, or of the nearest one.
	Marks []MarkState `json:"marks"`
	// Elements lists what each way of an element finds, best way first.
	Elements map[string][]WayState `json:"elements"`
	// Columns are the catalog's columns that each table has.
	Columns map[string][]string `json:"columns"`
	// Private are values of people and businesses that stand on the page: table
	// cells and details. They are for making others up in their place.
	Private []string `json:"private"`
}

// MarkState is one sign of a page.
type MarkState struct {
	Mark  string `json:"mark"`
	Holds bool   `json:"holds"`
}

// WayState is one way of an element, and what it finds.
type WayState struct {
	Way   string   `json:"way"`
	Found []string `json:"found"`
}

// Specimen is a page as it can be kept and looked at again.
type Specimen struct {
	Inspection
	// HTML is the page without scripts and styles. It holds all that the page
	// says, whoever's it is, and must not be written anywhere as it is.
	HTML string
}

// inspectTime bounds a close look: it is taken on the way, and nothing waits for it.
const inspectTime = 5 * time.Second

// Inspect looks closely at the page that is shown. The error is one of the
// browser's; there is none, and no snapshot, when nothing is shown.
func (d *Driver) Inspect(ctx context.Context) (Inspection, error) {
	var out Inspection
	shot := d.at.shot
	if shot == nil || d.closed != nil {
		return out, nil
	}
	ctx, cancel := context.WithTimeout(ctx, inspectTime)
	defer cancel()
	if err := d.tab.Call(ctx, shot.Doc, Inspector, nil, &out); err != nil {
		return Inspection{}, lang.Errorf("looking at the page: %w", err)
	}
	if out.Shot != nil {
		out.Shot.Doc, out.Shot.Status = shot.Doc, shot.Status
	}
	return out, nil
}

// Specimen returns the page that is shown, with everything on it. A page of a
// host outside the catalog is never taken: nobody knows what it holds.
func (d *Driver) Specimen(ctx context.Context) (Specimen, error) {
	var out Specimen
	shot := d.at.shot
	if shot == nil || d.closed != nil || !d.options.Catalog.Allows(shot.Host) {
		return out, nil
	}
	var err error
	if out.Inspection, err = d.Inspect(ctx); err != nil {
		return out, err
	}
	ctx, cancel := context.WithTimeout(ctx, inspectTime)
	defer cancel()
	if err := d.tab.Call(ctx, shot.Doc, specimen, nil, &out.HTML); err != nil {
		return Specimen{}, lang.Errorf("writing the page down: %w", err)
	}
	return out, nil
}

// keep hands the page that is shown to whoever collects pages. A page that is
// gone already is not missed: what matters about the run is its outcome.
func (d *Driver) keep(ctx context.Context) {
	if d.options.Keep == nil || d.theirs { // what is a person's is not collected
		return
	}
	s, err := d.Specimen(ctx)
	switch {
	case errors.Is(err, browser.ErrDocumentGone):
	case err != nil:
		if ctx.Err() == nil {
			d.Warn(Warning{Code: "capture", Page: d.Last(), Detail: lang.Text("this page was not captured: %v", err)})
		}
	case s.HTML != "":
		d.options.Keep(s)
	}
}

// Keep hands the page that is shown to the collector of pages as it is now,
// once its own scripts have come to rest.
func (d *Driver) Keep(ctx context.Context) error {
	if d.options.Keep == nil {
		return nil
	}
	if err := d.Quiet(ctx, ""); err != nil {
		return err
	}
	d.keep(ctx)
	return nil
}
