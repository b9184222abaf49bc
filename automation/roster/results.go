package roster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// Format is a kind of file.
type Format string

// The formats of results. A roster is CSV or XLSX.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
	JSON Format = "json"
)

// FormatOf tells a file's format by its name. The error is usage.
func FormatOf(path string, among ...Format) (Format, error) {
	extension := strings.ToLower(filepath.Ext(path))
	var names []string
	for _, f := range among {
		if extension == "."+string(f) {
			return f, nil
		}
		names = append(names, "."+string(f))
	}
	return "", &automation.Error{
		Code:    automation.Usage,
		Message: lang.Text("the name of %s does not say what kind of file it is to be; it must end in %s", path, strings.Join(names, lang.Text(" or "))),
	}
}

// Outcome is what came of a row. Its zero value is a row that was not started.
type Outcome struct {
	// Result is how it ended well: created, already_exists, found or dry_run.
	Result string
	// Code and Message say how it ended otherwise.
	Code    automation.Code
	Message string
	// PIN is as the portal shows it.
	PIN string
	// Run is the id of the run.
	Run string
	// Simulated tells that the portal was a simulated one: what it gave must
	// never be taken for real.
	Simulated bool
}

// Format implements fmt.Formatter: whatever prints an outcome prints no PIN.
func (o Outcome) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "{%s %s %s}", o.Result, o.Code, o.Run)
}

// LogValue implements slog.LogValuer, to the same end.
func (o Outcome) LogValue() slog.Value {
	return slog.GroupValue(slog.String("result", o.Result), slog.String("code", string(o.Code)), slog.String("run", o.Run))
}

// started tells whether anything came of the row.
func (o Outcome) started() bool { return o.Result != "" || o.Code != "" }

// simulatedMark begins the message of what a simulated portal gave. A sheet has
// no other column for it, and a simulated PIN looks like any.
const simulatedMark = "simulated"

func (o Outcome) note() string {
	switch {
	case !o.Simulated || !o.started():
		return o.Message
	case o.Message == "":
		return simulatedMark
	}
	return simulatedMark + ": " + o.Message
}

// setNote is the inverse of note.
func (o *Outcome) setNote(note string) {
	o.Message = note
	if rest, ok := strings.CutPrefix(note, simulatedMark); ok && (rest == "" || strings.HasPrefix(rest, ": ")) {
		o.Simulated, o.Message = true, strings.TrimPrefix(rest, ": ")
	}
}

// Results are what came of the rows of a roster. They may be used by several
// goroutines at once.
type Results struct {
	roster *Roster

	mu       sync.Mutex
	outcomes []Outcome
	doubtful []int
}

// NewResults are the results of a roster of which nothing was started.
func NewResults(r *Roster) *Results {
	return &Results{roster: r, outcomes: make([]Outcome, len(r.Rows))}
}

// Set notes what came of row i of the roster, counted from 0.
func (s *Results) Set(i int, o Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes[i] = o
}

// Outcome is what came of row i, in this run or in the one that was resumed.
func (s *Results) Outcome(i int) Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outcomes[i]
}

// Done tells whether row i has its PIN, so that it need not be opened again.
func (s *Results) Done(i int) bool {
	o := s.Outcome(i)
	return o.PIN != "" && o.Code == ""
}

// Doubtful are the rows, counted from 0, whose PIN was not taken over by Resume,
// since a spreadsheet may have made another text of it: it is to be read again.
func (s *Results) Doubtful() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.doubtful)
}

// Encode writes all rows. With JSON it writes the Document.
func (s *Results) Encode(w io.Writer, f Format) error {
	switch f {
	case CSV:
		return writeCSV(w, s.table(), s.roster.comma)
	case XLSX:
		return writeXLSX(w, s.table())
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s.Document(nil))
}

// table is the results as a sheet.
func (s *Results) table() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := [][]string{append(append([]string{}, s.roster.Columns...), resultColumns()...)}
	for i, r := range s.roster.Rows {
		rows = append(rows, append(append([]string{}, r.cells...), s.outcomes[i].cells()...))
	}
	return rows
}

// cells are those of the result columns. What a sheet cannot hold has no place
// in a message.
func (o Outcome) cells() []string {
	message := strings.Map(func(r rune) rune {
		if unstorable(r) {
			return -1
		}
		return r
	}, lineEnds.Replace(o.note()))
	return []string{o.Result, string(o.Code), message, o.PIN, o.Run}
}

// Document is the result of a batch, for scripts.
type Document struct {
	Schema int                 `json:"schema"`
	Result *string             `json:"result"`
	Error  *automation.Failure `json:"error"`
	// Simulated tells that a row came from a simulated portal.
	Simulated bool `json:"simulated"`
	// Counts are the rows by result; those that failed and those that were not
	// started are counted as "failed" and "not_started".
	Counts map[string]int `json:"counts"`
	Rows   []DocumentRow  `json:"rows"`
	// Run is the batch's.
	Run string `json:"run"`
}

// Names in Document.Counts that are no result.
const (
	Failed     = "failed"
	NotStarted = "not_started"
)

// Document makes the result of the batch. show, when given, stands in for each
// PIN that is not empty: a mask. The caller fills in Run, and Error if there is one.
func (s *Results) Document(show func(pin string) string) Document {
	s.mu.Lock()
	defer s.mu.Unlock()
	result := "batch"
	doc := Document{Schema: automation.Schema, Result: &result, Rows: []DocumentRow{}}
	doc.Counts = map[string]int{"created": 0, "already_exists": 0, "found": 0, Failed: 0, NotStarted: 0}
	for i, o := range s.outcomes {
		doc.Simulated = doc.Simulated || o.Simulated
		switch {
		case o.Code != "":
			doc.Counts[Failed]++
		case o.Result != "":
			doc.Counts[o.Result]++
		default:
			doc.Counts[NotStarted]++
		}
		if show != nil && o.PIN != "" {
			o.PIN = show(o.PIN)
		}
		doc.Rows = append(doc.Rows, s.row(i, o))
	}
	return doc
}

// Row is one row for scripts; show as in Document.
func (s *Results) Row(i int, show func(pin string) string) DocumentRow {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.outcomes[i]
	if show != nil && o.PIN != "" {
		o.PIN = show(o.PIN)
	}
	return s.row(i, o)
}

func (s *Results) row(i int, o Outcome) DocumentRow {
	var d DocumentRow
	for j, heading := range s.roster.Columns {
		if name := knownColumn(heading); name != "" {
			heading = name // however the roster spells it
		}
		d.names, d.values = append(d.names, heading), append(d.values, s.roster.Rows[i].cells[j])
	}
	d.names, d.values = append(d.names, resultColumns()...), append(d.values, o.cells()...)
	return d
}

// DocumentRow is a row as a JSON object: the columns of the roster in their
// order, known ones by their usual names, then those of the results.
type DocumentRow struct{ names, values []string }

// MarshalJSON implements json.Marshaler; a map would lose the order.
func (d DocumentRow) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, name := range d.names {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encoder.Encode(name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := encoder.Encode(d.values[i]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Format implements fmt.Formatter: a row holds a PIN.
func (d DocumentRow) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "{row}") }
