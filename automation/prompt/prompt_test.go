package prompt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irccpin/automation/secret"
)

func TestShorten(t *testing.T) {
	for name, want := range map[string]string{
		"RosaDelgado77": "Ro…7", "Zoé-Côté": "Zo…é", "rosad": "ro…d", "rosa": "r…", "r": "r…", "": "(no user name)",
	} {
		if got := Shorten(secret.New(name)); got != want {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
}

func question() Question {
	return Question{
		Employer: "alpha_services.env", Account: "Ro…7", What: "Answer", Until: time.Now().Add(time.Minute),
		Why: `The portal asks: “Who was <b>first</b> \n & "best"?”`,
	}
}

// TestDesktopPrograms plays the programs with scripts, for what is told from
// their exit codes. The real ones are in desktop_system_test.go.
func TestDesktopPrograms(t *testing.T) {
	if d := FindDesktop([]string{"DISPLAY=", "HOME=/"}); d != nil {
		t.Errorf("without a display it asks with %s", d.kind)
	}
	for _, c := range []struct {
		name, script, want string
		err                error
		failed             string
	}{
		{"answered", "echo ' Müller '", " Müller ", nil, ""},
		{"empty", "echo", "", ErrDeclined, ""},
		{"cancelled", "exit 1", "", ErrDeclined, ""},
		{"no display after all", "echo no >&2; exit 255", "", nil, "could not ask"},
		{"nobody there", "exec sleep 60", "", context.DeadlineExceeded, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			script := "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + filepath.Join(dir, "words") + "\n" + c.script + "\n"
			if err := os.WriteFile(filepath.Join(dir, "kdialog"), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", dir+":/bin:/usr/bin")
			d := FindDesktop([]string{"DISPLAY=:9", "PATH=" + dir + ":/bin:/usr/bin"})
			if d == nil {
				t.Fatal("it finds no program")
			}
			d.path, d.kind = filepath.Join(dir, "kdialog"), "kdialog" // a zenity may be installed
			q := question()
			if errors.Is(c.err, context.DeadlineExceeded) {
				q.Until = time.Now().Add(200 * time.Millisecond)
			}
			answer, err := d.Ask(t.Context(), q)
			if answer.Reveal() != c.want || c.failed == "" && !errors.Is(err, c.err) || c.failed != "" && !strings.Contains(fmt.Sprint(err), c.failed) {
				t.Errorf("it says %q, %v", answer.Reveal(), err)
			}
			words, err := os.ReadFile(filepath.Join(dir, "words"))
			if err != nil || !strings.Contains(string(words), "alpha_services.env, account Ro…7") || !strings.Contains(string(words), "--password") {
				t.Errorf("it was asked %q, %v", words, err)
			}
		})
	}
}
