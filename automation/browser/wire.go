package browser

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// wire carries commands to Chrome and events back, for the browser and all of
// its tabs. One goroutine reads and calls the sessions' handlers in the order
// in which Chrome spoke; another writes, so that nobody who sends can be held
// up by a Chrome that does not read.
//
// Nothing that passes here is ever logged: it holds what is typed.
type wire struct {
	transport chromedp.Transport
	out       *queue[*cdproto.Message]

	mu       sync.Mutex
	lastID   int64
	pending  map[int64]*pending
	sessions map[target.SessionID]*session
	err      error // why the wire is down; nil while it is up

	down    chan struct{} // closed when err is set
	workers sync.WaitGroup
}

// session is one conversation on the wire: with the browser itself (empty id)
// or with one target.
type session struct {
	wire *wire
	id   target.SessionID
	// handle is called for every event on the reading goroutine: it must
	// return at once and must not wait for a reply.
	handle func(method string, params jsonv2.Value)
}

// pending is a command that waits for its reply.
type pending struct {
	session target.SessionID
	method  string
	done    chan struct{} // closed when result or err is set
	result  jsonv2.Value
	err     error
}

// protocolError is Chrome's refusal of a command.
type protocolError struct {
	Method  string
	Message string
}

func (e *protocolError) Error() string {
	return fmt.Sprintf("Chrome refused %s: %s", e.Method, e.Message)
}

// errSessionGone happens when the target of a session went away before it
// replied.
var errSessionGone = errors.New("the tab or frame went away before Chrome replied")

func newWire(transport chromedp.Transport) *wire {
	return &wire{
		transport: transport,
		out:       newQueue[*cdproto.Message](),
		pending:   make(map[int64]*pending),
		sessions:  make(map[target.SessionID]*session),
		down:      make(chan struct{}),
	}
}

// run starts reading and writing. The browser's own session must be open by
// then, or its first events are lost.
func (w *wire) run() {
	w.workers.Go(func() {
		w.cut(fmt.Errorf("%w: %w", ErrBrowserGone, w.read()))
	})
	w.workers.Go(func() {
		w.out.pump(func(msg *cdproto.Message) bool {
			if err := w.transport.Write(context.Background(), msg); err != nil {
				w.cut(fmt.Errorf("%w: writing to it: %w", ErrBrowserGone, err))
				return false
			}
			return true
		})
	})
}

// cut takes the wire down: every pending and later command fails with err.
// Only the first call counts.
func (w *wire) cut(err error) {
	w.mu.Lock()
	if w.err != nil {
		w.mu.Unlock()
		return
	}
	w.err = err
	pending := w.pending
	w.pending = nil
	w.mu.Unlock()

	for _, p := range pending {
		p.fail(err)
	}
	w.out.finish()
	w.transport.Close()
	close(w.down)
}

// reason says why the wire is down.
func (w *wire) reason() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// open adds a session. Its handler sees every event from now on.
func (w *wire) open(id target.SessionID, handle func(string, jsonv2.Value)) *session {
	s := &session{wire: w, id: id, handle: handle}
	w.mu.Lock()
	w.sessions[id] = s
	w.mu.Unlock()
	return s
}

// close ends a session: commands that wait for a reply fail with err.
func (w *wire) close(id target.SessionID, err error) {
	w.mu.Lock()
	delete(w.sessions, id)
	var orphans []*pending
	for n, p := range w.pending {
		if p.session == id {
			orphans = append(orphans, p)
			delete(w.pending, n)
		}
	}
	w.mu.Unlock()
	for _, p := range orphans {
		p.fail(err)
	}
}

func (w *wire) read() error {
	for {
		msg := new(cdproto.Message)
		if err := w.transport.Read(context.Background(), msg); err != nil {
			return fmt.Errorf("reading from it: %w", err)
		}
		w.route(msg)
	}
}

func (w *wire) route(msg *cdproto.Message) {
	w.mu.Lock()
	var p *pending
	var s *session
	if msg.ID != 0 {
		p = w.pending[msg.ID]
		delete(w.pending, msg.ID)
	} else {
		s = w.sessions[msg.SessionID]
	}
	w.mu.Unlock()

	switch {
	case p != nil && msg.Error != nil:
		p.fail(&protocolError{Method: p.method, Message: msg.Error.Message})
	case p != nil:
		p.result = msg.Result
		close(p.done)
	case s != nil:
		s.handle(string(msg.Method), msg.Params)
	}
}

func (p *pending) fail(err error) {
	p.err = err
	close(p.done)
}

// post sends a command and returns at once.
func (s *session) post(method string, params any) *pending {
	p := &pending{session: s.id, method: method, done: make(chan struct{})}
	buf, err := jsonv2.Marshal(params, chromedp.DefaultMarshalOptions)
	if err != nil {
		// The value may be a secret: the encoder's message is not passed on.
		p.fail(fmt.Errorf("the arguments of %s cannot be written as JSON", method))
		return p
	}
	w := s.wire
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err != nil:
		p.fail(w.err)
	case w.sessions[s.id] != s:
		p.fail(errSessionGone)
	default:
		w.lastID++
		w.pending[w.lastID] = p
		w.out.push(&cdproto.Message{
			ID:        w.lastID,
			SessionID: s.id,
			Method:    cdproto.MethodType(method),
			Params:    buf,
		})
	}
	return p
}

// wait returns the reply.
func (p *pending) wait(ctx context.Context) (jsonv2.Value, error) {
	select {
	case <-p.done:
		return p.result, p.err
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for Chrome's reply to %s: %w", p.method, ctx.Err())
	}
}

// call runs a command on a session and returns its result.
func call[P, R any](ctx context.Context, s *session, command cdp.Command[P, R], params P) (R, error) {
	return await(ctx, command, s.post(command.Method, params))
}

// await decodes the reply to a command that was posted.
func await[P, R any](ctx context.Context, command cdp.Command[P, R], p *pending) (R, error) {
	var result R
	raw, err := p.wait(ctx)
	if err != nil {
		return result, err
	}
	if err := jsonv2.Unmarshal(raw, &result, chromedp.DefaultUnmarshalOptions); err != nil {
		return result, fmt.Errorf("the reply to %s is not as the protocol says: %w", command.Method, err)
	}
	return result, nil
}

// post sends a command whose reply nobody needs.
func post[P, R any](s *session, command cdp.Command[P, R], params P) *pending {
	return s.post(command.Method, params)
}

// decode reads the parameters of an event.
func decode[E any](_ cdp.Event[E], params jsonv2.Value) (E, error) {
	var ev E
	err := jsonv2.Unmarshal(params, &ev, chromedp.DefaultUnmarshalOptions)
	return ev, err
}
