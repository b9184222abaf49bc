package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"

	"filippo.io/age"
	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/jobs"
	"irccpin/automation/lang"
	"irccpin/automation/roster"
)

func (p *program) batchRunCommand(name, usage, more string) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "ROSTER",
		Description: more + `

ROSTER is a CSV or XLSX file, or - for standard input. "irccpin help roster"
tells what is in it. Each row's settings come from its own file or keychain
entry and from nowhere else.`,
		Flags: slices.Concat([]cli.Flag{
			&cli.IntFlag{Name: "concurrency", Usage: lang.Text("`NUMBER` of rows at once; as many as --max-sessions allows unless told"), Category: catSession},
			boolFlag("json-stream", "tell what happens as lines of JSON on stderr", catOutput),
		}, limitFlags(), deliveryFlagsWith(
			valueFlag("out", "FILE", "keep the results there as rows end (.csv, .xlsx or .json, mode 0600), and go on where this roster's own left off; stdout then shows no PIN", catDelivery),
		), manyFlags()),
		Action: func(c *cli.Context) error { return p.batch(c, name) },
	}
}

// manyFlags are those of every command that opens the portal for several
// employers, whose settings are in the rows. Nobody can sit in front of several
// windows, so --no-input says only what holds anyway.
func manyFlags() []cli.Flag {
	flags := slices.DeleteFunc(portalFlags(), func(f cli.Flag) bool {
		return isSingle(f) || f.Names()[0] == "attend"
	})
	for i, f := range flags {
		if f.Names()[0] == "show" {
			flags[i] = boolFlag("show", "show the browser, which is hidden unless told", catSession)
		}
	}
	return flags
}

// forMany settles how the portal is opened for several employers.
func (s sources) forMany(ctx context.Context) (automation.Config, error) {
	if err := cmp.Or(automation.RefuseExported(s.environ), s.early()); err != nil {
		return automation.Config{}, err
	}
	s.unattended = true
	return s.session(ctx)
}

