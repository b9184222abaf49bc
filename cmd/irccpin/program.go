package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// program is the machine around one call: streams, environment, clock.
type program struct {
	in       *os.File
	out, err io.Writer
	environ  []string
	now      func() time.Time

	// inTTY, outTTY and errTTY tell which streams a person is at.
	inTTY, outTTY, errTTY bool

	// columns is the width of the terminal.
	columns func() int

	// json tells that the result is wanted as a JSON document.
	json bool
	// command is the command that was called, nil before it is known.
	command *cli.Command
	// narrator tells a person what happens.
	narrator *narrator
	// ending is what a person who interrupts is told; see interruption.go.
	ending atomic.Pointer[farewell]
}

func newProgram(in, out, err *os.File, environ []string, now func() time.Time) *program {
	p := &program{
		in: in, out: paper{out}, err: err, environ: environ, now: now,
		inTTY: isTerminal(in), outTTY: isTerminal(out), errTTY: isTerminal(err),
	}
	p.columns = func() int {
		if columns, _, failed := term.GetSize(int(err.Fd())); failed == nil && columns > 0 {
			return columns
		}
		return 80 // what terminals have always had
	}
	p.narrator = newNarrator(err, now, look{
		live:   p.errTTY && p.variable("TERM") != "dumb",
		colour: p.errTTY && p.variable("TERM") != "dumb" && p.variable("NO_COLOR") == "",
		marks:  p.unicode(),
		width:  p.columns,
	})
	return p
}

// paper is stdout. That it takes nothing (a full disk, a reader that went away) is
// no defect of the program.
type paper struct{ out io.Writer }

func (w paper) Write(b []byte) (int, error) {
	n, err := w.out.Write(b)
	if err != nil {
		err = &unprintedError{err}
	}
	return n, err
}

type unprintedError struct{ cause error }

func (e *unprintedError) Error() string { return reason(e.cause).Error() }
func (e *unprintedError) Unwrap() error { return e.cause }

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// variable is an environment variable's value; "" when it is not set.
func (p *program) variable(name string) string { return variable(p.environ, name) }

func variable(environ []string, name string) string {
	for _, pair := range environ {
		if key, value, _ := strings.Cut(pair, "="); key == name {
			return value
		}
	}
	return ""
}

// unicode tells whether the terminal can show more than ASCII.
func (p *program) unicode() bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := p.variable(name); value != "" {
			value = strings.ToLower(value)
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}

// attended tells whether a person is there to look at a window: at a terminal,
// with a display.
func (p *program) attended() bool {
	return p.inTTY && p.errTTY && p.display()
}

// display tells whether a window can be seen here.
func (p *program) display() bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return p.variable("SSH_CONNECTION") == ""
	}
	return p.variable("DISPLAY") != "" || p.variable("WAYLAND_DISPLAY") != ""
}

// run carries out one command line and returns the exit code.
func (p *program) run(ctx context.Context, words []string) int {
	defer p.narrator.close()
	p.json = wantsJSON(words)
	unknown := p.chooseLanguage(words)
	app := p.app()
	words, command, err := arrange(app, words)
	p.command = command
	err = cmp.Or(unknown, err)
	if err == nil {
		err = app.RunContext(ctx, append([]string{app.Name}, words...))
	}
	return p.report(err)
}

// report tells a person, or a script, how the command ended.
func (p *program) report(err error) int {
	p.narrator.close()
	if err == nil {
		return 0
	}
	var ended *unsuccessful
	if !errors.As(err, &ended) {
		ended = &unsuccessful{result: failed(err)}
	}
	code := exitCode(ended.result.Error.Code)
	ended.result.Error.ExitCode = code
	if p.json {
		// A stream that cannot be written to leaves nothing but the exit code.
		_ = p.printJSON(ended.document())
		return code
	}
	p.explain(ended.result, err)
	return code
}

// unsuccessful is a command that ended with a result which tells of a failure.
type unsuccessful struct {
	result *automation.Result
	// shown is the document to print instead of the result itself; see doctor.go.
	shown any
	// cause is why it did not get as far as the portal.
	cause error
}

func (u *unsuccessful) Unwrap() error { return u.cause }

func (u *unsuccessful) Error() string { return u.result.Error.Message }

func (u *unsuccessful) document() any {
	if u.shown != nil {
		return u.shown
	}
	return u.result
}

// notPrinted is the error for a result that stdout did not take.
func notPrinted(err error) *automation.Error {
	return &automation.Error{
		Code: automation.DeliveryFailed, Err: err, Message: lang.Text("it was done, but the result could not be printed: %v", reason(err)),
		Hint: lang.Text("See where stdout goes, and run the command again."),
	}
}

// failed is the result of a command that did not get as far as the portal.
func failed(err error) *automation.Result {
	r := &automation.Result{Schema: automation.Schema, Warnings: []automation.Warning{}}
	var stop *automation.Error
	var unprinted *unprintedError
	switch {
	case errors.As(err, &stop):
	case errors.As(err, &unprinted):
		stop = notPrinted(err)
	case errors.Is(err, context.Canceled):
		stop = &automation.Error{Code: automation.Interrupted, Message: lang.Text("interrupted; the portal was not opened")}
	default:
		stop = &automation.Error{Code: automation.Internal, Message: err.Error(), Hint: lang.Text("This is a defect of irccpin. Please report it.")}
	}
	page := stop.Page
	if page == "" {
		page = "unknown"
	}
	r.Error = &automation.Failure{Code: stop.Code, Message: stop.Error(), Page: page, Hint: stop.Hint}
	return r
}
