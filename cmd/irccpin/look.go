package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// lookConfig settles how the portal is opened for a look. Without signing in it
// needs no settings of an employer, no ledger and no credential.
func (s sources) lookConfig(ctx context.Context, command string, signedIn bool) (automation.Config, error) {
	if signedIn {
		return s.config(ctx, command)
	}
	from := s.settingsFrom()
	program, err := automation.ProgramSettings(from)
	if err != nil {
		return automation.Config{}, err
	}
	c, err := s.withFile(program, from.File).session(ctx)
	c.Command, c.Observer, c.RunID = command, s.p.narrator, automation.NewRunID(s.p.now())
	return c, err
}

// look looks at the portal, and tells what happens.
func (p *program) look(c *cli.Context, config automation.Config, o automation.LookOptions) (*automation.Result, []automation.SeenPage) {
	if catalog, err := automation.CheckCatalog(config.Selectors); err == nil {
		p.narrator.title = catalog.Title
	}
	if c.Bool("verbose") {
		config.Log = slog.New(slog.NewTextHandler(p.narrator, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	p.ending.Store(&farewell{
		first: lang.Text("Interrupted. Nothing was changed; irccpin closes the browser."),
		again: lang.Text("Still closing the browser. It takes less than a minute."),
	})
	p.narrator.begin(lang.Text("Starting the browser"))
	result, pages := automation.Look(c.Context, config, o)
	if result.Error == nil {
		p.narrator.done(lang.Text("Done"))
	}
	return result, pages
}

// looked is what a look prints.
type looked struct {
	*automation.Result
	Pages []automation.SeenPage `json:"pages"`
}

// tellPages prints, page by page and element by element, how the portal was
// recognised.
func (p *program) tellPages(out io.Writer, pages []automation.SeenPage) {
	for _, page := range pages {
		name := strings.Join(page.Pages, ", ")
		if name == "" {
			name = lang.Text("unknown page")
		}
		if page.Variant != "" {
			name += lang.Text(" (variant %s)", page.Variant)
		}
		fmt.Fprintf(out, "%s  %s\n", p.bold(name), printable(page.URL))
		for _, line := range pageLines(page) {
			mark := p.outPaint(text.FgGreen, fmt.Sprintf("%-7s", lang.Text("ok")))
			if line.fault {
				mark = p.outPaint(text.FgRed, fmt.Sprintf("%-7s", lang.Text("not ok")))
			}
			fmt.Fprintf(out, "  %s %-24s %s\n", mark, printable(line.name), printable(line.what))
		}
	}
}

// pageLine is one element, table or mark of a page in a report.
type pageLine struct {
	name, what string
	fault      bool
}

func pageLines(page automation.SeenPage) []pageLine {
	var lines []pageLine
	faults := map[string]automation.Fault{}
	for _, f := range page.Faults {
		faults[f.Element] = f
	}
	if f, bad := faults[""]; bad {
		lines = append(lines, pageLine{lang.Text("the page"), f.Detail, true})
	} else {
		what := lang.Text("recognised by %d marks", len(page.Marks))
		if n := len(page.Absent); n > 0 {
			what += lang.Text("; %d others are not there", n)
		}
		lines = append(lines, pageLine{lang.Text("the page"), what, false})
	}
	for _, name := range inOrder(page.Elements) {
		e := page.Elements[name]
		if f, bad := faults[name]; bad {
			lines = append(lines, pageLine{name, lang.Word(f.What) + ": " + f.Detail, true})
			continue
		}
		switch e.Status {
		case "found":
			lines = append(lines, pageLine{name, lang.Text("found by %s", ways(e.Way, e.Ways)), false})
		case "missing":
			lines = append(lines, pageLine{name, lang.Text("not there, and need not be"), false})
		default:
			lines = append(lines, pageLine{name, lang.Text("%s, and not needed", lang.Word(e.Status)), false})
		}
	}
	for _, name := range inOrder(page.Tables) {
		if f, bad := faults[name]; bad {
			lines = append(lines, pageLine{name, lang.Word(f.What) + ": " + f.Detail, true})
			continue
		}
		t := page.Tables[name]
		if t.Count == 0 {
			lines = append(lines, pageLine{name, lang.Text("the page says that the table is empty"), false})
			continue
		}
		lines = append(lines, pageLine{name, lang.Text("a table of %d rows with the columns %s", t.Rows, strings.Join(t.Columns, ", ")), false})
	}
	return lines
}

// ways names how an element was found, and which other ways agree.
func ways(best string, all map[string]int) string {
	out := best
	for _, way := range inOrder(all) {
		if way != best {
			out += lang.Text(" and ") + way
		}
	}
	return out
}

// outPaint colours what goes to stdout, when that is a terminal.
func (p *program) outPaint(c text.Color, s string) string {
	if !p.outTTY {
		return s
	}
	return p.narrator.paint(c, s)
}

func (p *program) bold(s string) string { return p.outPaint(text.Bold, s) }

// flagsForLook checks the flags of a look before any file is read.
func (s sources) flagsForLook() error {
	_, err := s.earlySimulator()
	return cmp.Or(s.early(), err)
}
