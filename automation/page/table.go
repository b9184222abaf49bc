package page

import (
	"context"
	"errors"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
)

// Row is one row of a table, by the catalog's column names, as a person reads
// it: no hidden sort keys, every character and its case kept.
type Row map[string]string

// Table is a table that was read whole, across its pages.
type Table struct {
	Rows []Row
	// Columns are the catalog's columns that the table has.
	Columns []string
}

// tableResult is what the probe answers.
type tableResult struct {
	actResult
	Rows     []Row    `json:"rows"`
	Columns  []string `json:"columns"`
	State    string   `json:"state"`
	Next     string   `json:"next"`
	Previous string   `json:"previous"`
	Info     *struct {
		First int `json:"first"`
		Last  int `json:"last"`
		Total int `json:"total"`
	} `json:"info"`
	// Least is how many rows the whole table has at least; 0 where it does not say.
	Least int `json:"least"`
	Count *struct {
		Page  int `json:"page"`
		Pages int `json:"pages"`
	} `json:"count"`
}

// maxTablePages bounds turning pages; at five rows a page it is far more users
// than any employer has.
const maxTablePages = 2000

// ReadTable reads all rows of a table of the recognised page, from its first
// page to its last. It fails rather than return a part: an unread row could be
// the one that says a user exists.
func (d *Driver) ReadTable(ctx context.Context, page, table string) (Table, error) {
	part, err := d.tablePart(ctx, page, table)
	if err != nil {
		return Table{}, err
	}
	for i := 0; part.Previous == "more"; i++ {
		if part, err = d.turn(ctx, page, table, "previous", part.State); err != nil {
			return Table{}, err
		}
		if i > maxTablePages {
			return Table{}, d.changed(page, table, lang.Text("without a first page"), nil)
		}
	}
	if part.Previous != "end" && part.Previous != "none" {
		return Table{}, d.changed(page, table, lang.Text("with a pager that could not be understood"), nil)
	}
	out := Table{Columns: part.Columns}
	seen := map[string]bool{}
	for {
		if seen[part.State] && len(part.Rows) > 0 {
			return Table{}, d.changed(page, table, lang.Text("showing the same rows on two of its pages"), nil)
		}
		seen[part.State] = true
		out.Rows = append(out.Rows, part.Rows...)
		if part.Next != "more" {
			break
		}
		if len(seen) > maxTablePages {
			return Table{}, d.changed(page, table, lang.Text("without a last page"), nil)
		}
		if part, err = d.turn(ctx, page, table, "next", part.State); err != nil {
			return Table{}, err
		}
	}
	switch {
	case part.Next != "end" && part.Next != "none":
		return Table{}, d.changed(page, table, lang.Text("with a pager that could not be understood"), nil)
	case part.Count != nil && part.Count.Page < part.Count.Pages:
		return Table{}, d.changed(page, table, lang.Text("telling of %d pages while no way leads on from page %d", part.Count.Pages, part.Count.Page), nil)
	}
	if part.Info != nil && part.Info.Total != len(out.Rows) {
		return Table{}, d.changed(page, table, lang.Text("telling of %d rows while %d could be read", part.Info.Total, len(out.Rows)), nil)
	}
	if part.Least > len(out.Rows) {
		return Table{}, d.changed(page, table, lang.Text("telling of %d rows while %d could be read", part.Least, len(out.Rows)), nil)
	}
	return out, nil
}

// turn presses the pager and waits until other rows are shown.
func (d *Driver) turn(ctx context.Context, page, table, direction, state string) (tableResult, error) {
	was := d.at.shot
	if err := d.press(ctx, page, table+" "+direction, order{table: table, pager: direction}); err != nil {
		return tableResult{}, err
	}
	anew := func(shot *Snapshot) bool { return was != nil && shot.Doc != was.Doc }
	here := func(shot *Snapshot) bool {
		return shot != nil && shot.Page() == page && (!anew(shot) || shot.Loaded == "complete")
	}
	// Rows that are taken away before others come are no page of their own, nor is
	// "Loading…" in their place; where a table says that for ever, it means nothing.
	forever := was != nil && was.Tables[table].Filling
	turned := func() bool {
		shot := d.at.shot
		return d.trouble() != nil || here(shot) && shot.Tables[table].Count == 1 && shot.Tables[table].State != state && shot.Tables[table].Rows > 0 && (forever || !shot.Tables[table].Filling)
	}
	spec, _ := d.options.Catalog.Page(page)
	behind := spec.Tables[table].Behind
	// What was loaded anew, the page or a frame in it, can keep its rows back until
	// they are asked for.
	// Rows that are only being changed are not there at all, or not for long.
	closed := func() bool {
		shot := d.at.shot
		return here(shot) && behind != "" && was != nil && was.Tables[table].Shown && shot.Tables[table].Count == 1 && !shot.Tables[table].Shown && shot.Has(behind)
	}
	what := lang.Text("the table's %s page", direction)
	err := d.await(ctx, what, moveOn, func() bool { return turned() || closed() })
	if err == nil && closed() && !anew(d.at.shot) {
		err = d.Quiet(ctx, table)
	}
	if err == nil && d.trouble() == nil && (anew(d.at.shot) || closed()) {
		if err = d.reopen(ctx, page, table, was); err == nil {
			err = d.await(ctx, what, moveOn, turned)
		}
	}
	if shot := d.at.shot; err != nil && ctx.Err() == nil && here(shot) && shot.Tables[table].Count > 1 {
		return tableResult{}, d.changed(page, table, "ambiguous", nil)
	}
	if err != nil {
		return tableResult{}, err
	}
	if stop := d.trouble(); stop != nil {
		return tableResult{}, stop
	}
	if err := d.Quiet(ctx, table); err != nil {
		return tableResult{}, err
	}
	return d.tablePart(ctx, page, table)
}

