package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"

	"irccpin/automation"
)

// terminal is where a person is asked. It is opened by its own name, so that
// questions are seen and answered also when the streams go elsewhere.
type terminal struct {
	in, out *os.File
	lines   *bufio.Reader
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
	t.lines = bufio.NewReader(t.in)
	return &t, nil
}

// close may be called without a terminal.
func (t *terminal) close() error {
	if t == nil {
		return nil
	}
	return errors.Join(t.in.Close(), t.out.Close())
}

// ask asks for settings at the terminal. Of the security questions, the first
// that is left out ends them.
func (t *terminal) ask(ctx context.Context, questions []question) (map[string]automation.Secret, error) {
	answers := map[string]automation.Secret{}
	over := false
	for _, q := range questions {
		about := strings.HasPrefix(q.key, "IRCC_QUESTION_") || strings.HasPrefix(q.key, "IRCC_ANSWER_")
		if about && over {
			continue
		}
		for {
			answer, err := t.askOne(ctx, q)
			if err != nil {
				return nil, err
			}
			if !answer.IsZero() {
				answers[q.key] = answer
				break
			}
			if !q.needed {
				over = over || about
				break
			}
		}
	}
	return answers, nil
}

// askOne asks one question. Reading a terminal cannot be called off: an
// interruption restores it and leaves the reading alone.
func (t *terminal) askOne(ctx context.Context, q question) (automation.Secret, error) {
	fmt.Fprintf(t.out, "%s: ", q.text)
	before, err := term.GetState(int(t.in.Fd()))
	if err != nil {
		return automation.Secret{}, fmt.Errorf("read the terminal: %w", err)
	}
	type read struct {
		line []byte
		err  error
	}
	done := make(chan read, 1)
	go func() {
		if q.secret {
			line, err := term.ReadPassword(int(t.in.Fd()))
			fmt.Fprintln(t.out)
			done <- read{line, err}
			return
		}
		line, err := t.lines.ReadString('\n')
		done <- read{[]byte(strings.TrimSpace(line)), err}
	}()
	select {
	case <-ctx.Done():
		return automation.Secret{}, errors.Join(ctx.Err(), term.Restore(int(t.in.Fd()), before))
	case r := <-done:
		if errors.Is(r.err, io.EOF) || errors.Is(r.err, os.ErrClosed) {
			return automation.Secret{}, &automation.Error{Code: automation.HumanNeeded, Message: "the terminal was closed before all was answered"}
		}
		return automation.OwnSecret(r.line), r.err
	}
}
