package roster

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"irccpin/automation"
)

// heads are the columns of most rosters here.
const heads = "employer,env_file,given_name,family_name,email,authorized_by\n"

// read reads a roster that is for creating users, and wants its faults, each as
// "row column: part of the message".
func read(t *testing.T, text string, o Options, faults ...string) *Roster {
	t.Helper()
	if o.For == "" {
		o.For = Create
	}
	r, err := Read("list.csv", strings.NewReader(text), o)
	var found Faults
	if err != nil {
		var stop *automation.Error
		if !errors.As(err, &stop) || stop.Code != automation.BadRoster || stop.Hint == "" || !errors.As(err, &found) {
			t.Fatalf("the error is %#v", err)
		}
	}
	var got []string
	for i, f := range found {
		if !strings.Contains(err.Error(), f.String()) {
			t.Errorf("the message has not %q: %v", f, err)
		}
		line := fmt.Sprintf("%d %s: %s", f.Row, f.Column, f.Message)
		if i < len(faults) {
			place, part, _ := strings.Cut(faults[i], ": ")
			if strings.HasPrefix(line, place+": ") && strings.Contains(f.Message, part) {
				line = faults[i]
			}
		}
		got = append(got, line)
	}
	if diff := cmp.Diff(faults, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	return r
}

func TestRead(t *testing.T) {
	want := []Row{
		{
			Number: 2, Employer: "Alpha Farm", EnvFile: "/list/a.env", GivenName: "Zoé", FamilyName: "Tremblay", Email: "zoe@example.com",
			AuthorizedBy: "Rosa Delgado", BusinessNumber: "012345678 RP-0001", AllowConflict: true,
		},
		{Number: 5, Employer: "Beta, Inc.", GivenName: "Bo", FamilyName: "Lee", AuthorizedBy: "A \"B\" C"},
	}
	for name, text := range map[string]string{
		"commas": "employer,env_file,given_name,family_name,email,authorized_by,business_number,allow_conflict,File No\n" +
			"Alpha Farm,a.env,Zoé,Tremblay,zoe@example.com,Rosa Delgado,012345678 RP-0001,yes,007\n\n,,  ,\n" +
			"\"Beta, Inc.\",,Bo,Lee,,\"A \"\"B\"\" C\",,,\n",
		"semicolons, BOM, CRLF, other order and spelling": bom + "File No;Allow Conflict;BUSINESS NUMBER; Given  name ;FamilyName;E-mail;Authorized_By;Employer;Env File\r\n" +
			"007;Oui; 012345678 RP-0001;Zoe\u0301 ;Tremblay;zoe@example.com;Rosa Delgado;Alpha Farm;a.env\r\n\r\n;;;;;;;;\r\n" +
			";non;;Bo;Lee;;\"A \"\"B\"\" C\";Beta, Inc.;\r\n",
		"line ends of an old Macintosh": strings.ReplaceAll("employer;env_file;given_name;family_name;email;authorized_by;business_number;allow_conflict;File No\n"+
			"Alpha Farm;a.env;Zoé;Tremblay;zoe@example.com;Rosa Delgado;012345678 RP-0001;VRAI;007\n\n;;\nBeta, Inc.;;Bo;Lee;;\"A \"\"B\"\" C\";;no;\n", "\n", "\r"),
	} {
		t.Run(name, func(t *testing.T) {
			r := read(t, text, Options{Dir: "/list"})
			got := make([]Row, len(r.Rows))
			for i, row := range r.Rows {
				number, _ := r.cell(row, "fileno")
				if want := []string{"007", ""}[i]; number != want {
					t.Errorf("the unknown column has %q, and %q was wanted", number, want)
				}
				row.cells, row.key = nil, key{}
				got[i] = row
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(Row{}, key{})); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// cell is what a row has in a column.
func (r *Roster) cell(row Row, name string) (string, bool) {
	for i, heading := range r.Columns {
		if canonical(heading) == name {
			return row.cells[i], true
		}
	}
	return "", false
}

func TestFaults(t *testing.T) {
	row := func(cells string) string { return heads + cells }
	for name, c := range map[string]struct {
		text   string
		o      Options
		faults []string
	}{
		"nothing":          {"\uFEFF \n", Options{}, []string{"0 : is empty"}},
		"only a heading":   {heads, Options{}, []string{"0 : no rows"}},
		"only blank cells": {",,\n,,\n", Options{}, []string{"0 : is empty"}},
		"UTF-16":           {"\xFF\xFEe\x00", Options{}, []string{"0 : UTF-16"}},
		"windows-1252":     {heads + "Caf\xE9,a.env,A,B,,C\n", Options{}, []string{"2 : UTF-8"}},
		"an old .xls":      {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Options{}, []string{"0 : old Excel"}},
		"no XLSX after all": {
			"PK\x03\x04 and so on",
			Options{},
			[]string{"0 : cannot be read as an Excel file"},
		},
		"columns missing": {
			"given_name,notes\nA,B\n",
			Options{},
			[]string{"1 employer: the column is missing", "1 family_name: missing", "1 authorized_by: missing"},
		},
		"columns missing, for PINs": {
			"employer,given_name\nA,B\n",
			Options{For: PINs},
			[]string{"1 family_name: there must be a column email"},
		},
		"no comma at all":   {"name\nA\n", Options{}, []string{"1 employer: missing", "1 given_name: missing", "1 family_name: missing", "1 authorized_by: missing"}},
		"the same twice":    {"employer,Employer," + heads[9:] + "A,B,a.env,A,B,,C\n", Options{}, []string{"1 Employer: columns A and B"}},
		"unknown twice":     {"notes,Notes," + heads + "A,B,A,a.env,A,B,,C\n", Options{}, []string{"1 Notes: columns A and B"}},
		"misspelt":          {"employer,given_name,family_name,authorised_by,bussiness_number\nA,B,C,D,123456789\n", Options{}, []string{"1 authorised_by: nearly authorized_by", "1 bussiness_number: nearly business_number", "1 authorized_by: missing"}},
		"a secret's column": {"GCKEY_PASSWORD,IRCC Answer 1," + heads + "x,y,A,,B,C,,D\n", Options{}, []string{"1 GCKEY_PASSWORD: no secrets", "1 IRCC Answer 1: no secrets"}},
		"a results' column": {"pin," + heads + "1,A,,B,C,,D\n", Options{}, []string{"1 pin: rename"}},
		"values missing": {
			row("A,,,,,\n,,B,C,,D\n\nE,e.env,F,G,,\n"),
			Options{},
			[]string{
				"2 given_name: is empty", "2 family_name: is empty", "2 authorized_by: is empty",
				"3 env_file: neither", "5 authorized_by: is empty",
			},
		},
		"who, for PINs": {
			row("A,,,,,\nA,,B,,b@example.com,\nA,,,,c@example.com,\nA,,D,E,,\n"),
			Options{For: PINs},
			[]string{"2 given_name: is empty", "2 family_name: is empty", "3 family_name: is empty"},
		},
		"only e-mail, for PINs": {
			"employer,email\nA,\nB,b@example.com\nC,c\n",
			Options{For: PINs},
			[]string{"2 email: nothing else says", "4 email: not an e-mail"},
		},
		"bad values": {
			"employer,given_name,family_name,email,authorized_by,business_number,allow_conflict\nA,B\tB,C,x@y,D,12345678,maybe\nE,F,G,Ann <ann@example.com>,H,123456789RP01,\n",
			Options{},
			[]string{
				"2 given_name: control character", "2 email: no dot", "2 business_number: 8 digits", "2 allow_conflict: \"maybe\"",
				"3 email: not an e-mail", "3 business_number: not a business number",
			},
		},
		"a value without a heading": {row("A,,Lee, Jr,Bo,,C\n"), Options{}, []string{"2 email: not an e-mail", "2 authorized_by: is empty", "2 column G: no heading"}},
		"quotes":                    {row("A,,\"B\"x,C,,D\nA,,B\"B,C,,D\nA,,B,C,,D\n"), Options{}, []string{"2 : follows one", "3 : middle of a field"}},
		"an open quote":             {row("A,,B,C,,D\nA,,\"B,C,,D\nA,,B,C,,D\n"), Options{}, []string{"3 : not closed"}},
		"rows with lines in them":   {row("A,,B,\"C\nC\",,D\nA,,B,C,,\n"), Options{}, []string{"2 family_name: control character", "3 authorized_by: is empty"}},
		"characters of no format":   {row("A,,B,C,,D\n") + "A\x01,,B,C,,D\n", Options{}, []string{"3 employer: invisible", "3 employer: control character"}},
		"too long a cell":           {"note," + row(strings.Repeat("é", 32768)+",A,,B,C,,D\n"), Options{}, []string{"2 note: 32767"}},
		"settings files": {
			row("A,a.env,B,C,,D\nE,e.env,F,G,,H\nI,a.env,J,K,,L\nM,,N,O,,P\n"),
			Options{Dir: "/list", Check: func(r Row) error {
				if r.EnvFile == "/list/a.env" || r.Employer == "M" {
					return errors.New("gone")
				}
				return nil
			}},
			[]string{"2 env_file: /list/a.env: gone", "4 env_file: /list/a.env: gone", "5 employer: M: gone"},
		},
		"another business number": {
			"env_file,given_name,family_name,authorized_by,business_number\na.env,A,B,C,123456789\n./a.env,D,E,C,123 456 789\na.env,F,G,C,987654321\nb.env,F,G,C,987654321\n",
			Options{},
			[]string{"4 business_number: row 2 has another one"},
		},
		"the same person, otherwise": {
			row("A,,B,C,b@example.com,D\na ,,b,C,,D\nA,,B,C,b2@example.com,D\nA,,B,C,B@example.com,E\nA,,X,Y,b@example.com,D\nA,,B,C,b@example.com,D\nF,,B,C,,D\n"),
			Options{},
			[]string{
				"3 email: row 2 has the same names", "4 email: row 2 has the same names", "5 authorized_by: row 2 is about the same person",
				"6 email: row 2 has the same e-mail",
			},
		},
		"two persons, it says": {
			"employer,given_name,family_name,email,authorized_by,allow_conflict\nA,B,C,b@example.com,D,\nA,B,C,b2@example.com,D,yes\nA,E,F,b@example.com,D,TRUE\n", Options{}, nil,
		},
		"a name once, by e-mail once": {
			row("A,,,,b@example.com,\nA,,B,C,b@example.com,\n"), Options{For: PINs}, nil,
		},
		"too many rows": {"employer,email\n" + strings.Repeat("A,a@example.com\n", maxRows+1), Options{For: PINs}, []string{"10002 : more than 10000 rows"}},
	} {
		t.Run(name, func(t *testing.T) { read(t, c.text, c.o, c.faults...) })
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "list.csv")
	write(t, path, heads+"A,a.env,B,C,,D\nA,b.env,B,C,,D\nA,.,B,C,,D\n")
	write(t, filepath.Join(dir, "a.env"), "")
	_, err := Open(path, Options{For: Create, Check: Readable})
	var found Faults
	if !errors.As(err, &found) || len(found) != 2 || found[0].Row != 3 || !strings.Contains(found[1].Message, "not a file") {
		t.Errorf("the error is %v", err)
	}
	for _, path := range []string{filepath.Join(dir, "gone.csv"), dir} {
		var stop *automation.Error
		if _, err := Open(path, Options{For: Create}); !errors.As(err, &stop) || stop.Code != automation.BadRoster || strings.Count(err.Error(), path) != 1 {
			t.Errorf("the error for %s is %v", path, err)
		}
	}
	_, err = Read("-", bytes.NewReader(make([]byte, maxSize+1)), Options{})
	if err == nil || !strings.Contains(err.Error(), "32 MiB") {
		t.Errorf("the error for a huge file is %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSource(t *testing.T) {
	from := Row{Employer: "Alpha", EnvFile: "/a.env"}.Source(nil)
	if from.File != "/a.env" || !from.FileNamed || from.Employer != "" {
		t.Errorf("with a file: %+v", from)
	}
	from = Row{Employer: "Alpha"}.Source(nil)
	if from.File != "" || from.FileNamed || from.Employer != "Alpha" {
		t.Errorf("without: %+v", from)
	}
}

// workbook makes an XLSX file of a sheet.
func workbook(t testing.TB, fill func(book *excelize.File, sheet string) error) string {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	var b bytes.Buffer
	if err := errors.Join(fill(book, "Sheet1"), book.Write(&b)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReadXLSX(t *testing.T) {
	text := workbook(t, func(book *excelize.File, sheet string) error {
		zeros, err := book.NewStyle(&excelize.Style{CustomNumFmt: new("000000000")})
		if err != nil {
			return err
		}
		_, err = book.NewSheet("Another")
		return errors.Join(
			err,
			// As people make them: a blank row above, numbers that are numbers, a tick
			// that is a truth value, a formula with its result.
			book.SetSheetRow(sheet, "A2", &[]any{"Employer", "Given Name", "Family Name", "Authorized by", "Business number", "Allow conflict", "File", "Phone", "Sum"}),
			book.SetSheetRow(sheet, "A3", &[]any{"Alpha", "Zoé", "Lê", "Rosa", 12345678, true, "0042", 15145550123, "=A1"}),
			book.SetSheetRow(sheet, "A6", &[]any{"Beta", " Bo ", "Lee\r\n", "Rosa", "123456789RP0001", "", 0.5, 123456789012345678, ""}),
			book.SetCellStyle(sheet, "E3", "E3", zeros),
			book.SetCellStr("Another", "A1", "not read"),
		)
	})
	r := read(t, text, Options{})
	if len(r.Rows) != 2 {
		t.Fatalf("there are %d rows", len(r.Rows))
	}
	first, second := r.Rows[0], r.Rows[1]
	if first.Number != 3 || first.BusinessNumber != "012345678" || !first.AllowConflict || first.FamilyName != "Lê" {
		t.Errorf("the first row is %+v", first)
	}
	if second.Number != 6 || second.FamilyName != "Lee" || second.BusinessNumber != "123456789RP0001" {
		t.Errorf("the second row is %+v", second)
	}
	if diff := cmp.Diff([]string{"0042", "15145550123", "=A1"}, first.cells[6:]); diff != "" {
		t.Errorf("the first row's other cells: %s", diff)
	}
}

func TestFaultsXLSX(t *testing.T) {
	text := workbook(t, func(book *excelize.File, sheet string) error {
		return errors.Join(
			book.SetSheetRow(sheet, "A1", &[]any{"employer", "given_name", "family_name", "authorized_by", "note"}),
			book.SetSheetRow(sheet, "A3", &[]any{"Alpha", nil, "C", "D"}),
			book.SetCellFormula(sheet, "B3", `"Zo"&"é"`),
			book.SetSheetRow(sheet, "A4", &[]any{"Alpha", "B", "C", "D", nil, "astray"}),
		)
	})
	read(t, text, Options{}, "3 given_name: not stored", "3 given_name: is empty", "4 column F: no heading")

	// A formula whose result is stored: a text, an empty text, an error.
	formulas := strings.NewReplacer(
		`<c r="B2"/>`, `<c r="B2" t="str"><f>UPPER("zoé")</f><v>ZOÉ</v></c>`,
		`<c r="E2"/>`, `<c r="E2" t="str"><f>IF(1,"","x")</f><v></v></c>`,
		`<c r="E3"/>`, `<c r="E3"><f>1+1</f></c>`,
		`<c r="B3"/>`, `<c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v></c>`,
	)
	text = sheetXML(t, formulas.Replace(`<row r="1">`+inline("A1", "employer")+inline("B1", "given_name")+inline("C1", "family_name")+inline("D1", "authorized_by")+inline("E1", "note")+`</row>`+
		`<row r="2">`+inline("A2", "Alpha")+`<c r="B2"/>`+inline("C2", "C")+inline("D2", "D")+`<c r="E2"/></row>`+
		`<row r="3">`+inline("A3", "Alpha")+`<c r="B3"/>`+inline("C3", "C")+inline("D3", "D")+`<c r="E3"/></row>`))
	read(t, text, Options{}, "3 given_name: ends in #DIV/0!", "3 note: not stored")
}

func inline(cell, text string) string {
	return fmt.Sprintf(`<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, cell, text)
}

// sheetXML makes an XLSX file whose sheet has those rows.
func sheetXML(t testing.TB, rows string) string {
	return workbook(t, func(book *excelize.File, _ string) error {
		book.Pkg.Store("xl/worksheets/sheet1.xml", []byte(`<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`+rows+`</sheetData></worksheet>`))
		book.Sheet.Delete("xl/worksheets/sheet1.xml")
		return nil
	})
}

// TestZipBomb: what unpacks to more than any roster is refused, not unpacked.
func TestZipBomb(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	part, err := w.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = part.Write(bytes.Repeat([]byte(" "), unzipLimit+1))
	if err = errors.Join(err, w.Close()); err != nil || b.Len() > 1<<20 {
		t.Fatalf("it has %d bytes (%v)", b.Len(), err)
	}
	read(t, b.String(), Options{}, "0 : unzip size exceeds")
}

func TestTemplate(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"roster.xlsx", "roster.CSV"} {
		path := filepath.Join(dir, name)
		if err := WriteTemplate(path, false); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path, Options{For: Create})
		var found Faults
		if !errors.As(err, &found) || len(found) != 1 || !strings.Contains(found[0].Message, "no rows") {
			t.Errorf("%s: %v", name, err)
		}
		if err := WriteTemplate(path, false); !errors.Is(err, &automation.Error{Code: automation.Usage}) {
			t.Errorf("%s, again: %v", name, err)
		}
		if err := WriteTemplate(path, true); err != nil {
			t.Error(err)
		}
	}
	if err := WriteTemplate(filepath.Join(dir, "roster.json"), false); !errors.Is(err, &automation.Error{Code: automation.Usage}) {
		t.Errorf("as JSON: %v", err)
	}

	// Filled in, it is a roster; each column is explained.
	book, err := excelize.OpenFile(filepath.Join(dir, "roster.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	var b bytes.Buffer
	if err := errors.Join(book.SetSheetRow("Roster", "A2", &[]string{"Alpha", "", "Zoé", "Lee", "", "Rosa", "012345678", "oui"}), book.Write(&b)); err != nil {
		t.Fatal(err)
	}
	r := read(t, b.String(), Options{})
	if diff := cmp.Diff(Columns(), r.Columns); diff != "" {
		t.Error(diff)
	}
	for i, name := range Columns() {
		if e := explanations()[i]; e.column != name || e.english == "" || e.french == "" || e.needed == "" || e.besoin == "" {
			t.Errorf("%s is not explained: %+v", name, e)
		}
	}
}
