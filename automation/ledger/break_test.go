package ledger

import (
	"errors"
	"testing"
	"time"
)

func TestBreak(t *testing.T) {
	l, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	first, err := l.Acquire(t.Context(), Simulated, "account", "a dead run", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Break(t.Context(), Simulated, "account", "another run"); err != nil {
		t.Fatal(err)
	}
	var busy *BusyError
	if _, err := l.Acquire(t.Context(), Simulated, "account", "me", time.Minute); !errors.As(err, &busy) {
		t.Fatalf("breaking another holder's lease freed this one: %v", err)
	}
	if err := l.Break(t.Context(), Simulated, "account", busy.Holder); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Acquire(t.Context(), Simulated, "account", "me", time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := first.Confirm(t.Context()); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("the broken lease still holds: %v", err)
	}
}
