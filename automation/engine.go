package automation

import (
	"context"
	"sync"
	"time"

	"irccpin/automation/browser"
)

// machine is a browser, and what is known of where it runs.
type machine struct {
	*browser.Browser
	// elsewhere names the endpoint of a browser that we did not start; "" is ours.
	elsewhere string
	// gated tells that its requests come to a gate of this process.
	gated bool
	// lacks is what cannot be enforced in it.
	lacks []string
}

// engine keeps one browser running. Whoever needs it when it has died waits for
// the same new one.
type engine struct {
	start func(context.Context) (machine, error)
	// ctx ends with the engine, and with it a start that is under way.
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	current *ignition // nil before the first
	starts  int
}

// ignition is one start of a browser.
type ignition struct {
	done chan struct{} // closed when the rest is set
	// machine may have died meanwhile.
	machine machine
	err     error
	ended   time.Time // when the start failed
}

func newEngine(start func(context.Context) (machine, error)) *engine {
	e := &engine{start: start}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e
}

// spent tells that the start failed, or that the browser it gave has died.
func (i *ignition) spent() bool {
	return closed(i.done) && (i.err != nil || closed(i.machine.Done()))
}

// prepare begins to start a browser, unless one runs or is being started.
func (e *engine) prepare() *ignition {
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.current
	if old != nil && !old.spent() || e.ctx.Err() != nil {
		return old
	}
	next := &ignition{done: make(chan struct{})}
	e.current = next
	e.starts++
	go func() {
		defer close(next.done)
		ctx, cancel := context.WithTimeout(e.ctx, startTime)
		defer cancel()
		if old != nil && old.err == nil {
			_ = old.machine.Close(ctx) // it has died; this waits until nothing is left of it
		}
		next.machine, next.err = e.start(ctx)
		if next.err != nil {
			next.ended = time.Now()
		}
	}()
	return next
}

// get returns a browser that lives. ctx bounds the wait alone: a start goes on
// for the others that wait.
func (e *engine) get(ctx context.Context) (machine, error) {
	i := e.prepare()
	if e.ctx.Err() != nil {
		return machine{}, errHostClosed
	}
	select {
	case <-i.done:
		return i.machine, i.err
	case <-ctx.Done():
		return machine{}, ctx.Err()
	}
}

// failed is when the last start failed; zero when it did not.
func (e *engine) failed() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == nil || !closed(e.current.done) {
		return time.Time{}
	}
	return e.current.ended
}

func (e *engine) restarts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return max(e.starts-1, 0)
}

// close ends the browser; a start that is under way is given up.
func (e *engine) close(ctx context.Context) error {
	e.cancel()
	e.mu.Lock()
	last := e.current
	e.mu.Unlock()
	if last == nil {
		return nil
	}
	select {
	case <-last.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if last.err != nil {
		return nil
	}
	return last.machine.Close(ctx)
}

func closed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
