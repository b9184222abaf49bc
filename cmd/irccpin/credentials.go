package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

func (p *program) credentialsCommand() *cli.Command {
	ledger := slices.Concat(ledgerFlags(), outputFlags())
	return &cli.Command{
		Name:  "credentials",
		Usage: "credentials that the portal refused, and those in the keychain",
		Description: `What the portal refused once is held, and not tried again until it is changed in
the settings or released here: a few wrong tries can lock an account for good.`,
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list what is held", Flags: ledger,
				Action: p.listHeld,
			},
			{
				Name: "release", Usage: "let what is held be tried again", ArgsUsage: "[ID]",
				UsageText: "irccpin credentials release [ID | --all]",
				Description: `Releases the credential of this ID, as "credentials list" shows it. Without an ID:
all that is held of the account in the settings.`,
				Flags: append([]cli.Flag{
					boolFlag("all", "release everything, of all accounts", catSession),
				}, ledger...),
				Action: p.release,
			},
			{
				Name: "store", Usage: "store an employer's secrets in the system's keychain", ArgsUsage: "EMPLOYER",
				Description: `Asks for the settings one by one, without showing what is typed where it is
secret, and stores them under the employer's name. Use them with:

   irccpin create --employer EMPLOYER …`,
				Flags:  append([]cli.Flag{boolFlag("no-input", "never ask, which ends with exit code 4 [$IRCCPIN_NO_INPUT]", catSession)}, outputFlags()...),
				Action: p.store,
			},
		},
	}
}

// heldDocument is what list and release print with --json.
type heldDocument struct {
	envelope
	Held []automation.HeldCredential `json:"credentials"`
}

// ledgerState finds the ledger without asking for any secret.
func (p *program) ledgerState(c *cli.Context) (automation.State, sources, error) {
	s := sources{c: c, p: p, environ: p.environ}
	if err := s.early(); err != nil {
		return automation.State{}, s, err
	}
	from := s.settingsFrom()
	program, err := automation.ProgramSettings(from)
	if err != nil {
		return automation.State{}, s, err
	}
	s = s.withFile(program, from.File)
	state, err := s.state(c.Context)
	return state, s, err
}

func (p *program) listHeld(c *cli.Context) error {
	state, _, err := p.ledgerState(c)
	if err != nil {
		return err
	}
	held, err := automation.HeldCredentials(c.Context, state)
	if err != nil {
		return err
	}
	if p.json {
		return p.printJSON(heldDocument{ended("listed"), held})
	}
	if len(held) == 0 {
		_, err := fmt.Fprintln(p.out, lang.Text("Nothing is held."))
		return err
	}
	return p.tellHeld(held)
}

func (p *program) tellHeld(held []automation.HeldCredential) error {
	t := newTable()
	t.AppendHeader(table.Row{lang.Text("ID"), lang.Text("What"), lang.Text("Employer"), lang.Text("Since"), lang.Text("The portal said")})
	for _, h := range held {
		employer := h.Employer
		if h.Simulated {
			employer = strings.TrimSpace(employer + lang.Text(" (simulated)"))
		}
		t.AppendRow(table.Row{h.ID, lang.Word(h.Kind), printable(employer), h.Since.Local().Format("2006-01-02 15:04"), printable(h.Reason)})
	}
	return printTable(p.out, t)
}

func (p *program) release(c *cli.Context) error {
	if c.Bool("all") && c.Args().Present() {
		return usage("an ID and --all contradict each other")
	}
	state, s, err := p.ledgerState(c)
	if err != nil {
		return err
	}
	of := automation.ReleaseOf{ID: c.Args().First(), All: c.Bool("all")}
	if of.ID == "" && !of.All {
		settings, err := s.settings(c.Context)
		if err != nil {
			return err
		}
		of.Username = settings.Username
	}
	released, err := automation.ReleaseCredentials(c.Context, state, of)
	if err != nil {
		return err
	}
	if of.ID != "" && len(released) == 0 {
		return usage("no held credential has the ID %q; irccpin credentials list shows them", of.ID)
	}
	if p.json {
		return p.printJSON(heldDocument{ended("released"), released})
	}
	if len(released) == 0 {
		_, err := fmt.Fprintln(p.out, lang.Text("Nothing was held."))
		return err
	}
	if _, err := fmt.Fprintln(p.out, lang.Text("Released; the next run tries again, once:")); err != nil {
		return err
	}
	return p.tellHeld(released)
}

// question is one thing that store asks for.
type question struct {
	key, text string
	secret    bool
	// needed settings are asked for again when nothing is typed.
	needed bool
	// after is the setting that this one belongs to: without it this one is not
	// asked for.
	after string
}

func questions() []question {
	out := []question{
		{key: "GCKEY_USERNAME", text: lang.Text("GCKey user name"), needed: true},
		{key: "GCKEY_PASSWORD", text: lang.Text("GCKey password"), secret: true, needed: true},
		{key: "GCKEY_TOTP_SECRET", text: lang.Text("Authenticator secret, as text or otpauth:// address (Enter: none)"), secret: true},
		{key: "GCKEY_OTP_IMAP_URL", text: lang.Text("Mailbox of e-mailed passcodes, imaps://user@host/folder (Enter: none)")},
		{key: "GCKEY_OTP_IMAP_PASSWORD", text: lang.Text("Its password"), secret: true, needed: true, after: "GCKEY_OTP_IMAP_URL"},
	}
	before := ""
	for n := 1; n <= 4; n++ { // an account has four
		key := fmt.Sprintf("IRCC_QUESTION_%d", n)
		out = append(out,
			question{key: key, text: lang.Text("Security question %d, as the portal writes it (Enter: no more)", n), after: before},
			question{key: fmt.Sprintf("IRCC_ANSWER_%d", n), text: lang.Text("Its answer"), secret: true, needed: true, after: key})
		before = key
	}
	return append(out,
		question{key: "IRCC_BUSINESS_NUMBER", text: lang.Text("Business number, to be sure of the account (Enter: none)")},
		question{key: "IRCC_EMPLOYER_NUMBER", text: lang.Text("IRCC employer number, likewise (Enter: none)")})
}

func (p *program) store(c *cli.Context) error {
	employer, err := automation.TidyName(c.Args().First())
	if err != nil {
		return usage("the employer's name %v", err)
	}
	alone, err := (sources{c: c, p: p, environ: p.environ}).of("no-input", "IRCCPIN_NO_INPUT").yes()
	if err != nil {
		return err
	}
	tty, err := openTerminal()
	if alone || err != nil {
		return errors.Join(&automation.Error{
			Code: automation.HumanNeeded, Message: lang.Text("the secrets are asked for at a terminal, and there is none to be asked at"),
			Hint: lang.Text("Run the command at a terminal, without --no-input, or use a settings file."),
		}, tty.close())
	}
	values, err := tty.ask(c.Context, lang.Text("The settings of %q for the system's keychain. Secrets are not shown as you type.", employer), questions())
	if err := errors.Join(err, tty.close()); err != nil {
		return err
	}
	if err := automation.StoreCredentials(c.Context, employer, values); err != nil {
		return err
	}
	if p.json {
		return p.printJSON(struct {
			envelope
			Employer string `json:"employer"`
		}{ended("stored"), employer})
	}
	_, err = fmt.Fprintln(p.out, lang.Text("Stored. Use them with: irccpin create --employer %q …", employer))
	return err
}
