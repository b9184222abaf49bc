package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/jobs"
	"irccpin/automation/lang"
	"irccpin/automation/roster"
)

func (p *program) scheduleCommand() *cli.Command {
	one := func(name, usage, more string, act func(*cli.Context, *jobs.Store, string) error) *cli.Command {
		return &cli.Command{
			Name: name, Usage: usage, ArgsUsage: "NAME", Description: more, Flags: storeFlags(),
			Action: func(c *cli.Context) error {
				schedule, err := scheduleName(c)
				if err != nil {
					return err
				}
				return p.withStore(c, func(s *jobs.Store, _ automation.Config) error { return act(c, s, schedule) })
			},
		}
	}
	return &cli.Command{
		Name:      "schedule",
		Usage:     "rosters that recur, worked by irccpin worker",
		UsageText: "irccpin schedule (add | list | pause | resume | remove | run)",
		Subcommands: []*cli.Command{
			p.scheduleAddCommand(),
			{
				Name: "list", Usage: "list the schedules: next and last run, and rows that wait for a person",
				Flags: storeFlags(), Action: p.scheduleList,
			},
			one("pause", lang.Text("keep a schedule from running"), lang.Text("A run under way ends as usual. Runs that fall into the pause are left out."), p.schedulePause),
			one("resume", lang.Text("let a schedule run again, and give rows that wait for a person another try"), "", p.scheduleResume),
			one("remove", lang.Text("take a schedule away"), lang.Text("What was created stays, and is known to the ledger."), p.scheduleRemove),
			one("run", lang.Text("run a schedule now, beside its timing"), lang.Text("A worker does it: irccpin worker."), p.scheduleRun),
		},
	}
}

// scheduleName is the name that a command line gives, as it is kept.
func scheduleName(c *cli.Context) (string, error) {
	name, err := automation.TidyName(c.Args().First())
	if err != nil {
		return "", usage("the name %v", err)
	}
	return name, nil
}

// storeFlags are those of commands that only look into the database.
func storeFlags() []cli.Flag {
	return append(slices.DeleteFunc(ledgerFlags(), isSingle), outputFlags()...)
}

// isSingle tells flags that name one employer.
func isSingle(f cli.Flag) bool {
	return slices.Contains([]string{"env-file", "employer"}, f.Names()[0])
}

func (p *program) scheduleAddCommand() *cli.Command {
	simulator := slices.DeleteFunc(portalFlags(), func(f cli.Flag) bool { return !strings.HasPrefix(f.Names()[0], "simulator") })
	return &cli.Command{
		Name: "add", Usage: "add a roster that recurs", ArgsUsage: "NAME",
		UsageText: "irccpin schedule add NAME (--every 6h | --cron \"0 7 * * 1-5\" --timezone America/Toronto) --roster FILE",
		Description: `The roster is copied into the database, without any secret: each row's settings
file, or keychain entry, is read by the worker that runs the row. Results go
where they are to go from that worker's machine.

Times that were missed are made up once. A row that needs a person is parked
and reported: irccpin schedule resume gives it another try.`,
		Flags: slices.Concat([]cli.Flag{
			valueFlag("every", "DURATION", "run at this distance, such as 6h; the first time at once", catWhen),
			valueFlag("cron", "EXPRESSION", "run at these times: minute hour day month weekday", catWhen),
			valueFlag("timezone", "ZONE", "whose clocks --cron goes by, such as America/Toronto; UTC unless told", catWhen),
			valueFlag("roster", "FILE", "a CSV or XLSX file; - is standard input", catWhat),
			&cli.StringFlag{Name: "command", Usage: lang.Text("`COMMAND`: pins unless told, or create"), Value: jobs.PINs, Category: catWhat},
			&cli.StringFlag{Name: "until", Usage: lang.Text("`WHEN`: pin, unless told, lets a row rest that has its PIN; never goes on watching for another one"), Value: "pin", Category: catWhen},
			valueFlag("out", "FILE", "the worker keeps the results there (.csv, .xlsx or .json, mode 0600), on its machine; with --encrypt-to one file for each row", catDelivery),
			valueFlag("out-command", "COMMAND", "the worker runs it for each new PIN, with the JSON result on its standard input, without a shell", catDelivery),
			&cli.StringSliceFlag{Name: "encrypt-to", Usage: lang.Text("`RECIPIENT`: encrypt what goes to --out to this age1… key; can be repeated"), Category: catDelivery},
			valueFlag("notify-command", "COMMAND", "the worker runs it when something happened, with JSON on its standard input; it learns no PIN", catNotice),
			valueFlag("notify-webhook", "URL", "the worker posts the same there, signed with IRCCPIN_WEBHOOK_KEY of its environment", catNotice),
		}, slices.DeleteFunc(ledgerFlags(), isSingle), simulator, outputFlags()),
		Action: p.scheduleAdd,
	}
}

