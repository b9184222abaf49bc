package prompt

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"
	"unicode"

	"irccpin/automation/lang"
	"irccpin/automation/secret"
)

// Desktop asks in a window, by one of the programs that desktops bring along for
// scripts: zenity (GNOME and most others) or kdialog (KDE).
type Desktop struct {
	path    string
	kind    string
	environ []string
}

// dialogs are the programs, in the order in which they are looked for.
func dialogs() []string { return []string{"zenity", "kdialog"} }

// FindDesktop finds a way to ask in a window; nil when there is no display, or
// none of the programs. environ is the process environment.
func FindDesktop(environ []string) *Desktop {
	display := false
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		display = display || value != "" && (name == "DISPLAY" || name == "WAYLAND_DISPLAY")
	}
	if !display {
		return nil
	}
	for _, kind := range dialogs() {
		if path, err := exec.LookPath(kind); err == nil {
			return &Desktop{path: path, kind: kind, environ: secret.CommandEnviron(environ)}
		}
	}
	return nil
}

// Ask implements [Prompter].
func (d *Desktop) Ask(ctx context.Context, q Question) (secret.Value, error) {
	ctx, cancel := context.WithDeadline(ctx, q.Until)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.path, d.words(q)...)
	cmd.Env = d.environ
	var out bytes.Buffer
	cmd.Stdout = &out
	// Toolkits chat on stderr; what they say is of no use to a person.
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	answer := out.Bytes()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		clear(answer)
		return secret.Value{}, ctx.Err()
	case errors.As(err, &exit) && exit.ExitCode() == 1: // Cancel, or closed
		return secret.Value{}, ErrDeclined
	case err != nil:
		clear(answer)
		return secret.Value{}, lang.Errorf("%s could not ask: %w", d.kind, err)
	}
	answer = bytes.TrimRight(answer, "\r\n")
	if len(bytes.TrimSpace(answer)) == 0 {
		return secret.Value{}, ErrDeclined
	}
	return secret.Own(answer), nil
}

// words are the program's arguments. Others on the machine can read them: they
// hold nothing secret.
func (d *Desktop) words(q Question) []string {
	text := lang.Text("%s\n\n%s\n\n%s (until %s):", oneLine(q.About()), oneLine(q.Why), q.What, q.Until.Local().Format("15:04"))
	if d.kind == "kdialog" {
		return []string{"--title", "irccpin", "--password", text}
	}
	// Markup would make a "<" of the portal disappear.
	return []string{"--entry", "--hide-text", "--title=irccpin", "--text=" + escaped(text)}
}

// escaped is a text that zenity shows as it is: it takes "_" for a mark of the
// keyboard shortcut, and a backslash for the start of an escape.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\\`, "_", "__").Replace(text)
}

// oneLine takes out what a portal's text can hold and an argument cannot.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
