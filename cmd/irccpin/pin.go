package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

func (p *program) pinCommand() *cli.Command {
	return &cli.Command{
		Name:      "pin",
		Usage:     "print the PIN of one existing user",
		UsageText: "irccpin pin (--email ADDRESS | --given-name NAME --family-name NAME)",
		Description: `Signs in, finds the user in the table "Manage access" and prints the PIN, alone
on its line. Names and e-mail together tell namesakes apart.`,
		Flags:  slices.Concat(personFlags(), deliveryFlags(), captureFlags(), portalFlags()),
		Action: p.pin,
	}
}

func (p *program) pin(c *cli.Context) error {
	person, err := onePersonOf(c)
	return p.portal(c, errand{command: "pin", job: automation.FindPIN(person), person: person, tell: p.tellPIN}, err)
}

// tellPIN prints a PIN for $(irccpin pin …): whose it is goes to stderr.
func (p *program) tellPIN(out io.Writer, r *automation.Result) error {
	p.narrator.say("%s", printable(lang.Text("The PIN of %s at %s:", fullName(*r.User), employerName(r))))
	_, err := fmt.Fprintln(out, r.User.PIN)
	return err
}