// withStore opens the database for a command that serves several employers.
func (p *program) withStore(c *cli.Context, do func(*jobs.Store, automation.Config) error) error {
	s := sources{c: c, p: p, environ: p.environ}
	if err := automation.RefuseExported(p.environ); err != nil {
		return err
	}
	if err := s.early(); err != nil {
		return err
	}
	simulator, err := s.simulator()
	if err != nil {
		return err
	}
	state, err := s.state(c.Context)
	if err != nil {
		return err
	}
	store, err := jobs.Open(c.Context, jobs.Options{Dir: state.Dir, URL: state.DatabaseURL})
	if err != nil {
		return err
	}
	defer store.Close()
	return do(store, automation.Config{Simulator: simulator})
}

func (p *program) scheduleAdd(c *cli.Context) error {
	plan := jobs.Plan{Command: c.String("command"), UntilPIN: c.String("until") == "pin"}
	var err error
	if plan.Name, err = scheduleName(c); err != nil {
		return err
	}
	switch {
	case plan.Command != jobs.PINs && plan.Command != jobs.Create:
		return usage("--command is neither pins nor create: %q", plan.Command)
	case !plan.UntilPIN && c.String("until") != "never":
		return usage("--until is neither pin nor never: %q", c.String("until"))
	case c.String("roster") == "":
		return usage("--roster is missing")
	}
	s := sources{c: c, p: p, environ: p.environ}
	if plan.Timing, err = s.timing(); err != nil {
		return err
	}
	way, err := p.readWay(c)
	if err != nil {
		return err
	}
	if plan.Delivery, err = json.Marshal(way); err != nil {
		return err
	}
	plan.Rows, err = heed(c.Context, func() (rows []roster.Row, err error) {
		rows, plan.Roster, err = p.packRoster(c.String("roster"), roster.Purpose(plan.Command))
		return rows, err
	})
	if err != nil {
		return err
	}
	return p.withStore(c, func(store *jobs.Store, config automation.Config) error {
		plan.Realm = jobs.Live
		if config.Simulator != nil {
			plan.Realm = jobs.Simulated
		}
		if err := apart(c.Context, store, way, plan.Name); err != nil {
			return err
		}
		added, err := store.Add(c.Context, plan)
		if err != nil {
			return err
		}
		if p.json {
			return p.printJSON(scheduleChange{ended("added"), tellSchedule(added)})
		}
		p.narrator.say("A worker does the rest: irccpin worker")
		_, err = fmt.Fprintln(p.out, lang.Text("%s: %s, %s, next %s", added.Name, plural(len(added.Rows), "row"), added.Timing.Words(), when(added.Next)))
		return err
	})
}

// apart refuses an --out at which another schedule keeps its results: encrypted
// ones cannot be told from each other and would be replaced, others be refused row
// by row.
func apart(ctx context.Context, store *jobs.Store, w way, name string) error {
	stem := func(w way) string {
		if len(w.EncryptTo) > 0 {
			return strings.TrimSuffix(w.Out, filepath.Ext(w.Out))
		}
		return w.Out
	}
	list, err := store.Schedules(ctx)
	if err != nil {
		return err
	}
	for _, s := range list {
		var other way
		if err := json.Unmarshal(s.Delivery, &other); err != nil {
			return lang.Errorf("the schedule %q cannot be read: %w", s.Name, err)
		}
		if w.Out != "" && s.Name != name && stem(other) == stem(w) {
			return usage("the schedule %q keeps its results there already: %s", s.Name, w.Out)
		}
	}
	return nil
}

// timing reads when a schedule is to run.
func (s sources) timing() (jobs.Timing, error) {
	t := jobs.Timing{Cron: s.c.String("cron"), Zone: s.c.String("timezone")}
	limits, err := s.limits()
	if err != nil {
		return t, err
	}
	if t.Every, err = s.of("every", "").duration(false); err != nil {
		return t, err
	}
	if err := t.Check(limits.Interval, s.p.now()); err != nil {
		return t, usage("%v", err)
	}
	return t, nil
}

