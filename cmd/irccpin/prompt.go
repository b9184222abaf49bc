package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// prompter is how a person is asked for a passcode or an answer that the settings
// lack: at the terminal, or in a window where there is a display and no terminal.
// It is nil when nobody is there, or nobody is to be asked.
func (p *program) prompter(alone bool) automation.Prompter {
	switch {
	case alone:
		return nil
	case p.inTTY && p.errTTY:
		return &console{narrator: p.narrator}
	}
	return automation.DesktopPrompter(p.environ)
}

// console asks at the terminal.
type console struct {
	narrator *narrator
	// one keeps the questions of several sessions apart.
	one sync.Mutex
}

// Ask implements [automation.Prompter].
func (c *console) Ask(ctx context.Context, q automation.Question) (_ automation.Secret, err error) {
	c.one.Lock()
	defer c.one.Unlock()
	ctx, cancel := context.WithDeadline(ctx, q.Until)
	defer cancel()
	defer c.narrator.pause()()
	tty, err := openTerminal()
	if err != nil {
		return automation.Secret{}, lang.Errorf("the terminal cannot be asked at: %w", err)
	}
	defer func() { err = errors.Join(err, tty.close()) }()
	about := lang.Text("\nFor %s\n%s\n", printable(q.About()), printable(q.Why))
	if _, err := fmt.Fprint(tty.lines, about); err != nil {
		return automation.Secret{}, fmt.Errorf("write to the terminal: %w", err)
	}
	answer, err := tty.askOne(ctx, question{
		text:   lang.Text("%s (not shown as you type; Enter alone: none; until %s)", q.What, q.Until.Local().Format("15:04")),
		secret: true,
	})
	if err == nil && answer.IsZero() {
		err = automation.ErrDeclined
	}
	return answer, err
}
