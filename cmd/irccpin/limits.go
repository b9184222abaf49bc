package main

import (
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"irccpin/automation/jobs"
)

// limitFlags say how politely the portal is visited.
func limitFlags() []cli.Flag {
	return []cli.Flag{
		valueFlag("max-sessions", "NUMBER", "open at once, counted over all processes that share the database; 2 unless told, 0 is any number [$IRCCPIN_MAX_SESSIONS]", catSession),
		valueFlag("start-pause", "DURATION", "between the starts of two sessions; 10s unless told [$IRCCPIN_START_PAUSE]", catSession),
		valueFlag("retry-pause", "DURATION", "before a row that found the portal unavailable is tried again, doubled each time; 30s unless told [$IRCCPIN_RETRY_PAUSE]", catSession),
	}
}

// limits reads them. They are the same for a simulated portal: whoever owns one
// can set them to nothing.
func (s sources) limits() (jobs.Limits, error) {
	l := jobs.DefaultLimits()
	for _, flag := range []string{"max-sessions", "start-pause", "retry-pause"} {
		if s.c.IsSet(flag) && s.c.String(flag) == "" {
			return l, usage("--%s is empty", flag)
		}
	}
	if o := s.of("max-sessions", "IRCCPIN_MAX_SESSIONS"); o.value != "" {
		// More than any portal would bear.
		n, err := strconv.Atoi(o.value)
		if err != nil || n < 0 || n > 1000 {
			return l, o.bad("is not a number between 0 and 1000: %q", o.value)
		}
		l.Sessions = n
	}
	for _, limit := range []struct {
		flag, variable string
		value          *time.Duration
	}{
		{"start-pause", "IRCCPIN_START_PAUSE", &l.Pause},
		{"retry-pause", "IRCCPIN_RETRY_PAUSE", &l.Backoff},
		{"", "IRCCPIN_MIN_INTERVAL", &l.Interval},
	} {
		o := s.of(limit.flag, limit.variable)
		if o.value == "" {
			continue
		}
		d, err := o.duration(true)
		if err != nil {
			return l, err
		}
		*limit.value = d
	}
	return l, nil
}