// packed is a roster as a schedule keeps it.
type packed struct {
	Name string `json:"name"`
	// Dir is what its paths are relative to.
	Dir  string `json:"dir"`
	Data []byte `json:"data"`
}

// packRoster reads and checks a roster, and makes it fit to be kept.
func (p *program) packRoster(path string, purpose roster.Purpose) ([]roster.Row, json.RawMessage, error) {
	// A roster may name a thousand employers in a few hundred kilobytes; more than
	// this is something else.
	const most = 16 << 20
	in, name := io.Reader(p.in), lang.Text("standard input")
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, nil, &automation.Error{Code: automation.BadRoster, Message: lang.Text("the roster %s cannot be read: %v", path, reason(err)), Err: err, Hint: lang.Text("Check the path, and that the file may be read.")}
		}
		defer file.Close()
		in, name = file, path
	}
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return nil, nil, &automation.Error{Code: automation.BadRoster, Message: lang.Text("the roster %s cannot be read: %v", name, reason(err)), Err: err, Hint: lang.Text("Check the file, and add the schedule again.")}
	}
	if len(data) > most {
		return nil, nil, &automation.Error{Code: automation.BadRoster, Message: lang.Text("the roster %s is longer than %d MiB", name, most>>20), Hint: lang.Text("Cut it into several rosters, each with a schedule of its own.")}
	}
	whole := packed{Name: name, Dir: rosterDir(path), Data: data}
	list, err := whole.unpack(purpose)
	if err != nil {
		return nil, nil, err
	}
	text, err := json.Marshal(whole)
	return list.Rows, text, err
}

// unpack reads the roster again. Its settings files are on the worker, and are
// not looked at before their rows run.
func (k packed) unpack(purpose roster.Purpose) (*roster.Roster, error) {
	return roster.Read(k.Name, strings.NewReader(string(k.Data)), roster.Options{For: purpose, Dir: k.Dir})
}

// scheduleChange tells what became of one schedule.
type scheduleChange struct {
	envelope
	Schedule scheduleView `json:"schedule"`
}

// scheduleView is a schedule as JSON. Scripts rely on its fields.
type scheduleView struct {
	Name      string       `json:"name"`
	Command   string       `json:"command"`
	Timing    string       `json:"timing"`
	Until     string       `json:"until"`
	State     jobs.State   `json:"state"`
	Simulated bool         `json:"simulated"`
	Created   time.Time    `json:"created"`
	Next      time.Time    `json:"next,omitzero"`
	Last      *lastView    `json:"last"`
	Rows      int          `json:"rows"`
	Rested    int          `json:"rested"`
	Parked    []parkedView `json:"parked"`
}

type lastView struct {
	Run    string         `json:"run"`
	Due    time.Time      `json:"due"`
	Ended  time.Time      `json:"ended,omitzero"`
	Counts map[string]int `json:"counts"`
}

type parkedView struct {
	Row      int             `json:"row"`
	Employer string          `json:"employer"`
	Since    time.Time       `json:"since"`
	Code     automation.Code `json:"code"`
	Message  string          `json:"message"`
	Hint     string          `json:"hint"`
}

func tellSchedule(s jobs.Schedule) scheduleView {
	v := scheduleView{
		Name: s.Name, Command: s.Command, Timing: s.Timing.String(), Until: until(s), State: s.State, Simulated: s.Realm == jobs.Simulated,
		Created: s.Created, Next: s.Next, Rows: len(s.Rows), Rested: s.Rested, Parked: []parkedView{},
	}
	if s.Last != nil {
		v.Last = &lastView{s.Last.Batch, s.Last.Due, s.Last.Ended, s.Last.Counts}
	}
	for _, r := range s.Parked {
		v.Parked = append(v.Parked, parkedView{r.Row.Number, r.Row.Label(), r.Since, r.Code, r.Message, r.Hint})
	}
	return v
}

func until(s jobs.Schedule) string {
	if s.UntilPIN {
		return "pin"
	}
	return "never"
}

// when is a time as people at this machine read it.
func when(t time.Time) string {
	if t.IsZero() {
		return lang.Text("never")
	}
	return t.Local().Format("2006-01-02 15:04 MST")
}

