package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

func (p *program) runsCommand() *cli.Command {
	ledger := slices.Concat(ledgerFlags(), outputFlags())
	return &cli.Command{
		Name:  "runs",
		Usage: "past runs, their evidence, and the record of who was created",
		Description: `Each run that opened the portal leaves a trace and, when it failed, a picture of
the last page. Secrets and PINs are not in it: it can be shown to a colleague.`,
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list the runs, newest first",
				Flags: append([]cli.Flag{
					&cli.IntFlag{Name: "last", Usage: lang.Text("`NUMBER` of runs to list; 20 unless told, 0 is all"), Value: 20, Category: catOutput},
				}, ledger...),
				Action: p.listRuns,
			},
			{
				Name: "show", Usage: "show what a run did, step by step", ArgsUsage: "[ID]",
				Description: `Without an ID: the newest run.`,
				Flags: append([]cli.Flag{
					boolFlag("html", "print one web page with timeline and pictures, to be sent to a colleague", catOutput),
					valueFlag("out", "FILE", "write there instead of to stdout", catOutput),
					boolFlag("force", "let --out replace a file that exists", catOutput),
				}, ledger...),
				Action: p.showRun,
			},
			{
				Name: "export", Usage: "print who was created for whom on whose authority, as CSV",
				Flags: append([]cli.Flag{
					valueFlag("out", "FILE", "write there instead of to stdout", catOutput),
					boolFlag("force", "let --out replace a file that exists", catOutput),
				}, ledger...),
				Action: p.export,
			},
		},
	}
}

// runDocument is a run as list and show print it with --json.
type runDocument struct {
	automation.PastRun
	// State is finished, running, broken off or damaged; Fault says why.
	State string `json:"state"`
	Fault string `json:"fault,omitempty"`
}

func (p *program) listRuns(c *cli.Context) error {
	state, _, err := p.ledgerState(c)
	if err != nil {
		return err
	}
	runs, err := automation.Runs(state.Dir)
	if err != nil {
		return err
	}
	last := c.Int("last")
	if last < 0 {
		return usage("--last is less than nothing: %d", last)
	}
	if last > 0 && len(runs) > last {
		runs = runs[:last]
	}
	if p.json {
		documents := []runDocument{}
		for _, r := range runs {
			documents = append(documents, runDocument{PastRun: r, State: string(r.State), Fault: r.Fault})
		}
		return p.printJSON(struct {
			envelope
			Runs []runDocument `json:"runs"`
		}{ended("listed"), documents})
	}
	if len(runs) == 0 {
		_, err := fmt.Fprintln(p.out, lang.Text("There are no runs yet."))
		return err
	}
	t := newTable()
	t.AppendHeader(table.Row{lang.Text("Run"), lang.Text("Began"), lang.Text("Command"), lang.Text("Employer"), lang.Text("Ended as")})
	for _, r := range runs {
		t.AppendRow(table.Row{r.ID, r.Started.Local().Format("2006-01-02 15:04"), r.Command, printable(employerOfRun(r)), spoken(runEnding(r))})
	}
	return printTable(p.out, t)
}

func employerOfRun(r automation.PastRun) string {
	if r.Simulated {
		return strings.TrimSpace(r.Employer + lang.Text(" (simulated)"))
	}
	return r.Employer
}

// runEnding says in a word how a run ended.
func runEnding(r automation.PastRun) string {
	switch {
	case r.State != "finished":
		return string(r.State)
	case r.Code != "":
		return r.Code
	}
	return r.Result
}

// runID is the run that is asked for: the newest one, when none is named.
func runID(c *cli.Context, state automation.State) (string, error) {
	if id := c.Args().First(); id != "" {
		return id, nil
	}
	runs, err := automation.Runs(state.Dir)
	if err != nil {
		return "", err
	}
	if len(runs) == 0 {
		return "", usage("there are no runs yet in %s", state.Dir)
	}
	return runs[0].ID, nil
}

func (p *program) showRun(c *cli.Context) error {
	if c.Bool("html") && p.json {
		return usage("--html and --json contradict each other")
	}
	state, _, err := p.ledgerState(c)
	if err != nil {
		return err
	}
	id, err := runID(c, state)
	if err != nil {
		return err
	}
	if c.Bool("html") && p.outTTY && !c.IsSet("out") {
		return usage("a web page is of no use in a terminal: name a file with --out")
	}
	run, events, err := automation.LoadRun(state.Dir, id)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	switch {
	case c.Bool("html"):
		err = automation.WriteRunHTML(&b, state.Dir, id)
	case p.json:
		var doc []byte
		doc, err = document(struct {
			envelope
			Run   runDocument           `json:"run"`
			Steps []automation.RunEvent `json:"steps"`
		}{ended("found"), runDocument{PastRun: run, State: string(run.State), Fault: run.Fault}, events})
		b.Write(doc)
	default:
		tellRun(&b, run, events, p.titles())
	}
	if err != nil {
		return err
	}
	return p.put(c, b.Bytes())
}

