package roster

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"irccpin/automation/lang"
)

// bom is what Excel needs at the start of a CSV file to read it as UTF-8, and
// what it writes.
const bom = "\uFEFF"

// readCSV reads a CSV file: UTF-8, commas or semicolons.
func readCSV(data []byte, f *faults) table {
	switch {
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")):
		f.add(0, "", "it is \"Unicode text\" (UTF-16); save it as \"CSV UTF-8\" or .xlsx")
		return table{}
	case !utf8.Valid(data):
		f.add(badRow(data), "", "it has letters that are not UTF-8, so that accents would be lost; save it as \"CSV UTF-8\" or .xlsx")
		return table{}
	}
	text := lineEnds.Replace(strings.TrimPrefix(string(data), bom))
	t := table{comma: separator(text)}
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma = t.comma
	reader.FieldsPerRecord = -1 // a short row is filled up; one that is too long is found by its cells
	row, offset := 0, int64(0)
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return t
		}
		// The reader skips empty lines, which a spreadsheet counts.
		from := text[offset:reader.InputOffset()]
		row += 1 + len(from) - len(strings.TrimLeft(from, "\n"))
		offset = reader.InputOffset()
		if err != nil {
			f.add(row, "", "%s", whyCSV(err))
			continue
		}
		for i := range cells {
			cells[i] = disarmed(cells[i])
		}
		if l := (line{number: row, cells: cells}); !l.blank() {
			if len(t.lines) > maxRows { // and the heading
				f.add(row, "", "it has more than %d rows", maxRows)
				return t
			}
			t.lines = append(t.lines, l)
		}
	}
}

// whyCSV says what is wrong with a line, in words for people who never saw a parser.
func whyCSV(err error) string {
	switch {
	case errors.Is(err, csv.ErrQuote):
		return lang.Text(`a quote (") is not closed, or text follows one that is`)
	case errors.Is(err, csv.ErrBareQuote):
		return lang.Text(`a quote (") stands in the middle of a field; write the field in quotes and double the one inside`)
	}
	return lang.Text("it cannot be read: %v", err)
}

// badRow is the row with the first byte that is not UTF-8.
func badRow(data []byte) int {
	row := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if r == '\n' {
			row++
		}
		data = data[size:]
	}
	return row
}

// separator is a comma or, where the heading says so, a semicolon: Excel writes
// those wherever the comma is the decimal sign, as in French.
func separator(text string) rune {
	heading := strings.TrimLeft(text, "\n ")
	heading, _, _ = strings.Cut(heading, "\n")
	known := func(comma string) (names, fields int) {
		cells := strings.Split(heading, comma)
		for _, cell := range cells {
			cell = strings.Trim(strings.TrimSpace(cell), `"`)
			if knownColumn(cell) != "" || resultColumn(cell) != "" {
				names++
			}
		}
		return names, len(cells)
	}
	commas, fields := known(",")
	semicolons, others := known(";")
	if semicolons > commas || semicolons == commas && others > fields {
		return ';'
	}
	return ','
}

// A spreadsheet takes a CSV field that begins with one of these for a formula,
// and a formula can send what stands in other cells elsewhere.
const formulaSigns = "=+-@\t\n"

// armed puts an apostrophe before what a spreadsheet would take for a formula.
// Excel shows the apostrophe and keeps it; disarmed takes it away again, here
// and from nothing else.
func armed(cell string) string {
	if startsFormula(cell) {
		return "'" + cell
	}
	return cell
}

// disarmed is the inverse of armed.
func disarmed(cell string) string {
	if strings.HasPrefix(cell, "'") && startsFormula(cell) {
		return cell[1:]
	}
	return cell
}

// startsFormula tells whether a cell begins with a sign of formulas, or with
// apostrophes and one: those have to survive as well.
func startsFormula(cell string) bool {
	cell = strings.TrimLeft(cell, "'")
	return cell != "" && strings.ContainsRune(formulaSigns, rune(cell[0]))
}

// writeCSV writes rows of text. Each field is in quotes, which no spreadsheet
// does: that tells whether one has saved the file since.
func writeCSV(w io.Writer, rows [][]string, comma rune) error {
	if _, err := io.WriteString(w, bom); err != nil {
		return err
	}
	if comma == 0 {
		comma = ','
	}
	out := bufio.NewWriter(w)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				out.WriteRune(comma)
			}
			out.WriteString(`"` + strings.ReplaceAll(armed(cell), `"`, `""`) + `"`)
		}
		out.WriteString("\r\n") // RFC 4180
	}
	return out.Flush() // has the first error
}
