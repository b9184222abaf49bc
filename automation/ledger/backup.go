package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"irccpin/automation/lang"
)

// backupFormat and backupVersion name the form of a backup: JSON lines, of which the first is a backupHead, the last a
// backupTail, and every other one row of a table.
const (
	backupFormat  = "irccpin-ledger"
	backupVersion = 1
)

type backupHead struct {
	Format     string    `json:"format"`
	Version    int       `json:"version"`
	Schema     int       `json:"schema"`
	KeyCheck   string    `json:"key_check"`
	ExportedAt time.Time `json:"exported_at"`
}

type backupRow struct {
	Table string         `json:"table"`
	Row   map[string]any `json:"row"`
}

type backupTail struct {
	Rows int `json:"rows"`
}

// backupTables are the tables of a backup, in an order in which they can be filled, with what sorts their rows. Leases are
// of the moment and stay out.
var backupTables = []struct{ name, order string }{
	{"intents", "begun_at, id"},
	{"looks", "intent, seq"},
	{"pins", "realm, account, person"},
	{"holds", "at, id"},
	{"steps", "realm, fingerprint"},
	{"tries", "realm, fingerprint"},
	{"runs", "started_at, id"},
}

// Export writes a backup of one state of the ledger. It holds names and e-mail addresses, and neither PINs nor the
// fingerprint key, which belongs into a safe place of its own: a backup is worth nothing without it.
func (l *Ledger) Export(ctx context.Context, w io.Writer) error {
	out := json.NewEncoder(w)
	now, err := l.Clock(ctx)
	if err != nil {
		return err
	}
	return l.read(ctx, "exporting the ledger", func(t *tx) error {
		schema, err := t.meta(ctx, "schema", "")
		if err != nil {
			return err
		}
		head := backupHead{Format: backupFormat, Version: backupVersion, KeyCheck: l.keyCheck(), ExportedAt: now}
		if head.Schema, err = strconv.Atoi(schema); err != nil {
			return err
		}
		if err := out.Encode(head); err != nil {
			return err
		}
		rows := 0
		for _, table := range backupTables {
			err := t.dump(ctx, table.name, table.order, func(row map[string]any) error {
				rows++
				return out.Encode(backupRow{table.name, row})
			})
			if err != nil {
				return fmt.Errorf("table %s: %w", table.name, err)
			}
		}
		return out.Encode(backupTail{rows})
	})
}