// put writes to --out, or to stdout.
func (p *program) put(c *cli.Context, text []byte) error {
	if !c.IsSet("out") {
		_, err := p.out.Write(text)
		return err
	}
	d := &delivery{file: c.String("out"), replace: c.Bool("force")}
	if d.file == "" {
		return usage("--out is empty")
	}
	if err := d.prepareFile(); err != nil {
		return err
	}
	if err := d.write(text); err != nil {
		return &automation.Error{Code: automation.DeliveryFailed, Message: lang.Text("nothing could be written to --out %s: %v", d.file, reason(err)), Err: err, Hint: lang.Text("Name another file, and run the command again.")}
	}
	p.narrator.say("Written to %s.", d.file)
	if p.json {
		return p.printJSON(struct {
			envelope
			Out string `json:"out"`
		}{ended("written"), d.file})
	}
	return nil
}

// titles gives pages the names that people know them by.
func (p *program) titles() func(string) string {
	catalog, err := automation.CheckCatalog("")
	if err != nil {
		return func(page string) string { return page }
	}
	return catalog.Title
}

// tellRun prints a run for a person.
func tellRun(out io.Writer, r automation.PastRun, events []automation.RunEvent, title func(string) string) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s\n", r.ID, r.Command, spoken(runEnding(r)))
	fmt.Fprintf(&b, "  %-11s %s\n", lang.Text("Began"), r.Started.Local().Format("2006-01-02 15:04:05"))
	if !r.Ended.IsZero() {
		fmt.Fprintf(&b, "  %-11s %s\n", lang.Text("Took"), r.Ended.Sub(r.Started).Round(100*time.Millisecond))
	}
	for _, line := range []struct{ label, value string }{
		{lang.Text("Employer"), employerOfRun(r)},
		{lang.Text("Message"), r.Message},
		{lang.Text("To do"), r.Hint},
		{lang.Text("Page"), title(r.Page)},
		{lang.Text("Fault"), r.Fault},
		{lang.Text("Browser"), r.Versions.Browser},
		{lang.Text("Program"), r.Versions.Program},
	} {
		if line.value != "" {
			fmt.Fprintf(&b, "  %-11s %s\n", line.label, line.value)
		}
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "  %-11s %s: %s\n", lang.Text("Warning"), spoken(w.Code), w.Detail)
	}
	b.WriteString("\n")
	for _, e := range events {
		fmt.Fprintf(&b, "%7.1fs  %s\n", float64(e.ElapsedMS)/1000, eventText(e, title))
	}
	_, _ = io.WriteString(out, printable(b.String())) // a buffer
}

// eventText is one step in a line. What is done on a page stands below it.
func eventText(e automation.RunEvent, title func(string) string) string {
	line := title(e.Page)
	switch e.Kind {
	case "page":
	case "act":
		line = lang.Text("  %s %s (found by %s)", lang.Word(e.Deed), e.Element, e.Way)
	default:
		line = "  " + strings.TrimSpace(lang.Word(e.Kind)+" "+e.Element)
	}
	for _, more := range []string{spoken(e.Outcome), e.Detail} {
		if more != "" {
			line += ": " + more
		}
	}
	return strings.TrimRight(line, " ")
}

func (p *program) export(c *cli.Context) error {
	state, _, err := p.ledgerState(c)
	if err != nil {
		return err
	}
	list, err := automation.Authorizations(c.Context, state)
	if err != nil {
		return err
	}
	if p.json {
		doc, err := document(struct {
			envelope
			Authorizations []automation.Authorization `json:"authorizations"`
		}{ended("listed"), list})
		if err != nil {
			return err
		}
		return p.put(c, doc)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{
		"at", "action", "employer", "business_number", "given_name", "family_name", "email",
		"authorized_by", "statement", "result", "result_at", "run", "simulated",
	}}
	for _, a := range list {
		known := ""
		if !a.ResultAt.IsZero() {
			known = a.ResultAt.UTC().Format(time.RFC3339)
		}
		row := []string{
			a.At.UTC().Format(time.RFC3339), a.Action, a.Employer, a.BusinessNumber, a.GivenName, a.FamilyName, a.Email,
			a.AuthorizedBy, a.Statement, a.Result, known, a.Run, strconv.FormatBool(a.Simulated),
		}
		for i, text := range row {
			row[i] = inert(text)
		}
		rows = append(rows, row)
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	return p.put(c, b.Bytes())
}

// inert keeps a spreadsheet from taking a text for a formula: some of these were
// written by the portal's page. A lone dash is a name.
func inert(text string) string {
	if text != "-" && strings.IndexAny(text, "=+-@\t\r") == 0 {
		return "'" + text
	}
	return text
}
