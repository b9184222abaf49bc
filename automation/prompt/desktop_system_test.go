//go:build system && linux

package prompt

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"irccpin/fixtures/display"
)

// keys does what a person does at the keyboard, once the window is there.
func keys(t *testing.T, name string, words ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, args := range [][]string{{"search", "--sync", "--onlyvisible", "--name", "irccpin", "windowfocus", "--sync"}, words} {
		cmd := exec.CommandContext(ctx, "xdotool", args...)
		cmd.Env = append(os.Environ(), "DISPLAY="+name)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("xdotool %v: %v: %s", args, err, out)
		}
	}
}

// TestDesktop asks with the real programs in a real window.
func TestDesktop(t *testing.T) {
	name := display.Start(t, "800x600")
	environ := append(os.Environ(), "DISPLAY="+name, "LANG=C.UTF-8")
	for _, kind := range dialogs() {
		path, err := exec.LookPath(kind)
		if err != nil {
			t.Logf("%s is not installed", kind)
			continue
		}
		d := &Desktop{path: path, kind: kind, environ: environ}
		t.Run(kind+" answered", func(t *testing.T) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				keys(t, name, "type", "Sugar Maple 7")
				keys(t, name, "key", "Return")
			}()
			answer, err := d.Ask(t.Context(), question())
			<-done
			if answer.Reveal() != "Sugar Maple 7" || err != nil {
				t.Errorf("it says %q, %v", answer.Reveal(), err)
			}
		})
		t.Run(kind+" closed", func(t *testing.T) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				keys(t, name, "key", "Escape")
			}()
			_, err := d.Ask(t.Context(), question())
			<-done
			if !errors.Is(err, ErrDeclined) {
				t.Errorf("it says %v", err)
			}
		})
		t.Run(kind+" too late", func(t *testing.T) {
			q := question()
			q.Until = time.Now().Add(500 * time.Millisecond)
			if _, err := d.Ask(t.Context(), q); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("it says %v", err)
			}
		})
	}
	if d := FindDesktop(environ); d == nil {
		t.Error("it finds no program; Debian has one in the package zenity")
	}
}
