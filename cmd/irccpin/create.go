package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

func (p *program) createCommand() *cli.Command {
	return &cli.Command{
		Name:      "create",
		Usage:     "create a secondary user and print the PIN",
		UsageText: "irccpin create --given-name NAME --family-name NAME [--email ADDRESS] --authorized-by NAME",
		Description: `Signs in as the employer's primary user, creates the secondary user, and prints
the PIN as the last line. Nobody is created twice: a person who is in the table
already gets the PIN that stands there.

The box "I authorize the secondary user …" is the primary user's legal
statement. It is ticked on the word of the person named by --authorized-by, who
is recorded together with the statement.`,
		Flags: slices.Concat(personFlags(), []cli.Flag{
			valueFlag("authorized-by", "NAME", "the person on whose word the authorization is confirmed", catWho),
			boolFlag("dry-run", "fill the form and stop before \"Create account\"", catWho),
			boolFlag("allow-conflict", "a user who agrees only in part is somebody else: create all the same", catWho),
		}, deliveryFlags(), captureFlags(), portalFlags()),
		Action: p.create,
	}
}

func (p *program) create(c *cli.Context) error {
	order, err := orderOf(c)
	return p.portal(c, errand{command: "create", job: automation.Create(order), person: order.Person, authorizedBy: order.AuthorizedBy, tell: tellOrder, changes: true}, err)
}

// orderOf reads who is to be created, and on whose word.
func orderOf(c *cli.Context) (automation.NewUser, error) {
	person, err := personOf(c)
	order := automation.NewUser{Person: person, AllowConflict: c.Bool("allow-conflict"), DryRun: c.Bool("dry-run")}
	by, unfit := automation.TidyName(c.String("authorized-by"))
	if unfit == nil {
		order.AuthorizedBy = by
	}
	if err != nil {
		return order, err
	}
	for _, flag := range []string{"given-name", "family-name"} {
		if !c.IsSet(flag) {
			return order, usage("--%s is missing", flag)
		}
	}
	if strings.TrimSpace(c.String("authorized-by")) == "" {
		return order, &automation.Error{
			Code:    automation.Unsafe,
			Message: lang.Text("nobody is named who authorizes this user, and the portal asks for the primary user's confirmation"),
			Hint:    lang.Text("Name the person on whose word it is given: --authorized-by NAME"),
		}
	}
	if unfit != nil {
		return order, usage("--authorized-by %v", unfit)
	}
	return order, nil
}

// personOf reads who a command is about, from the flags that are set.
func personOf(c *cli.Context) (automation.Person, error) {
	var p automation.Person
	for flag, field := range map[string]*string{"given-name": &p.GivenName, "family-name": &p.FamilyName} {
		if !c.IsSet(flag) {
			continue
		}
		var err error
		if *field, err = automation.TidyName(c.String(flag)); err != nil {
			return p, usage("--%s %v", flag, err)
		}
	}
	if c.IsSet("email") {
		var err error
		if p.Email, err = automation.TidyEmail(c.String("email")); err != nil {
			return p, usage("--email %v", err)
		}
	}
	return p, nil
}

// onePersonOf reads who a command is about that needs a user who exists.
func onePersonOf(c *cli.Context) (automation.Person, error) {
	person, err := personOf(c)
	switch {
	case err != nil:
		return person, err
	case (person.GivenName == "") != (person.FamilyName == ""):
		return person, usage("--given-name and --family-name go together")
	case person == automation.Person{}:
		return person, usage("nobody is named: give --email, or --given-name and --family-name")
	}
	return person, nil
}
