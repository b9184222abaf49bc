package roster

import (
	"bytes"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"

	"irccpin/automation/lang"
)

const (
	// maxSize bounds a file: thousands of rows are a few hundred kilobytes, and
	// what is larger was given by mistake.
	maxSize = 32 << 20
	// maxRows is far beyond what one firm onboards, and keeps a mistake from
	// becoming a thousand sign-ins an hour.
	maxRows = 10_000
	// maxColumns leaves room for any report that a roster is made of. A sheet can
	// claim 16,384 in a few bytes.
	maxColumns = 256
	// maxCell is how many UTF-16 units Excel keeps of a cell; it cuts the rest off.
	maxCell = 32_767
)

// table is a spreadsheet: its rows that are not blank, all text.
type table struct {
	lines []line
	// comma separates the fields of a CSV file; 0 for XLSX.
	comma rune
}

// line is one row.
type line struct {
	// number is the row's as the spreadsheet shows it, from 1.
	number int
	cells  []string
}

func (l line) cell(i int) string {
	if i < len(l.cells) {
		return l.cells[i]
	}
	return ""
}

func (l line) blank() bool {
	for _, cell := range l.cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// slurp reads a whole file.
func slurp(in io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(in, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = lang.Errorf("it has more than %d MiB", maxSize>>20)
	}
	return data, err
}

// readTable reads a CSV or an XLSX file. Which one it is, its first bytes say:
// names mislead, and standard input has none.
func readTable(data []byte, f *faults) table {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readXLSX(data, f)
	case bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0")):
		f.add(0, "", "it is an old Excel file (.xls) or has a password; save it as .xlsx without a password, or as \"CSV UTF-8\"")
		return table{}
	}
	return readCSV(data, f)
}

// checkCells finds characters that do not survive in every format, so that
// what goes in comes out.
func (t table) checkCells(f *faults) {
	for _, row := range t.lines {
		for i, cell := range row.cells {
			where := columnName(t.lines[0], i)
			if at := strings.IndexFunc(cell, unstorable); at >= 0 {
				f.add(row.number, where, "it has an invisible character in it (%U); type it again", []rune(cell[at:])[0])
			}
			if len(cell) > maxCell && len(utf16.Encode([]rune(cell))) > maxCell {
				f.add(row.number, where, "it has more than %d characters", maxCell)
			}
		}
	}
}

// unstorable tells whether XML, and so XLSX, has no place for a character.
func unstorable(r rune) bool {
	return unicode.IsControl(r) && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF
}

// lineEnds makes all line ends one: those within a cell too.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")
