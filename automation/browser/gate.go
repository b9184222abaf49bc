package browser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// dialTimeout bounds one connection attempt of the gate, upstream proxy
// included. Chrome itself waits four minutes, far longer than any step.
const dialTimeout = 30 * time.Second

// GateOptions say what a [Gate] lets through.
type GateOptions struct {
	// Allow says whether a host may be reached. It gets exact, lower-case host
	// names; it is called from several goroutines.
	Allow func(host string) bool
	// Simulator is the loopback HOST:PORT that every allowed host is sent to.
	// Empty means the real hosts.
	Simulator string
	// Upstream is a proxy beyond the gate, with scheme http or https and, if
	// it needs them, user name and password. Nil means none. It is not used
	// towards the simulator.
	Upstream *url.URL
	// NoProxy lists the hosts reached without Upstream, in the notation of
	// the environment variable NO_PROXY.
	NoProxy string
	// OnRefused is told each target that was refused, as Chrome asked for it.
	// It must return soon. It may be nil.
	OnRefused func(hostport string)
	// OnUnreachable is told why an allowed target could not be reached; Chrome
	// itself only says net::ERR_TUNNEL_CONNECTION_FAILED. It must return soon.
	// It may be nil.
	OnUnreachable func(hostport string, err error)
}

// Gate is Chrome's only way out: a proxy on loopback that knows CONNECT to
// port 443 of allowed hosts, and nothing else. TLS goes through end to end;
// nothing is read.
//
// It serves a browser, or one isolated context of it: see TabOptions.Gate.
// Contexts that commit at the same time need one each, or a seal of one would
// end the other's, and its requests.
type Gate struct {
	options GateOptions
	dial    dialer
	server  *http.Server
	addr    string
	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	tunnels map[*tunnel]struct{}
	seals   map[string]*seal
	refused []string
	// open counts those who may reach any host.
	open int
}

// tunnel is one connection through the gate, from the CONNECT on.
type tunnel struct {
	host string
	// ctx ends with the tunnel, also while it is still being dialled.
	ctx    context.Context
	cancel context.CancelFunc
	ends   []net.Conn
	// spent tells that a request may have gone through; see requests.go.
	spent bool
}

// seal lets one tunnel to a host carry requests and no second one.
type seal struct {
	first    *tunnel
	released chan struct{}
	// still is asked before the first request goes through; nil lets it.
	still func() bool
}

// OpenGate starts a gate on a free port of 127.0.0.1. It returns an error when
// the options contradict the rules (a simulator that is not on loopback, an
// upstream proxy of an unknown kind) or when no port can be had.
func OpenGate(options GateOptions) (*Gate, error) {
	if options.Allow == nil {
		return nil, errors.New("opening the gate: no list of allowed hosts was given")
	}
	dial, err := newDialer(options)
	if err != nil {
		return nil, fmt.Errorf("opening the gate: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening the gate: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g := &Gate{
		options: options,
		dial:    dial,
		addr:    listener.Addr().String(),
		ctx:     ctx,
		cancel:  cancel,
		tunnels: make(map[*tunnel]struct{}),
		seals:   make(map[string]*seal),
	}
	g.server = &http.Server{Handler: g, ReadHeaderTimeout: dialTimeout}
	g.workers.Go(func() {
		_ = g.server.Serve(listener) // ends with ErrServerClosed, by Close
	})
	return g, nil
}

// proxy is the gate in Chrome's words: where it is, and that nothing goes past
// it. "<-loopback>" takes back Chrome's silent exception for local addresses.
func (g *Gate) proxy() (server, bypass string) { return "http://" + g.addr, "<-loopback>" }

// Addr is the address of the gate, as 127.0.0.1:PORT.
func (g *Gate) Addr() string { return g.addr }

// Refused lists the targets that were refused so far, each once, in order.
func (g *Gate) Refused() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.refused)
}

// DropTunnels closes every tunnel that is open or being opened, in both
// directions, and returns how many there were. Chrome sees the end of its idle
// connections at once and makes its next request over a fresh one, which it
// does not repeat by itself when it dies unanswered.
func (g *Gate) DropTunnels() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.drop(func(*tunnel) bool { return true })
}

