package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

func (p *program) captureCommand() *cli.Command {
	return &cli.Command{
		Name:      "capture",
		Usage:     "save the portal's pages, with everybody's data made up, to be sent to who keeps irccpin",
		UsageText: "irccpin capture [--signed-in] [--to DIR]",
		Description: `Looks at the portal and changes nothing. Without --signed-in it goes to the
sign-in form and types nothing. With --signed-in it signs in with the settings,
opens "Manage access", then the form for a new user, types nothing there, goes
back, and signs out.

Each page is saved as HTML with its structure, labels and ids as they are. Names,
addresses, numbers, PINs and answers are made up, and the same one is the same
everywhere. words-kept.txt lists every word that stayed: read it, and look at the
pages, before you send the folder.

create, list, pin and delete save the pages that they meet in the same way with
--capture DIR.`,
		Flags: slices.Concat([]cli.Flag{
			boolFlag("signed-in", "sign in with the settings, and go on to \"Manage access\" and the form", catCapture),
			valueFlag("to", "DIR", "a new folder for the pages; irccpin-capture-… in the working directory unless told", catCapture),
		}, portalFlags()),
		Action: p.capture,
	}
}

func (p *program) capture(c *cli.Context) error {
	s := sources{c: c, p: p, environ: p.environ}
	if err := s.flagsForLook(); err != nil {
		return err
	}
	if c.IsSet("to") && c.String("to") == "" {
		return usage("--to is empty")
	}
	signedIn := c.Bool("signed-in")
	config, err := s.lookConfig(c.Context, "capture", signedIn)
	if err != nil {
		return err
	}
	to := cmp.Or(c.String("to"), "irccpin-capture-"+p.now().Format("20060102-150405"))
	if config.Capture, err = filepath.Abs(to); err != nil {
		return usage("--to cannot be made a full path: %v", err)
	}
	result, pages := p.look(c, config, automation.LookOptions{SignedIn: signedIn, Form: signedIn})
	shown := looked{result, pages}
	if result.Error != nil {
		if !p.json {
			p.tellCaptured(result)
		}
		return &unsuccessful{result: result, shown: shown}
	}
	if p.json {
		return p.printJSON(shown)
	}
	p.warn(result)
	p.tellCaptured(result)
	return nil
}

// tellCaptured says where the pages are and what to do before sending them.
func (p *program) tellCaptured(r *automation.Result) {
	if r.Captured == nil {
		return
	}
	fmt.Fprintln(p.out, lang.Text("%d pages are in %s\nBefore you send it: read words-kept.txt there, and open the pages in a browser.\nWhat the catalog makes of them: irccpin replay %s", r.Captured.Pages, r.Captured.Dir, r.Captured.Dir))
}
