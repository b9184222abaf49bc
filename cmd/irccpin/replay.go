package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

func (p *program) replayCommand() *cli.Command {
	return &cli.Command{
		Name:      "replay",
		Usage:     "show captured pages to today's catalog, without a network",
		ArgsUsage: "DIR",
		UsageText: "irccpin replay DIR",
		Description: `Opens each page of a capture in a hidden browser that reaches nothing else, and
says what it is recognised as, how each element is found, and what is different
from when it was captured. Differences end with exit code 9. With --selectors it
shows what a corrected catalog makes of the pages.

--fixture makes the capture a case of the tests: every folder below
fixtures/captures is replayed by go test, and must be seen as it is seen now.`,
		Flags: slices.Concat([]cli.Flag{
			valueFlag("fixture", "DIR", "write the pages there with what is seen in them now, such as fixtures/captures/NAME", catCapture),
			valueFlag("selectors", "DIR", "corrected catalog files, laid over the built-in ones [$IRCCPIN_SELECTORS]", catSession),
			valueFlag("browser", "PATH", "the Chrome, Chromium, Edge or headless shell to start [$IRCCPIN_BROWSER]", catSession),
			valueFlag("state-dir", "DIR", "ledger, runs and browser profiles [$IRCCPIN_STATE_DIR]", catSession),
		}, outputFlags()),
		Action: p.replay,
	}
}

// replayed is what replay prints.
type replayed struct {
	envelope
	Pages []automation.ReplayedPage `json:"pages"`
}

func (p *program) replay(c *cli.Context) error {
	s := sources{c: c, p: p, environ: p.environ}
	if err := s.early(); err != nil {
		return err
	}
	if c.IsSet("fixture") && c.String("fixture") == "" {
		return usage("--fixture is empty")
	}
	config := automation.Config{Environ: p.environ, Command: "replay", Headless: true}
	var errs [3]error
	config.Browser, errs[0] = s.of("browser", "IRCCPIN_BROWSER").program()
	config.Selectors, errs[1] = s.of("selectors", "IRCCPIN_SELECTORS").path()
	config.StateDir, errs[2] = s.stateDir()
	if err := cmp.Or(errs[:]...); err != nil {
		return err
	}
	dir, err := filepath.Abs(c.Args().First())
	if err != nil {
		return usage("%s cannot be made a full path: %v", c.Args().First(), err)
	}
	p.narrator.begin(lang.Text("Replaying"))
	pages, err := automation.Replay(c.Context, config, automation.ReplayOptions{Dir: dir, Fixture: c.String("fixture")})
	if err != nil {
		return err
	}
	p.narrator.done(lang.Text("Done"))
	shown := replayed{ended("replayed"), pages}
	differ := 0
	for _, page := range pages {
		if len(page.Differences) > 0 {
			differ++
		}
	}
	if differ == 0 {
		if p.json {
			return p.printJSON(shown)
		}
		p.tellReplayed(pages)
		return nil
	}
	failure := failed(&automation.Error{
		Code: automation.PageChanged, Message: lang.Text("%d of %d pages are not seen as they were when they were captured", differ, len(pages)),
		Hint: lang.Text("If what is seen now is right, keep it with --fixture DIR."),
	})
	shown.envelope = envelope{Schema: automation.Schema, Error: failure.Error}
	if !p.json {
		p.tellReplayed(pages)
	}
	return &unsuccessful{result: failure, shown: &shown}
}

// tellReplayed prints the pages for a person.
func (p *program) tellReplayed(pages []automation.ReplayedPage) {
	for _, page := range pages {
		name := strings.Join(page.Seen.Pages, ", ")
		if name == "" {
			name = lang.Text("unknown page")
			if page.Seen.Nearest != "" {
				name += lang.Text("; nearest is %q, which lacks: %s", page.Seen.Nearest, strings.Join(page.Seen.Missing, "; "))
			}
		}
		fmt.Fprintf(p.out, "%s  %s\n", p.bold(page.File), printable(name))
		for _, e := range inOrder(page.Seen.Elements) {
			state := page.Seen.Elements[e]
			what := lang.Word(state.Status)
			if state.Status == "found" {
				what = lang.Text("found by %s", ways(state.Way, state.Ways))
			}
			fmt.Fprintf(p.out, "          %-24s %s\n", e, printable(what))
		}
		for _, d := range page.Differences {
			fmt.Fprintf(p.out, "  %s %s\n", p.outPaint(text.FgRed, lang.Text("differs")), printable(d))
		}
	}
}

// inOrder lists the names of a map in the order of the alphabet.
func inOrder[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