// dump calls f for every row of a table. All columns are TEXT or BIGINT, so that a value is a string or an int64.
func (t *tx) dump(ctx context.Context, table, order string, f func(map[string]any) error) error {
	rows, err := t.sql.QueryContext(ctx, "SELECT * FROM irccpin_"+table+" ORDER BY "+order)
	if err != nil {
		return t.l.fault(ctx, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, dest := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		row := make(map[string]any, len(columns))
		for i, column := range columns {
			row[column] = values[i]
		}
		if err := f(row); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return t.l.fault(ctx, err)
	}
	return nil
}

// Restore puts a backup into an empty ledger of the same fingerprint key, all of it or nothing. Errors: [ErrNotEmpty],
// [ErrWrongKey], [ErrBadBackup], [ErrNewerVersion]. An older state cannot cause a second creation, since every session
// reads the table first; a credential that was held since is known no more, and is worth a look.
func (l *Ledger) Restore(ctx context.Context, r io.Reader) error {
	in := json.NewDecoder(r)
	in.UseNumber()
	in.DisallowUnknownFields()
	return l.write(ctx, "restoring the ledger", func(t *tx) error {
		var head backupHead
		if err := in.Decode(&head); err != nil {
			return lang.Errorf("%w: its first line: %w", ErrBadBackup, err)
		}
		if err := t.checkHead(ctx, head); err != nil {
			return err
		}
		tables, err := t.emptyTables(ctx)
		if err != nil {
			return err
		}
		for n := 0; ; n++ {
			var line struct {
				backupRow
				backupTail
			}
			line.Rows = -1
			if err := in.Decode(&line); err != nil {
				return lang.Errorf("%w: after %d rows: %w", ErrBadBackup, n, err)
			}
			if line.Table == "" {
				return checkTail(in, line.Rows, n)
			}
			if err := t.restoreRow(ctx, tables, line.backupRow); err != nil {
				return lang.Errorf("row %d: %w", n+1, err)
			}
		}
	})
}

func (t *tx) checkHead(ctx context.Context, head backupHead) error {
	if head.Format != backupFormat || head.Version < 1 || head.Schema < 1 {
		return lang.Errorf("%w: format %q, version %d, schema %d", ErrBadBackup, head.Format, head.Version, head.Schema)
	}
	if head.Version > backupVersion {
		return lang.Errorf("%w: its version is %d, the newest known is %d: use a newer irccpin", ErrBadBackup, head.Version, backupVersion)
	}
	schema, err := t.meta(ctx, "schema", "")
	if err != nil {
		return err
	}
	known, err := strconv.Atoi(schema)
	if err != nil {
		return err
	}
	if head.Schema > known {
		return &VersionError{Where: "backup", Found: head.Schema, Known: known}
	}
	if head.KeyCheck != t.l.keyCheck() {
		return ErrWrongKey
	}
	return nil
}

// emptyTables returns the columns of each table, having checked that none has a row.
func (t *tx) emptyTables(ctx context.Context) (map[string][]string, error) {
	tables := map[string][]string{}
	for _, table := range backupTables {
		rows, err := t.sql.QueryContext(ctx, "SELECT * FROM irccpin_"+table.name+" LIMIT 1")
		if err != nil {
			return nil, t.l.fault(ctx, err)
		}
		columns, err := rows.Columns()
		some := rows.Next()
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return nil, t.l.fault(ctx, err)
		}
		if some {
			return nil, lang.Errorf("%w: this one has %s", ErrNotEmpty, table.name)
		}
		tables[table.name] = columns
	}
	return tables, nil
}

// restoreRow inserts one row. A column that the backup lacks, being older, gets its default.
func (t *tx) restoreRow(ctx context.Context, tables map[string][]string, row backupRow) error {
	known, ok := tables[row.Table]
	if !ok {
		return fmt.Errorf("%w: table %q", ErrBadBackup, row.Table)
	}
	var columns []string
	var values []any
	for column, value := range row.Row {
		if !slices.Contains(known, column) {
			return fmt.Errorf("%w: %s has no column %q", ErrBadBackup, row.Table, column)
		}
		switch v := value.(type) {
		case string:
			values = append(values, v)
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				return fmt.Errorf("%w: %s.%s: %w", ErrBadBackup, row.Table, column, err)
			}
			values = append(values, n)
		default:
			return fmt.Errorf("%w: %s.%s is neither a text nor a number", ErrBadBackup, row.Table, column)
		}
		columns = append(columns, column)
	}
	if len(columns) == 0 {
		return fmt.Errorf("%w: a row of %s without values", ErrBadBackup, row.Table)
	}
	_, err := t.exec(ctx, "INSERT INTO irccpin_"+row.Table+" ("+strings.Join(columns, ", ")+") VALUES (?"+
		strings.Repeat(", ?", len(columns)-1)+")", values...)
	if err != nil && !errors.Is(err, ErrUnavailable) && ctx.Err() == nil {
		return fmt.Errorf("%w: %s: %w", ErrBadBackup, row.Table, err)
	}
	return err
}

// checkTail checks that the backup is whole and ends here.
func checkTail(in *json.Decoder, told, read int) error {
	if told != read {
		return lang.Errorf("%w: its end tells of %d rows, %d were there", ErrBadBackup, told, read)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return lang.Errorf("%w: something follows its end", ErrBadBackup)
	}
	return nil
}
