package jobs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// schemaLock is the advisory lock under which migrations run: an arbitrary
// number ("irccjob" as bytes), ours in the database by convention.
const schemaLock int64 = 0x69726363_6a6f62

// connections bounds what one worker takes of the hundred that a server usually
// allows: the engine listens on one, and rows write now and then.
const connections = 6

// postgresDatabase is a queue that several machines share. Time is the server's.
type postgresDatabase struct {
	queue[pgx.Tx]
	pool *pgxpool.Pool
}

func openPostgres(ctx context.Context, o Options) (database, error) {
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		// The parser's message quotes the address, which may hold a password.
		return nil, &automation.Error{
			Code: automation.BadSettings, Message: lang.Text("the database address is not of the form postgres://user@host:port/database"),
			Hint: lang.Text("Correct --database-url or IRCCPIN_DATABASE_URL."),
		}
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		// A server that does not answer within ten seconds is as good as none.
		config.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	config.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	d := &postgresDatabase{pool: pool}
	if d.queue, err = newQueue(riverpgxv5.New(pool), d.begin); err != nil {
		pool.Close()
		return nil, err
	}
	return d, nil
}

func (d *postgresDatabase) begin(ctx context.Context) (session[pgx.Tx], error) {
	t, err := d.pool.Begin(ctx)
	if err != nil {
		return session[pgx.Tx]{}, err
	}
	var now int64
	err = t.QueryRow(ctx, `SELECT set_config('lock_timeout', $1, true), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`,
		fmt.Sprint(patience.Milliseconds())).Scan(nil, &now)
	if err != nil {
		return session[pgx.Tx]{}, errors.Join(err, t.Rollback(context.WithoutCancel(ctx)))
	}
	return session[pgx.Tx]{statements: pgxStatements{t}, raw: t, now: fromMicros(now), commit: t.Commit, rollback: t.Rollback}, nil
}

// migrateEngine runs under a lock of its own connection, since some of the
// engine's migrations cannot share a transaction.
func (d *postgresDatabase) migrateEngine(ctx context.Context) error {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", schemaLock); err != nil {
		return err
	}
	err = d.queue.migrateEngine(ctx)
	_, unlocked := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", schemaLock)
	return errors.Join(err, unlocked)
}

func (d *postgresDatabase) hasTable(ctx context.Context, t *tx, name string) (bool, error) {
	var has bool
	// A query, since what to_regclass said once it says again from the connection's
	// cache, also when another process has made the table meanwhile.
	_, err := t.one(ctx, []any{&has}, `SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = ? AND pg_table_is_visible(oid))`, name)
	return has, err
}

func (d *postgresDatabase) lockSchema(ctx context.Context, t *tx) error {
	return t.each(ctx, func(func(...any) error) error { return nil }, "SELECT pg_advisory_xact_lock(?)", schemaLock)
}

func (d *postgresDatabase) close() { d.pool.Close() }

// pgxStatements are those of pgx, with ? as elsewhere.
type pgxStatements struct{ tx pgx.Tx }

func (s pgxStatements) exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := s.tx.Exec(ctx, numbered(query), args...)
	return tag.RowsAffected(), err
}

func (s pgxStatements) each(ctx context.Context, f func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := s.tx.Query(ctx, numbered(query), args...)
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

// numbered turns ? placeholders into PostgreSQL's own.
func numbered(query string) string {
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
