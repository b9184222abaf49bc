package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

func (p *program) doctorCommand() *cli.Command {
	return &cli.Command{
		Name:      "doctor",
		Usage:     "check browser, settings, state and selectors",
		UsageText: "irccpin doctor [--live [--signed-in]]",
		Description: `Tells what is in order and what is not, and what to do about it. The portal is
not opened, except with --live: then the public pages are looked at as well, up to
the sign-in form, where nothing is typed. For each page it tells how each element
was found. What is missing, ambiguous, or found in its second-best way only ends
with exit code 9, so that a schedule can watch the portal. --signed-in goes on,
with the employer's settings, to "Manage access", and changes nothing.`,
		Flags: slices.Concat([]cli.Flag{
			boolFlag("live", "look at the portal's public pages, up to the sign-in form", catSession),
			boolFlag("signed-in", "with --live: sign in, and look up to \"Manage access\"", catSession),
			boolFlag("install-browser", "install a browser when there is none", catSession),
		}, portalFlags()),
		Action: p.doctor,
	}
}

// check is one thing that doctor looked at.
type check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	// Detail says what was found.
	Detail string `json:"detail"`
	// Hint says what to do, or what to know.
	Hint string `json:"hint,omitempty"`

	err error
}

// checkup is what doctor prints.
type checkup struct {
	envelope
	Checks []check `json:"checks"`
	// Simulated and Pages are what --live saw.
	Simulated bool                  `json:"simulated,omitempty"`
	Pages     []automation.SeenPage `json:"pages,omitzero"`
}

func (p *program) doctor(c *cli.Context) error {
	s := sources{c: c, p: p, environ: p.environ}
	if err := s.early(); err != nil {
		return err
	}
	live, signedIn := c.Bool("live"), c.Bool("signed-in")
	switch {
	case signedIn && !live:
		return usage("--signed-in needs --live")
	case live:
		if _, err := s.earlySimulator(); err != nil {
			return err
		}
	}
	from := s.settingsFrom()
	settings, program := p.checkSettings(c.Context, from)
	s = s.withFile(program, from.File)
	if settings.OK {
		// What is set for the program itself is there too, and a run would refuse it.
		if _, err := s.stateless(c.Context); err != nil {
			settings = problem(settings.Name, err)
		}
	}
	checks := []check{
		p.checkBrowser(c.Context, s),
		settings,
		p.checkState(c.Context, s),
		p.checkSelectors(s),
		p.checkClock(),
	}
	if err := c.Context.Err(); err != nil {
		return err
	}
	shown := checkup{envelope: ended("healthy"), Checks: checks}
	var first error
	for _, each := range checks {
		if first == nil {
			first = each.err
		}
	}
	if first == nil && live {
		config, err := s.lookConfig(c.Context, "doctor", signedIn)
		if err != nil {
			return err
		}
		result, pages := p.look(c, config, automation.LookOptions{SignedIn: signedIn, Judge: true})
		shown.Simulated, shown.Pages = result.Simulated, pages
		if result.Error != nil {
			first = &automation.Error{Code: result.Error.Code, Page: result.Error.Page, Message: result.Error.Message, Hint: result.Error.Hint}
		}
	}
	var failure *unsuccessful
	if first != nil {
		failure = &unsuccessful{result: failed(first)}
		shown.Result, shown.Error = nil, failure.result.Error
		failure.shown = &shown
	}
	switch {
	case failure != nil && p.json:
		return failure
	case p.json:
		return p.printJSON(shown)
	}
	p.tellChecks(checks)
	p.tellPages(p.out, shown.Pages)
	if failure == nil {
		return nil
	}
	return failure
}

// tellChecks prints the checks for a person.
func (p *program) tellChecks(checks []check) {
	paint := func(c text.Color, s string) string {
		if !p.outTTY {
			return s
		}
		return p.narrator.paint(c, s)
	}
	for _, each := range checks {
		mark := paint(text.FgGreen, fmt.Sprintf("%-7s", lang.Text("ok")))
		if !each.OK {
			mark = paint(text.FgRed, fmt.Sprintf("%-7s", lang.Text("not ok")))
		}
		// Several faults of one file stand one below the other.
		detail := strings.ReplaceAll(printable(each.Detail), "\n", "\n"+strings.Repeat(" ", 19))
		fmt.Fprintf(p.out, "%s %-10s %s\n", mark, lang.Word(each.Name), detail)
		if each.Hint != "" {
			fmt.Fprintf(p.out, "%18s %s\n", "", printable(each.Hint))
		}
	}
}

