package automation

import (
	"log/slog"

	"irccpin/automation/secret"
)

// WithoutRedaction is a configuration whose redactor was not told the settings'
// secrets: what the redaction proof must notice.
func WithoutRedaction(c Config) Config {
	c.redactor = new(secret.Redactor)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
