package jobs

import (
	"testing"
	"time"
)

// TestBackoff: the wait doubles with each try up to half an hour, and is spread
// over its second half.
func TestBackoff(t *testing.T) {
	l := DefaultLimits()
	for tries, most := range map[int]time.Duration{
		1: 30 * time.Second, 2: time.Minute, 3: 2 * time.Minute, 4: 4 * time.Minute, 7: 30 * time.Minute, 11: 30 * time.Minute, 1000: 30 * time.Minute,
	} {
		seen := map[time.Duration]bool{}
		for range 200 {
			d := l.backoff(tries)
			if d < most/2 || d > most {
				t.Fatalf("after %d tries it waits %s, and %s to %s was wanted", tries, d, most/2, most)
			}
			seen[d] = true
		}
		if len(seen) < 100 { // of billions that are possible
			t.Errorf("after %d tries, rows come back together: %d different waits of 200", tries, len(seen))
		}
	}
	if d := (Limits{}).backoff(3); d != 0 {
		t.Errorf("without politeness it waits %s", d)
	}
}
