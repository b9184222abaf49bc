package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// raw opens the file beside the ledger, as another program would.
func raw(t *testing.T, dir string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, File))
	must(t, err)
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(t.Context())
	must(t, err)
	return conn
}

func run(t *testing.T, conn *sql.Conn, statement string) {
	t.Helper()
	_, err := conn.ExecContext(t.Context(), statement)
	must(t, err)
}

func TestSQLiteIsSyncedAndPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "state ü%41?#")
	l := open(t, Options{Dir: dir})
	begin(t, l, ada())
	for _, db := range []*sql.DB{l.db, l.reads} {
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "secure_delete": "1",
		} {
			var got string
			must(t, db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
			if got != want {
				t.Errorf("%s is %s, want %s", pragma, got, want)
			}
		}
	}
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) != 4 { // database, log, index of the log, key
		t.Errorf("files: %v", entries)
	}
	for _, e := range entries {
		info, err := e.Info()
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", e.Name(), info.Mode().Perm())
		}
	}
	info, err := os.Stat(dir)
	must(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %o", info.Mode().Perm())
	}
}

func TestSQLiteTightensItsFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, open(t, Options{Dir: dir}).Close())
	must(t, os.Chmod(filepath.Join(dir, File), 0o644))
	open(t, Options{Dir: dir})
	info, err := os.Stat(filepath.Join(dir, File))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
}

