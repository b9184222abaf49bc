package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"irccpin/automation/lang"
)

// sqliteEngine is a ledger in one file, shared by the processes of one machine. (Not over a network file system: SQLite's
// write-ahead log needs shared memory. Several machines share PostgreSQL.)
type sqliteEngine struct {
	path string
	now  func() time.Time
}

func openSQLite(ctx context.Context, o Options) (*Ledger, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil || o.Dir == "" {
		return nil, fmt.Errorf("%w: no state directory", errors.Join(ErrInvalid, err))
	}
	e := &sqliteEngine{path: filepath.Join(dir, File), now: o.Now}
	key := o.Key
	if key == nil {
		if key, err = Key(ctx, dir); err != nil {
			return nil, err
		}
	}
	if len(key) < KeySize {
		return nil, ErrKeyTooShort
	}
	if err := privateDir(dir); err != nil {
		return nil, &UnavailableError{Where: e.path, Why: lang.Text("the state directory cannot be used"), Cause: err}
	}
	if err := privateFile(e.path); err != nil {
		return nil, &UnavailableError{Where: e.path, Why: lang.Text("the file cannot be opened"), Cause: err}
	}
	l := &Ledger{engine: e, key: key, leases: map[*Lease]struct{}{}}
	dsn := sqliteDSN(e.path, o.Wait)
	if l.db, err = sql.Open("sqlite", dsn); err != nil {
		return nil, err
	}
	if l.reads, err = sql.Open("sqlite", dsn); err != nil {
		return nil, err
	}
	l.db.SetMaxOpenConns(1)
	if err := e.useWAL(ctx, l, o.Wait); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func sqliteDSN(path string, wait time.Duration) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/… is file:///C:/…
	}
	q := url.Values{
		"_txlock":       {"immediate"}, // a writer waits at its beginning, never in the middle
		"_busy_timeout": {fmt.Sprint(wait.Milliseconds())},
		"_error_rc":     {"1"}, // messages that fit their code
		"_dqs":          {"0"}, // "x" is a column, never a string
		"_pragma": {
			"synchronous(FULL)", // an intent is on disk before the click
			"fullfsync(1)",      // macOS: through the drive's own cache as well
			"foreign_keys(1)",
			"secure_delete(1)", // pruned personal data is overwritten
		},
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// useWAL switches a new file to the write-ahead log, which lets others read while one writes. SQLite does not wait for
// other processes in this one statement, so that we do.
func (e *sqliteEngine) useWAL(ctx context.Context, l *Ledger, wait time.Duration) error {
	const pause = 10 * time.Millisecond // the others need one write
	deadline := time.Now().Add(wait)
	for {
		var mode string
		err := l.db.QueryRowContext(ctx, "PRAGMA journal_mode(WAL)").Scan(&mode)
		switch {
		case err == nil && mode == "wal":
			return nil
		case err == nil:
			cause := fmt.Errorf("journal mode is %q instead of WAL", mode)
			return &UnavailableError{Where: e.path, Why: lang.Text("this file system cannot hold it"), Cause: cause}
		case !isSQLite(err, sqlite3.SQLITE_BUSY) || time.Now().After(deadline):
			return l.fault(ctx, err)
		}
		select {
		case <-ctx.Done():
			return l.fault(ctx, ctx.Err())
		case <-time.After(pause):
		}
	}
}

func isSQLite(err error, primary int) bool {
	var se *sqlite.Error
	return errors.As(err, &se) && se.Code()&0xff == primary
}

func (e *sqliteEngine) where() string              { return e.path }
func (e *sqliteEngine) rebind(query string) string { return query }
func (e *sqliteEngine) snapshot() *sql.TxOptions   { return &sql.TxOptions{ReadOnly: true} }

func (e *sqliteEngine) clock(context.Context, *sql.DB) (time.Time, error) { return e.time(), nil }
func (e *sqliteEngine) enter(context.Context, *sql.Tx) (time.Time, error) { return e.time(), nil }

// time is the clock in the precision that is stored.
func (e *sqliteEngine) time() time.Time { return e.now().UTC().Truncate(time.Microsecond) }

func (e *sqliteEngine) hasMeta(ctx context.Context, tx *sql.Tx) (bool, error) {
	var n int
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'irccpin_meta'`).Scan(&n)
	return n > 0, err
}

// lockSchema has nothing to do: a writing transaction is alone from its beginning.
func (e *sqliteEngine) lockSchema(context.Context, *sql.Tx) error { return nil }

// scrub empties the write-ahead log, which still holds the pages as they were.
func (e *sqliteEngine) scrub(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

func (e *sqliteEngine) unavailable(err error) string {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return ""
	}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return "another process keeps it locked"
	case sqlite3.SQLITE_FULL:
		return "the disk is full"
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY:
		return "it cannot be opened for writing"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return "the file is damaged or no ledger: put a backup back"
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_NOLFS:
		return "the disk or memory failed"
	}
	return ""
}