// Seal makes a request to host go out once at most. It drops the tunnels to
// host, then lets one new tunnel open; until release is called, further ones
// wait while that one lives and are refused once it died, unless it died before
// any request could go through. So Chrome has nothing to repeat a request over,
// whichever connection it chose for it.
//
// still, if it is not nil, is asked as the first request is about to go through:
// connecting takes time in which the reason for it can pass. False stops it. It
// must return soon.
//
// Call it from TabOptions.Request for the request that must not be repeated,
// and release when the tab tells how that request ended. release may be called
// more than once.
func (g *Gate) Seal(host string, still func() bool) (release func()) {
	s := &seal{released: make(chan struct{}), still: still}
	g.mu.Lock()
	defer g.mu.Unlock()
	if old := g.seals[host]; old != nil {
		close(old.released)
	}
	g.seals[host] = s
	g.drop(func(t *tunnel) bool { return t.host == host })
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.seals[host] == s {
			delete(g.seals, host)
			close(s.released)
		}
	}
}

// Open lets every host be reached, besides those that Allow knows, until close
// is called: while a person signs in somewhere that nobody could list. Connections
// to those hosts end with it. close may be called more than once.
func (g *Gate) Open() (close func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open++
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.open--; g.open == 0 {
			g.drop(func(t *tunnel) bool { return !g.options.Allow(t.host) })
		}
	})
}

// Close ends the gate and everything that goes through it. The callbacks of
// GateOptions must not call it.
func (g *Gate) Close() error {
	g.mu.Lock()
	g.closed = true
	g.drop(func(*tunnel) bool { return true })
	g.mu.Unlock()
	g.cancel()
	err := g.server.Close()
	g.workers.Wait()
	return err
}

// drop closes the tunnels that match. g.mu is held.
func (g *Gate) drop(match func(*tunnel) bool) int {
	n := 0
	for t := range g.tunnels {
		if match(t) {
			g.end(t)
			n++
		}
	}
	return n
}

// end closes a tunnel, once. g.mu is held.
func (g *Gate) end(t *tunnel) {
	if _, open := g.tunnels[t]; !open {
		return
	}
	delete(g.tunnels, t)
	t.cancel()
	for _, conn := range t.ends {
		conn.Close()
	}
}

// ServeHTTP answers Chrome. Everything but a CONNECT to an allowed host is
// refused with 403, plain http included.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	g.workers.Add(1)
	g.mu.Unlock()
	defer g.workers.Done()

	host, ok := g.target(r)
	if !ok {
		g.refuse(r.RequestURI)
		// Marked as a download, so that Chrome fails the navigation: it would
		// show the answer as the page of a plain http address.
		w.Header().Set("Content-Disposition", "attachment")
		w.WriteHeader(http.StatusForbidden)
		return
	}
	t, err := g.admit(r.Context(), host)
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	defer g.finish(t)

	far, err := g.reach(t)
	if err != nil {
		if g.options.OnUnreachable != nil && g.ctx.Err() == nil {
			g.options.OnUnreachable(r.RequestURI, err)
		}
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	near, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer near.Close()
	if !g.attach(t, near) {
		return
	}
	if _, err := io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	g.splice(near, buffered.Reader, &requestWatch{Conn: far, spend: func() bool { return g.spend(t) }})
}

// target reads which host a request is for, and whether it may be had.
func (g *Gate) target(r *http.Request) (host string, ok bool) {
	if r.Method != http.MethodConnect {
		return "", false
	}
	host, port, err := net.SplitHostPort(r.RequestURI)
	if err != nil || port != "443" || !plainHostName(host) {
		return "", false
	}
	return host, g.options.Allow(host) || g.isOpen() && strings.Contains(host, ".")
}

func (g *Gate) isOpen() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open > 0
}

