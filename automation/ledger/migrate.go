package ledger

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"
)

// migrations holds one file per schema version, named by its number. A file that was released is never changed.
//
//go:embed migrations/*.sql
var migrations embed.FS

type migration struct {
	version int
	text    string
}

func loadMigrations() ([]migration, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	list := make([]migration, len(names))
	for i, name := range names {
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s is not number %d", name, i+1)
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		list[i] = migration{version, string(text)}
	}
	return list, nil
}

// migrate brings the schema up to date in one transaction under a lock, and checks that the key is the database's own.
func (l *Ledger) migrate(ctx context.Context) error {
	list, err := loadMigrations()
	if err != nil {
		return err
	}
	newest := list[len(list)-1].version
	return l.write(ctx, "preparing the schema", func(t *tx) error {
		if err := l.engine.lockSchema(ctx, t.sql); err != nil {
			return l.fault(ctx, err)
		}
		// Asked first, since a user of a team's database may read and write tables and yet not create any.
		has, err := l.engine.hasMeta(ctx, t.sql)
		if err != nil {
			return l.fault(ctx, err)
		}
		if !has {
			if _, err := t.exec(ctx, `CREATE TABLE irccpin_meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)`); err != nil {
				return err
			}
		}
		version, err := t.meta(ctx, "schema", "0")
		if err != nil {
			return err
		}
		found, err := strconv.Atoi(version)
		if err != nil {
			return fmt.Errorf("schema version %q is not a number", version)
		}
		if found > newest {
			return &VersionError{Where: l.engine.where(), Found: found, Known: newest}
		}
		for _, m := range list[found:] {
			if _, err := t.exec(ctx, m.text); err != nil {
				return fmt.Errorf("migration %d: %w", m.version, err)
			}
		}
		if found < newest {
			if err := t.setMeta(ctx, "schema", strconv.Itoa(newest)); err != nil {
				return err
			}
		}
		return t.checkKey(ctx)
	})
}

// checkKey remembers by which key the ledger is written, as a fingerprint of nothing, and refuses another one.
func (t *tx) checkKey(ctx context.Context) error {
	own := t.l.keyCheck()
	known, err := t.meta(ctx, "key_check", "")
	if err != nil {
		return err
	}
	switch known {
	case own:
		return nil
	case "":
		return t.setMeta(ctx, "key_check", own)
	}
	return fmt.Errorf("%s: %w", t.l.engine.where(), ErrWrongKey)
}

func (l *Ledger) keyCheck() string { return fingerprint(l.key, "key check") }

func (t *tx) meta(ctx context.Context, name, absent string) (string, error) {
	value := absent
	_, err := t.one(ctx, []any{&value}, `SELECT value FROM irccpin_meta WHERE name = ?`, name)
	return value, err
}

func (t *tx) setMeta(ctx context.Context, name, value string) error {
	_, err := t.exec(ctx, `INSERT INTO irccpin_meta (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}
