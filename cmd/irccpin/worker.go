package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/jobs"
	"irccpin/automation/lang"
	"irccpin/automation/metrics"
)

func (p *program) workerCommand() *cli.Command {
	return &cli.Command{
		Name:      "worker",
		Usage:     "work what schedules bring, until stopped",
		UsageText: "irccpin worker",
		Description: `Any number of workers on any number of machines may share one database. Each
reads the settings files of the rows that it runs on its own machine. SIGTERM
lets it drain: rows under way end or go back to the queue, and it ends with 0.

--listen serves /healthz and /metrics (Prometheus) on this machine.`,
		Flags: slices.Concat([]cli.Flag{
			&cli.IntFlag{Name: "concurrency", Usage: lang.Text("`NUMBER` of rows at once; as many as --max-sessions allows unless told"), Category: catSession},
			valueFlag("listen", "HOST:PORT", "serve /healthz and /metrics there; an address of this machine alone", catOutput),
			&cli.StringFlag{Name: "log-format", Usage: lang.Text("`FORMAT` of the log on stderr: text unless told, or json"), Value: "text", Category: catOutput},
		}, limitFlags(), manyFlags()),
		Action: p.worker,
	}
}

func (p *program) worker(c *cli.Context) error {
	err := p.work(c)
	if c.Context.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // stopped before it took anything: there was nothing to drain
	}
	if err != nil || !p.json {
		return err
	}
	return p.printJSON(ended("drained"))
}

func (p *program) work(c *cli.Context) (err error) {
	log, err := p.workerLog(c)
	if err != nil {
		return err
	}
	s := sources{c: c, p: p, environ: p.environ}
	config, err := s.forMany(c.Context)
	if err != nil {
		return err
	}
	limits, err := s.limits()
	if err != nil {
		return err
	}
	service := jobs.Service{Bench: jobs.Bench{Config: config, Limits: limits, Log: log}}
	if service.Concurrency, err = concurrency(c, limits); err != nil {
		return err
	}
	listener, err := listenerOf(c)
	if err != nil {
		return err
	}
	if listener != nil {
		defer listener.Close() // for the ways out before it is served; again is no harm
	}
	webhook, err := automation.WebhookKey(c.Context, p.environ, nil, "")
	if err != nil {
		return err
	}
	store, err := jobs.Open(c.Context, jobs.Options{Dir: config.StateDir, URL: config.DatabaseURL})
	if err != nil {
		return err
	}
	defer store.Close()
	shared := config.Shared()
	shared.Log = log
	host, err := automation.OpenHost(c.Context, shared)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeHost(c.Context, host)) }()
	service.Runner = host

	meter := metrics.New(metrics.Sources{
		Queue: store.Depth,
		Held:  host.Held,
		Health: func(ctx context.Context) error {
			_, queue := store.Depth(ctx)
			_, ledger := host.Held(ctx)
			return errors.Join(queue, ledger)
		},
	})
	if listener != nil {
		defer serveMetrics(c.Context, meter, listener, log)()
	}
	courier := &courier{p: p, webhook: webhook, log: log, meter: meter}
	service.Deliver, service.Notify = courier, courier.tell
	service.Ended, service.Visited = measure(meter, host), meter.PortalAvailable
	p.ending.Store(&farewell{})
	return store.Serve(c.Context, service)
}

// workerLog is the log on stderr, for machines that keep it.
func (p *program) workerLog(c *cli.Context) (*slog.Logger, error) {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	switch {
	case c.Bool("verbose"):
		o.Level = slog.LevelDebug
	case c.Bool("quiet"):
		o.Level = slog.LevelWarn
	}
	switch format := c.String("log-format"); format {
	case "text":
		return slog.New(slog.NewTextHandler(p.err, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(p.err, o)), nil
	default:
		return nil, usage("--log-format is neither text nor json: %q", format)
	}
}

// listenerOf listens at --listen; nil without it.
func listenerOf(c *cli.Context) (net.Listener, error) {
	if !c.IsSet("listen") {
		return nil, nil
	}
	listener, err := metrics.Listen(c.String("listen"))
	if err != nil {
		return nil, usage("--listen %v", err)
	}
	return listener, nil
}

// serveMetrics answers until stop is called: also while the worker drains.
func serveMetrics(ctx context.Context, m *metrics.Metrics, l net.Listener, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	log.Info("serving /healthz and /metrics", "address", l.Addr().String()) // port 0 is any
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := m.Serve(ctx, l); err != nil {
			log.Warn("serving metrics", "error", err)
		}
	})
	return func() {
		cancel()
		serving.Wait()
	}
}

// measure counts what happens to rows.
func measure(m *metrics.Metrics, host *automation.Host) func(*jobs.Ending) {
	var mu sync.Mutex
	restarts := 0
	return func(e *jobs.Ending) {
		run := metrics.Run{Command: e.Command, Result: e.Outcome.Result, Code: string(e.Outcome.Code), Simulated: e.Outcome.Simulated}
		if e.Result != nil {
			run.Took = time.Duration(e.Result.ElapsedMS) * time.Millisecond
		}
		m.RunEnded(run)
		mu.Lock()
		defer mu.Unlock()
		for now := host.Restarts(); restarts < now; restarts++ {
			m.BrowserRestarted()
		}
	}
}

// hostTime bounds ending the browser that sessions shared.
const hostTime = 40 * time.Second

func closeHost(ctx context.Context, h *automation.Host) error {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), hostTime)
	defer cancel()
	return h.Close(after)
}
