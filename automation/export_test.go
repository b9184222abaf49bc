package automation

import (
	"context"
	"fmt"
	"log/slog"

	"irccpin/automation/ledger"
	"irccpin/automation/secret"
	"irccpin/selectors"
)

// RunIn does a job as [Run] does, with everything of its own but the browser,
// which is a host's: starting one takes a sixth of a short test's time.
func RunIn(ctx context.Context, h *Host, c Config, job Job) *Result {
	var records *ledger.Ledger
	r := perform(ctx, c, job, func(ctx context.Context, c Config) (_ *Portal, err error) {
		guest := &Host{config: c.Shared(), found: h.found, closed: h.closed, fleet: h.fleet}
		if guest.catalog, err = selectors.Load(c.Selectors); err != nil {
			return nil, err
		}
		if records, err = ledger.Open(ctx, ledger.Options{Dir: c.StateDir, URL: c.DatabaseURL, Key: c.LedgerKey}); err != nil {
			return nil, stateError(err)
		}
		guest.ledger = records
		return guest.Open(ctx, c)
	})
	if records != nil {
		if err := records.Close(); err != nil {
			panic(fmt.Sprintf("closing the ledger: %v", err))
		}
	}
	return r
}

// WithoutRedaction is a configuration whose redactor was not told the settings'
// secrets: what the redaction proof must notice.
func WithoutRedaction(c Config) Config {
	c.redactor = new(secret.Redactor)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