func (p *program) scheduleList(c *cli.Context) error {
	return p.withStore(c, func(store *jobs.Store, _ automation.Config) error {
		list, err := store.Schedules(c.Context)
		if err != nil {
			return err
		}
		if p.json {
			views := []scheduleView{}
			for _, s := range list {
				views = append(views, tellSchedule(s))
			}
			return p.printJSON(struct {
				envelope
				Schedules []scheduleView `json:"schedules"`
			}{ended("schedules"), views})
		}
		return p.tellSchedules(list)
	})
}

// tellSchedules prints the schedules, and on stderr which rows wait for whom.
func (p *program) tellSchedules(list []jobs.Schedule) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(p.out, lang.Text("There is no schedule."))
		return err
	}
	t := newTable()
	t.AppendHeader(table.Row{lang.Text("Name"), lang.Text("Command"), lang.Text("When"), lang.Text("State"), lang.Text("Next"), lang.Text("Last"), lang.Text("Last result"), lang.Text("Rows"), lang.Text("Have PIN"), lang.Text("Parked")})
	parked := newTable()
	parked.AppendHeader(table.Row{lang.Text("Schedule"), lang.Text("Row"), lang.Text("Employer"), lang.Text("What happened"), lang.Text("What to do")})
	waiting := 0
	for _, s := range list {
		name := s.Name
		if s.Realm == jobs.Simulated {
			name += lang.Text(" (simulated)")
		}
		last, result := lang.Text("never"), ""
		if s.Last != nil {
			last, result = when(s.Last.Due), countsWords(s.Last)
		}
		t.AppendRow(table.Row{printable(name), s.Command, s.Timing.Words(), spoken(string(s.State)), when(s.Next), last, result, len(s.Rows), s.Rested, len(s.Parked)})
		for _, r := range s.Parked {
			waiting++
			parked.AppendRow(table.Row{printable(s.Name), r.Row.Number, printable(r.Row.Label()), p.sentence(r.Message), p.sentence(r.Hint)})
		}
	}
	if err := printTable(p.out, t); err != nil || waiting == 0 {
		return err
	}
	fmt.Fprint(p.err, lang.Text("\nThese rows wait for a person. Then: irccpin schedule resume NAME\n\n"))
	return printTable(p.err, parked)
}

// countsWords tells how the last run ended, or how far it is.
func countsWords(last *jobs.LastRun) string {
	var parts []string
	for _, word := range slices.Sorted(maps.Keys(last.Counts)) {
		parts = append(parts, strconv.Itoa(last.Counts[word])+" "+spoken(word))
	}
	return strings.Join(parts, ", ")
}

// changed tells what became of a schedule.
func (p *program) changed(c *cli.Context, store *jobs.Store, name, result, line string) error {
	if !p.json {
		_, err := fmt.Fprintln(p.out, line)
		return err
	}
	list, err := store.Schedules(c.Context)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.Name == name {
			return p.printJSON(scheduleChange{ended(result), tellSchedule(s)})
		}
	}
	return p.printJSON(ended(result))
}

func (p *program) schedulePause(c *cli.Context, store *jobs.Store, name string) error {
	if err := store.Pause(c.Context, name); err != nil {
		return err
	}
	return p.changed(c, store, name, "paused", lang.Text("%s is paused.", printable(name)))
}

func (p *program) scheduleResume(c *cli.Context, store *jobs.Store, name string) error {
	unparked, next, err := store.Resume(c.Context, name)
	if err != nil {
		return err
	}
	line := lang.Text("%s: next %s", printable(name), when(next))
	if unparked > 0 {
		line += lang.Text("; another try for %s that waited for a person", plural(unparked, "row"))
	}
	return p.changed(c, store, name, "resumed", line)
}

func (p *program) scheduleRemove(c *cli.Context, store *jobs.Store, name string) error {
	if err := store.Remove(c.Context, name); err != nil {
		return err
	}
	return p.changed(c, store, name, "removed", lang.Text("%s is removed.", printable(name)))
}

func (p *program) scheduleRun(c *cli.Context, store *jobs.Store, name string) error {
	rows, err := store.RunNow(c.Context, name)
	if err != nil {
		return err
	}
	return p.changed(c, store, name, "queued", lang.Text("%s: %s queued for the workers.", printable(name), plural(rows, "row")))
}
