package browser

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"irccpin/automation/lang"
)

// A profile is the directory of one run of Chrome:
//
//	chrome-<16 hex digits>/   0700, Chrome's HOME
//	    owner                 locked for as long as the run lives
//	    data/                 --user-data-dir
//	    tmp/                  TMPDIR
//	    shortcut              where the short way to tmp/ is, if one is needed
//
// The lock, not a process number, tells whether a run is alive: the system
// takes it away when its holder dies, however that happens.
type profile struct {
	dir  string
	tmp  string
	lock *os.File
}

// profileName is what the directories of runs are called; nothing else under
// the root is ever touched.
var profileName = regexp.MustCompile(`^chrome-[0-9a-f]{16}$`)

// longTMPDIR is the longest TMPDIR under which Chrome's lock socket,
// TMPDIR/.org.chromium.Chromium.XXXXXX/SingletonSocket, still fits the 108
// bytes of a socket's address (104 on macOS). Chrome aborts when it does not.
const longTMPDIR = 104 - 1 - len("/.org.chromium.Chromium.XXXXXX/SingletonSocket")

// shortcut is the name of the file that says where the link to tmp is.
const shortcut = "shortcut"

// userData is Chrome's --user-data-dir. It is also what tells a leftover
// Chrome of a dead run from any other.
func (p *profile) userData() string { return filepath.Join(p.dir, "data") }

// shortPlaces are the directories in which a short way to a long TMPDIR may lie,
// in the order in which they are tried. macOS's own is too long itself.
func shortPlaces(lookup func(string) (string, bool)) []string {
	places := []string{os.TempDir()}
	if own, ok := lookup("XDG_RUNTIME_DIR"); ok && filepath.IsAbs(own) {
		places = append(places, own)
	}
	return append(places, "/tmp")
}

// newProfile makes a fresh directory under root and locks it. places are for the
// short way to it, if it needs one.
func newProfile(root string, places []string) (*profile, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory for browser profiles: %w", err)
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("making the directory for browser profiles: %w", err)
	}
	// Another process that sweeps can take a directory away between its
	// making and its locking; then another one is made.
	for range 10 {
		p := &profile{dir: filepath.Join(root, "chrome-"+randomName())}
		if err := os.Mkdir(p.dir, 0o700); err != nil {
			return nil, fmt.Errorf("making a browser profile: %w", err)
		}
		p.lock, err = lockOwner(p.dir)
		if err != nil {
			continue
		}
		if err := p.furnish(places); err != nil {
			p.remove(context.Background())
			return nil, fmt.Errorf("making a browser profile: %w", err)
		}
		return p, nil
	}
	return nil, fmt.Errorf("making a browser profile in %s: %w", root, err)
}

func (p *profile) furnish(places []string) error {
	if err := os.Mkdir(p.userData(), 0o700); err != nil {
		return err
	}
	p.tmp = filepath.Join(p.dir, "tmp")
	if err := os.Mkdir(p.tmp, 0o700); err != nil {
		return err
	}
	if len(p.tmp) <= longTMPDIR || runtime.GOOS == "windows" { // no such socket there
		return nil
	}
	return p.shorten(places)
}

// shorten makes a short way to tmp: a link, so that what Chrome writes still goes
// with the profile. Where it is stands in the profile, so that the sweep after a
// kill finds it whatever TMPDIR is by then.
func (p *profile) shorten(places []string) error {
	var failed error
	for _, place := range places {
		link := filepath.Join(place, filepath.Base(p.dir))
		if len(link) > longTMPDIR {
			continue
		}
		if err := os.WriteFile(filepath.Join(p.dir, shortcut), []byte(link), 0o600); err != nil {
			return err
		}
		if err := os.Symlink(p.tmp, link); err != nil {
			failed = err
			continue
		}
		p.tmp = link
		return nil
	}
	if failed != nil {
		return failed
	}
	longest := longTMPDIR - len("/") - len(filepath.Base(p.dir))
	return lang.Errorf("the path of the state directory is too long for Chrome, and so is that of the directory for temporary files, %s; set TMPDIR to a directory whose path has at most %d characters", places[0], longest)
}

// removeShortcut removes the short way to the directory of a run, and nothing
// else: what is there now may not be ours.
func removeShortcut(dir string) {
	link, err := os.ReadFile(filepath.Join(dir, shortcut))
	if err != nil || filepath.Base(string(link)) != filepath.Base(dir) {
		return
	}
	if to, err := os.Readlink(string(link)); err == nil && to == filepath.Join(dir, "tmp") {
		_ = os.Remove(string(link)) // what stays is a link to nothing
	}
}

// remove takes the directory away. Files that a dying child of Chrome still
// writes are waited for, as long as ctx lasts; what is left then is swept by a
// later run.
func (p *profile) remove(ctx context.Context) error {
	defer p.lock.Close()
	return removeRun(ctx, p.dir)
}

// removeRun removes the directory of a run and the link to it.
func removeRun(ctx context.Context, dir string) error {
	removeShortcut(dir)
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		err := os.RemoveAll(dir)
		if err == nil {
			return nil
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return fmt.Errorf("removing the browser profile %s: %w", dir, err)
		}
	}
}

// sweep removes what runs that were killed left under root: their directories,
// and a Chrome that still runs in one. Directories of living runs, and
// everything with another name, stay.
func sweep(ctx context.Context, root string, log *slog.Logger) {
	root, err := filepath.Abs(root)
	if err != nil {
		return
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return // no root, nothing left
	}
	for _, entry := range entries {
		if !entry.IsDir() || !profileName.MatchString(entry.Name()) {
			continue
		}
		dir := filepath.Join(root, entry.Name())
		lock, err := lockOwner(dir)
		if err != nil {
			continue // alive, or another sweep is at it
		}
		p := &profile{dir: dir, lock: lock}
		killLeftovers("--user-data-dir=" + p.userData())
		if err := p.remove(ctx); err != nil {
			log.Warn("a browser profile of a run that was killed could not be removed", "error", err)
			continue
		}
		log.Info("removed the browser profile of a run that was killed", "directory", dir)
	}
}

// sweepShortcuts removes short ways that lead nowhere any more: a run was killed,
// and its directory was removed by hand. A run that lives has its directory.
func sweepShortcuts(places []string) {
	for _, place := range places {
		entries, err := os.ReadDir(place)
		if err != nil {
			continue
		}
		for _, entry := range entries {
			link := filepath.Join(place, entry.Name())
			if entry.Type()&fs.ModeSymlink == 0 || !profileName.MatchString(entry.Name()) {
				continue
			}
			if _, err := os.Stat(link); errors.Is(err, fs.ErrNotExist) {
				_ = os.Remove(link) // another one's stays
			}
		}
	}
}

// lockOwner takes the lock of a directory, or fails at once.
func lockOwner(dir string) (*os.File, error) {
	name := filepath.Join(dir, "owner")
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := tryLock(file); err != nil {
		file.Close()
		return nil, err
	}
	// Between opening and locking, a sweep may have removed the file: then the
	// lock is on something that nobody else will find.
	locked, err1 := file.Stat()
	named, err2 := os.Stat(name)
	if err := errors.Join(err1, err2); err != nil || !os.SameFile(locked, named) {
		file.Close()
		return nil, errors.Join(errors.New("the directory was swept meanwhile"), err)
	}
	return file, nil
}

func randomName() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
