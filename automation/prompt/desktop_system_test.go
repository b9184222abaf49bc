//go:build system && linux

package prompt

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// display starts an X server without a screen and returns its name.
func display(t *testing.T) string {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{write}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; Debian has it in the package xvfb", err)
	}
	_ = write.Close()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	buffer := make([]byte, 16)
	if err := read.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := read.Read(buffer)
	number, wrong := strconv.Atoi(strings.TrimSpace(string(buffer[:n])))
	if err := errors.Join(err, wrong); err != nil {
		t.Fatalf("Xvfb does not say where it is: %v", err)
	}
	return ":" + strconv.Itoa(number)
}

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
	name := display(t)
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
