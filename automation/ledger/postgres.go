package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// schemaLock is the advisory lock under which migrations run: an arbitrary number ("irccpin" as bytes), ours in the
// database by convention.
const schemaLock = 0x69726363_70696e

// connectTimeout bounds the dial when the address has no connect_timeout of its own: a server that does not answer within
// ten seconds is as good as none.
const connectTimeout = 10 * time.Second

// postgresEngine is a ledger that several machines share. Time is the server's, since their clocks differ.
type postgresEngine struct {
	place string
	wait  time.Duration
}

func openPostgres(o Options) (*Ledger, error) {
	if len(o.Key) == 0 {
		return nil, ErrKeyMissing
	}
	if len(o.Key) < KeySize {
		return nil, ErrKeyTooShort
	}
	cfg, err := pgx.ParseConfig(o.URL)
	if err != nil {
		// The parser's message quotes the address, which may hold a password.
		return nil, fmt.Errorf("%w: the database address is not of the form postgres://user@host:port/database", ErrInvalid)
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	e := &postgresEngine{place: fmt.Sprintf("%s on %s", cfg.Database, cfg.Host), wait: o.Wait}
	db := stdlib.OpenDB(*cfg)
	// Servers allow about a hundred connections in all; a worker's sessions write now and then.
	db.SetMaxOpenConns(4)
	return &Ledger{db: db, reads: db, engine: e, key: o.Key, leases: map[*Lease]struct{}{}}, nil
}

func (e *postgresEngine) where() string { return e.place }

func (e *postgresEngine) rebind(query string) string {
	var b strings.Builder
	for n, rest := 1, query; ; n++ {
		before, after, found := strings.Cut(rest, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		rest = after
	}
}

func (e *postgresEngine) snapshot() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

const pgClock = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

func (e *postgresEngine) clock(ctx context.Context, db *sql.DB) (time.Time, error) {
	var now int64
	err := db.QueryRowContext(ctx, "SELECT "+pgClock).Scan(&now)
	return fromMicros(now), err
}

// enter raises synchronous_commit where somebody turned it off (stronger settings stay), since an intent must be on disk
// before the click, and bounds the wait for other writers.
func (e *postgresEngine) enter(ctx context.Context, tx *sql.Tx) (time.Time, error) {
	var durable, wait string
	var now int64
	err := tx.QueryRowContext(ctx, `SELECT
		CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) ELSE '' END,
		set_config('lock_timeout', $1, true), `+pgClock, fmt.Sprint(e.wait.Milliseconds())).Scan(&durable, &wait, &now)
	return fromMicros(now), err
}

func (e *postgresEngine) hasMeta(ctx context.Context, tx *sql.Tx) (bool, error) {
	var has bool
	err := tx.QueryRowContext(ctx, `SELECT to_regclass('irccpin_meta') IS NOT NULL`).Scan(&has)
	return has, err
}

func (e *postgresEngine) lockSchema(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(schemaLock))
	return err
}

// scrub has nothing to do: the server's own vacuum takes care of its files.
func (e *postgresEngine) scrub(context.Context, *sql.DB) error { return nil }

// unavailable takes every failure that the server did not answer itself (no connection, a broken one) and, of its answers,
// those that tell of its state and not of our statement.
func (e *postgresEngine) unavailable(err error) string {
	var pe *pgconn.PgError
	if !errors.As(err, &pe) {
		return "the server cannot be reached"
	}
	switch pe.Code {
	case pgLockNotAvailable, pgDeadlock, pgSerialization:
		return "another process keeps it locked"
	case pgDiskFull:
		return "the disk is full"
	case pgReadOnly, pgNoPrivilege, pgNoDatabase, pgNoSchema:
		return "it cannot be opened for writing"
	}
	switch pe.Code[:2] {
	case "08", "53", "57", "58", "XX": // connection, resources, operator intervention, system, internal
		return "the server failed"
	case "28": // authorization
		return "the server refused the user"
	}
	return ""
}

// SQLSTATE codes, from appendix A of the PostgreSQL manual.
const (
	pgLockNotAvailable = "55P03"
	pgDeadlock         = "40P01"
	pgSerialization    = "40001"
	pgDiskFull         = "53100"
	pgReadOnly         = "25006" // a standby
	pgNoPrivilege      = "42501"
	pgNoDatabase       = "3D000"
	pgNoSchema         = "3F000"
)