func (p *program) batch(c *cli.Context, command string) error {
	sources := sources{c: c, p: p, environ: p.environ}
	config, err := sources.forMany(c.Context)
	if err != nil {
		return err
	}
	limits, err := sources.limits()
	if err != nil {
		return err
	}
	rows, err := concurrency(c, limits)
	if err != nil {
		return err
	}
	d, err := readDelivery(c)
	if err != nil {
		return err
	}
	list, err := heed(c.Context, func() (*roster.Roster, error) {
		return p.readRoster(c.Args().First(), roster.Purpose(command), jobs.CheckEmployer(c.Context, config))
	})
	if err != nil {
		return err
	}
	if len(config.BrowserURLs) == 0 {
		if _, err := automation.FindBrowser(c.Context, config.Browser, config.Headless); err != nil {
			return err
		}
	}
	store, err := jobs.Open(c.Context, jobs.Options{Dir: config.StateDir, URL: config.DatabaseURL})
	if err != nil {
		return err
	}
	defer store.Close()
	bench := jobs.Bench{Config: config, Limits: limits, Concurrency: rows, Log: slog.New(slog.DiscardHandler)}
	if c.Bool("verbose") {
		bench.Log = slog.New(slog.NewTextHandler(p.narrator, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	shared := config.Shared()
	shared.Log = bench.Log
	host, err := automation.OpenHost(c.Context, shared)
	if err != nil {
		return err
	}
	bench.Runner = host
	// Last of all that can be refused: a batch that does not begin leaves no file.
	results, file, err := openResults(list, d, config.Simulator != nil)
	if err != nil {
		return errors.Join(err, closeHost(c.Context, host))
	}
	b := &batchRun{p: p, list: list, results: results, file: file, delivery: d, hints: map[int]string{}}
	return b.run(c, store, command, bench, host)
}

// readRoster reads and checks a roster; "-" is standard input.
func (p *program) readRoster(path string, purpose roster.Purpose, check func(roster.Row) error) (*roster.Roster, error) {
	o := roster.Options{For: purpose, Check: check}
	if path != "-" {
		return roster.Open(path, o)
	}
	return roster.Read(lang.Text("standard input"), p.in, o)
}

// openResults makes a place for the results, in the --out file if there is one.
func openResults(list *roster.Roster, d *delivery, simulated bool) (*roster.Results, *roster.File, error) {
	if d == nil || d.file == "" {
		return roster.NewResults(list), nil, nil
	}
	o := roster.FileOptions{Replace: d.replace, Simulated: simulated}
	if len(d.recipients) > 0 {
		o.Seal = func(w io.Writer) (io.WriteCloser, error) { return age.Encrypt(w, d.recipients...) }
	}
	file, err := roster.OpenFile(d.file, list, o)
	if err != nil {
		return nil, nil, err
	}
	return file.Results, file, nil
}

// batchRun is one run over a roster.
type batchRun struct {
	p        *program
	list     *roster.Roster
	results  *roster.Results
	file     *roster.File // nil without --out
	delivery *delivery    // nil for stdout
	watch    batchWatch

	mu sync.Mutex
	// hints say what to do about a row, by its place.
	hints map[int]string
	// unwritten is the last failure to write the results.
	unwritten error
}

// batchWatch is told what happens to the rows.
type batchWatch interface {
	began(rows, skipped int)
	observer(place int) automation.Observer
	ended(e *jobs.Ending)
	done()
}

func (b *batchRun) run(c *cli.Context, store *jobs.Store, command string, bench jobs.Bench, host *automation.Host) error {
	p := b.p
	batch := jobs.Batch{Command: command, Rows: b.list.Rows, Skip: map[int]bool{}, Ended: b.ended}
	for place := range b.list.Rows {
		if b.results.Done(place) {
			batch.Skip[place] = true
		}
	}
	b.watch = p.watchBatch(c, b.list, bench.Config.Selectors)
	bench.Observe = b.watch.observer
	p.ending.Store(&farewell{
		first: lang.Text("Interrupted. Rows whose user was already sent are read first; the others are signed out, and left for the next time."),
		again: lang.Text("Still signing out and closing browsers. It takes less than a minute."),
	})
	b.watch.began(len(batch.Rows), len(batch.Skip))
	id, err := store.RunBatch(c.Context, batch, bench)
	b.watch.done()
	if closed := closeHost(c.Context, host); closed != nil {
		bench.Log.Warn("closing the browser", "error", closed)
	}
	if err != nil {
		p.narrator.urgent(lang.Text("What was found out so far is told below, and the batch can be run again."))
	}
	return b.finish(c, id, err)
}

// concurrency is how many rows are worked at once.
func concurrency(c *cli.Context, l jobs.Limits) (int, error) {
	// What a machine with many cores does without a limit; each session costs some
	// tens of megabytes.
	const unlimited = 4
	switch n := c.Int("concurrency"); {
	case c.IsSet("concurrency") && (n < 1 || n > 64):
		return 0, usage("--concurrency is not between 1 and 64: %d", n)
	case c.IsSet("concurrency"):
		return n, nil
	case l.Sessions == 0:
		return unlimited, nil
	default:
		return l.Sessions, nil
	}
}

// ended notes how a row ended, and writes it down at once.
func (b *batchRun) ended(e *jobs.Ending) {
	b.mu.Lock()
	b.hints[e.Place] = e.Hint
	b.mu.Unlock()
	if b.file == nil {
		b.results.Set(e.Place, e.Outcome)
	} else {
		err := b.file.Record(e.Place, e.Outcome)
		b.mu.Lock()
		b.unwritten = err // a later row that is written takes this one along
		b.mu.Unlock()
	}
	b.watch.ended(e)
}

// finish delivers and prints what came of the batch.
func (b *batchRun) finish(c *cli.Context, id string, failed error) error {
	var show func(string) string
	if b.delivery != nil {
		show = func(string) string { return mask }
	}
	failure := b.failure(failed)
	if b.delivery != nil && b.delivery.command != nil {
		whole := b.document(id, nil)
		whole.Error = failureOf(failure)
		doc, err := document(whole)
		if err == nil {
			err = b.p.hand(context.WithoutCancel(c.Context), b.delivery.command, doc)
		}
		if err != nil {
			failure = worse(failure, &automation.Error{
				Code: automation.DeliveryFailed, Err: err,
				Message: lang.Text("the results could not be handed to --out-command %s: %v", filepath.Base(b.delivery.command[0]), err),
				Hint:    lang.Text("Mend that and run the batch again: nobody is created twice."),
			})
		}
	}
	doc := b.document(id, show)
	switch {
	case !b.p.json:
		failure = b.unprinted(failure, b.tell(doc, show))
	case failure == nil:
		failure = b.unprinted(nil, b.p.printJSON(doc))
	}
	if failure == nil {
		return nil
	}
	result := failedResult(failure)
	doc.Error = result.Error
	return &unsuccessful{result: result, shown: doc}
}

// unprinted adds that stdout did not take the results. Where they are in a file or
// with a command, that is worth less than any other failure.
func (b *batchRun) unprinted(failure *automation.Error, err error) *automation.Error {
	switch {
	case err == nil:
		return failure
	case b.delivery == nil:
		return worse(failure, notPrinted(err))
	}
	return cmp.Or(failure, notPrinted(err))
}

func (b *batchRun) document(id string, show func(string) string) roster.Document {
	doc := b.results.Document(show)
	word := "batch"
	doc.Result, doc.Run = &word, id
	return doc
}

// failure is the worst that happened; nil is nothing.
func (b *batchRun) failure(failed error) *automation.Error {
	var worst, stop *automation.Error
	counts := map[automation.Code]int{}
	for place := range b.list.Rows {
		o := b.results.Outcome(place)
		if o.Code != "" {
			counts[o.Code]++
		} else if o.Result == "" {
			counts[automation.Interrupted]++
		}
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	if total > 0 {
		worst = someFailed(total, len(b.list.Rows), counts)
		if b.delivery != nil && len(b.delivery.recipients) > 0 {
			worst.Hint += lang.Text(" Encrypted results cannot be gone on with: give --force as well, which opens all rows again.")
		}
	}
	switch {
	case errors.As(failed, &stop):
		worst = worse(worst, stop)
	case failed != nil:
		worst = worse(worst, &automation.Error{Code: automation.Internal, Message: failed.Error(), Err: failed, Hint: lang.Text("This is a defect of irccpin. Please report it.")})
	}
	if b.unwritten != nil {
		worst = worse(worst, &automation.Error{
			Code: automation.DeliveryFailed, Err: b.unwritten, Message: lang.Text("the results could not be written to %s: %v", b.file.Path(), reason(b.unwritten)),
			Hint: lang.Text("Mend that and run the batch again: nobody is created twice."),
		})
	}
	return worst
}

func someFailed(failed, all int, counts map[automation.Code]int) *automation.Error {
	about := lang.Text("%s of %s", plural(failed, "row"), plural(all, ""))
	switch {
	case counts[automation.OutcomeUnknown] > 0:
		return &automation.Error{
			Code: automation.OutcomeUnknown, Message: lang.Text("%s failed; of %s it is not known whether the user was made", about, plural(counts[automation.OutcomeUnknown], "row")),
			Hint: lang.Text("Run the same batch again: it looks first. What to do for each row is listed."),
		}
	case counts[automation.Interrupted] > 0:
		return &automation.Error{
			Code: automation.Interrupted, Message: lang.Text("interrupted: %s of %s not started", plural(counts[automation.Interrupted], "row"), plural(all, "")),
			Hint: lang.Text("Run the same batch again: it goes on where it was."),
		}
	}
	return &automation.Error{Code: automation.SomeFailed, Message: lang.Text("%s failed", about), Hint: lang.Text("What to do for each is listed. Then run the same batch again: nobody is created twice.")}
}

// worse keeps the error that matters more: a doubt about a click before
// everything, then a delivery that failed, then an interruption.
func worse(a, b *automation.Error) *automation.Error {
	rank := []automation.Code{automation.OutcomeUnknown, automation.DeliveryFailed, automation.Internal, automation.StateUnavailable, automation.Interrupted}
	place := func(e *automation.Error) int {
		if at := slices.Index(rank, e.Code); at >= 0 {
			return at
		}
		return len(rank)
	}
	switch {
	case a == nil:
		return b
	case place(b) < place(a):
		return b
	}
	return a
}

func failedResult(stop *automation.Error) *automation.Result {
	r := failed(stop)
	r.Error.ExitCode = exitCode(stop.Code)
	return r
}

func failureOf(stop *automation.Error) *automation.Failure {
	if stop == nil {
		return nil
	}
	return failedResult(stop).Error
}

// rosterDir is what the paths in a roster are relative to: where it lies, or the
// working directory for what comes from standard input.
func rosterDir(path string) string {
	dir := "."
	if path != "-" {
		dir = filepath.Dir(path)
	}
	if whole, err := filepath.Abs(dir); err == nil {
		return whole
	}
	return dir
}
