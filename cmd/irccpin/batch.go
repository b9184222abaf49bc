package main

import "github.com/urfave/cli/v2"

// batchCommand is the group of what is done for many employers at once.
func (p *program) batchCommand() *cli.Command {
	return &cli.Command{
		Name:  "batch",
		Usage: "the same for every row of a roster",
		Subcommands: []*cli.Command{
			p.batchRunCommand("create", "create the users of a roster and read their PINs", `Every row is checked before the first browser starts. Nobody is created twice:
running the same roster again finds who is there. With --out, rows that have
their PIN in that file are not opened again. Ctrl-C lets rows finish that are
past "Create account", and leaves the others for the next time.`),
			p.batchRunCommand("pins", "read the PINs of the users of a roster", `Every row is checked before the first browser starts. With --out, rows that
have their PIN in that file are not opened again.`),
			p.batchTemplateCommand(),
		},
	}
}
