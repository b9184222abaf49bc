package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

func (p *program) ledgerCommand() *cli.Command {
	ledger := slices.Concat(ledgerFlags(), outputFlags())
	return &cli.Command{
		Name:  "ledger",
		Usage: "back up, restore and tidy what keeps creations from happening twice",
		Description: `The ledger remembers every click that made or deleted a user, what came of it, and
which credentials are held. It holds names and e-mail addresses; never a password,
an answer, a code or a PIN.`,
		Subcommands: []*cli.Command{
			{
				Name: "backup", Usage: "print all that the ledger holds, to be kept in a safe place",
				Description: `The backup is worth nothing without the key that the ledger was written with: the
file ledger.key in the state directory, or IRCCPIN_LEDGER_KEY. Keep that too.`,
				Flags: append([]cli.Flag{
					valueFlag("out", "FILE", "write there, for you alone (mode 0600), instead of to stdout", catOutput),
					boolFlag("force", "let --out replace a file that exists", catOutput),
				}, ledger...),
				Action: p.backupLedger,
			},
			{
				Name: "restore", Usage: "put a backup into an empty ledger", ArgsUsage: "FILE",
				Description: `All of it is restored, or nothing. FILE can be -, the standard input. What happened
since the backup cannot happen twice: the portal's table is read before any click.
Credentials that were held since are no longer known as held.`,
				Flags:  ledger,
				Action: p.restoreLedger,
			},
			{
				Name: "prune", Usage: "remove personal data that is no longer needed",
				Description: `Every run does this by itself once a day, for what is older than a year. What stays
is the record of who was created for whom on whose authority.`,
				Flags: append([]cli.Flag{
					&cli.IntFlag{Name: "days", Usage: lang.Text("`NUMBER`: what is older than that many days; 365 unless told"), Value: int(automation.RetainPersonal / day), Category: catOutput},
				}, ledger...),
				Action: p.pruneLedger,
			},
		},
	}
}

const day = 24 * time.Hour

func (p *program) backupLedger(c *cli.Context) error {
	state, _, err := p.ledgerState(c)
	if err != nil {
		return err
	}
	if p.json && !c.IsSet("out") {
		return usage("the backup itself would go to stdout: with --json name a file for it, --out FILE")
	}
	var b bytes.Buffer // whole, before a file is begun
	if err := automation.BackupLedger(c.Context, state, &b); err != nil {
		return err
	}
	return p.put(c, b.Bytes())
}

func (p *program) restoreLedger(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("name the one file that is to be restored")
	}
	state, _, err := p.ledgerState(c)
	if err != nil {
		return err
	}
	backup, err := heed(c.Context, func() ([]byte, error) {
		if name := c.Args().First(); name != "-" {
			return os.ReadFile(name)
		}
		return io.ReadAll(p.in)
	})
	if err != nil {
		if c.Context.Err() != nil {
			return err
		}
		return usage("%s cannot be read: %v", c.Args().First(), reason(err))
	}
	if err := automation.RestoreLedger(c.Context, state, bytes.NewReader(backup)); err != nil {
		return err
	}
	if p.json {
		return p.printJSON(ended("restored"))
	}
	_, err = fmt.Fprintln(p.out, lang.Text("The backup is restored."))
	return err
}

func (p *program) pruneLedger(c *cli.Context) error {
	days := c.Int("days")
	if days < 1 {
		return usage("--days is less than one: %d", days)
	}
	state, _, err := p.ledgerState(c)
	if err != nil {
		return err
	}
	gone, err := automation.PruneLedger(c.Context, state, time.Duration(days)*day)
	if err != nil {
		return err
	}
	if p.json {
		return p.printJSON(struct {
			envelope
			Records int64 `json:"records"`
			PINs    int64 `json:"pin_fingerprints"`
		}{ended("pruned"), gone.Intents, gone.PINs})
	}
	_, err = fmt.Fprintln(p.out, lang.Text("Personal data was removed from %d records, and %d fingerprints of PINs were forgotten.", gone.Intents, gone.PINs))
	return err
}
