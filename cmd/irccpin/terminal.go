package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/term"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// terminal is where a person is asked. It is opened by its own name, so that
// questions are seen and answered also when the streams go elsewhere, and shows
// nothing by itself from then on: what is typed ahead of a question for a secret
// must not be seen either.
type terminal struct {
	in, out *os.File
	before  *term.State
	lines   *term.Terminal
}

// openTerminal fails where there is none.
func openTerminal() (*terminal, error) {
	in, out := "/dev/tty", "/dev/tty"
	if runtime.GOOS == "windows" {
		in, out = "CONIN$", "CONOUT$"
	}
	var t terminal
	var err error
	if t.in, err = os.OpenFile(in, os.O_RDWR, 0); err != nil {
		return nil, err
	}
	if t.out, err = os.OpenFile(out, os.O_RDWR, 0); err != nil {
		return nil, errors.Join(err, t.in.Close())
	}
	if err = t.control(func(fd int) (err error) { t.before, err = term.MakeRaw(fd); return err }); err != nil {
		return nil, errors.Join(err, t.in.Close(), t.out.Close())
	}
	t.lines = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{t.in, t.out}, "")
	return &t, nil
}

// close gives the terminal back as it was. It may be called without one.
func (t *terminal) close() error {
	if t == nil {
		return nil
	}
	return errors.Join(t.control(func(fd int) error { return term.Restore(fd, t.before) }), t.in.Close(), t.out.Close())
}

// control works on the terminal itself. File.Fd would make reading from it
// something that cannot be called off.
func (t *terminal) control(work func(fd int) error) error {
	raw, err := t.in.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	return errors.Join(raw.Control(func(fd uintptr) { failed = work(int(fd)) }), failed)
}

// ask asks for settings at the terminal. What belongs to a setting that was left
// out is left out as well.
func (t *terminal) ask(ctx context.Context, about string, questions []question) (map[string]automation.Secret, error) {
	if _, err := fmt.Fprintf(t.lines, "%s\n", about); err != nil {
		return nil, fmt.Errorf("write to the terminal: %w", err)
	}
	answers := map[string]automation.Secret{}
	for _, q := range questions {
		if q.after != "" && answers[q.after].IsZero() {
			continue
		}
		for {
			answer, err := t.askOne(ctx, q)
			if err != nil {
				return nil, err
			}
			if !answer.IsZero() {
				answers[q.key] = answer
			}
			if !answer.IsZero() || !q.needed {
				break
			}
		}
	}
	return answers, nil
}

// askOne asks one question, until ctx ends. Where reading a terminal cannot be
// called off, the reading is left alone then, and ends with the program.
func (t *terminal) askOne(ctx context.Context, q question) (automation.Secret, error) {
	type read struct {
		line string
		err  error
	}
	done := make(chan read, 1)
	go func() {
		prompt := lang.Text("%s: ", q.text)
		if q.secret {
			line, err := t.lines.ReadPassword(prompt)
			done <- read{line, err}
			return
		}
		t.lines.SetPrompt(prompt)
		line, err := t.lines.ReadLine()
		done <- read{strings.TrimSpace(line), err}
	}()
	select {
	case <-ctx.Done():
		if t.in.SetReadDeadline(time.Now()) == nil {
			<-done
		}
		_, _ = t.out.WriteString("\r\n") // what follows begins a line of its own
		return automation.Secret{}, ctx.Err()
	case r := <-done:
		if errors.Is(r.err, io.EOF) {
			// Ctrl-C and Ctrl-D are no signals in this mode.
			return automation.Secret{}, context.Canceled
		}
		return automation.OwnSecret([]byte(r.line)), r.err
	}
}
