package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"modernc.org/sqlite" // registers the driver, and names its errors
)

// patience is how long a write waits for another process's. Writes here take
// milliseconds; ten seconds of waiting mean that something is stuck.
const patience = 10 * time.Second

// sqliteDatabase is a queue in one file, shared by the processes of one machine.
type sqliteDatabase struct {
	queue[*sql.Tx]
	db *sql.DB
}

func openSQLite(ctx context.Context, o Options) (database, error) {
	path, err := filepath.Abs(filepath.Join(o.Dir, File))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// It names people and settings files: for the user alone. The files that SQLite
	// puts beside it take over its mode.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(file.Chmod(0o600), file.Close()); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		return nil, err
	}
	// SQLite has one writer. Goroutines of this process queue for the connection
	// instead of polling for the lock, as the engine's driver advises.
	db.SetMaxOpenConns(1)
	d := &sqliteDatabase{db: db}
	err = patiently(ctx, func() error {
		_, err := db.ExecContext(ctx, "PRAGMA journal_mode(WAL)")
		return err
	})
	if err == nil {
		d.queue, err = newQueue(riversqlite.New(db), func(ctx context.Context) (session[*sql.Tx], error) {
			t, err := db.BeginTx(ctx, nil)
			if err != nil {
				return session[*sql.Tx]{}, err
			}
			return session[*sql.Tx]{
				statements: sqlStatements{t}, raw: t, now: o.Now().UTC().Truncate(time.Microsecond),
				commit: func(context.Context) error { return t.Commit() }, rollback: func(context.Context) error { return t.Rollback() },
			}, nil
		})
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return d, nil
}

func sqliteDSN(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/… is file:///C:/…
	}
	q := url.Values{
		"_txlock":       {"immediate"}, // a writer waits at its beginning, never in the middle
		"_busy_timeout": {fmt.Sprint(patience.Milliseconds())},
		"_dqs":          {"0"}, // "x" is a column, never a string
		"_pragma": {
			// A power cut may undo the last moments, after which a row is worked again:
			// the ledger sees to it that this makes no second user.
			"synchronous(NORMAL)",
			"foreign_keys(1)",
		},
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// patiently repeats what does not wait for other processes by itself, while it
// fails because of them.
func patiently(ctx context.Context, do func() error) error {
	const pause = 10 * time.Millisecond // the others need one write
	deadline := time.Now().Add(patience)
	for {
		err := do()
		var se *sqlite.Error
		if err == nil || !errors.As(err, &se) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// migrateEngine lets several processes begin at once: the engine's migrations
// know no lock here, and who comes second to a step finds its tables there.
func (d *sqliteDatabase) migrateEngine(ctx context.Context) error {
	return patiently(ctx, func() error { return d.queue.migrateEngine(ctx) })
}

func (d *sqliteDatabase) hasTable(ctx context.Context, t *tx, name string) (bool, error) {
	var n int64
	_, err := t.one(ctx, []any{&n}, `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?`, name)
	return n > 0, err
}

// lockSchema has nothing to do: a transaction is alone from its beginning.
func (d *sqliteDatabase) lockSchema(context.Context, *tx) error { return nil }

func (d *sqliteDatabase) close() { _ = d.db.Close() }

// sqlStatements are those of database/sql.
type sqlStatements struct{ tx *sql.Tx }

func (s sqlStatements) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := s.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s sqlStatements) each(ctx context.Context, f func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := s.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
