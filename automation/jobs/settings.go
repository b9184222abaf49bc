package jobs

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"irccpin/automation"
	"irccpin/automation/lang"
	"irccpin/automation/roster"
)

// CheckEmployer checks what a row's employer's settings say, before anything is
// begun, as far as that can be done without running the commands in them. The
// error is for a person who reads the roster.
func CheckEmployer(ctx context.Context, c automation.Config) func(roster.Row) error {
	return func(r roster.Row) error {
		from := r.Source(nil)
		from.Unasked = true
		settings, err := automation.LoadSettings(ctx, from)
		if err != nil {
			return err
		}
		defer settings.Wipe()
		return fits(settings, r, c)
	}
}

// fits tells whether an employer's settings are meant for a row, and for sessions
// of this configuration.
func fits(s *automation.Settings, r roster.Row, c automation.Config) error {
	if err := checkOwnSettings(s, c); err != nil {
		return err
	}
	if own := s.BusinessNumber; r.BusinessNumber != "" && own != "" && !sameNumber(own, r.BusinessNumber) {
		return &automation.Error{
			Code:    automation.WrongEmployer,
			Message: lang.Text("the roster says business number %q, and the employer's settings say %q; the portal was not opened", r.BusinessNumber, own),
			Hint:    lang.Text("Correct the row's business_number, or name the right settings file."),
		}
	}
	return nil
}

// checkOwnSettings looks at the settings of the program in an employer's file.
// What holds for all rows comes from the command's flags and the environment;
// but a file that belongs to a simulated portal must never be typed into the
// live one, nor the other way round, and one whose own commands keep another
// ledger has its refused secrets, its open clicks and its sessions there.
func checkOwnSettings(s *automation.Settings, c automation.Config) error {
	if own := s.Program["IRCCPIN_SIMULATOR"]; !own.IsZero() && (c.Simulator == nil || c.Simulator.Addr != automation.PlainAddr(own.Reveal())) {
		return &automation.Error{
			Code: automation.BadSettings, Message: lang.Text("the employer's settings name another simulated portal than this command goes to; the portal was not opened"),
			Hint: lang.Text("Take IRCCPIN_SIMULATOR out of %s, or give --simulator.", s.File),
		}
	}
	url, dir := s.Program["IRCCPIN_DATABASE_URL"], s.Program["IRCCPIN_STATE_DIR"]
	switch {
	case !url.IsZero() && url.Reveal() != c.DatabaseURL:
		return anotherLedger("IRCCPIN_DATABASE_URL", "--database-url", s.File)
	case !dir.IsZero() && c.DatabaseURL == "" && !sameDir(resolved(dir.Reveal(), s.File), c.StateDir):
		return anotherLedger("IRCCPIN_STATE_DIR", "--state-dir", s.File)
	}
	return nil
}

func anotherLedger(name, flag, file string) error {
	return &automation.Error{
		Code: automation.BadSettings, Message: lang.Text("the employer's settings keep their ledger elsewhere than this command does (%s), so neither would know what the other did; the portal was not opened", name),
		Hint: lang.Text("Take %s out of %s, or give %s.", name, file, flag),
	}
}

// resolved is a path in a settings file, which is relative to the file.
func resolved(path, file string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(file), path)
	}
	return path
}

// sameDir tells whether two paths are one directory, by whatever links they lead there.
func sameDir(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	one, err := os.Stat(a)
	two, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(one, two)
}

// sameNumber compares business numbers, in which spaces and dashes do not count.
func sameNumber(a, b string) bool {
	compact := func(s string) string {
		return strings.ToUpper(strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
				return -1
			}
			return r
		}, s))
	}
	return compact(a) == compact(b)
}
