//go:build system

package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"irccpin/fixtures/cluster"
)

// TestPostgres runs on PostgreSQL what holds on every engine, each test in a database of its own.
func TestPostgres(t *testing.T) {
	server := cluster.Start(t)
	for _, s := range slices.Concat(suite, processSuite) {
		t.Run(s.name, func(t *testing.T) { s.run(t, world{dir: t.TempDir(), url: cluster.Database(t, server)}) })
	}
	t.Run("key", func(t *testing.T) {
		if _, err := Open(t.Context(), Options{URL: cluster.Database(t, server)}); !errors.Is(err, ErrKeyMissing) {
			t.Errorf("no key: %v", err)
		}
	})
	t.Run("addresses", func(t *testing.T) { testAddresses(t, server) })
	t.Run("durable", func(t *testing.T) { testDurable(t, cluster.Database(t, server)) })
	t.Run("locked", func(t *testing.T) { testPostgresLocked(t, cluster.Database(t, server)) })
	t.Run("without the right to create tables", func(t *testing.T) { testModestUser(t, cluster.Database(t, server)) })
	t.Run("the server goes", func(t *testing.T) { testServerGoes(t, cluster.Database(t, server)) })
}

// testAddresses looks at what an address that does not work gives away.
func testAddresses(t *testing.T, server string) {
	nowhere := must1(url.Parse(server))
	nowhere.Path = "/nowhere"
	for name, c := range map[string]struct {
		url  string
		want error
	}{
		"no such database": {nowhere.String(), ErrUnavailable},
		"nobody listens":   {"postgres://u:sentinel@127.0.0.1:1/x", ErrUnavailable},
		"not an address":   {"postgres://u:sentinel@[::1/x", ErrInvalid},
		"odd port":         {"postgres://u:sentinel@127.0.0.1:port/x", ErrInvalid},
	} {
		_, err := Open(t.Context(), Options{URL: c.url, Key: testKey})
		if !errors.Is(err, c.want) || strings.Contains(err.Error(), "sentinel") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// testDurable turns synchronous_commit off for the database, as an administrator might for speed.
func testDurable(t *testing.T, address string) {
	admin := cluster.Connect(t, address)
	cluster.Execute(t, admin, fmt.Sprintf(`ALTER DATABASE %s SET synchronous_commit = off`, strings.TrimPrefix(must1(url.Parse(address)).Path, "/")))
	l := world{url: address}.open(t)
	must(t, l.write(t.Context(), "asking", func(tx *tx) error {
		var got string
		_, err := tx.one(t.Context(), []any{&got}, `SHOW synchronous_commit`)
		if got != "on" {
			t.Errorf("synchronous_commit is %s", got)
		}
		return err
	}))
}

func testPostgresLocked(t *testing.T, address string) {
	o := world{url: address}.options()
	o.Wait = 50 * time.Millisecond
	l := open(t, o)
	id := begin(t, l, ada())
	other, err := cluster.Connect(t, address).BeginTx(t.Context(), nil)
	must(t, err)
	defer other.Rollback()
	_, err = other.ExecContext(t.Context(), `SELECT id FROM irccpin_intents FOR UPDATE`)
	must(t, err)
	if err := l.MarkClicked(soon(t), id); !errors.Is(err, ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a locked row: %v", err)
	}
	must(t, other.Rollback())
	click(t, l, id)
}

// testModestUser opens a ledger that somebody else has migrated, as a user who may only read and write.
func testModestUser(t *testing.T, address string) {
	must(t, world{url: address}.open(t).Close())
	admin := cluster.Connect(t, address)
	role := "modest_" + strings.ToLower(rand.Text())
	cluster.Execute(t, admin, `CREATE ROLE `+role+` LOGIN`, `REVOKE CREATE ON SCHEMA public FROM PUBLIC`,
		`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO `+role)
	t.Cleanup(func() { cluster.Execute(t, admin, `DROP OWNED BY `+role, `DROP ROLE `+role) })
	u := must1(url.Parse(address))
	u.User = url.User(role)
	l := world{url: u.String()}.open(t)
	begin(t, l, ada())
}

// testServerGoes ends the ledger's connections from the server's side: the lease survives it, since the next beat connects anew.
func testServerGoes(t *testing.T, address string) {
	l := world{url: address}.open(t)
	lease, err := l.Acquire(t.Context(), Live, "a1", "host", time.Hour)
	must(t, err)
	cluster.Execute(t, cluster.Connect(t, address), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	ctx := soon(t)
	for {
		err := lease.Confirm(ctx)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrUnavailable) || ctx.Err() != nil {
			t.Fatalf("after the connections ended: %v", err)
		}
	}
	must(t, lease.Release(t.Context()))
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
