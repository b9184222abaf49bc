//go:build unix

package secret

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestPrivacyOfFiles(t *testing.T) {
	dir := t.TempDir()
	path := writeFile(t, dir, "employer.env", "GCKEY_USERNAME=a\nGCKEY_PASSWORD=b\n")
	load := func() error {
		_, err := Load(t.Context(), LoadOptions{File: path, FileRequired: true})
		return err
	}
	chmod := func(path string, mode os.FileMode) {
		t.Helper()
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, mode := range []os.FileMode{0o600, 0o400, 0o700} {
		chmod(path, mode)
		if err := load(); err != nil {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	for _, mode := range []os.FileMode{0o604, 0o640, 0o620, 0o602, 0o601, 0o644, 0o666} {
		chmod(path, mode)
		err := load()
		if err == nil || !strings.Contains(err.Error(), "can be read or changed by others") || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	// A private link does not make its target private.
	link := filepath.Join(dir, "link.env")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	target := path
	path = link
	if err := load(); err == nil {
		t.Error("a link to a readable file is accepted")
	}
	chmod(target, 0o600)
	if err := load(); err != nil {
		t.Errorf("a link to a private file: %v", err)
	}
	// The files that _FILE names are held to the same rule.
	chmod(writeFile(t, dir, "password", "Sentinel"), 0o644)
	path = writeFile(t, dir, "other.env", "GCKEY_USERNAME=a\nGCKEY_PASSWORD_FILE=password\n")
	want := "GCKEY_PASSWORD_FILE@2: the file that it names cannot be used: it can be read or changed by others (mode 0644)"
	if got := complaints(t, load()); !slices.Equal(got, []string{want}) {
		t.Errorf("readable secret file: %v", got)
	}
}

func TestPipeIsNotOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(t.Context(), LoadOptions{File: path, FileRequired: true})
	if got := complaints(t, err); !strings.HasSuffix(got[0], "it is not a regular file") {
		t.Errorf("pipe: %v", got)
	}
}

func TestFileOfAnotherUser(t *testing.T) {
	path := writeFile(t, t.TempDir(), "f", "x")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	stat := *info.Sys().(*syscall.Stat_t)
	stat.Uid++
	var private errNotPrivate
	if err := checkPrivate(foreignInfo{info, &stat}); !errors.As(err, &private) || private.reason != "it belongs to another user" {
		t.Errorf("another user's file: %v", err)
	}
}

type foreignInfo struct {
	os.FileInfo
	stat *syscall.Stat_t
}

func (i foreignInfo) Sys() any { return i.stat }

func TestRunCommand(t *testing.T) {
	dir := t.TempDir()
	script := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	script("good", `printf '%s|%s|%s|%s' "$1" "$2" "$SEEN" "$(pwd)"; echo Sentinel >&2; cat`)
	out, err := RunCommand(t.Context(), Invocation{Words: []string{"./good", "a b", "$HOME"}, Environ: []string{"PATH=/usr/bin:/bin", "SEEN=yes"}, Dir: dir})
	if want := "a b|$HOME|yes|" + dir; err != nil || string(out) != want {
		t.Errorf("got %q, %v, want %q", out, err, want)
	}
	script("bad", "echo Sentinel; echo Sentinel >&2; exit 3")
	script("long", "head -c 100000 /dev/zero")
	if err := os.WriteFile(filepath.Join(dir, "plain"), []byte("Sentinel"), 0o600); err != nil {
		t.Fatal(err)
	}
	for program, want := range map[string]string{
		"./bad":                "it failed (exit status 3); run it in a terminal to see why",
		"./long":               "it printed more than 64 KiB",
		"./Sentinel":           "it could not be started: no such file or directory",
		"Sentinel-not-on-path": "its program is not on the PATH",
		"./plain":              "it could not be started: permission denied",
	} {
		out, err := RunCommand(t.Context(), Invocation{Words: []string{program}, Environ: []string{"PATH=/usr/bin:/bin"}, Dir: dir})
		if err == nil || err.Error() != want || len(out) > 0 {
			t.Errorf("%s: %q, %v", program, out, err)
		}
	}
}

// When time is up, the program and all that it started are gone: the pipe that the whole family holds open ends.
func TestRunCommandKillsTheFamily(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(dir, "family")
	// The child ignores what a polite end would send.
	text := "#!/bin/sh\nexec 3>pipe\n(trap '' TERM HUP INT; echo child >&3; while :; do sleep 60; done) &\nwhile :; do sleep 60; done\n"
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	ended := make(chan error, 1)
	go func() {
		_, err := RunCommand(ctx, Invocation{Words: []string{script}, Environ: []string{"PATH=/usr/bin:/bin"}, Dir: dir})
		ended <- err
	}()
	reader, err := os.Open(pipe)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	first := make([]byte, len("child\n"))
	if _, err := io.ReadFull(reader, first); err != nil {
		t.Fatal(err)
	}
	cancel(stop)
	if err := <-ended; !errors.Is(err, stop) {
		t.Errorf("ended with %v", err)
	}
	if rest, err := io.ReadAll(reader); err != nil || len(rest) > 0 {
		t.Errorf("the family lives on: %q, %v", rest, err)
	}
}

// What a program leaves behind in its group neither delays the secret nor survives it.
func TestRunCommandLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reader := make(chan *os.File, 1)
	go func() {
		f, _ := os.Open(pipe)
		reader <- f
	}()
	out, err := RunCommand(t.Context(), Invocation{
		Words:   []string{"/bin/sh", "-c", "exec 3>pipe; (exec >/dev/null; sleep 600) & echo Sentinel"},
		Environ: []string{"PATH=/usr/bin:/bin"}, Dir: dir,
	})
	if err != nil || string(out) != "Sentinel\n" {
		t.Errorf("got %q, %v", out, err)
	}
	f := <-reader
	defer func() { _ = f.Close() }()
	if rest, err := io.ReadAll(f); err != nil || len(rest) > 0 {
		t.Errorf("something lives on: %q, %v", rest, err)
	}
}

// TestReadFile: a key in a file is held to the rules of every secret.
func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	for content, want := range map[string]string{"Sentinel\r\n": "Sentinel", "two\nlines\n": "two\nlines", "\x00\xff\n": "\x00\xff"} {
		if v, err := ReadFile(writeFile(t, dir, "key", content)); err != nil || v.Reveal() != want {
			t.Errorf("%q: %v", content, err)
		}
	}
	shown := writeFile(t, dir, "shown", "Sentinel")
	if err := os.Chmod(shown, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		shown:                      "it can be read or changed by others (mode 0644); chmod 600 that file",
		dir:                        "it is not a regular file",
		filepath.Join(dir, "gone"): "no such file or directory",
	} {
		if v, err := ReadFile(path); err == nil || err.Error() != want || !v.IsZero() {
			t.Errorf("%s: %v", path, err)
		}
	}
}
