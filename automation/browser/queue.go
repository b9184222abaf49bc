package browser

import "sync"

// queue is an ordered queue without a limit: push never blocks, so that
// Chrome's reader never waits for a slow consumer.
type queue[T any] struct {
	mu     sync.Mutex
	items  []T
	closed bool
	// wake holds one token when there is something to look at.
	wake chan struct{}
}

func newQueue[T any]() *queue[T] {
	return &queue[T]{wake: make(chan struct{}, 1)}
}

// push appends; after finish it does nothing.
func (q *queue[T]) push(items ...T) {
	q.mu.Lock()
	if !q.closed {
		q.items = append(q.items, items...)
	}
	q.mu.Unlock()
	q.signal()
}

// finish appends the last items and lets the pump end once all are delivered.
func (q *queue[T]) finish(last ...T) {
	q.mu.Lock()
	if !q.closed {
		q.items = append(q.items, last...)
		q.closed = true
	}
	q.mu.Unlock()
	q.signal()
}

func (q *queue[T]) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// pump hands the items to deliver, in order, until the queue is finished or
// deliver returns false.
func (q *queue[T]) pump(deliver func(T) bool) {
	for {
		q.mu.Lock()
		items, closed := q.items, q.closed
		q.items = nil
		q.mu.Unlock()
		for _, item := range items {
			if !deliver(item) {
				return
			}
		}
		if len(items) > 0 {
			continue
		}
		if closed {
			return
		}
		<-q.wake
	}
}
