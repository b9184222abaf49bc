//go:build system

package jobs

import (
	"testing"

	"irccpin/fixtures/cluster"
)

// TestPostgres runs on PostgreSQL what holds on every engine, each test in a
// database of its own.
func TestPostgres(t *testing.T) {
	server := cluster.Start(t)
	for _, s := range suite {
		t.Run(s.name, func(t *testing.T) { s.run(t, world{dir: t.TempDir(), url: cluster.Database(t, server)}) })
	}
}
