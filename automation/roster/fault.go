package roster

import (
	"cmp"
	"slices"
	"strings"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// Fault is one thing that is wrong with a roster.
type Fault struct {
	// Row is the row's number as the spreadsheet shows it, from 1; 0 when the
	// whole file is to blame.
	Row int `json:"row"`
	// Column is the column's heading; empty when no column is to blame.
	Column string `json:"column"`
	// Message says what is wrong.
	Message string `json:"message"`
}

func (f Fault) String() string {
	switch {
	case f.Row == 0:
		return f.Message
	case f.Column == "":
		return lang.Text("row %d: %s", f.Row, f.Message)
	}
	return lang.Text("row %d, %s: %s", f.Row, f.Column, f.Message)
}

// Faults are all faults of a roster, by row. It is what is behind the bad_roster
// error of Read.
type Faults []Fault

func (f Faults) Error() string {
	if len(f) == 1 {
		return f[0].String()
	}
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return lang.Text("%d faults:\n  %s", len(f), strings.Join(lines, "\n  "))
}

// faults collects them.
type faults struct{ list Faults }

func (f *faults) add(row int, column, format string, args ...any) {
	f.list = append(f.list, Fault{Row: row, Column: column, Message: lang.Text(format, args...)})
}

// err is the bad_roster error of a roster with that name; nil without faults.
func (f *faults) err(name string) error {
	if len(f.list) == 0 {
		return nil
	}
	slices.SortStableFunc(f.list, func(a, b Fault) int { return cmp.Compare(a.Row, b.Row) })
	return &automation.Error{
		Code: automation.BadRoster, Message: lang.Text("the roster %s cannot be used: %v", name, f.list),
		Hint: lang.Text("Correct the roster and run the command again; irccpin help roster tells what each column holds. The portal was not opened."),
		Err:  f.list,
	}
}