// plainHostName refuses every spelling of a host but the one that lists hold:
// lower-case letters, digits, dashes and single dots, and not an address.
func plainHostName(host string) bool {
	if host == "" || strings.HasPrefix(host, ".") || strings.HasSuffix(host, ".") || strings.Contains(host, "..") {
		return false
	}
	for _, c := range host {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.') {
			return false
		}
	}
	// The last label of a name is never a number: "127.1" is an address too.
	last := host[strings.LastIndexByte(host, '.')+1:]
	return strings.Trim(last, "0123456789") != ""
}

func (g *Gate) refuse(hostport string) {
	g.mu.Lock()
	if !slices.Contains(g.refused, hostport) {
		g.refused = append(g.refused, hostport)
	}
	g.mu.Unlock()
	if g.options.OnRefused != nil {
		g.options.OnRefused(hostport)
	}
}

// admit registers a tunnel, after waiting at a seal if there is one.
func (g *Gate) admit(ctx context.Context, host string) (*tunnel, error) {
	for {
		g.mu.Lock()
		if g.closed {
			g.mu.Unlock()
			return nil, net.ErrClosed
		}
		s := g.seals[host]
		if s == nil || s.first == nil || g.unused(s.first) {
			t := &tunnel{host: host}
			t.ctx, t.cancel = context.WithCancel(g.ctx)
			g.tunnels[t] = struct{}{}
			if s != nil {
				s.first = t
			}
			g.mu.Unlock()
			return t, nil
		}
		first := s.first
		g.mu.Unlock()

		select {
		case <-s.released:
		case <-first.ctx.Done():
			g.mu.Lock()
			unused := g.unused(first)
			g.mu.Unlock()
			select {
			case <-s.released:
			default:
				if !unused {
					return nil, errors.New("one connection was allowed, and it ended")
				}
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-g.ctx.Done():
			return nil, net.ErrClosed
		}
	}
}

// unused tells that a tunnel has ended before any request could go through.
// g.mu is held.
func (g *Gate) unused(t *tunnel) bool {
	_, open := g.tunnels[t]
	return !open && !t.spent
}

// spend notes that a request may go through a tunnel from now on; false when
// it was closed meanwhile, or its seal no longer lets it, and must carry none.
func (g *Gate) spend(t *tunnel) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, open := g.tunnels[t]; !open {
		return false
	}
	if s := g.seals[t.host]; s != nil && s.first == t && s.still != nil && !s.still() {
		return false
	}
	t.spent = true
	return true
}

// reach dials the far end of a tunnel.
func (g *Gate) reach(t *tunnel) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(t.ctx, dialTimeout)
	defer cancel()
	far, err := g.dial(ctx, net.JoinHostPort(t.host, "443"))
	if err != nil {
		return nil, err
	}
	if !g.attach(t, far) {
		return nil, net.ErrClosed
	}
	return far, nil
}

// attach makes a connection part of a tunnel; false, and the connection
// closed, when the tunnel was dropped meanwhile.
func (g *Gate) attach(t *tunnel, conn net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, open := g.tunnels[t]; !open {
		conn.Close()
		return false
	}
	t.ends = append(t.ends, conn)
	return true
}

func (g *Gate) finish(t *tunnel) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.end(t)
}

// splice copies in both directions until either ends.
func (g *Gate) splice(near net.Conn, fromNear *bufio.Reader, far net.Conn) {
	var done sync.WaitGroup
	done.Go(func() {
		_, _ = io.Copy(near, far)
		near.Close()
		far.Close()
	})
	// What Chrome sent right behind its CONNECT waits in the buffer.
	if n := fromNear.Buffered(); n > 0 {
		ahead, _ := fromNear.Peek(n)
		if _, err := far.Write(ahead); err != nil {
			near.Close()
		}
	}
	_, _ = io.Copy(far, near)
	near.Close()
	far.Close()
	done.Wait()
}

// loopback tells whether HOST:PORT is a literal loopback address; a name could
// resolve to anything.
func loopback(hostport string) bool {
	ap, err := netip.ParseAddrPort(hostport)
	return err == nil && ap.Addr().IsLoopback() && ap.Port() != 0
}
