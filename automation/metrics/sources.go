package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Check says whether something works; nil is that it does.
type Check func(ctx context.Context) error

// Sources are asked when somebody looks: they are in the database, which other
// workers change as well. What is nil is not told.
type Sources struct {
	// Queue counts the jobs of the queue by their state, such as "available" or
	// "running". States are a closed set.
	Queue func(ctx context.Context) (map[string]int, error)
	// Held counts the credentials that are held after a refusal.
	Held func(ctx context.Context) (int, error)
	// Health says whether the worker can work. What it returns is shown by
	// /healthz, so it is to name no secret.
	Health Check
}

// sampleTime bounds the asking; Prometheus gives up after ten seconds.
const sampleTime = 5 * time.Second

// sampler asks the sources.
type sampler struct {
	from            Sources
	queue, held, up *prometheus.Desc
}

func newSampler(from Sources) *sampler {
	return &sampler{
		from:  from,
		queue: prometheus.NewDesc("irccpin_queue_jobs", "Jobs of the queue, by state, of all workers of the database.", []string{"state"}, nil),
		held:  prometheus.NewDesc("irccpin_credentials_held", "Credentials that the portal refused and that are not tried again.", nil, nil),
		up:    prometheus.NewDesc("irccpin_database_up", "1 when the database answered this time, 0 when it did not; what is in it is absent then.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (s *sampler) Describe(ch chan<- *prometheus.Desc) {
	ch <- s.queue
	ch <- s.held
	ch <- s.up
}

// Collect implements prometheus.Collector. A database that does not answer is a
// fact to be told, and no reason to tell nothing else.
func (s *sampler) Collect(ch chan<- prometheus.Metric) {
	if s.from.Queue == nil && s.from.Held == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), sampleTime)
	defer cancel()
	gauge := func(desc *prometheus.Desc, value int, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), labels...)
	}
	up := 1
	if s.from.Queue != nil {
		depth, err := s.from.Queue(ctx)
		if err != nil {
			up = 0
		}
		for state, n := range depth {
			gauge(s.queue, n, state)
		}
	}
	if s.from.Held != nil {
		n, err := s.from.Held(ctx)
		if err != nil {
			up = 0
		} else {
			gauge(s.held, n)
		}
	}
	gauge(s.up, up)
}
