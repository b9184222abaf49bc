package jobs

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/riverqueue/river/rivermigrate"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// migrations holds one file per version of our schema, named by its number. A
// file that was released is never changed.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings both schemas up to date: the engine's, and ours beside it.
// Nothing is touched when either is newer than this program.
func (s *Store) migrate(ctx context.Context) error {
	list, err := loadMigrations()
	if err != nil {
		return err
	}
	if err := s.in(ctx, "looking at the queue's schema", func(t *tx) error { return s.refuseNewer(ctx, t, len(list)) }); err != nil {
		return err
	}
	if err := s.db.migrateEngine(ctx); err != nil {
		return unavailable(ctx, "preparing the queue's schema", err)
	}
	return s.in(ctx, "preparing the queue's schema", func(t *tx) error {
		if err := s.db.lockSchema(ctx, t); err != nil {
			return err
		}
		found, err := s.schema(ctx, t)
		if err != nil || found >= len(list) {
			return err
		}
		for n, text := range list[found:] {
			if found+n == 0 {
				text = "CREATE TABLE irccpin_jobs_meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);\n" + text
			}
			for _, statement := range statementsOf(text) {
				if _, err := t.exec(ctx, statement); err != nil {
					return fmt.Errorf("migration %d: %w", found+n+1, err)
				}
			}
		}
		_, err = t.exec(ctx, `INSERT INTO irccpin_jobs_meta (name, value) VALUES ('schema', ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, strconv.Itoa(len(list)))
		return err
	})
}

// refuseNewer fails when a newer program has been here.
func (s *Store) refuseNewer(ctx context.Context, t *tx, known int) error {
	found, err := s.schema(ctx, t)
	if err != nil {
		return err
	}
	if found > known {
		return newer("its tables", found, known)
	}
	has, err := s.db.hasTable(ctx, t, "river_migration")
	if err != nil || !has {
		return err
	}
	var engine int64
	if _, err := t.one(ctx, []any{&engine}, `SELECT coalesce(max(version), 0) FROM river_migration`); err != nil {
		return err
	}
	if engine > engineSchema {
		return newer("the engine's tables", int(engine), engineSchema)
	}
	return nil
}

// engineSchema is the newest schema that the engine of this program knows.
const engineSchema = 6

func newer(what string, found, known int) error {
	return &automation.Error{
		Code:    automation.StateUnavailable,
		Message: lang.Text("the queue belongs to a newer version of irccpin: %s have schema %d, and this one knows none after %d", what, found, known),
		Hint:    lang.Text("Use the newer irccpin. Nothing was touched."),
	}
}

// schema is the version of our tables; 0 is none.
func (s *Store) schema(ctx context.Context, t *tx) (int, error) {
	has, err := s.db.hasTable(ctx, t, "irccpin_jobs_meta")
	if err != nil || !has {
		return 0, err
	}
	version := "0"
	if _, err := t.one(ctx, []any{&version}, `SELECT value FROM irccpin_jobs_meta WHERE name = 'schema'`); err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(version)
	if err != nil {
		return 0, fmt.Errorf("the schema's version %q is not a number", version)
	}
	return n, nil
}

func loadMigrations() ([]string, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var list []string
	for i, name := range names {
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		if version, err := strconv.Atoi(number); err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s is not number %d", name, i+1)
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		list = append(list, string(text))
	}
	return list, nil
}

// statementsOf splits a migration: one of the drivers takes a single statement
// at a time. Comments go first, since they may hold what ends one.
func statementsOf(text string) []string {
	var bare []string
	for _, line := range strings.Split(text, "\n") {
		before, _, _ := strings.Cut(line, "--")
		bare = append(bare, before)
	}
	var out []string
	for _, statement := range strings.Split(strings.Join(bare, "\n"), ";") {
		if strings.TrimSpace(statement) != "" {
			out = append(out, statement)
		}
	}
	return out
}

// migrateEngine runs the engine's own migrations, those that are missing.
func (q queue[T]) migrateEngine(ctx context.Context) error {
	m, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: silent()})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// silent is a log that goes nowhere.
func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }
