package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// Store is the database of batches, schedules and workers. Its methods may be
// called from several goroutines.
//
// All of them return state_unavailable when the database fails, and the
// context's error when that ends first.
type Store struct{ db database }

// File is the name of the SQLite database in the state directory. It is not the
// ledger's: the queue writes all the time, and the ledger's one writer must never
// wait for it between an intent and its click. A queue can be thrown away, too;
// a ledger cannot.
const File = "jobs.db"

// Options say where the store is.
type Options struct {
	// Dir is the state directory; unused with URL.
	Dir string
	// URL is a PostgreSQL address, the ledger's own; empty is SQLite in Dir.
	URL string
	// Now is the clock of a store in SQLite; by default time.Now. PostgreSQL goes
	// by its own, which is the same for all machines.
	Now func() time.Time
}

// Open opens the store and brings its schema up to date, which is safe when
// several processes do it at once.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	var db database
	var err error
	if o.URL != "" {
		db, err = openPostgres(ctx, o)
	} else {
		db, err = openSQLite(ctx, o)
	}
	if err != nil {
		return nil, unavailable(ctx, "opening the queue", err)
	}
	s := &Store{db}
	if err := s.migrate(ctx); err != nil {
		db.close()
		return nil, err
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() { s.db.close() }

// database is what differs between SQLite and PostgreSQL.
type database interface {
	// transact runs f in one transaction, with the clock that all processes share.
	transact(ctx context.Context, f func(*tx) error) error
	// migrateEngine brings the queue's own tables up to date.
	migrateEngine(ctx context.Context) error
	// hasTable tells whether a table exists.
	hasTable(ctx context.Context, t *tx, name string) (bool, error)
	// lockSchema makes other processes' migrations wait for the transaction's end.
	lockSchema(ctx context.Context, t *tx) error
	// engine makes a queue that works jobs.
	engine(c *river.Config) (engine, error)
	close()
}

// engine is the part of a river.Client that is needed here, whatever its
// transactions are.
type engine interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
}

// statements is what a transaction of either database can do.
type statements interface {
	// exec runs one statement, with ? for each argument, and returns how many rows
	// it changed.
	exec(ctx context.Context, query string, args ...any) (int64, error)
	// each calls f for every row of a query.
	each(ctx context.Context, f func(scan func(...any) error) error, query string, args ...any) error
}

// tx is one transaction together with the shared clock's time in it.
type tx struct {
	statements
	now time.Time
	// enqueue adds jobs, which are there when the transaction is.
	enqueue func(ctx context.Context, jobs ...river.InsertManyParams) error
	// discard takes all jobs out of a queue that are not under way.
	discard func(ctx context.Context, queue string) error
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

// in runs f in one transaction. What names the deed in messages.
func (s *Store) in(ctx context.Context, what string, f func(*tx) error) error {
	return unavailable(ctx, what, s.db.transact(ctx, f))
}

// session is a transaction of one driver.
type session[T any] struct {
	statements
	raw              T
	now              time.Time
	commit, rollback func(context.Context) error
}

// queue is what both databases have in common, for the driver's own kind of
// transaction.
type queue[T any] struct {
	driver riverdriver.Driver[T]
	// inserts adds jobs and works none.
	inserts *river.Client[T]
	begin   func(context.Context) (session[T], error)
}

func newQueue[T any](driver riverdriver.Driver[T], begin func(context.Context) (session[T], error)) (queue[T], error) {
	inserts, err := river.NewClient(driver, &river.Config{Logger: silent()})
	return queue[T]{driver, inserts, begin}, err
}

func (q queue[T]) transact(ctx context.Context, f func(*tx) error) error {
	s, err := q.begin(ctx)
	if err != nil {
		return err
	}
	t := &tx{statements: s.statements, now: s.now, enqueue: func(ctx context.Context, jobs ...river.InsertManyParams) error {
		if len(jobs) == 0 {
			return nil
		}
		_, err := q.inserts.InsertManyTx(ctx, s.raw, jobs)
		return err
	}, discard: func(ctx context.Context, queue string) error {
		const most = 10_000 // that the engine deletes at once
		_, err := q.inserts.JobDeleteManyTx(ctx, s.raw, river.NewJobDeleteManyParams().Queues(queue).First(most))
		return err
	}}
	if err := f(t); err != nil {
		// What is not committed is undone by the database in any case.
		_ = s.rollback(context.WithoutCancel(ctx))
		return err
	}
	return s.commit(ctx)
}

func (q queue[T]) engine(c *river.Config) (engine, error) { return river.NewClient(q.driver, c) }

// unavailable gives an error of the database its code. Errors that have one, and
// the context's, stay what they are.
func unavailable(ctx context.Context, what string, err error) error {
	var stop *automation.Error
	switch {
	case err == nil || errors.As(err, &stop):
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	}
	return &automation.Error{
		Code: automation.StateUnavailable, Err: err, Message: lang.Text("%s: the queue's database cannot be used: %v", lang.Word(what), err),
		Hint: lang.Text("Check the state directory's disk and permissions, or the database, and run the command again."),
	}
}

// newID returns an unguessable id; the prefix tells people what it names.
func newID(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()[:16]) }

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

// clean keeps what both databases can hold: PostgreSQL refuses NUL and broken
// UTF-8, and a result must not be lost over what a portal printed.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
