package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// errand is what a command wants from the portal.
type errand struct {
	// command is its name, for the ledger.
	command string
	job     automation.Job
	// person and authorizedBy are whom the command line names, for a result that
	// knows no better.
	person       automation.Person
	authorizedBy string
	// tell prints the result for a person.
	tell func(io.Writer, *automation.Result) error
	// changes tells that it changes the account.
	changes bool
	// hide masks the PINs on stdout, and wherever else the result goes.
	hide bool
}

// portal does an errand, unless asking for it has failed already. How it failed is
// told together with whom it was about.
func (p *program) portal(c *cli.Context, e errand, asked error) error {
	sources := sources{c: c, p: p, environ: p.environ}
	simulated, err := sources.earlySimulator()
	at := whereabouts{c.String("employer"), simulated}
	if err = cmp.Or(asked, sources.early(), err); err == nil {
		err = p.do(c, e, sources, &at)
	}
	if err == nil {
		return nil
	}
	var ended *unsuccessful
	if !errors.As(err, &ended) {
		ended = &unsuccessful{result: failed(err), cause: err}
	}
	r := ended.result
	if r.User == nil && e.person != (automation.Person{}) {
		r.User = &automation.User{GivenName: e.person.GivenName, FamilyName: e.person.FamilyName, Email: e.person.Email}
	}
	r.AuthorizedBy = cmp.Or(r.AuthorizedBy, e.authorizedBy)
	r.Employer.Name = cmp.Or(r.Employer.Name, at.employer)
	r.Simulated = r.Simulated || at.simulated
	return ended
}

// whereabouts are what a command that did not get to the portal knows of where it
// was to go.
type whereabouts struct {
	employer  string
	simulated bool
}

// do settles the options, runs the job with a person watching, delivers and prints
// the result.
func (p *program) do(c *cli.Context, e errand, sources sources, at *whereabouts) error {
	delivery, err := prepareDelivery(c)
	if err != nil {
		return err
	}
	config, err := sources.config(c.Context, e.command)
	if config.Settings != nil {
		at.employer = cmp.Or(config.Settings.Employer, at.employer)
	}
	if err != nil {
		return err
	}
	// Nothing needs them after the visit; what is still to come is delivery.
	defer config.Settings.Wipe()
	if config.Capture, err = sources.capture(); err != nil {
		return err
	}
	config.Private = sources.persons()
	result := p.visit(c.Context, c.Bool("verbose"), config, e.job)
	if e.hide {
		result = masked(result)
	}
	if e.changes {
		p.tellUnchecked(config.Settings, result.Employer)
	}
	return p.finish(c.Context, result, delivery, e.hide, e.tell)
}

// tellUnchecked tells who changed an account that nothing told from another
// employer's: what it showed, and how that is compared from now on. It is no
// warning of the run, in which everything was as expected.
func (p *program) tellUnchecked(s *automation.Settings, shown automation.Employer) {
	if s.BusinessNumber == "" && s.EmployerNumber == "" && shown.BusinessNumber != "" {
		p.narrator.say("Note: the settings name no business number, so that nothing told this account from another employer's. It is that of %s, %s; with IRCC_BUSINESS_NUMBER in the settings, it is compared before anything is done.", printable(shown.LegalName), printable(shown.BusinessNumber))
	}
}

// visit runs a job at the portal, and tells what happens.
func (p *program) visit(ctx context.Context, verbose bool, config automation.Config, job automation.Job) *automation.Result {
	if catalog, err := automation.CheckCatalog(config.Selectors); err == nil {
		p.narrator.title = catalog.Title
	}
	if verbose {
		config.Log = slog.New(slog.NewTextHandler(p.narrator, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	p.ending.Store(&farewell{
		first: lang.Text("Interrupted. What was already sent is read first; then irccpin signs out and closes the browser."),
		again: lang.Text("Still signing out and closing the browser, so that the next sign-in finds no open session. It takes less than a minute."),
	})
	p.narrator.begin(lang.Text("Starting the browser"))
	return automation.Run(ctx, config, func(ctx context.Context, s *automation.Session, r *automation.Result) error {
		err := job(ctx, s, r)
		p.narrator.begin(lang.Text("Signing out"))
		return err
	})
}

// finish delivers a result and prints it, or returns how the command failed.
func (p *program) finish(ctx context.Context, r *automation.Result, d *delivery, hidden bool, tell func(io.Writer, *automation.Result) error) error {
	if r.Error != nil {
		if d != nil {
			r = masked(r)
		}
		return &unsuccessful{result: r}
	}
	p.narrator.done(lang.Text("Done"))
	if r.Captured != nil {
		p.narrator.say("The pages are kept, with everybody's data made up, in %s.", r.Captured.Dir)
	}
	if d != nil {
		whole := r
		r = masked(r)
		if *r.Result == "dry_run" {
			p.narrator.say("A dry run makes no PIN: nothing went to %s.", d.where())
		} else if err := p.deliver(context.WithoutCancel(ctx), d, whole); err != nil {
			return undelivered(r, err)
		} else {
			if hidden {
				p.narrator.say("The result went to %s. Its PINs are masked; --show-pins shows them.", d.where())
			} else {
				p.narrator.say("The result, with the PIN, went to %s.", d.where())
			}
		}
	}
	if err := p.print(r, tell); err != nil {
		return undelivered(r, &automation.Error{
			Code: automation.DeliveryFailed, Page: "home", Err: err,
			Message: lang.Text("it was done, but the result could not be printed: %v", reason(err)),
			Hint:    lang.Text("Read it again with: irccpin pin"),
		})
	}
	return nil
}

func (p *program) print(r *automation.Result, tell func(io.Writer, *automation.Result) error) error {
	if p.json {
		return p.printJSON(r)
	}
	p.warn(r)
	if p.outTTY && p.errTTY && !p.narrator.quiet {
		fmt.Fprintln(p.err) // where both streams meet, the result stands apart
	}
	return tell(p.out, r)
}

// undelivered is a result that was reached and did not get to where it should.
func undelivered(r *automation.Result, err error) error {
	out := masked(failed(err))
	out.Simulated, out.Reconciled, out.Employer = r.Simulated, r.Reconciled, r.Employer
	out.AuthorizedBy, out.Run, out.RunDir, out.ElapsedMS, out.Warnings = r.AuthorizedBy, r.Run, r.RunDir, r.ElapsedMS, r.Warnings
	out.User, out.Users = masked(r).User, masked(r).Users
	out.Error.Page = "home"
	return &unsuccessful{result: out}
}
