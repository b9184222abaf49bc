package redesigns_test

import (
	"fmt"
	"strings"
	"testing"

	"irccpin/automation/browser"
	"irccpin/automation/page"
	"irccpin/fixtures"
)

// part is what the client makes of the part of a table that is shown.
type part struct {
	Shot  *page.Snapshot `json:"shot"`
	Table *struct {
		OK       bool     `json:"ok"`
		Status   string   `json:"status"`
		Rows     []any    `json:"rows"`
		Next     string   `json:"next"`
		Previous string   `json:"previous"`
		Info     *rowInfo `json:"info"`
	} `json:"table"`
}

type rowInfo struct {
	First, Last, Total int
}

const lookAtPart = `() => {
	const shot = irccpin.snapshot();
	return { shot, table: shot.pages[0] === 'home' ? irccpin.readTable({ page: 'home', table: 'users' }) : null };
}`

// TestPagers: a table that may go on is never taken for whole. Beside the users
// stand other tables, some of which have pagers of their own; whose a pager is
// must be clear, or the table is not read.
func TestPagers(t *testing.T) {
	t.Parallel()
	const (
		previous = `<a href="#p" class="disabled">Previous</a>`
		next     = `<a href="#n">Next</a>`
		pager    = `<div>` + previous + ` ` + next + `</div>`
		counted  = `<span>Showing 1 to 5 of 12</span>`
		legend   = `<table><tr><td>Secondary user</td><td>may file applications</td></tr></table>`
		notes    = `<table><thead><tr><th>Date</th><th>Subject</th></tr></thead><tbody><tr><td>2026-10-05</td><td>A message</td></tr><tr><td>2026-10-06</td><td>Another</td></tr></tbody></table>`
	)
	users := `<table id="t"><thead><tr><th>Given name</th><th>Family name</th><th>PIN</th></tr></thead><tbody>`
	for i := range 5 {
		users += fmt.Sprintf(`<tr><td>Guest%c</td><td>Marlowe</td><td>Ab%d</td></tr>`, 'A'+i, 1000+i)
	}
	users += `</tbody></table>`
	const more, ends, none, doubt = "more", "end", "none", "ambiguous"
	h := openHall(t)
	samples, err := fixtures.Samples(3, "en")
	if err != nil {
		t.Fatal(err)
	}
	var home fixtures.Sample
	for _, s := range samples {
		if s.Page == fixtures.PageHome && s.Name == string(s.Page) {
			home = s
		}
	}
	for name, c := range map[string]struct {
		body string
		next string
		// total is what the rows are counted as; 0 is not at all.
		total int
	}{
		"its own pager":                  {users + counted + pager, more, 12},
		"at its end":                     {users + `<div>` + previous + ` <a href="#n" class="disabled">Next</a></div>`, ends, 0},
		"none":                           {users, none, 0},
		"a table in the bar":             {users + `<div><table><tr><td>Show</td><td><select><option>5</option></select></td></tr></table>` + counted + previous + next + `</div>`, more, 12},
		"a legend before the pager":      {`<section>` + users + legend + `<nav>` + previous + next + `</nav></section>`, more, 0},
		"laid out in tables":             {`<table role="presentation"><tr><td colspan="2">` + users + `</td></tr><tr><td><table><tr><td>` + counted + `</td></tr></table></td><td><table><tr><td>` + previous + next + `</td></tr></table></td></tr></table>`, more, 12},
		"data before the pager":          {`<section>` + users + notes + `<nav>` + previous + next + `</nav></section>`, doubt, 0},
		"data before a pager at its end": {`<section>` + users + notes + `<nav>` + previous + `</nav></section>`, none, 0},
		"another table's, that says so":  {users + `<table id="o"><tr><td>x</td></tr></table>` + strings.ReplaceAll(strings.Replace(notes, "<table>", `<table id="notes">`, 1)+pager, "href", `aria-controls="notes" href`), none, 0},
		"another table's, beside it":     {users + `<section>` + notes + `<span>Showing 1 to 2 of 7</span>` + pager + `</section>`, none, 0},
		"another table's, in its foot":   {users + strings.Replace(notes, "</table>", `<tfoot><tr><td colspan="2">`+previous+next+`</td></tr></tfoot></table>`, 1), none, 0},
		"counted beside another table":   {users + `<section>` + notes + counted + `</section>`, none, 12},
		"a list of pages":                {users + `<p>Page <select><option>1</option><option>2</option><option>3</option></select> of 3</p>`, doubt, 0},
		"a list of pages, in words":      {users + `<select aria-label="Page"><option>Page 1 of 2</option><option>Page 2 of 2</option></select>`, doubt, 0},
		"a list of lengths":              {users + `<label>Show <select><option>5</option><option>10</option><option>25</option></select> entries</label>`, none, 0},
		"a button for more":              {users + `<button type="button">Load more</button>`, doubt, 0},
		"a button for all":               {users + `<a href="#all">Show all users</a>`, doubt, 0},
		"messages of its own":            {users + `<a href="#all">View all messages</a>`, none, 0},
		"counted in part":                {users + `<p>Showing 5 of 12 users</p>`, none, 12},
		"names both tables":              {`<section id="both">` + users + pager + notes + strings.ReplaceAll(pager, "href", `aria-controls="both" href`) + `</section>`, more, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := home
			s.ContentType = "text/html; charset=utf-8"
			s.HTML = []byte(`<!doctype html><title>Home</title><main><h1>IRCC Portal account</h1><h2>Business details</h2>
				<p><a href="/mycic/create">Create a secondary user for this account</a></p><div><h2>Manage access</h2>` + c.body + `</div></main>`)
			got := showPart(t, h, s)
			if got.Table == nil || !got.Table.OK {
				t.Fatalf("the table was not read: %+v of %v", got.Table, got.Shot.Pages)
			}
			total := 0
			if got.Table.Info != nil {
				total = got.Table.Info.Total
			}
			if len(got.Table.Rows) != 5 || got.Table.Next != c.next || total != c.total {
				t.Errorf("%d rows, next %q, counted as %d; want 5, %q, %d", len(got.Table.Rows), got.Table.Next, total, c.next, c.total)
			}
		})
	}
}

// showPart shows a page and returns what is read of it once it is complete.
func showPart(t *testing.T, h *hall, s fixtures.Sample) part {
	t.Helper()
	h.mu.Lock()
	h.shown = s
	h.mu.Unlock()
	if err := h.tab.Navigate(t.Context(), s.URL); err != nil {
		t.Fatal(err)
	}
	var doc browser.DocID
	for event := range h.tab.Events() {
		switch event := event.(type) {
		case browser.Navigated:
			doc = event.Doc
		case browser.Announced:
			var got part
			if event.Doc != doc || event.Frame != "" || h.tab.Call(t.Context(), doc, lookAtPart, nil, &got) != nil {
				continue
			}
			if got.Shot.Loaded == "complete" {
				return got
			}
		}
	}
	t.Fatal("the tab ended")
	return part{}
}
