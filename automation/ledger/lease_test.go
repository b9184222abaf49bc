package ledger

import (
	"testing"
	"time"
)

// TestCertain: a lease is certain until a beat before others can take it, and
// again once it was renewed.
func TestCertain(t *testing.T) {
	l, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	lease, err := l.Acquire(t.Context(), Simulated, "account", "me", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	// Each clock is as if the process, or the machine, had stood still.
	for name, c := range map[string]struct {
		monotonic, wall time.Duration
		want            bool
	}{
		"not at all":              {0, 0, true},
		"for a while":             {30 * time.Minute, 30 * time.Minute, true},
		"for two beats":           {40 * time.Minute, 40 * time.Minute, false},
		"suspended for a while":   {0, 30 * time.Minute, true},
		"suspended for two beats": {0, 40 * time.Minute, false},
		"clock set back":          {40 * time.Minute, -time.Minute, false},
	} {
		if err := lease.Confirm(t.Context()); err != nil || !lease.Certain() {
			t.Fatalf("just renewed, and not certain: %v", err)
		}
		lease.mu.Lock()
		lease.renewed = moment{lease.renewed.monotonic.Add(-c.monotonic), lease.renewed.wall.Add(-c.wall)}
		lease.mu.Unlock()
		if got := lease.Certain(); got != c.want {
			t.Errorf("stood still %s: certain: %v, want %v", name, got, c.want)
		}
	}
	if err := lease.Confirm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.Break(t.Context(), Simulated, "account", "me"); err != nil {
		t.Fatal(err)
	}
	if err := lease.Confirm(t.Context()); err == nil || lease.Certain() {
		t.Errorf("lost, and certain all the same: %v", err)
	}
}
