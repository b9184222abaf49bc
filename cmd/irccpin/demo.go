package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
	"irccpin/fixtures"
)

func (p *program) demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "onboard a made-up user at a simulated portal, in a real Chrome",
		Description: `Starts the built-in simulated portal on this machine, signs in there as a made-up
employer, creates a made-up user and prints the PIN. Needs no account, no
settings and no network; installs a browser when there is none. Nothing stays
behind. At a terminal with a display you can watch; --headless hides the window.`,
		Flags: slices.Concat([]cli.Flag{
			&cli.Uint64Flag{Name: "seed", Usage: lang.Text("`NUMBER`: draw the portal's pages from it; a new one each time unless told"), Category: catSession},
			valueFlag("lang", "LANG", "the language of the portal, and of all that is told: en or fr", catSession),
			boolFlag("no-input", "never ask, which a demo does not anyway", catSession),
		}, windowFlags(), deliveryFlags(), outputFlags()),
		Action: p.demo,
	}
}

func (p *program) demo(c *cli.Context) (err error) {
	// What is set on the machine is for real work; only the browser and its window
	// are the same.
	environ := p.withoutSettings()
	for _, name := range []string{"IRCCPIN_BROWSER", "IRCCPIN_HEADLESS", "IRCCPIN_TIMEOUT"} {
		environ = append(environ, name+"="+p.variable(name))
	}
	sources := sources{c: c, p: p, environ: environ}
	if err := sources.early(); err != nil {
		return err
	}
	delivery, err := prepareDelivery(c)
	if err != nil {
		return err
	}
	hidden, chosen, err := sources.headless(p.attended())
	if err != nil {
		return err
	}
	config := automation.Config{Headless: hidden, Environ: environ, Command: "demo", Observer: p.narrator, RunID: automation.NewRunID(p.now())}
	if config.Browser, err = sources.of("browser", "IRCCPIN_BROWSER").program(); err != nil {
		return err
	}
	if config.Timeout, err = sources.of("timeout", "IRCCPIN_TIMEOUT").duration(false); err != nil {
		return err
	}
	if !hidden && !chosen {
		hidden = windowless(c.Context, config.Browser)
		config.Headless = hidden
	}
	if err := p.haveBrowser(c.Context, config.Browser, hidden); err != nil {
		return err
	}

	home, err := os.MkdirTemp("", "irccpin-demo-")
	if err != nil {
		return &automation.Error{Code: automation.StateUnavailable, Message: lang.Text("there is no room for the demo: %v", err), Err: err, Hint: lang.Text("Make room in the directory for temporary files, or set TMPDIR to another one.")}
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	seed := c.Uint64("seed")
	if !c.IsSet("seed") {
		seed = rand.Uint64N(seeds)
	}
	portal, err := startPortal(fixtures.Options{Seed: seed, Lang: c.String("lang")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, portal.Close()) }()
	if err := employerOf(c.Context, &config, portal, home); err != nil {
		return err
	}
	p.narrator.say("A simulated Employer Portal is up on this machine (seed %d). Everybody in it is made up.", seed)

	order := automation.NewUser{
		Person:       automation.Person{GivenName: "Amélie", FamilyName: "Beauchemin", Email: "amelie.beauchemin@example.com"},
		AuthorizedBy: "Rosa Delgado",
	}
	result := p.visit(c.Context, c.Bool("verbose"), config, automation.Create(order))
	result.RunDir = "" // it goes with the rest
	if err := confirm(result, portal.Witness()); err != nil {
		return err
	}
	return p.finish(c.Context, result, delivery, false, tellOrder)
}

// seeds keeps seeds short enough to be typed again.
const seeds = 1_000_000

// startPortal starts a simulated portal; what it does not take is wrong usage.
func startPortal(options fixtures.Options) (*fixtures.Portal, error) {
	portal, err := fixtures.Start(options)
	if err != nil {
		return nil, usage("%v", err)
	}
	return portal, nil
}

// employerOf makes a configuration that of the simulated portal's employer, with
// all its state below home.
func employerOf(ctx context.Context, config *automation.Config, portal *fixtures.Portal, home string) error {
	file := filepath.Join(home, "employer.env")
	if err := portal.WriteEnvFile(file, portal.Accounts()[0].Username); err != nil {
		return err
	}
	settings, err := automation.LoadSettings(ctx, automation.SettingsFrom{File: file, FileNamed: true, Environ: config.Environ})
	if err != nil {
		return err
	}
	config.Settings = settings
	config.Simulator = &automation.Simulator{Addr: portal.Addr, SPKI: portal.SPKI}
	config.StateDir = filepath.Join(home, "state")
	return nil
}

// haveBrowser sees to it that there is a browser. One that was named is not
// looked for elsewhere.
func (p *program) haveBrowser(ctx context.Context, named string, hidden bool) error {
	_, err := automation.FindBrowser(ctx, named, hidden)
	var stop *automation.Error
	if err == nil || named != "" || !errors.As(err, &stop) || stop.Code != automation.NoBrowser {
		return err
	}
	p.narrator.say("There is no browser on this machine yet (%s).", stop.Message)
	if err := automation.InstallBrowser(ctx, p.err); err != nil {
		return err
	}
	_, err = automation.FindBrowser(ctx, "", hidden)
	return err
}

// confirm compares what the client claims with what the portal saw: a demo that
// made two users, or tells another PIN, must not look well.
func confirm(r *automation.Result, seen fixtures.Witness) error {
	if r.Error != nil {
		return nil
	}
	switch {
	case len(seen.Creations) != 1:
		return lang.Errorf("the portal saw %d users being created instead of one", len(seen.Creations))
	case r.User == nil || r.User.PIN != seen.Creations[0].User.PIN:
		return lang.NewError("the PIN that was read is not the one that the portal gave")
	}
	return nil
}
