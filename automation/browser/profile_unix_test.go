//go:build unix

package browser

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestShortcut: the short way to a long TMPDIR is made where it is short and can
// be made, and goes with the profile.
func TestShortcut(t *testing.T) {
	short, err := os.MkdirTemp("/tmp", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	long := filepath.Join(t.TempDir(), strings.Repeat("long-", 24))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, log := t.Context(), slog.New(slog.DiscardHandler)
	gone := func(path string) {
		t.Helper()
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", path, err)
		}
	}
	made := func() *profile {
		t.Helper()
		p, err := newProfile(long, []string{long, filepath.Join(short, "none"), short})
		if err != nil {
			t.Fatal(err)
		}
		to, err := os.Readlink(p.tmp)
		if err != nil || filepath.Dir(p.tmp) != short || to != filepath.Join(p.dir, "tmp") {
			t.Fatalf("TMPDIR is %s, which leads to %s: %v", p.tmp, to, err)
		}
		if info, err := os.Stat(p.tmp); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("TMPDIR is %v, %v", info.Mode(), err)
		}
		return p
	}

	closed := made()
	if err := closed.remove(ctx); err != nil {
		t.Fatal(err)
	}
	gone(closed.tmp)

	// A run that is killed leaves its lock.
	killed := made()
	killed.lock.Close()
	sweep(ctx, long, log)
	gone(killed.tmp)
	gone(killed.dir)

	// So does one whose directory is removed by hand; the ways of the living stay.
	forgotten, living := made(), made()
	forgotten.lock.Close()
	if err := os.RemoveAll(forgotten.dir); err != nil {
		t.Fatal(err)
	}
	sweepShortcuts([]string{filepath.Join(short, "none"), short})
	gone(forgotten.tmp)
	if _, err := os.Stat(living.tmp); err != nil {
		t.Errorf("the short way of a run that lives: %v", err)
	}
	if err := living.remove(ctx); err != nil {
		t.Fatal(err)
	}

	// What somebody else put there since is theirs.
	taken := made()
	if err := errors.Join(os.Remove(taken.tmp), os.WriteFile(taken.tmp, nil, 0o600), taken.remove(ctx)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(taken.tmp); err != nil {
		t.Errorf("another one's file was removed: %v", err)
	}

	if _, err := newProfile(long, []string{long}); err == nil || !strings.Contains(err.Error(), "set TMPDIR to a directory whose path has at most 33 characters") {
		t.Errorf("with no short place: %v", err)
	}
	if left, err := os.ReadDir(long); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
