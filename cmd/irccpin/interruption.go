package main

import (
	"context"
	"os"

	"irccpin/automation/lang"
)

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
