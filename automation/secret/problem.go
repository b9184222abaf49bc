package secret

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"irccpin/automation/lang"
)

// Problem is one thing that is wrong with the settings. It never holds a value.
type Problem struct {
	Key     string // the settings key, or "" when the trouble is with the whole source
	File    string // the settings file; "" when the key came from the environment or the keychain
	Line    int    // line in File, from 1; 0 when no line is to blame
	Message string // what is wrong
	Hint    string // what to do, or ""
}

func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
		}
		b.WriteString(": ")
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}

// SettingsError happens when the settings of an employer are missing, malformed, unsafe or mixed. It lists everything
// that is wrong, in the order of the settings file.
type SettingsError struct {
	Problems []Problem
	causes   []error
}

func (e *SettingsError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	if len(lines) == 1 {
		return lang.Text("bad settings: %s", lines[0])
	}
	return lang.Text("bad settings, %d problems:\n  %s", len(lines), strings.Join(lines, "\n  "))
}

// Unwrap gives the errors behind the problems, such as [ErrKeychainUnavailable] or [context.Canceled].
func (e *SettingsError) Unwrap() []error { return e.causes }

// problems collects what is wrong while the settings are read.
type problems struct {
	list   []Problem
	causes []error
}

func (p *problems) add(problem Problem) { p.list = append(p.list, problem) }

// addCause adds a problem whose error can be told with errors.Is.
func (p *problems) addCause(problem Problem, cause error) {
	p.add(problem)
	p.causes = append(p.causes, cause)
}

func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	// In the order of the file; what belongs to no line comes last.
	slices.SortStableFunc(p.list, func(a, b Problem) int {
		if (a.Line == 0) != (b.Line == 0) {
			return b.Line - a.Line
		}
		return a.Line - b.Line
	})
	return &SettingsError{Problems: p.list, causes: p.causes}
}

// reasonOf strips an error of the file system or of starting a program down to its cause: the paths and names in it
// come from the settings, where a password may stand in the wrong line.
func reasonOf(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
