package roster

import (
	"bytes"
	"errors"
	"testing"

	"github.com/xuri/excelize/v2"
)

// fuzzed is what must hold for any file: no panic; a roster with rows, or
// faults; and results of that roster that can be read back.
func fuzzed(t *testing.T, data []byte) {
	for _, purpose := range []Purpose{Create, PINs} {
		r, err := Read("fuzz", bytes.NewReader(data), Options{For: purpose})
		if err != nil {
			var f Faults
			if r != nil || !errors.As(err, &f) || len(f) == 0 {
				t.Fatalf("the error is %v", err)
			}
			continue
		}
		if len(r.Rows) == 0 {
			t.Fatal("there are no faults and no rows")
		}
		s := NewResults(r)
		s.Set(0, Outcome{Result: "found", PIN: "B6dens"})
		for _, format := range formats() {
			var b bytes.Buffer
			if err := s.Encode(&b, format); err != nil {
				t.Fatal(err)
			}
			if n, err := NewResults(r).Resume(b.Bytes(), format, false); err != nil || n != 1 {
				t.Fatalf("%s: %d rows are done: %v\n%q", format, n, err, b.Bytes())
			}
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{
		"", heads, threeRows, heads + "A,a.env,B,C,,D\n", bom + "employer;email\r\nA;a@example.com\r\n\r\n;\r\nB;\"b@example.com\"\n",
		"employer,email,note\nA,a@example.com,\"x\ny\"\nA,a@example.com,'=1\n", "email,employer\n\"", "\n\n,\nemployer,email\n\n\nA,a@b.ca",
		"employer,email,result,code,message,pin,run\nA,a@example.com,found,,,1,r\n", "\xFF\xFE", "employer\x00,email\nA,b",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(fuzzed)
}

// FuzzReadXLSX takes the rows of a sheet as XML: changes to a zip file would
// hardly get past its checksums. What is no XML is tried as a whole file too.
func FuzzReadXLSX(f *testing.F) {
	for _, seed := range []string{
		"", `<row r="1">` + inline("A1", "employer") + inline("B1", "email") + `</row><row r="2">` + inline("A2", "A") + inline("B2", "a@example.com") + `</row>`,
		`<row>` + inline("A1", "employer") + inline("B1", "email") + `</row><row><c r="A2"><f>1+1</f></c><c r="B2" t="e"><v>#N/A</v></c></row>`,
		`<row r="1"><c r="XFD1" t="b"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1.5E+300</v></c></row>`,
		`<row r="1"><c r="A1" t="s"><v>7</v></c><c r="B1" t="d"><v>2026-01-01</v></c></row><row r="1"><c r="A1" s="9"><v>-1</v></c></row>`,
		`<row r="-1"><c r="A0"/></row><row r="2"><c r="B2"><f t="shared" si="0"/></c></row>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, rows []byte) {
		fuzzed(t, append([]byte("PK\x03\x04"), rows...))
		book := excelize.NewFile()
		defer book.Close()
		book.Pkg.Store("xl/worksheets/sheet1.xml", append(append([]byte(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`), rows...), `</sheetData></worksheet>`...))
		book.Sheet.Delete("xl/worksheets/sheet1.xml")
		var b bytes.Buffer
		if err := book.Write(&b); err != nil {
			return // nothing that could be a file
		}
		fuzzed(t, b.Bytes())
	})
}
