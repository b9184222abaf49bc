package main

import "github.com/urfave/cli/v2"

// batchCommand is the group of what is done for many employers at once.
func (p *program) batchCommand() *cli.Command {
	return &cli.Command{
		Name:  "batch",
		Usage: "the same for every row of a roster",
		Subcommands: []*cli.Command{
			p.batchTemplateCommand(),
		},
	}
}
