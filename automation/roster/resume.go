package roster

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// Resume takes over what an earlier run left in a results file of this roster,
// whoever opened and saved it since. Rows are told apart by credentials, names
// and e-mail, not by their place. It returns how many rows have their PIN.
//
// The error says why the file is not this roster's own results; nothing is taken
// over then. simulated is the kind of portal that this run is about.
func (s *Results) Resume(data []byte, f Format, simulated bool) (int, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return 0, nil // made by a run that was killed before its first row
	}
	earlier, err := s.earlier(data, f)
	if err != nil {
		return 0, err
	}
	places := map[key][]int{}
	sources := map[string]bool{}
	for i, r := range s.roster.Rows {
		places[r.key] = append(places[r.key], i)
		sources[r.key.source] = true
	}
	taken := make([]Outcome, len(s.roster.Rows))
	var doubtful []int
	done := 0
	for _, e := range earlier {
		if e.outcome.started() && e.outcome.Simulated != simulated {
			return 0, lang.Errorf("its row %d was made with %s", e.number, portalKind(e.outcome.Simulated))
		}
		at := places[e.key]
		if len(at) == 0 {
			// A row without a PIN may have been corrected in the roster since.
			if e.outcome.PIN == "" && sources[e.key.source] {
				continue
			}
			return 0, lang.Errorf("its row %d is about somebody who is not in the roster", e.number)
		}
		places[e.key] = at[1:]
		taken[at[0]] = e.outcome
		if e.doubtful {
			doubtful = append(doubtful, at[0])
		}
		if e.outcome.PIN != "" && e.outcome.Code == "" {
			done++
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes, s.doubtful = taken, doubtful
	return done, nil
}

func portalKind(simulated bool) string {
	if simulated {
		return lang.Text("a simulated portal, and this run is about the real one")
	}
	return lang.Text("the real portal, and this run is about a simulated one")
}

// past is a row of an earlier results file.
type past struct {
	number  int
	key     key
	outcome Outcome
	// doubtful tells that there was a PIN, which may be another text by now.
	doubtful bool
}

var errNoResults = lang.NewError("it has not the columns that results have")

// earlier reads the rows of a results file.
func (s *Results) earlier(data []byte, f Format) ([]past, error) {
	var (
		t   table
		err error
	)
	if f == JSON {
		if t, err = s.tableOf(data); err != nil {
			return nil, err
		}
	} else {
		var wrong faults
		if t = readTable(data, &wrong); len(wrong.list) > 0 {
			return nil, wrong.list[0:1]
		}
	}
	if len(t.lines) == 0 {
		return nil, nil
	}
	h := readHeader(t.lines[0], &faults{})
	if len(h.results) < len(resultColumns()) {
		return nil, errNoResults
	}
	for _, heading := range s.roster.Columns {
		if !slices.ContainsFunc(h.headings, func(other string) bool { return canonical(other) == canonical(heading) }) {
			return nil, lang.Errorf("it has no column %s, and the roster has one", heading)
		}
	}
	rewritten := f == CSV && !written(data, t)
	var rows []past
	for _, l := range t.lines[1:] {
		value := func(column string) string {
			if at, there := h.at[column]; there {
				return strings.TrimSpace(l.cell(at))
			}
			return ""
		}
		e := past{number: l.number, key: newKey(value(ColEmployer), value(ColEnvFile), value(ColGivenName), value(ColFamilyName), value(ColEmail))}
		e.outcome.fromCells(func(column string) string { return l.cell(h.results[column]) })
		if rewritten && e.outcome.PIN != "" && !trusted(e.outcome.PIN) {
			e.outcome.PIN, e.doubtful = "", true
		}
		rows = append(rows, e)
	}
	return rows, nil
}

func (o *Outcome) fromCells(cell func(column string) string) {
	o.Result, o.PIN, o.Run = cell(colResult), cell(colPIN), cell(colRun)
	o.Code = automation.Code(cell(colCode))
	o.setNote(cell(colMessage))
}

// written tells whether a CSV file is still as writeCSV left it, and not saved
// again by a spreadsheet.
func written(data []byte, t table) bool {
	var rows [][]string
	for _, l := range t.lines {
		rows = append(rows, l.cells)
	}
	var again bytes.Buffer
	return writeCSV(&again, rows, t.comma) == nil && bytes.Equal(again.Bytes(), data)
}

var (
	lettersAndDigits = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	// A spreadsheet reads these in a CSV file as numbers, and drops zeros or turns
	// 12E456 into something else.
	likeNumber = regexp.MustCompile(`^[0-9]*([eE][0-9]*)?$`)
)

// trusted tells whether a PIN is surely still what it was after a spreadsheet
// saved a CSV file: one that may have been taken for a number or a date is read
// again from the portal.
func trusted(pin string) bool {
	return lettersAndDigits.MatchString(pin) && !likeNumber.MatchString(pin)
}

// tableOf makes a table of a JSON document.
func (s *Results) tableOf(data []byte) (table, error) {
	var doc struct {
		Rows []map[string]string `json:"rows"`
	}
	if err := json.Unmarshal(data, &doc); err != nil || doc.Rows == nil {
		return table{}, errNoResults
	}
	first := line{number: 1}
	for _, heading := range s.roster.Columns {
		if name := knownColumn(heading); name != "" {
			heading = name
		}
		first.cells = append(first.cells, heading)
	}
	first.cells = append(first.cells, resultColumns()...)
	t := table{lines: []line{first}}
	for i, row := range doc.Rows {
		l := line{number: i + 1}
		for _, heading := range first.cells {
			cell, there := row[heading]
			if !there {
				return table{}, lang.Errorf("its row %d has no %s", i+1, heading)
			}
			l.cells = append(l.cells, cell)
		}
		t.lines = append(t.lines, l)
	}
	return t, nil
}
