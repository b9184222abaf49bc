package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/jobs"
	"irccpin/automation/lang"
	"irccpin/automation/roster"
)

// watchBatch tells what happens to the rows: as lines of JSON, as a table that
// moves, or as plain lines.
func (p *program) watchBatch(c *cli.Context, list *roster.Roster, selectors string) batchWatch {
	title := func(page string) string { return page }
	if catalog, err := automation.CheckCatalog(selectors); err == nil {
		title = catalog.Title
	}
	switch {
	case c.Bool("json-stream"):
		return &jsonWatch{out: p.err, now: p.now, list: list}
	case c.Bool("quiet"):
		return quietWatch{}
	}
	w := &boardWatch{p: p, list: list, title: title, under: map[int]*underway{}}
	if p.narrator.look.live {
		// What others say meanwhile goes above the table.
		p.narrator.mu.Lock()
		p.narrator.out = w
		p.narrator.mu.Unlock()
	}
	return w
}

// quietWatch tells nothing.
type quietWatch struct{}

func (quietWatch) began(int, int)                   {}
func (quietWatch) observer(int) automation.Observer { return rowObserver{} }
func (quietWatch) ended(*jobs.Ending)               {}
func (quietWatch) done()                            {}

// rowObserver tells which page a row's session is on.
type rowObserver struct{ page func(page string) }

func (o rowObserver) Recognised(s *automation.Snapshot) {
	if o.page != nil && s.Page() != "" {
		o.page(s.Page())
	}
}
func (rowObserver) Acted(string, string, string, string) {}
func (rowObserver) Warned(automation.Warning)            {}
func (rowObserver) Asked(string, time.Time)              {}
func (rowObserver) Waiting(string, time.Time)            {}

// jsonWatch writes one line of JSON for each event. Scripts rely on its fields.
type jsonWatch struct {
	now  func() time.Time
	list *roster.Roster

	mu  sync.Mutex
	out io.Writer
}

// event is a line of --json-stream. No event holds a PIN.
type event struct {
	Time time.Time `json:"time"`
	// Event is batch_began, row_page, row_ended or batch_ended.
	Event string `json:"event"`
	// Rows and Skipped are how many rows there are, and how many of them have
	// their PIN already.
	Rows    int `json:"rows,omitempty"`
	Skipped int `json:"skipped,omitempty"`
	// Row is the row's number as the spreadsheet shows it.
	Row      int             `json:"row,omitempty"`
	Employer string          `json:"employer,omitempty"`
	Page     string          `json:"page,omitempty"`
	Result   string          `json:"result,omitempty"`
	Code     automation.Code `json:"code,omitempty"`
	Message  string          `json:"message,omitempty"`
	Hint     string          `json:"hint,omitempty"`
	Run      string          `json:"run,omitempty"`
}

func (w *jsonWatch) write(e event) {
	e.Time = w.now().UTC()
	w.mu.Lock()
	defer w.mu.Unlock()
	encoder := json.NewEncoder(w.out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(e) // a reader that went away is no reason to stop
}

func (w *jsonWatch) began(rows, skipped int) {
	w.write(event{Event: "batch_began", Rows: rows, Skipped: skipped})
}

func (w *jsonWatch) observer(place int) automation.Observer {
	row := w.list.Rows[place]
	return rowObserver{func(page string) {
		w.write(event{Event: "row_page", Row: row.Number, Employer: row.Label(), Page: page})
	}}
}

func (w *jsonWatch) ended(e *jobs.Ending) {
	w.write(event{
		Event: "row_ended", Row: e.Row.Number, Employer: e.Row.Label(),
		Result: e.Outcome.Result, Code: e.Outcome.Code, Message: e.Outcome.Message, Hint: e.Hint, Run: e.Outcome.Run,
	})
}

func (w *jsonWatch) done() { w.write(event{Event: "batch_ended"}) }

// boardWatch shows people the rows under way. On a terminal they are a table
// that moves, below a line for each row that ended; elsewhere there are only the
// lines.
type boardWatch struct {
	p     *program
	list  *roster.Roster
	title func(string) string

	mu            sync.Mutex
	start         time.Time
	rows, over    int
	failed, drawn int
	under         map[int]*underway
	stop          chan struct{}
	ticking       sync.WaitGroup
}

// underway is a row that is being worked on.
type underway struct {
	page  string
	since time.Time
}

func (w *boardWatch) began(rows, skipped int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.start, w.rows, w.over = w.p.now(), rows, skipped
	line := plural(rows, "row")
	if skipped > 0 {
		line += lang.Text(", %d of them with their PIN already", skipped)
	}
	w.line(line + ".")
	if !w.p.narrator.look.live {
		return
	}
	stop := make(chan struct{})
	w.stop = stop
	w.ticking.Go(func() {
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				w.mu.Lock()
				w.draw()
				w.mu.Unlock()
			}
		}
	})
}

