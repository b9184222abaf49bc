package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"irccpin/automation/roster"
)

func (p *program) batchTemplateCommand() *cli.Command {
	return &cli.Command{
		Name:      "template",
		Usage:     "write an empty roster to fill in",
		ArgsUsage: "FILE",
		UsageText: "irccpin batch template FILE.xlsx|FILE.csv",
		Description: `The .xlsx has a second sheet that explains the columns in English and French;
irccpin help roster tells the same.`,
		Flags:  slices.Concat([]cli.Flag{boolFlag("force", "replace a file that exists", catOutput)}, outputFlags()),
		Action: p.batchTemplate,
	}
}

func (p *program) batchTemplate(c *cli.Context) error {
	path := c.Args().First()
	if err := roster.WriteTemplate(path, c.Bool("force")); err != nil {
		return err
	}
	if p.json {
		return p.printJSON(struct {
			envelope
			File string `json:"file"`
		}{ended("written"), path})
	}
	p.narrator.say("Fill it in, one row per user; irccpin help roster tells what each column holds.")
	_, err := fmt.Fprintln(p.out, path)
	return err
}
