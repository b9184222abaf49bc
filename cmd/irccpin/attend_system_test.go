//go:build system && linux

package main

import (
	"os"
	"path/filepath"
	"testing"

	"irccpin/fixtures"
	"irccpin/fixtures/display"
)

// TestAskedAtATerminal: with a terminal and a display the window is visible, what
// is needed is said in one line, and an interruption then leaves nothing behind.
func TestAskedAtATerminal(t *testing.T) {
	screen := display.Start(t, "1280x1000")
	portal, err := fixtures.Start(fixtures.Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = portal.Close() })
	home := t.TempDir()
	// A visible Chrome puts a socket there, whose path may not be long.
	short, err := os.MkdirTemp("", "w")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	env := filepath.Join(home, "employer.env")
	if err := portal.WriteEnvFile(env, portal.Accounts()[0].Username); err != nil {
		t.Fatal(err)
	}
	if err := portal.Misbehave(fixtures.Misbehaviour{Name: "captcha-visible"}); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--env-file", env, "--state-dir", home, "--simulator", portal.Addr, "--simulator-spki", portal.SPKI}
	for _, c := range []struct {
		flag, says string
	}{
		{"--show", "Solve the captcha in the window; 18 minutes left"},
		{"--attend", "Sign in in the window, up to the portal's home page; 18 minutes left"},
	} {
		t.Run(c.flag, func(t *testing.T) {
			p := atTerminal(t, []string{"DISPLAY=" + screen, "TMPDIR=" + short}, append([]string{"list", c.flag}, flags...)...)
			p.await(c.says)
			if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if code := p.end(); code != 130 {
				t.Errorf("ended with %d:\n%s", code, &p.seen)
			}
			if left, _ := filepath.Glob(filepath.Join(home, "browsers", "*")); len(left) > 0 {
				t.Errorf("browser profiles were left behind: %v", left)
			}
		})
	}
}
