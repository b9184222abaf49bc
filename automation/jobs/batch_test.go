package jobs

import (
	"testing"
	"time"
)

// TestRetryPause: a database that is down for a moment costs seconds, and one
// that is down for the night does not cost a session each time somebody asks.
func TestRetryPause(t *testing.T) {
	var whole time.Duration
	for before, last := 0, time.Duration(0); before < rowAttempts; before++ {
		d := retryPause(before)
		if d < last || d > time.Hour {
			t.Errorf("after %d failures it waits %s, and before that %s", before, d, last)
		}
		last, whole = d, whole+d
	}
	if first := retryPause(0); first > 10*time.Second {
		t.Errorf("the first wait is %s", first)
	}
	if whole < 12*time.Hour {
		t.Errorf("the queue gives a row up after %s", whole)
	}
}
