package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"filippo.io/age"
)

// TestOutFile: the file is the user's alone, whatever the umask says; nothing
// that is there is overwritten unless that was asked for, and a link never.
func TestOutFile(t *testing.T) {
	old := syscall.Umask(0)
	t.Cleanup(func() { syscall.Umask(old) })
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{"taken": "old", "replaced": "old", "target": "kept"} {
		if err := os.WriteFile(path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link": "target", "dangling": "nowhere"} {
		if err := os.Symlink(path(to), path(link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name    string
		replace bool
		refused string
	}{
		{"new", false, ""},
		{"replaced", true, ""},
		{"taken", false, "exists; --force replaces it"},
		{"link", false, "is not a file that can be replaced"},
		{"link", true, "is not a file that can be replaced"},
		{"dangling", false, "is not a file that can be replaced"},
		{"dangling", true, "is not a file that can be replaced"},
		{".", true, "is not a file that can be replaced"},
	} {
		d := &delivery{file: path(c.name), replace: c.replace}
		err := d.prepareFile()
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v, want %q", c.name, err, c.refused)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := d.write([]byte("PIN")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(path(c.name))
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s has the mode %v, %v", c.name, info.Mode(), err)
		}
		if text, _ := os.ReadFile(path(c.name)); string(text) != "PIN" {
			t.Errorf("%s holds %q", c.name, text)
		}
	}

	// What appeared after it was looked for is not overwritten either.
	d := &delivery{file: path("late")}
	if err := d.prepareFile(); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path("target"), path("late")); err != nil {
		t.Fatal(err)
	}
	if err := d.write([]byte("PIN")); err == nil {
		t.Error("a link that appeared late was followed")
	}
	if text, _ := os.ReadFile(path("target")); string(text) != "kept" {
		t.Errorf("a link's target holds %q", text)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 7 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestOutCommandKnowsNoSecrets: the command gets the result on its input and
// nothing of the employer's in its environment; what it prints goes nowhere.
func TestOutCommandKnowsNoSecrets(t *testing.T) {
	dir := t.TempDir()
	p := &program{environ: []string{
		"PATH=" + os.Getenv("PATH"), "GCKEY_PASSWORD=Sentinel", "GCKEY_OTP_IMAP_PASSWORD=Sentinel", "IRCC_ANSWER_1=Sentinel", "IRCCPIN_DATABASE_URL=Sentinel", "KEPT=yes",
	}}
	script := "cat > " + filepath.Join(dir, "input") + "; env > " + filepath.Join(dir, "environ") + "; tr '\\0' ' ' < /proc/$$/cmdline > " + filepath.Join(dir, "line") + "; echo PIN; echo PIN >&2"
	if err := p.hand(t.Context(), []string{"/bin/sh", "-c", script}, []byte("the result")); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got := read("input"); got != "the result" {
		t.Errorf("its input is %q", got)
	}
	if environ := read("environ"); strings.Contains(environ, "Sentinel") || !strings.Contains(environ, "KEPT=yes") {
		t.Errorf("its environment is %q", environ)
	}
	if line := read("line"); strings.Contains(line, "the result") {
		t.Errorf("its command line is %q", line)
	}
	// It is not waited for when the run is interrupted.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.hand(ctx, []string{"/bin/sh", "-c", "while :; do sleep 60; done"}, nil); err == nil {
		t.Error("an interrupted delivery is said to have worked")
	}
}

// TestEncryptTo: each of several recipients can read the result, nobody else,
// and one that is none is refused before anything is done.
func TestEncryptTo(t *testing.T) {
	identity := func() *age.X25519Identity {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first, second, stranger := identity(), identity(), identity()
	quantum, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	for _, readers := range [][]age.Identity{{first}, {first, second}, {quantum}} {
		var keys []string
		for _, reader := range readers {
			switch id := reader.(type) {
			case *age.X25519Identity:
				keys = append(keys, id.Recipient().String())
			case *age.HybridIdentity:
				keys = append(keys, id.Recipient().String())
			}
		}
		d := &delivery{file: filepath.Join(t.TempDir(), "pin.age")}
		if err := d.prepareRecipients(keys); err != nil {
			t.Fatal(err)
		}
		if err := d.write([]byte("the PIN")); err != nil {
			t.Fatal(err)
		}
		sealed, err := os.ReadFile(d.file)
		if err != nil || bytes.Contains(sealed, []byte("the PIN")) {
			t.Fatalf("%s, %v", sealed, err)
		}
		for _, reader := range readers {
			r, err := age.Decrypt(bytes.NewReader(sealed), reader)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(r); err != nil || string(text) != "the PIN" {
				t.Errorf("a recipient reads %q, %v", text, err)
			}
		}
		if _, err := age.Decrypt(bytes.NewReader(sealed), stranger); err == nil {
			t.Error("a stranger can read it")
		}
	}
	good := first.Recipient().String()
	for name, keys := range map[string][]string{
		"a bad one":          {good, "age1nobody"},
		"a cut one":          {good, good[:len(good)-1]},
		"a private key":      {good, stranger.String()},
		"nothing":            {good, ""},
		"an SSH key":         {good, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"},
		"kinds that differ":  {good, quantum.Recipient().String()},
		"the name of a file": {good, "/etc/passwd"},
	} {
		d := &delivery{file: "unused"}
		if err := d.prepareRecipients(keys); err == nil || strings.Contains(err.Error(), "AGE-SECRET-KEY") || strings.Contains(err.Error(), stranger.String()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