// problem is a check that failed.
func problem(name string, err error) check {
	out := check{Name: name, Detail: err.Error(), err: err}
	var stop *automation.Error
	if errors.As(err, &stop) {
		out.Hint = stop.Hint
	}
	return out
}

func (p *program) checkBrowser(ctx context.Context, s sources) check {
	const name = "browser"
	var c automation.Config
	if err := s.elsewhere(&c); err != nil {
		return problem(name, err)
	}
	if len(c.BrowserURLs) > 0 {
		found, err := automation.CheckBrowsersElsewhere(ctx, c.BrowserURLs, c.TrustRemoteBrowser)
		if err != nil {
			return problem(name, err)
		}
		return check{Name: name, OK: true, Detail: found}
	}
	path, err := s.of("browser", "IRCCPIN_BROWSER").program()
	if err != nil {
		return problem(name, err)
	}
	hidden, chosen, err := s.headless(p.attended())
	if err != nil {
		return problem(name, err)
	}
	found, err := automation.FindBrowser(ctx, path, hidden)
	if err != nil && !chosen && path == "" {
		// A session that may choose does with a hidden one.
		found, err = automation.FindBrowser(ctx, path, true)
	}
	if err != nil && path == "" && s.c.Bool("install-browser") {
		if err = p.haveBrowser(ctx, path, hidden); err == nil {
			found, err = automation.FindBrowser(ctx, path, hidden)
		}
	}
	if err != nil {
		return problem(name, err)
	}
	out := check{Name: name, OK: true, Detail: fmt.Sprintf("%s, %s", found.Version, found.Path)}
	if runtime.GOOS == "linux" && os.Geteuid() == 0 {
		out.Hint = lang.Text("Root can only run it without its sandbox, so credentials are typed at the simulated portal only. Use an ordinary user for real work.")
	}
	return out
}

// checkSettings checks the employer's settings, and returns what they set for
// the program. That there are none is no fault: many are only trying it out.
func (p *program) checkSettings(ctx context.Context, from automation.SettingsFrom) (check, map[string]automation.Secret) {
	const name = "settings"
	_, missing := os.Stat(from.File)
	if missing != nil && !from.FileNamed && from.Employer == "" && automation.RefuseExported(p.environ) == nil {
		return check{Name: name, OK: true, Detail: lang.Text("none yet"), Hint: lang.Text("irccpin help first-onboarding tells how to begin; irccpin demo needs none.")}, nil
	}
	settings, err := automation.LoadSettings(ctx, from)
	if err != nil {
		// What the file sets for the program may be good all the same.
		program, _ := automation.ProgramSettings(from)
		return problem(name, err), program
	}
	where := from.File
	switch {
	case from.Employer != "":
		where = lang.Text("the keychain's %q", from.Employer)
	case missing != nil:
		where = lang.Text("the environment")
	}
	return check{Name: name, OK: true, Detail: where}, settings.Program
}

func (p *program) checkState(ctx context.Context, s sources) check {
	const name = "state"
	state, err := s.state(ctx)
	if err == nil {
		err = automation.CheckState(ctx, state)
	}
	if err != nil {
		return problem(name, err)
	}
	if state.DatabaseURL != "" {
		return check{Name: name, OK: true, Detail: lang.Text("%s, and a shared database", state.Dir)}
	}
	return check{Name: name, OK: true, Detail: state.Dir}
}

func (p *program) checkSelectors(s sources) check {
	const name = "selectors"
	dir, err := s.of("selectors", "IRCCPIN_SELECTORS").path()
	if err != nil {
		return problem(name, err)
	}
	catalog, err := automation.CheckCatalog(dir)
	if err != nil {
		return problem(name, err)
	}
	out := check{Name: name, OK: true, Detail: lang.Text("%d pages are known", catalog.Pages)}
	if len(catalog.Overridden) > 0 {
		out.Detail += lang.Text("; from %s: %s", dir, strings.Join(catalog.Overridden, ", "))
	}
	return out
}

// checkClock asks the system about its clock. That nothing keeps it right is no
// fault by itself: a virtual machine's host may do so.
func (p *program) checkClock() check {
	out := check{Name: "clock", OK: true, Detail: p.now().Format("15:04:05 MST")}
	report, err := automation.SystemClock()
	if err != nil {
		out.Detail += lang.Text("; not compared: this system does not say whether it is right")
		return out
	}
	out.Detail += "; " + report.String()
	if report.Unkept || report.Wrong() {
		out.Hint = lang.Text("The codes of an authenticator app go by the clock. Compare it with a telephone's, and turn on setting it over the network.")
	}
	return out
}
