package automation

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// TestDead: a lease is taken from a holder who is gone for certain, and from
// nobody else. A process of a container or of a cloned machine has the same
// name of the machine and a number that is not seen from here, and lives.
func TestDead(t *testing.T) {
	// A number that is in use by nobody: of a process that has ended.
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	me := newHolder("batch create", "run_2")
	if runtime.GOOS == "linux" && !me.placed {
		t.Error("nothing tells what process numbers count in")
	}
	me.host, me.placed = "office/3f9ab2c1d0e4", true
	killed := me
	killed.pid, killed.run = gone.Process.Pid, "run_1"
	with := func(change func(*holder)) string {
		other := killed
		change(&other)
		return other.String()
	}
	for name, c := range map[string]struct {
		label string
		dead  bool
	}{
		"killed":                      {killed.String(), true},
		"alive":                       {with(func(h *holder) { h.pid = os.Getppid() }), false},
		"this process":                {with(func(h *holder) { h.pid = me.pid }), false},
		"another machine":             {with(func(h *holder) { h.host = "home/3f9ab2c1d0e4" }), false},
		"another boot or container":   {with(func(h *holder) { h.host = "office/0e4d1c2ba9f3" }), false},
		"written by an older version": {with(func(h *holder) { h.host = "office" }), false},
		"the label of something else": {"a worker", false},
		"a label that was cut":        {killed.String()[:20], false},
	} {
		if got := me.dead(c.label); got != c.dead {
			t.Errorf("%s: %q counts as dead: %v, want %v", name, c.label, got, c.dead)
		}
	}
	me.host, me.placed, killed.host = "office", false, "office"
	if me.dead(killed.String()) {
		t.Error("a holder counts as dead, and nothing tells where it ran")
	}
}