func TestSQLiteUnavailable(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"the file is a directory": func(t *testing.T, dir string) { must(t, os.Mkdir(filepath.Join(dir, File), 0o700)) },
		"the file is no database": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, File), []byte(strings.Repeat("no database ", 1000)), 0o600))
		},
		"others may write to the directory": func(t *testing.T, dir string) { must(t, os.Chmod(dir, 0o777)) },
		"others may read the key": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, KeyFile), make([]byte, KeySize), 0o600))
			must(t, os.Chmod(filepath.Join(dir, KeyFile), 0o640))
		},
		"the key is cut": func(t *testing.T, dir string) { must(t, os.WriteFile(filepath.Join(dir, KeyFile), []byte("x"), 0o600)) },
		"the key is a link": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "elsewhere"), make([]byte, KeySize), 0o600))
			must(t, os.Symlink("elsewhere", filepath.Join(dir, KeyFile)))
		},
		"somebody keeps it locked": func(t *testing.T, dir string) {
			must(t, open(t, Options{Dir: dir}).Close())
			run(t, raw(t, dir), "BEGIN IMMEDIATE")
		},
		"a damaged page": func(t *testing.T, dir string) {
			must(t, open(t, Options{Dir: dir}).Close())
			f, err := os.OpenFile(filepath.Join(dir, File), os.O_RDWR, 0)
			must(t, err)
			_, err = f.WriteAt(bytes.Repeat([]byte{0xff}, 4096), 100)
			must(t, errors.Join(err, f.Close()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			spoil(t, dir)
			_, err := Open(t.Context(), Options{Dir: dir, Wait: 20 * time.Millisecond})
			var unavailable *UnavailableError
			if !errors.Is(err, ErrUnavailable) || !errors.As(err, &unavailable) || unavailable.Cause == nil {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := Open(t.Context(), Options{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("no directory: %v", err)
	}
}

func TestSQLiteLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, Options{Dir: dir, Wait: 20 * time.Millisecond})
	id := begin(t, l, ada())
	other := raw(t, dir)
	run(t, other, "BEGIN IMMEDIATE")
	if err := l.MarkClicked(t.Context(), id); !errors.Is(err, ErrUnavailable) {
		t.Errorf("while it is locked: %v", err)
	}
	if list, err := l.Unresolved(t.Context(), Live, ada().Account); err != nil || len(list) != 1 || list[0].State != Begun {
		t.Errorf("reading goes on: %v, %v", list, err)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if err := l.MarkClicked(ctx, id); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a deadline: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if err := l.MarkClicked(ctx, id); errors.Is(err, ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	run(t, other, "ROLLBACK")
	click(t, l, id)
}

func TestSQLiteFull(t *testing.T) {
	t.Parallel()
	l := open(t, Options{Dir: t.TempDir()})
	limit := func(pages int) {
		t.Helper()
		_, err := l.db.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		must(t, err)
	}
	limit(1) // SQLite takes it as "as it is now"
	n := 0
	for ; ; n++ {
		in := ada()
		in.Person.GivenName, in.Attestation = fmt.Sprint("Ada ", n), strings.Repeat("long ", 2000)
		if _, err := l.Begin(t.Context(), in); err != nil {
			if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "full") {
				t.Errorf("full: %v", err)
			}
			break
		}
	}
	list, err := l.Unresolved(t.Context(), Live, ada().Account)
	must(t, err)
	if len(list) != n {
		t.Errorf("%d of %d are there", len(list), n)
	}
	limit(1 << 20)
	begin(t, l, ada())
}

// TestSQLitePruneScrubs looks for personal data in the bytes on disk.
func TestSQLitePruneScrubs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := newClock()
	l := open(t, Options{Dir: dir, Now: c.now})
	in := ada()
	in.Person.Email = "sentinel.address@example.com"
	id := begin(t, l, in)
	click(t, l, id)
	must(t, l.Resolve(t.Context(), id, Outcome{Result: Created, RunID: "run-1"}))
	onDisk := func() bool {
		t.Helper()
		for _, name := range []string{File, File + "-wal"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			must(t, err)
			if bytes.Contains(b, []byte("sentinel.address")) {
				return true
			}
		}
		return false
	}
	if !onDisk() {
		t.Fatal("the search finds nothing")
	}
	c.advance(RetainPersonal + time.Second)
	if p, err := l.Prune(t.Context(), RetainPersonal); err != nil || p.Intents != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	if onDisk() {
		t.Error("the e-mail address is still on disk")
	}
}

// TestSQLiteSettle goes through the sixty seconds with a clock of the test.
func TestSQLiteSettle(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := open(t, Options{Dir: t.TempDir(), Now: c.now})
	id := begin(t, l, ada())
	click(t, l, id)
	const settle = time.Minute
	for _, s := range []struct {
		after time.Duration
		want  bool
	}{
		{0, false}, // at the moment of the click: not after it
		{time.Second, false},
		{30 * time.Second, false},
		{30*time.Second - time.Microsecond, false},
		{time.Microsecond, true},
	} {
		c.advance(s.after)
		look(t, l, id, 2, 0, true)
		if got, err := l.Settled(t.Context(), id, settle); err != nil || got != s.want {
			t.Errorf("at %s: %v, %v", c.now().Format(time.TimeOnly), got, err)
		}
	}
}

// TestLeaseHeartbeat runs in a bubble whose clock jumps: what would take hours is tried to the second.
func TestLeaseHeartbeat(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(t.Context(), Options{Dir: dir, Wait: time.Millisecond})
		must(t, err)
		defer l.Close()
		const ttl = time.Hour
		lease, err := l.Acquire(t.Context(), Live, "a1", "host", ttl)
		must(t, err)
		lost := func() bool {
			synctest.Wait()
			select {
			case <-lease.Lost():
				return true
			default:
				return false
			}
		}
		time.Sleep(10 * ttl)
		if lost() {
			t.Fatal("lost in spite of heartbeats")
		}
		if _, err := l.Acquire(t.Context(), Live, "a1", "other", ttl); !errors.Is(err, ErrBusy) {
			t.Fatalf("taken over: %v", err)
		}

		db, err := sql.Open("sqlite", filepath.Join(dir, File))
		must(t, err)
		defer db.Close()
		other, err := db.Conn(t.Context())
		must(t, err)
		run(t, other, "BEGIN IMMEDIATE")
		time.Sleep(ttl / 2) // one beat fails
		run(t, other, "ROLLBACK")
		time.Sleep(ttl / 2)
		if lost() {
			t.Fatal("lost after a single failed beat")
		}
		run(t, other, "BEGIN IMMEDIATE")
		time.Sleep(ttl - ttl/3 - time.Second)
		if lost() {
			t.Fatal("lost before its time")
		}
		time.Sleep(ttl/3 + 2*time.Second)
		if !lost() {
			t.Fatal("kept without a renewal for its whole time")
		}
		run(t, other, "ROLLBACK")
		must(t, other.Close())
		if err := lease.Confirm(t.Context()); !errors.Is(err, ErrLeaseLost) {
			t.Errorf("a lost lease was confirmed: %v", err)
		}
		must(t, lease.Release(t.Context()))
	})
}

func TestNormal(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"Zoë Example", "zoe\u0308 example", " ZOË\u00a0\tEXAMPLE ", "Ｚoë example"},
		{"Strauß", "STRAUSS"},
		{"", " "},
	} {
		for _, s := range same {
			if normal(s) != normal(same[0]) {
				t.Errorf("%q and %q differ", s, same[0])
			}
		}
	}
	if normal("Zoë") == normal("Zoe") || normal("Ann Lee") == normal("Annlee") {
		t.Error("different names meet")
	}
}