func (w *boardWatch) observer(place int) automation.Observer {
	w.mu.Lock()
	w.under[place] = &underway{page: lang.Text("starting"), since: w.p.now()}
	w.mu.Unlock()
	return rowObserver{func(page string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if u := w.under[place]; u != nil {
			u.page = w.title(page)
		}
	}}
}

func (w *boardWatch) ended(e *jobs.Ending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.under, e.Place)
	w.over++
	n := w.p.narrator
	mark, colour := n.mark("✓", "+"), text.FgGreen
	if e.Outcome.Code != "" {
		w.failed++
		mark, colour = n.mark("✗", "x"), text.FgRed
	}
	line := lang.Text("row %d  %s  %s: %s", e.Row.Number, e.Row.Label(), personLabel(e.Row), outcomeWord(e.Outcome))
	if e.Outcome.Code != "" {
		line += ": " + e.Outcome.Message
	}
	w.line(fmt.Sprintf("%s [%d/%d] %s", n.paint(colour, mark), w.over, w.rows, printable(line)))
}

func (w *boardWatch) done() {
	w.mu.Lock()
	stop := w.stop
	w.stop = nil
	w.erase()
	w.mu.Unlock()
	if stop == nil {
		return
	}
	close(stop)
	w.ticking.Wait()
	w.p.narrator.mu.Lock()
	w.p.narrator.out = w.p.err
	w.p.narrator.mu.Unlock()
}

// Write lets others say something above the table.
func (w *boardWatch) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.erase()
	n, err := w.p.err.Write(b)
	w.draw()
	return n, err
}

// line writes a line that stays.
func (w *boardWatch) line(s string) {
	w.erase()
	fmt.Fprintln(w.p.err, s)
	w.draw()
}

// draw draws the table anew.
func (w *boardWatch) draw() {
	w.erase()
	if w.stop == nil || len(w.under) == 0 {
		return
	}
	t := newTable()
	var places []int
	for place := range w.under {
		places = append(places, place)
	}
	slices.Sort(places)
	for _, place := range places {
		u, row := w.under[place], w.list.Rows[place]
		t.AppendRow(table.Row{row.Number, printable(row.Label()), printable(personLabel(row)), u.page, seconds(w.p.now().Sub(u.since))})
	}
	lines := append(strings.Split(t.Render(), "\n"), lang.Text("%d of %d, %d failed, %s", w.over, w.rows, w.failed, seconds(w.p.now().Sub(w.start))))
	for _, line := range lines {
		// A line as wide as the terminal would wrap, and could not be erased.
		fmt.Fprintln(w.p.err, text.Trim(strings.TrimRight(line, " "), w.p.columns()-1))
	}
	w.drawn = len(lines)
}

// erase takes the table away.
func (w *boardWatch) erase() {
	if w.drawn > 0 {
		fmt.Fprint(w.p.err, text.CursorUp.Sprintn(w.drawn)+"\r\x1b[J")
		w.drawn = 0
	}
}