// reopen opens the section of a table again that was open before its pager loaded
// the page anew: what is not shown cannot be turned.
func (d *Driver) reopen(ctx context.Context, page, table string, was *Snapshot) error {
	d.left = nil
	spec, _ := d.options.Catalog.Page(page)
	behind := spec.Tables[table].Behind
	shown := func(s *Snapshot) bool { return s.Tables[table].Shown }
	if !shown(was) || behind == "" {
		return nil
	}
	if _, err := d.Settles(ctx, func(s *Snapshot) bool { return shown(s) || s.Has(behind) }); err != nil {
		return err
	}
	if shot := d.at.shot; shot == nil || shown(shot) || !shot.Has(behind) {
		return nil
	}
	if err := d.Press(ctx, page, behind); err != nil {
		return err
	}
	if err := d.Stay(ctx); err != nil {
		return err
	}
	opened, err := d.Settles(ctx, shown)
	if err == nil && !opened {
		err = d.changed(page, table, lang.Text("hidden, and it did not open"), nil)
	}
	return err
}

func (d *Driver) tablePart(ctx context.Context, page, table string) (tableResult, error) {
	var part tableResult
	if d.at.shot == nil {
		return part, d.changed(page, table, "missing", nil)
	}
	err := d.tab.Call(ctx, d.at.shot.Doc, "(order) => irccpin.readTable(order)", map[string]any{"page": page, "table": table}, &part)
	switch {
	case errors.Is(err, browser.ErrDocumentGone):
		return part, d.changed(page, table, "moved", nil)
	case err != nil:
		if stop := d.trouble(); stop != nil {
			return part, stop
		}
		if ctx.Err() != nil {
			return part, ctx.Err()
		}
		return part, &Stop{Code: PortalUnavailable, Page: d.Last(), Message: lang.Text("the browser did not read the table"), Err: err, Hint: lang.Text("Run the command again.")}
	case !part.OK:
		return part, d.changed(page, table, part.Status, part.Candidates)
	}
	return part, nil
}

// ShowRow turns a table that was read back to the page of it that holds a row,
// and returns the row's place there. A row that is gone, or there twice, is
// page_changed.
func (d *Driver) ShowRow(ctx context.Context, page, table string, row Row) (int, error) {
	part, err := d.tablePart(ctx, page, table)
	for i := 0; err == nil && i <= maxTablePages; i++ {
		var places []int
		for place, other := range part.Rows {
			if sameRow(other, row) {
				places = append(places, place)
			}
		}
		switch {
		case len(places) == 1:
			return places[0], nil
		case len(places) > 1:
			return 0, d.changed(page, table, lang.Text("showing a row twice"), nil)
		case part.Previous != "more":
			return 0, d.changed(page, table, lang.Text("without a row that stood in it a moment ago"), nil)
		}
		part, err = d.turn(ctx, page, table, "previous", part.State)
	}
	if err == nil {
		err = d.changed(page, table, lang.Text("without a first page"), nil)
	}
	return 0, err
}

// sameRow tells whether a row is still about the same person; the other cells
// may have changed meanwhile.
func sameRow(a, b Row) bool {
	return a["given"] == b["given"] && a["family"] == b["family"] && a["email"] == b["email"]
}

// PressInRow presses the one button or link in a row's "delete" cell, if the
// row still holds what it did. As for Commit, pressed tells whether the click
// may have reached the page.
func (d *Driver) PressInRow(ctx context.Context, page, table string, index int, row Row) (pressed bool, err error) {
	from := d.at.doc
	err = d.press(ctx, page, table+" delete", order{table: table, row: &rowOrder{
		Index: index, Given: row["given"], Family: row["family"], Email: row["email"],
	}})
	d.answering = from
	return mayHaveLanded(err), err
}
