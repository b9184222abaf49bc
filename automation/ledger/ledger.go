package ledger

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"irccpin/automation/lang"
)

// Realm keeps records of the simulated portal apart from live ones: they never meet in any query.
type Realm string

// The two realms.
const (
	Live      Realm = "live"
	Simulated Realm = "simulated"
)

// DefaultWait is how long a write waits for another process's write. Writes here take milliseconds, so that five seconds
// of waiting mean that something is stuck, and no step of a session has a deadline that short.
const DefaultWait = 5 * time.Second

// File is the name of the SQLite database in the state directory.
const File = "ledger.db"

// Options say where the ledger lives.
type Options struct {
	// Dir is the state directory, for the SQLite file and its key; it is created (0700) when missing. Unused with URL.
	Dir string
	// URL is a PostgreSQL address, postgres://…; empty for SQLite in Dir.
	URL string
	// Key makes the fingerprints; at least [KeySize] bytes. Required with URL; without, it is by default the one of
	// [Key] in Dir.
	Key []byte
	// Now is the clock of a ledger in SQLite; by default time.Now. PostgreSQL goes by its own, which is the same for all machines.
	Now func() time.Time
	// Wait is how long a write waits for another process's write; by default [DefaultWait].
	Wait time.Duration
}

// Ledger is an open ledger. Its methods may be called from several goroutines.
//
// Besides the errors that each method names, all of them return [ErrUnavailable] when the database fails, and the
// context's error when that ends first (a deadline that passes is both).
type Ledger struct {
	db     *sql.DB // for writing: one connection on SQLite, so that goroutines queue in order instead of polling a lock
	reads  *sql.DB // for reading; the same on PostgreSQL
	engine engine
	key    []byte

	mu     sync.Mutex
	leases map[*Lease]struct{} // those whose heartbeat runs
	closed bool

	owing     sync.Mutex
	unwritten []Hold // that the database did not take
}

// engine is what differs between SQLite and PostgreSQL.
type engine interface {
	// where names the database in messages, without a password.
	where() string
	// rebind turns ? placeholders into the engine's own.
	rebind(query string) string
	// enter prepares a writing transaction (durability, waiting time) and returns the ledger's clock.
	enter(ctx context.Context, tx *sql.Tx) (time.Time, error)
	// clock returns the ledger's time.
	clock(ctx context.Context, db *sql.DB) (time.Time, error)
	// hasMeta tells whether the database holds a ledger already.
	hasMeta(ctx context.Context, tx *sql.Tx) (bool, error)
	// lockSchema makes other processes' migrations wait for the end of the transaction.
	lockSchema(ctx context.Context, tx *sql.Tx) error
	// snapshot returns the options of a transaction that sees one state of the database.
	snapshot() *sql.TxOptions
	// unavailable tells why the database could not be used, or "" when the error has another cause.
	unavailable(err error) string
	// scrub makes deleted data unreadable in the files, as far as the engine lets us.
	scrub(ctx context.Context, db *sql.DB) error
}

// Open opens the ledger and brings its schema up to date, which is safe when several processes do it at once. Errors:
// [ErrUnavailable], [ErrNewerVersion], [ErrKeyMissing], [ErrKeyTooShort], [ErrWrongKey].
func Open(ctx context.Context, o Options) (*Ledger, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait <= 0 {
		o.Wait = DefaultWait
	}
	var l *Ledger
	var err error
	if o.URL != "" {
		l, err = openPostgres(o)
	} else {
		l, err = openSQLite(ctx, o)
	}
	if err != nil {
		return nil, lang.Errorf("opening the ledger: %w", err)
	}
	if err := l.migrate(ctx); err != nil {
		return nil, lang.Errorf("opening the ledger: %w", errors.Join(err, l.Close()))
	}
	return l, nil
}

// Close ends the heartbeats of all leases, as a crash would, and closes the database. Release leases first.
func (l *Ledger) Close() error {
	l.mu.Lock()
	l.closed = true
	var held []*Lease
	for lease := range l.leases {
		held = append(held, lease)
	}
	l.mu.Unlock()
	for _, lease := range held {
		lease.stop()
		lease.lose()
	}
	if l.reads == l.db {
		return l.db.Close()
	}
	return errors.Join(l.reads.Close(), l.db.Close())
}

// Clock returns the ledger's time: of the database on PostgreSQL, of [Options.Now] on SQLite. All times in the ledger are
// of this clock, so that the clocks of several machines need not agree.
func (l *Ledger) Clock(ctx context.Context) (time.Time, error) {
	now, err := l.engine.clock(ctx, l.reads)
	if err != nil {
		return time.Time{}, lang.Errorf("reading the ledger's clock: %w", l.fault(ctx, err))
	}
	return now, nil
}

