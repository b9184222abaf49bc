// Package metrics tells Prometheus how a worker fares: its runs and how long
// they take, the queue, held credentials, the portal, the browser.
//
// It exists because a worker runs for months with nobody looking. What it tells
// is counts: no employer, no user and no secret is a label, so that whoever may
// look at a dashboard learns nothing of anybody.
//
//	m := metrics.New(metrics.Sources{Queue: jobs.Depth, Held: …, Health: …})
//	listener, err := metrics.Listen("127.0.0.1:9090")
//	go m.Serve(ctx, listener)
//	…
//	m.RunEnded(metrics.Run{Command: "pins", Result: "found", Took: took})
//
// Where to go next: this file has what is counted, sources.go what is asked for
// when somebody looks, server.go /metrics and /healthz.
package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics is a registry of its own. Its methods may be used by several
// goroutines at once, and those of a nil Metrics do nothing.
type Metrics struct {
	registry *prometheus.Registry
	health   Check

	runs      *prometheus.CounterVec
	durations *prometheus.HistogramVec
	portal    *prometheus.GaugeVec
	restarts  prometheus.Counter
	events    *prometheus.CounterVec
}

// New makes the metrics of a worker.
func New(from Sources) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		health:   from.Health,
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "irccpin_runs_total", Help: "Runs that ended, by command, result (empty when it failed) and error code (empty when it did not).",
		}, []string{"command", "result", "code", "simulated"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "irccpin_run_duration_seconds", Help: "How long runs took, from the sign-in page to signing out.",
			// A run takes seconds against a simulated portal, tens of seconds against a
			// slow one, and minutes when a person takes part; five is the usual limit.
			Buckets: []float64{1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800},
		}, []string{"command", "simulated"}),
		// Without labels, a vector is absent until it is known.
		portal: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "irccpin_portal_available", Help: "1 when the portal answered the last session of this worker, 0 when it did not; sessions that never got to it or lost their browser do not count; absent before the first.",
		}, nil),
		restarts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "irccpin_browser_restarts_total", Help: "How often the browser had to be started again after it crashed or was lost.",
		}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "irccpin_notifications_total", Help: "Notifications, by event and by whether they could be delivered; one to a webhook that could not is sent again, and counted again.",
		}, []string{"event", "delivered"}),
	}
	m.registry.MustRegister(
		m.runs, m.durations, m.portal, m.restarts, m.events, newSampler(from),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// Run is a run that ended.
type Run struct {
	// Command is create, pins or the like.
	Command string
	// Result is how it ended well; empty when it did not, and Code says how.
	Result, Code string
	Simulated    bool
	Took         time.Duration
}

// RunEnded counts a run.
func (m *Metrics) RunEnded(r Run) {
	if m == nil {
		return
	}
	simulated := strconv.FormatBool(r.Simulated)
	m.runs.WithLabelValues(r.Command, r.Result, r.Code, simulated).Inc()
	m.durations.WithLabelValues(r.Command, simulated).Observe(r.Took.Seconds())
}

// PortalAvailable notes whether the portal answered.
func (m *Metrics) PortalAvailable(available bool) {
	if m == nil {
		return
	}
	value := 0.0
	if available {
		value = 1
	}
	m.portal.WithLabelValues().Set(value)
}

// BrowserRestarted counts a browser that had to be started again.
func (m *Metrics) BrowserRestarted() {
	if m != nil {
		m.restarts.Inc()
	}
}

// Notified counts a notification.
func (m *Metrics) Notified(event string, delivered bool) {
	if m != nil {
		m.events.WithLabelValues(event, strconv.FormatBool(delivered)).Inc()
	}
}
