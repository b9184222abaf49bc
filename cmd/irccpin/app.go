package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"irccpin/automation/lang"
)

// app lists the commands.
func (p *program) app() *cli.App {
	app := &cli.App{
		Name:      "irccpin",
		Usage:     "secondary users and their PINs in the IRCC Employer Portal",
		UsageText: "irccpin COMMAND [flags]",
		Description: `Try it without an account:               irccpin demo
A first real onboarding, step by step:   irccpin help first-onboarding`,
		Flags: []cli.Flag{boolFlag("version", "print the version", ""), langFlag()},
		Commands: []*cli.Command{
			p.demoCommand(),
			p.simulateCommand(),
			p.createCommand(),
			p.listCommand(),
			p.pinCommand(),
			p.deleteCommand(),
			p.batchCommand(),
			p.scheduleCommand(),
			p.workerCommand(),
			p.captureCommand(),
			p.replayCommand(),
			p.runsCommand(),
			p.credentialsCommand(),
			p.ledgerCommand(),
			p.doctorCommand(),
			p.helpCommand(),
			p.completionCommand(),
			p.versionCommand(),
		},
		HideHelp:    true, // ours is in help.go
		HideVersion: true,
		Writer:      p.out,
		ErrWriter:   p.err,
		// Exit codes are decided in exit.go, and nobody exits but main.
		ExitErrHandler: func(*cli.Context, error) {},
	}
	app.Action = func(c *cli.Context) error {
		if c.Bool("version") {
			return p.version()
		}
		return p.tellProgram(app)
	}
	translate(app)
	app.Setup() // gives the commands their full names
	p.wire(app.Commands)
	return app
}

// wire gives all commands what they have in common.
func (p *program) wire(commands []*cli.Command) {
	for _, c := range commands {
		c.HideHelp = true
		if findFlag(c.Flags, "lang") == nil {
			c.Flags = append(c.Flags, langFlag())
		}
		c.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return parseError(err) }
		if act := c.Action; act != nil {
			c.Action = func(c *cli.Context) error {
				p.narrator.talk(c.Bool("quiet"), c.Bool("verbose"))
				p.languageOfFile(c)
				return act(c)
			}
		} else {
			c.Action = func(*cli.Context) error { return p.tellCommand(c) }
		}
		for _, below := range c.Subcommands {
			below.HelpName = c.HelpName + " " + below.Name
		}
		p.wire(c.Subcommands)
	}
}

// parseError puts an error of the parser, which writes flags its own way, into
// ours. What is unknown or missing was found before; what is left is a value of
// the wrong kind.
func parseError(err error) error {
	message := strings.NewReplacer("boolean value ", "value ", " for -", " for --", " for flag -", " for --", ": parse error", "").Replace(err.Error())
	if value, found := strings.CutPrefix(message, "invalid value "); found {
		return usage("invalid value %s", strings.Replace(value, " for --", lang.Text(" for --"), 1))
	}
	return usage("%s", message)
}

// showUsage shows how a command is called, when that is what went wrong.
func (p *program) showUsage(err error) {
	var wrong *usageError
	if !errors.As(err, &wrong) {
		return
	}
	if p.command == nil {
		fmt.Fprintln(p.err, lang.Text("\nUsage: irccpin COMMAND [flags]\nirccpin help lists the commands."))
		return
	}
	fmt.Fprint(p.err, lang.Text("\nUsage: %s\n%s --help tells more.\n", synopsis(p.command), p.command.HelpName))
}
