package automation

import "time"

// WithReserve gives a configuration another Reserve, so that a test need not
// wait a minute for a page that hangs after the committing click.
func WithReserve(c Config, reserve time.Duration) Config {
	c.reserve = reserve
	return c
}
