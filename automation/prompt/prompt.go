// Package prompt asks a person for the one thing that is missing: a passcode,
// or the answer to a question that is not in the settings.
//
// What asks is behind one small interface, Prompter, so that the program that
// uses the library decides how people are asked: at a terminal, in a window of
// the desktop (Desktop, in desktop.go), in a test, or not at all, which is a nil
// Prompter. What was given is a secret, is used once and never kept.
package prompt

import (
	"context"
	"strings"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/secret"
)

// Question is one thing that a person is asked for.
type Question struct {
	// Employer and Account say whose sign-in it is about. Account is a shortened
	// user name: enough to tell accounts apart.
	Employer, Account string
	// Why says in a sentence why it is asked, and what the portal shows.
	Why string
	// What names what is to be typed: "Passcode".
	What string
	// Until is when it is too late.
	Until time.Time
}

// About says whose sign-in a question is about.
func (q Question) About() string {
	if q.Employer == "" {
		return lang.Text("the account %s", q.Account)
	}
	return lang.Text("%s, account %s", q.Employer, q.Account)
}

// ErrDeclined happens when the person closes a question without an answer.
var ErrDeclined = lang.NewError("nobody answered")

// Prompter asks a person. Ask returns before the question's time is over, or
// when ctx ends. The answer is never empty: a person who gives none declines.
// What is typed is not shown.
type Prompter interface {
	Ask(ctx context.Context, q Question) (secret.Value, error)
}

// Shorten makes a user name fit to be shown: its ends, which its owner knows it by.
func Shorten(name secret.Value) string {
	runes := []rune(strings.TrimSpace(name.Reveal()))
	switch n := len(runes); {
	case n == 0:
		return lang.Text("(no user name)")
	case n < 5: // the ends would be all of it
		return string(runes[:1]) + "…"
	default:
		return string(runes[:2]) + "…" + string(runes[n-1:])
	}
}
