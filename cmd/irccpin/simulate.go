package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
	"irccpin/fixtures"
)

func (p *program) simulateCommand() *cli.Command {
	return &cli.Command{
		Name:  "simulate",
		Usage: "serve the simulated portal until interrupted",
		Description: `Prints one line of JSON, {"addr":…,"spki":…,"control":…,"env_file":…}, and serves
the simulated portal on this machine until interrupted. In another terminal:

   irccpin create --simulator ADDR --simulator-spki SPKI --env-file ENV_FILE …

The control address shows and changes what the portal knows and has seen.`,
		Flags: []cli.Flag{
			&cli.Uint64Flag{Name: "seed", Usage: lang.Text("`NUMBER`: draw the portal's pages from it; a new one each time unless told")},
			valueFlag("lang", "LANG", "the language of the portal, and of all that is told: en or fr", ""),
			&cli.StringSliceFlag{Name: "with", Usage: lang.Text("`NAME[,NAME]`: make trouble; --list tells what there is")},
			boolFlag("list", "list the troubles that --with can make", ""),
			valueFlag("latency", "DURATION", "added to each page, such as 300ms", ""),
			valueFlag("addr", "HOST:PORT", "where the portal listens; a free port of 127.0.0.1 unless told", ""),
			valueFlag("control-addr", "HOST:PORT", "where the control address listens; a free port of 127.0.0.1 unless told", ""),
			&cli.IntFlag{Name: "employers", Usage: lang.Text("`NUMBER` of made-up employers, 1 unless told; the settings file is that of the first"), Value: 1},
			boolFlag("light", "leave out the weight of the real pages' scripts and styles, where many runs are tried and speed is not", ""),
			boolFlag("json", "print --list as a JSON document; the first line is one anyway", ""),
			boolFlag("verbose", "tell each request on stderr", ""),
		},
		Action: p.simulate,
	}
}

// greeting is the first line of simulate. Scripts rely on it.
type greeting struct {
	Addr    string `json:"addr"`
	SPKI    string `json:"spki"`
	Control string `json:"control"`
	EnvFile string `json:"env_file"`
	// EnvFiles are those of all employers, when there are several.
	EnvFiles []string `json:"env_files,omitempty"`
}

func (p *program) simulate(c *cli.Context) (err error) {
	if c.Bool("list") {
		return p.listTroubles()
	}
	options, troubles, err := p.simulation(c)
	if err != nil {
		return err
	}
	portal, err := startPortal(options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, portal.Close()) }()
	if err := portal.Misbehave(troubles...); err != nil {
		return usage("--with: %v; --list tells what there is", err)
	}
	// The settings hold secrets, made up as they are: the client demands that
	// nobody else can read them.
	home, err := os.MkdirTemp("", "irccpin-simulate-")
	if err != nil {
		return &automation.Error{Code: automation.StateUnavailable, Message: lang.Text("there is no room for the settings file: %v", err), Err: err, Hint: lang.Text("Make room in the directory for temporary files, or set TMPDIR to another one.")}
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	greeting := greeting{Addr: portal.Addr, SPKI: portal.SPKI, Control: portal.ControlURL}
	for i, account := range portal.Accounts() {
		file := filepath.Join(home, fmt.Sprintf("employer-%d.env", i+1))
		if err := portal.WriteEnvFile(file, account.Username); err != nil {
			return err
		}
		greeting.EnvFiles = append(greeting.EnvFiles, file)
	}
	greeting.EnvFile = greeting.EnvFiles[0]
	if len(greeting.EnvFiles) == 1 {
		greeting.EnvFiles = nil
	}
	line, err := document(greeting)
	if err != nil {
		return err
	}
	if _, err := p.out.Write(line); err != nil {
		return lang.Errorf("the first line could not be printed: %w", err)
	}
	p.ending.Store(&farewell{first: lang.Text("Stopping the simulated portal."), again: lang.Text("Already stopping.")})
	p.narrator.say("The simulated portal is up (seed %d). Ctrl-C stops it.", options.Seed)
	<-c.Context.Done()
	// Being interrupted is how this command ends well.
	return nil
}

// simulation reads the flags of simulate.
func (p *program) simulation(c *cli.Context) (fixtures.Options, []fixtures.Misbehaviour, error) {
	o := fixtures.Options{
		Seed: c.Uint64("seed"), Lang: c.String("lang"),
		Addr: c.String("addr"), ControlAddr: c.String("control-addr"), Log: io.Discard,
		Light: c.Bool("light"),
	}
	if !c.IsSet("seed") {
		o.Seed = rand.Uint64N(seeds)
	}
	if c.Bool("verbose") {
		o.Log = p.narrator
	}
	var err error
	if o.Latency, err = (sources{c: c, p: p}).of("latency", "").duration(true); err != nil {
		return o, nil, err
	}
	// A thousand employers are more than any client here can sign in for in a day.
	switch n := c.Int("employers"); {
	case n < 1 || n > 1000:
		return o, nil, usage("--employers is not between 1 and 1000: %d", n)
	case n > 1:
		o.Accounts = fixtures.ManyAccounts(o.Lang, n)
	}
	var troubles []fixtures.Misbehaviour
	for _, name := range c.StringSlice("with") {
		troubles = append(troubles, fixtures.Misbehaviour{Name: name})
	}
	return o, troubles, nil
}

// listTroubles prints what --with can make the portal do.
func (p *program) listTroubles() error {
	if p.json {
		return p.printJSON(fixtures.Misbehaviours())
	}
	t := newTable()
	for _, m := range fixtures.Misbehaviours() {
		t.AppendRow(table.Row{m.Name, m.Description})
	}
	return printTable(p.out, t)
}
