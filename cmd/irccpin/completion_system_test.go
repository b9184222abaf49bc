//go:build system && linux

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// completionFile writes a shell's completions into a new directory.
func completionFile(t *testing.T, shell, name string) string {
	t.Helper()
	var script bytes.Buffer
	p := &program{out: &script, now: time.Now, narrator: newNarrator(&script, time.Now, look{})}
	if code := p.run(t.Context(), []string{"completion", shell}); code != 0 {
		t.Fatalf("ended with %d: %s", code, &script)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, script.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// completed is what a line becomes when Tab is pressed behind it, where there is
// one way to go on.
var completed = map[string]string{
	"irccpin cred":                            "irccpin credentials",
	"irccpin credentials rel":                 "irccpin credentials release",
	"irccpin credentials release --st":        "irccpin credentials release --state-dir",
	"irccpin create --dry-run --giv":          "irccpin create --dry-run --given-name",
	"irccpin help first":                      "irccpin help first-onboarding",
	"irccpin completion power":                "irccpin completion powershell",
	"irccpin create --env-file /etc/host.con": "irccpin create --env-file /etc/host.conf",
	// What is asked for as a value is not a command.
	"irccpin create --given-name cred": "irccpin create --given-name cred",
}

// TestCompletionInZsh presses Tab in a real zsh at a terminal.
func TestCompletionInZsh(t *testing.T) {
	dir := filepath.Dir(completionFile(t, "zsh", "_irccpin"))
	p := commandAtTerminal(t, exec.Command("zsh", "-f", "-i"))
	p.write("PS1='ready> '; unsetopt beep; fpath=(" + dir + " $fpath); autoload -U compinit; compinit -u -D; echo se''t")
	p.await("set")
	for line, want := range completed {
		// The line is not carried out: it becomes the words of another command.
		p.write(line + "\t\x01print -r -- '>>' ")
		p.await("\n>> ")
		p.await("ready> ")
		shown := p.seen.String()[:p.past]
		got := shown[strings.LastIndex(shown, "\n>> ")+len("\n>> "):]
		if got, _, _ = strings.Cut(got, "\r"); strings.TrimSpace(got) != want {
			t.Errorf("%q became %q, want %q", line, got, want)
		}
	}
	p.write("exit")
	p.end()
}

// TestCompletionInFish asks a real fish.
func TestCompletionInFish(t *testing.T) {
	file := completionFile(t, "fish", "irccpin.fish")
	for line, want := range completed {
		cmd := exec.Command("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", file, line)
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		typed := line[strings.LastIndex(line, " ")+1:]
		word, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\t")
		if got := strings.TrimSuffix(line, typed) + word; word != "" && got != want || word == "" && line != want {
			t.Errorf("%q is completed by %q, want %q", line, out, want)
		}
	}
}