// Fingerprint returns the keyed fingerprint of a value: what the ledger knows a password, passcode, answer, account or
// PIN by. Fingerprints of equal values of different kinds differ. The value cannot be had back without the key.
func (l *Ledger) Fingerprint(kind, value string) string {
	return fingerprint(l.key, kind, value)
}

// fingerprint is the first half of an HMAC-SHA256 over the parts, each preceded by its length so that no two lists of
// parts meet; 128 bits are enough to be unique and keep lines readable.
func fingerprint(key []byte, parts ...string) string {
	mac := hmac.New(sha256.New, key)
	for _, part := range parts {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// tx is one transaction together with the ledger's time in it.
type tx struct {
	l   *Ledger
	sql *sql.Tx
	now time.Time
}

// write runs f in one transaction that is on disk when write returns nil. What names the deed in messages.
func (l *Ledger) write(ctx context.Context, what string, f func(*tx) error) error {
	err := transact(ctx, l, l.db, nil, func(t *sql.Tx) error {
		now, err := l.engine.enter(ctx, t)
		if err != nil {
			return l.fault(ctx, err)
		}
		return f(&tx{l: l, sql: t, now: now})
	})
	if err != nil {
		return fmt.Errorf("%s: %w", lang.Word(what), err)
	}
	return nil
}

// read runs f in a transaction that sees one state of the database.
func (l *Ledger) read(ctx context.Context, what string, f func(*tx) error) error {
	err := transact(ctx, l, l.reads, l.engine.snapshot(), func(t *sql.Tx) error { return f(&tx{l: l, sql: t}) })
	if err != nil {
		return fmt.Errorf("%s: %w", lang.Word(what), err)
	}
	return nil
}

func transact(ctx context.Context, l *Ledger, db *sql.DB, o *sql.TxOptions, f func(*sql.Tx) error) error {
	t, err := db.BeginTx(ctx, o)
	if err != nil {
		return l.fault(ctx, err)
	}
	if err := f(t); err != nil {
		_ = t.Rollback() // what is not committed is undone by the database in any case
		return err
	}
	if err := t.Commit(); err != nil {
		return l.fault(ctx, err)
	}
	return nil
}

// fault gives an error of the database its class.
func (l *Ledger) fault(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		if errors.Is(cause, context.DeadlineExceeded) {
			return &UnavailableError{Where: l.engine.where(), Why: lang.Text("no answer in time"), Cause: cause}
		}
		return cause
	}
	if why := l.engine.unavailable(err); why != "" {
		return &UnavailableError{Where: l.engine.where(), Why: why, Cause: err}
	}
	return err
}

// exec runs one statement and returns how many rows it changed.
func (t *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.sql.ExecContext(ctx, t.l.engine.rebind(query), args...)
	if err != nil {
		return 0, t.l.fault(ctx, err)
	}
	return res.RowsAffected()
}

// each calls f for every row of a query.
func (t *tx) each(ctx context.Context, f func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := t.sql.QueryContext(ctx, t.l.engine.rebind(query), args...)
	if err != nil {
		return t.l.fault(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return t.l.fault(ctx, err)
	}
	return nil
}

// one scans the only row of a query and tells whether there was one.
func (t *tx) one(ctx context.Context, dest []any, query string, args ...any) (bool, error) {
	found := false
	err := t.each(ctx, func(scan func(...any) error) error {
		found = true
		return scan(dest...)
	}, query, args...)
	return found, err
}

// newID returns an unguessable id that sorts nowhere and collides never; the prefix tells people what it names.
func newID(prefix string) string { return prefix + "_" + strings.ToLower(rand.Text()) }

// micros is how times are stored; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// clean keeps what both databases can hold: PostgreSQL refuses NUL and broken UTF-8, and a record made after the click must
// not fail over what the portal printed.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// cleaned returns clean copies of the values as arguments of a statement.
func cleaned(values ...string) []any {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = clean(v)
	}
	return args
}

func (r Realm) check() error {
	if r != Live && r != Simulated {
		return fmt.Errorf("%w: realm %q is neither %q nor %q", ErrInvalid, r, Live, Simulated)
	}
	return nil
}

// need checks that the named values are there: name, value, name, value, …
func need(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if strings.TrimSpace(pairs[i+1]) == "" {
			return fmt.Errorf("%w: %s is missing", ErrInvalid, pairs[i])
		}
	}
	return nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
