package main

import (
	"slices"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
)

func (p *program) listCommand() *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "list the secondary users of the account",
		UsageText: "irccpin list [--show-pins]",
		Description: `Signs in and reads the whole table "Manage access". PINs are masked unless
--show-pins.`,
		Flags: slices.Concat([]cli.Flag{
			boolFlag("show-pins", "show the PINs", catOutput),
		}, deliveryFlags(), captureFlags(), portalFlags()),
		Action: p.list,
	}
}

func (p *program) list(c *cli.Context) error {
	return p.portal(c, errand{command: "list", job: automation.List(), tell: tellList, hide: !c.Bool("show-pins")}, nil)
}
