//go:build system

package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// postgresURL names a PostgreSQL server to test with, as a superuser who needs no password; without it, the tests start a private cluster of their own.
const postgresURL = "IRCCPIN_TEST_POSTGRES"

// TestPostgres runs on PostgreSQL what holds on every engine, each test in a database of its own.
func TestPostgres(t *testing.T) {
	server := os.Getenv(postgresURL)
	if server == "" {
		server = startCluster(t)
	}
	for _, s := range slices.Concat(suite, processSuite) {
		t.Run(s.name, func(t *testing.T) { s.run(t, world{dir: t.TempDir(), url: database(t, server)}) })
	}
	t.Run("key", func(t *testing.T) {
		if _, err := Open(t.Context(), Options{URL: database(t, server)}); !errors.Is(err, ErrKeyMissing) {
			t.Errorf("no key: %v", err)
		}
	})
	t.Run("addresses", func(t *testing.T) { testAddresses(t, server) })
	t.Run("durable", func(t *testing.T) { testDurable(t, database(t, server)) })
	t.Run("locked", func(t *testing.T) { testPostgresLocked(t, database(t, server)) })
	t.Run("without the right to create tables", func(t *testing.T) { testModestUser(t, database(t, server)) })
	t.Run("the server goes", func(t *testing.T) { testServerGoes(t, database(t, server)) })
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
	admin := connect(t, address)
	execute(t, admin, fmt.Sprintf(`ALTER DATABASE %s SET synchronous_commit = off`, strings.TrimPrefix(must1(url.Parse(address)).Path, "/")))
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
	other, err := connect(t, address).BeginTx(t.Context(), nil)
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
	admin := connect(t, address)
	role := "modest_" + strings.ToLower(rand.Text())
	execute(t, admin, `CREATE ROLE `+role+` LOGIN`, `REVOKE CREATE ON SCHEMA public FROM PUBLIC`,
		`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO `+role)
	t.Cleanup(func() { execute(t, admin, `DROP OWNED BY `+role, `DROP ROLE `+role) })
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
	execute(t, connect(t, address), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
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

func connect(t *testing.T, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", address)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(context.Background(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// database makes an empty database for one test and returns its address.
func database(t *testing.T, server string) string {
	t.Helper()
	name := "ledger_" + strings.ToLower(rand.Text())
	db := connect(t, server)
	execute(t, db, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, db, "DROP DATABASE "+name+" WITH (FORCE)") })
	u := must1(url.Parse(server))
	u.Path = "/" + name
	return u.String()
}

// startCluster starts a private PostgreSQL on a Unix socket in a temporary directory, as the user postgres when the tests
// run as root (the server refuses to), and stops it afterwards. Without the server's programs the test fails.
func startCluster(t *testing.T) string {
	t.Helper()
	bin := serverPrograms(t)
	// Not t.TempDir: the name of a socket has room for a hundred characters, and the user postgres must reach it.
	dir, err := os.MkdirTemp("/tmp", "pg")
	must(t, err)
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	var as *syscall.Credential
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		must(t, err)
		uid, gid := must1(strconv.Atoi(u.Uid)), must1(strconv.Atoi(u.Gid))
		must(t, os.Chown(dir, uid, gid))
		as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	data := filepath.Join(dir, "data")
	log := must1(os.Create(filepath.Join(dir, "log"))) // a file and no pipe, which the server's children would keep open
	t.Cleanup(func() { log.Close() })
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.Env = dir, []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH"), "HOME=" + dir}
		cmd.Stdout, cmd.Stderr = log, log
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		return cmd
	}
	said := func() []byte { return must1(os.ReadFile(log.Name())) }
	if err := command("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync").Run(); err != nil {
		t.Fatalf("initdb: %v: %s", err, said())
	}
	// The shell ends the server when its standard input does, which is when these tests end in whatever way, and clears up.
	const guard = `"$@" & cat; kill -QUIT $!; wait $!; rm -rf "$PWD"`
	server := command("postgres")
	server.Path, server.Args = "/bin/sh", []string{
		"sh", "-c", guard, "sh", server.Path, "-D", data,
		"-c", "listen_addresses=", "-c", "unix_socket_directories=" + dir, "-c", "fsync=off",
	}
	alive, err := server.StdinPipe()
	must(t, err)
	must(t, server.Start())
	t.Cleanup(func() {
		alive.Close()
		server.Wait()
	})
	address := "postgres:///postgres?" + url.Values{"host": {dir}, "user": {"postgres"}}.Encode()
	db := connect(t, address)
	for ctx := soon(t); db.PingContext(ctx) != nil; {
		select {
		case <-ctx.Done():
			t.Fatalf("the server does not answer: %s", said())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return address
}

// serverPrograms finds the newest initdb and pg_ctl: in Debian's places, else on the path.
func serverPrograms(t *testing.T) string {
	t.Helper()
	places, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	must(t, err)
	if len(places) > 0 {
		return filepath.Dir(slices.MaxFunc(places, func(a, b string) int { return version(a) - version(b) }))
	}
	path, err := exec.LookPath("pg_ctl")
	if err != nil {
		t.Fatalf("no PostgreSQL server here: install the package postgresql, or set %s: %v", postgresURL, err)
	}
	return filepath.Dir(path)
}

// version is the 15 of /usr/lib/postgresql/15/bin/pg_ctl.
func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}
