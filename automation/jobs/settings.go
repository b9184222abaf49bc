package jobs

import (
	"strings"
	"unicode"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// checkOwnSettings looks at the settings of the program in an employer's file.
// What holds for all rows comes from the command's flags and the environment;
// but a file that belongs to a simulated portal must never be typed into the
// live one, nor the other way round.
func checkOwnSettings(s *automation.Settings, simulator *automation.Simulator) error {
	own := s.Program["IRCCPIN_SIMULATOR"]
	if own.IsZero() || simulator != nil && simulator.Addr == automation.PlainAddr(own.Reveal()) {
		return nil
	}
	return &automation.Error{
		Code: automation.BadSettings, Message: lang.Text("the employer's settings name another simulated portal than this command goes to; the portal was not opened"),
		Hint: lang.Text("Take IRCCPIN_SIMULATOR out of %s, or give --simulator.", s.File),
	}
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
