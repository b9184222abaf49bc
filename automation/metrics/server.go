package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"irccpin/automation/lang"
)

// Listen listens for Prometheus at HOST:PORT on this machine. Another address is
// refused: nobody is asked who they are, so nobody from outside may ask. The
// error speaks in words that follow the name of the flag.
func Listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !loopback(host) {
		return nil, lang.Errorf("%q is not an address of this machine alone, such as 127.0.0.1:9090; put a proxy before it to reach it from elsewhere", address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	// The name localhost can mean anything.
	if at, ok := listener.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return nil, errors.Join(lang.Errorf("%q leads to %s, which is not this machine alone", address, listener.Addr()), listener.Close())
	}
	return listener, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

const (
	// readTime and answerTime keep a client that stalls from holding a connection.
	readTime   = 5 * time.Second
	answerTime = 2 * sampleTime
)

// Serve answers at /metrics and /healthz until ctx ends, and closes the
// listener. The error is nil then.
func (m *Metrics) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: m.Handler(), ReadTimeout: readTime, WriteTimeout: answerTime, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	// Whoever is just being answered still is.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTime)
	defer cancel()
	err := server.Shutdown(last)
	if failed := <-ended; !errors.Is(failed, http.ErrServerClosed) {
		err = errors.Join(err, failed)
	}
	return err
}

// Handler answers at /metrics, and at /healthz with 200 or, when the worker
// cannot work, 503 and why.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", m.healthz)
	return ours(mux)
}

func (m *Metrics) healthz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if m.health != nil {
		ctx, cancel := context.WithTimeout(r.Context(), sampleTime)
		defer cancel()
		if err := m.health(ctx); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprintln(w, err) // whoever went away needs no answer
			return
		}
	}
	_, _ = fmt.Fprintln(w, "ok")
}

// ours refuses requests that name another host: a web page somewhere can make
// its own name lead to this machine, and read what a browser here gets.
func ours(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if !loopback(host) && host != "[::1]" {
			http.Error(w, "this is for this machine alone", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
