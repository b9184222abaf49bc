package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

func (p *program) deleteCommand() *cli.Command {
	return &cli.Command{
		Name:      "delete",
		Usage:     "delete a secondary user's access",
		UsageText: "irccpin delete (--email ADDRESS | --given-name NAME --family-name NAME) --confirm",
		Description: `Signs in, finds the one user in the table "Manage access", presses "Delete
Account" in the row, and reads the table again: it is done when the row is gone.
Who is not in the table is not_present, which is no error. Users of the same name
are told apart by names and e-mail together; nothing is pressed while two fit.

The portal keeps no way back. --confirm says that you mean it.`,
		Flags: slices.Concat(personFlags(), []cli.Flag{
			boolFlag("confirm", "yes, delete this user's access", catWho),
		}, captureFlags(), portalFlags()),
		Action: p.delete,
	}
}

func (p *program) delete(c *cli.Context) error {
	person, err := onePersonOf(c)
	if err == nil && !c.Bool("confirm") {
		err = usage("a deletion cannot be taken back: add --confirm if you mean it. The portal was not opened")
	}
	return p.portal(c, errand{command: "delete", job: automation.Delete(person), person: person, tell: tellDeletion, changes: true}, err)
}

func tellDeletion(out io.Writer, r *automation.Result) error {
	name, employer := fullName(*r.User), employerName(r)
	line := lang.Text("%s is no longer a secondary user of %s.", name, employer)
	switch {
	case *r.Result == "not_present":
		line = lang.Text("%s is not a secondary user of %s. Nobody was deleted.", name, employer)
	case r.Reconciled:
		line += lang.Text(" An earlier run had deleted this user already; nobody was deleted now.")
	}
	_, err := fmt.Fprintln(out, printable(line))
	return err
}
