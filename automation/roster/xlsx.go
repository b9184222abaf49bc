package roster

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/xuri/excelize/v2"
)

// unzipLimit bounds what an XLSX file unpacks to. A roster of ten thousand rows
// has a few megabytes; a "zip bomb" of the same size on disk has gigabytes.
const unzipLimit = 64 << 20

// readXLSX reads the first sheet of a workbook.
func readXLSX(data []byte, f *faults) table {
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: unzipLimit,
		// The same: above it excelize would unpack into temporary files.
		UnzipXMLSizeLimit: unzipLimit,
	})
	if err != nil {
		f.add(0, "", "it cannot be read as an Excel file: %v", err)
		return table{}
	}
	defer book.Close() // nothing was written
	s := sheet{book: book, name: book.GetSheetName(0), faults: f}
	if s.name == "" {
		f.add(0, "", "it has no sheet")
		return table{}
	}
	t, err := s.read()
	if err != nil {
		f.add(0, "", "its first sheet %q cannot be read: %v", s.name, err)
	}
	return t
}

// sheet is a sheet that is being read.
type sheet struct {
	book   *excelize.File
	name   string
	faults *faults
}

func (s sheet) read() (t table, err error) {
	rows, err := s.book.Rows(s.name)
	if err != nil {
		return t, err
	}
	defer rows.Close() // nothing was written
	for number := 1; rows.Next(); number++ {
		cells, err := rows.Columns()
		if err != nil {
			return t, err
		}
		for len(cells) > 0 && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		if len(cells) > maxColumns {
			s.faults.add(number, "column "+letter(len(cells)-1), "it has more than %d columns", maxColumns)
			return t, nil
		}
		l := line{number: number, cells: cells}
		if len(t.lines) > 0 && number <= maxRows {
			// What a formula would have put there may be missing at the end.
			for len(l.cells) < len(t.lines[0].cells) {
				l.cells = append(l.cells, "")
			}
		}
		for i := range l.cells {
			if l.cells[i], err = s.cell(t, l, i); err != nil {
				return t, err
			}
		}
		if l.blank() {
			continue
		}
		if len(t.lines) > maxRows {
			s.faults.add(number, "", "it has more than %d rows", maxRows)
			return t, nil
		}
		t.lines = append(t.lines, l)
	}
	return t, rows.Error()
}

// scientific is how a long number is shown: 1.23457E+14.
var scientific = regexp.MustCompile(`^-?\d+([.,]\d+)?E[+-]?\d+$`)

// cell is the text of a cell, as a person sees it.
func (s sheet) cell(t table, l line, i int) (string, error) {
	text := lineEnds.Replace(l.cells[i])
	name, err := excelize.CoordinatesToCellName(i+1, l.number)
	if err != nil {
		return "", err
	}
	heading := l
	if len(t.lines) > 0 {
		heading = t.lines[0]
	}
	switch {
	case text == "":
		formula, err := s.book.GetCellFormula(s.name, name)
		if err != nil || formula == "" {
			return "", err
		}
		// A result that is an empty text looks like one that is not stored: both are
		// refused where something would be done without the value.
		kind, err := s.book.GetCellType(s.name, name)
		if err != nil || kind == excelize.CellTypeFormula && knownColumn(heading.cell(i)) == "" {
			return "", err
		}
		s.faults.add(l.number, columnName(heading, i), "it is a formula whose result is empty, or not stored in the file; put the value in place of the formula, or open the file in Excel and save it")
	case strings.HasPrefix(text, "#"):
		kind, err := s.book.GetCellType(s.name, name)
		if err != nil {
			return "", err
		}
		if kind == excelize.CellTypeError {
			s.faults.add(l.number, columnName(heading, i), "it is a formula that ends in %s", text)
		}
	case scientific.MatchString(text):
		// The number itself, if it is shown in full.
		raw, err := s.book.GetCellValue(s.name, name, excelize.Options{RawCellValue: true})
		if err != nil {
			return "", err
		}
		if !scientific.MatchString(raw) {
			text = raw
		}
	}
	return text, nil
}

// textFormat is Excel's built-in number format "@": what is typed stays text.
const textFormat = 49

// writeXLSX writes rows of text as the first sheet of a workbook. No cell is a
// formula, whatever it begins with.
func writeXLSX(w io.Writer, rows [][]string) (err error) {
	book := excelize.NewFile()
	defer func() {
		if closed := book.Close(); err == nil {
			err = closed
		}
	}()
	const name = "Results"
	if err := book.SetSheetName(book.GetSheetName(0), name); err != nil {
		return err
	}
	bold, text, err := styles(book)
	if err != nil {
		return err
	}
	stream, err := book.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for i, width := range widths(rows) {
		if err := stream.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := stream.SetPanes(frozenHeading()); err != nil {
		return err
	}
	for i, row := range rows {
		style := text
		if i == 0 {
			style = bold
		}
		cells := make([]any, len(row))
		for j := range row {
			cells[j] = excelize.Cell{StyleID: style, Value: row[j]}
		}
		if err := stream.SetRow(fmt.Sprintf("A%d", i+1), cells); err != nil {
			return err
		}
	}
	if err := stream.Flush(); err != nil {
		return err
	}
	return sendBook(book, w)
}

// sendBook names the program as a workbook's author and writes it.
func sendBook(book *excelize.File, w io.Writer) error {
	if err := book.SetDocProps(&excelize.DocProperties{Creator: "irccpin"}); err != nil {
		return err
	}
	_, err := book.WriteTo(w)
	return err
}

// styles are those of a heading and of text.
func styles(book *excelize.File) (bold, text int, err error) {
	bold, err = book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, NumFmt: textFormat})
	if err != nil {
		return 0, 0, err
	}
	text, err = book.NewStyle(&excelize.Style{NumFmt: textFormat})
	return bold, text, err
}

func frozenHeading() *excelize.Panes {
	return &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
}

// widths fits columns to what is in them, within reason.
func widths(rows [][]string) []float64 {
	var out []float64
	for _, row := range rows {
		for i, cell := range row {
			if i == len(out) {
				out = append(out, 8) // Excel's own
			}
			out[i] = min(max(out[i], float64(len([]rune(cell))+2)), 60)
		}
	}
	return out
}
