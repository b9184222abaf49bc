package automation

import (
	"context"
	"strings"

	"irccpin/automation/prompt"
	"irccpin/automation/secret"
	"irccpin/automation/signin"
)

// Prompter asks a person for what is missing: a passcode, or the answer to a
// security question that is not in the settings.
type Prompter = prompt.Prompter

// Question is one thing that a person is asked for.
type Question = prompt.Question

// ErrDeclined is a Prompter's error when the person gives no answer.
var ErrDeclined = prompt.ErrDeclined

// DesktopPrompter asks in a window of the desktop; nil when there is no display
// or no program to ask with. environ is the process environment.
func DesktopPrompter(environ []string) Prompter {
	if d := prompt.FindDesktop(environ); d != nil {
		return d
	}
	return nil
}

// asker puts the sign-in's questions to the Prompter, with whom they are about.
// It is nil when nobody is there.
func asker(c Config) func(ctx context.Context, q signin.Question) (secret.Value, error) {
	if c.Prompter == nil {
		return nil
	}
	employer := c.Settings.Employer
	if employer == "" {
		employer = c.Settings.Origin()
	}
	return func(ctx context.Context, q signin.Question) (secret.Value, error) {
		c.Log.Info("a person is asked", "for", q.What)
		answer, err := c.Prompter.Ask(ctx, Question{
			Employer: employer, Account: prompt.Shorten(c.Settings.Username),
			Why: q.Why, What: q.What, Until: q.Until,
		})
		if err == nil && answer.IsZero() {
			err = ErrDeclined
		}
		c.redactor.Add(strings.ToLower(q.What), answer)
		return answer, err
	}
}
