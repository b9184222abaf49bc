package main

import (
	"context"
	"os"

	"irccpin/automation/lang"
)

// heed waits for what may wait for ever, such as reading standard input, and gives
// up on an interruption. What it waited for is then left to the end of the process.
func heed[T any](ctx context.Context, wait func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := wait()
		done <- outcome{value, err}
	}()
	select {
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	case o := <-done:
		return o.value, o.err
	}
}

// farewell is what a person who interrupts is told.
type farewell struct {
	// first answers the first signal, again each further one. Empty is nothing.
	first, again string
}

// interruptible returns a context that ends with the first signal. Further
// signals change nothing, and are told why: a session that is not signed out
// stands in the way of the next one.
func (p *program) interruptible(parent context.Context, signals <-chan os.Signal) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	done := make(chan struct{})
	p.ending.Store(&farewell{again: lang.Text("Already stopping.")})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-signals:
			}
			say := p.ending.Load()
			if n == 0 {
				p.narrator.urgent(say.first)
			} else {
				p.narrator.urgent(say.again)
			}
			cancel()
		}
	}()
	return ctx, func() { close(done); cancel() }
}
