package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// manual renders the manual page as `man` shows it, and returns it with what the
// formatter complains of.
func renderedManual(t *testing.T) (text, complaints string) {
	t.Helper()
	var page bytes.Buffer
	p := &program{out: &page, now: time.Now, narrator: newNarrator(&page, time.Now, look{})}
	if code := p.run(t.Context(), []string{"help", "--man"}); code != 0 {
		t.Fatalf("ended with %d: %s", code, &page)
	}
	file := filepath.Join(t.TempDir(), "irccpin.1")
	if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("man", "--warnings", "-E", "UTF-8", "-l", file)
	cmd.Env = append(os.Environ(), "MANWIDTH=100", "MANROFFOPT=-c", "LC_ALL=C.UTF-8")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, &said)
	}
	return regexp.MustCompile(".\b").ReplaceAllString(out.String(), ""), said.String()
}

// TestManual reads the manual page with the system's own reader.
func TestManual(t *testing.T) {
	if _, err := exec.LookPath("man"); err != nil {
		t.Log("there is no man here to read it with")
		return
	}
	text, complaints := renderedManual(t)
	if complaints != "" {
		t.Errorf("the formatter complains: %s", complaints)
	}
	for _, wanted := range []string{
		"irccpin - secondary users", "--authorized-by NAME", "irccpin credentials release", "GCKEY_TOTP_SECRET",
		"outcome_unknown", "FLAGS OF MANY COMMANDS", "GCKEY_PASSWORD='a $ and a #'", "chmod 600",
	} {
		if !strings.Contains(text, wanted) {
			t.Errorf("the manual lacks %q", wanted)
		}
	}
}
