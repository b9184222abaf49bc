package roster

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"irccpin/automation"
)

const threeRows = "Note;Given name;family_name;email;employer;authorized_by\n" +
	"+1 514 555 0123;Zoé;Lê;zoe@example.com;Alpha;Rosa\n=1+1;Bo;Lee;;Beta;Rosa\n007;Cy;May;;Gamma;Rosa\n"

func formats() []Format { return []Format{CSV, XLSX, JSON} }

func encode(t testing.TB, s *Results, f Format) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Encode(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFile(t *testing.T) {
	for _, format := range formats() {
		t.Run(string(format), func(t *testing.T) {
			list := read(t, threeRows, Options{})
			path := filepath.Join(t.TempDir(), "pins."+string(format))
			out, err := OpenFile(path, list, FileOptions{})
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Fatalf("the file's mode is %v (%v)", info.Mode(), err)
			}
			outcomes := []Outcome{
				{Result: "created", PIN: "B6dens", Run: "r1"},
				{Code: automation.PageChanged, Message: "the page \"home\"\nhas changed", Run: "r2"},
				{},
			}
			if err := errors.Join(out.Record(0, outcomes[0]), out.Record(1, outcomes[1])); err != nil {
				t.Fatal(err)
			}
			again, err := OpenFile(path, list, FileOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(outcomes, again.outcomes); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
			if again.Resumed != 1 || !again.Done(0) || again.Done(1) || again.Done(2) {
				t.Errorf("%d are resumed", again.Resumed)
			}
			left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".irccpin-*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}

// TestFileTaken: what is not this roster's own results is left alone.
func TestFileTaken(t *testing.T) {
	list := read(t, threeRows, Options{})
	results := func(text string, outcomes ...Outcome) *Results {
		s := NewResults(read(t, text, Options{}))
		copy(s.outcomes, outcomes)
		return s
	}
	pin := Outcome{Result: "created", PIN: "B6dens", Run: "r1"}
	for name, c := range map[string]struct {
		there *Results
		text  string
		o     FileOptions
		own   bool
	}{
		"this roster's":                     {there: results(threeRows, pin), own: true},
		"empty, after a kill":               {text: "\n", own: true},
		"with a row that was corrected":     {there: results(strings.Replace(threeRows, ";Bo;", ";Bob;", 1), pin, Outcome{Code: "unencodable"}), own: true},
		"with a row that is gone":           {there: results(threeRows+"1;Di;Ek;;Delta;Rosa\n", pin)},
		"with a PIN of somebody else":       {there: results(strings.Replace(threeRows, ";Zoé;", ";Zo;", 1), pin)},
		"with rows added to the roster":     {there: results(strings.Replace(threeRows, "007;Cy;May;;Gamma;Rosa\n", "", 1), pin), own: true},
		"of a roster with fewer columns":    {there: results(strings.ReplaceAll(threeRows, "Note;", "Other;"), pin)},
		"of a simulation":                   {there: results(threeRows, Outcome{Result: "created", PIN: "B6dens", Simulated: true})},
		"of a simulation, in one":           {there: results(threeRows, Outcome{Result: "created", PIN: "B6dens", Simulated: true}), o: FileOptions{Simulated: true}, own: true},
		"of the real portal, in simulation": {there: results(threeRows, pin), o: FileOptions{Simulated: true}},
		"the roster itself":                 {text: threeRows},
		"some text":                         {text: "my notes\n"},
		"no text":                           {text: "\xFF\xFE\x00"},
		"sealed":                            {there: results(threeRows, pin), o: FileOptions{Seal: func(w io.Writer) (io.WriteCloser, error) { return nil, errors.New("no") }}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, format := range formats() {
				path := filepath.Join(t.TempDir(), "pins."+string(format))
				data := []byte(c.text)
				if c.there != nil {
					data = encode(t, c.there, format)
				}
				write(t, path, string(data))
				_, err := OpenFile(path, list, c.o)
				if c.own {
					if err != nil {
						t.Errorf("%s: %v", format, err)
					}
					continue
				}
				if !errors.Is(err, &automation.Error{Code: automation.Usage}) {
					t.Errorf("%s: the error is %v", format, err)
				}
				after, failed := os.ReadFile(path)
				if failed != nil || !bytes.Equal(after, data) {
					t.Errorf("%s: the file was changed (%v)", format, failed)
				}
				o := c.o
				o.Replace, o.Seal = true, nil
				out, err := OpenFile(path, list, o)
				if err != nil || out.Resumed != 0 || out.Done(0) {
					t.Errorf("%s, replaced: %v", format, err)
				}
			}
		})
	}
	for _, path := range []string{"pins.ods", "pins", filepath.Join("gone", "pins.csv")} {
		if _, err := OpenFile(filepath.Join(t.TempDir(), path), list, FileOptions{}); !errors.Is(err, &automation.Error{Code: automation.Usage}) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestSeal: what is sealed reaches the disk sealed only.
func TestSeal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pins.csv")
	out, err := OpenFile(path, read(t, threeRows, Options{}), FileOptions{Seal: func(w io.Writer) (io.WriteCloser, error) { return rot{w}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Record(0, Outcome{Result: "created", PIN: "B6dens"}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil || bytes.Contains(data, []byte("B6dens")) || !bytes.HasSuffix(data, []byte("end")) {
		t.Errorf("the file has %q (%v)", data, err)
	}
}

type rot struct{ w io.Writer }

func (r rot) Write(p []byte) (int, error) {
	return r.w.Write(bytes.Map(func(c rune) rune { return c + 1 }, bytes.ToValidUTF8(p, nil)))
}
func (r rot) Close() error { _, err := io.WriteString(r.w, "end"); return err }

// TestSpreadsheetSaved: results that a person sorted and saved from a
// spreadsheet are still results.
func TestSpreadsheetSaved(t *testing.T) {
	list := read(t, threeRows, Options{})
	s := NewResults(list)
	s.Set(0, Outcome{Result: "created", PIN: "B6dens", Run: "r1"})
	s.Set(1, Outcome{Result: "already_exists", PIN: "012345", Run: "r2"})
	s.Set(2, Outcome{Result: "found", PIN: "12E456", Run: "r3"})

	t.Run("csv", func(t *testing.T) {
		// Excel in French: semicolons, no quotes that are not needed, other columns
		// first, another order, and what looks like a number became one.
		text := bom + "result;code;message;pin;run;Note;Given name;family_name;email;employer;authorized_by;mine\r\n" +
			"found;;;1.2E+457;r3;7;Cy;May;;Gamma;Rosa;\r\n" +
			"already_exists;;;12345;r2;'=1+1;BO;Lee;;Beta;Rosa;x\r\n" +
			"created;;;B6dens;r1;'+1 514 555 0123;Zoé;Lê;zoe@example.com;Alpha;Rosa;\r\n"
		later := NewResults(list)
		n, err := later.Resume([]byte(text), CSV, false)
		if err != nil || n != 1 || !later.Done(0) || later.Done(1) || later.Done(2) {
			t.Errorf("%d rows are done (%v): %v", n, err, later.outcomes)
		}
		if doubtful := later.Doubtful(); !slices.Equal(slices.Sorted(slices.Values(doubtful)), []int{1, 2}) {
			t.Errorf("in doubt are %v", doubtful)
		}
		if later.outcomes[1].Result != "already_exists" {
			t.Errorf("the second row is %v", later.outcomes[1])
		}
	})
	t.Run("csv as it was written", func(t *testing.T) {
		later := NewResults(list)
		n, err := later.Resume(encode(t, s, CSV), CSV, false)
		if err != nil || n != 3 || later.Outcome(1).PIN != "012345" || later.Outcome(2).PIN != "12E456" || len(later.Doubtful()) > 0 {
			t.Errorf("%d rows are done (%v)", n, err)
		}
	})
	t.Run("xlsx", func(t *testing.T) {
		book, err := excelize.OpenReader(bytes.NewReader(encode(t, s, XLSX)))
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		var b bytes.Buffer
		if err := errors.Join(book.DuplicateRow("Results", 2), book.RemoveRow("Results", 2), book.InsertRows("Results", 3, 2), book.Write(&b)); err != nil {
			t.Fatal(err)
		}
		later := NewResults(list)
		n, err := later.Resume(b.Bytes(), XLSX, false)
		if err != nil || n != 3 || later.Outcome(1).PIN != "012345" {
			t.Errorf("%d rows are done (%v)", n, err)
		}
	})
}

// TestResultsAreARoster: the next batch can begin with the results of the last.
func TestResultsAreARoster(t *testing.T) {
	list := read(t, threeRows, Options{})
	s := NewResults(list)
	s.Set(0, Outcome{Result: "created", PIN: "B6dens"})
	for _, format := range []Format{CSV, XLSX} {
		again := read(t, string(encode(t, s, format)), Options{For: PINs})
		if diff := cmp.Diff(list.Columns, again.Columns); diff != "" {
			t.Errorf("%s: columns %s", format, diff)
		}
		for i := range list.Rows {
			if diff := cmp.Diff(list.Rows[i].cells, again.Rows[i].cells); diff != "" {
				t.Errorf("%s: row %d %s", format, i, diff)
			}
		}
	}
}

// TestNoFormulas: no cell of the results is one for a spreadsheet.
func TestNoFormulas(t *testing.T) {
	evil := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "''+", "=HYPERLINK(\"http://example.com/\"&A2)"}
	text := "employer,given_name,family_name,authorized_by,note\n"
	for i, cell := range evil {
		text += fmt.Sprintf("A,B%d,C,D,%s\n", i, `"`+strings.ReplaceAll(cell, `"`, `""`)+`"`)
	}
	s := NewResults(read(t, strings.ReplaceAll(text, "\"'", "\"''"), Options{}))
	for i, cell := range evil {
		s.Set(i, Outcome{Code: "internal", Message: cell, PIN: cell})
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(encode(t, s, CSV), []byte(bom)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
				t.Errorf("CSV has the cell %q", cell)
			}
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(encode(t, s, XLSX)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for i := range evil {
		for column := range rows[0] {
			name, err := excelize.CoordinatesToCellName(column+1, i+2)
			if err != nil {
				t.Fatal(err)
			}
			formula, err := book.GetCellFormula("Results", name)
			kind, failed := book.GetCellType("Results", name)
			if err != nil || failed != nil || formula != "" || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
				t.Errorf("%s is of type %v, formula %q (%v %v)", name, kind, formula, err, failed)
			}
		}
	}
}

func TestDocument(t *testing.T) {
	s := NewResults(read(t, threeRows, Options{}))
	s.Set(0, Outcome{Result: "created", PIN: "B<6>", Run: "r1", Simulated: true})
	s.Set(1, Outcome{Code: "human_needed", Message: "a captcha", Run: "r2", Simulated: true})
	doc := s.Document(func(string) string { return "******" })
	doc.Run = "batch"
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(doc); err != nil {
		t.Fatal(err)
	}
	want := `{"schema":1,"result":"batch","error":null,"simulated":true,` +
		`"counts":{"already_exists":0,"created":1,"failed":1,"found":0,"not_started":1},"rows":[` +
		`{"Note":"+1 514 555 0123","given_name":"Zoé","family_name":"Lê","email":"zoe@example.com","employer":"Alpha","authorized_by":"Rosa","result":"created","code":"","message":"simulated","pin":"******","run":"r1"},` +
		`{"Note":"=1+1","given_name":"Bo","family_name":"Lee","email":"","employer":"Beta","authorized_by":"Rosa","result":"","code":"human_needed","message":"simulated: a captcha","pin":"","run":"r2"},` +
		`{"Note":"007","given_name":"Cy","family_name":"May","email":"","employer":"Gamma","authorized_by":"Rosa","result":"","code":"","message":"","pin":"","run":""}],"run":"batch"}` + "\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

// TestOutcomeIsSilent: what prints or logs an outcome, or a row, shows no PIN.
func TestOutcomeIsSilent(t *testing.T) {
	s := NewResults(read(t, threeRows, Options{}))
	o := Outcome{Result: "created", PIN: "B6dens"}
	s.Set(0, o)
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&b, verb+"\n", o)
		fmt.Fprintf(&b, verb+"\n", s.Document(nil))
		fmt.Fprintf(&b, verb+"\n", s.Row(0, nil))
		fmt.Fprintf(&b, verb+"\n", s.outcomes)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("row", "outcome", o, "row", s.Row(0, nil))
	slog.New(slog.NewJSONHandler(&b, nil)).Info("row", "outcome", o)
	if strings.Contains(b.String(), "B6dens") || strings.Contains(b.String(), "423664656e73") {
		t.Errorf("printed: %s", &b)
	}
}

// TestRecordTogether: rows end at any time.
func TestRecordTogether(t *testing.T) {
	text := "employer,email\n"
	for i := range 20 {
		text += fmt.Sprintf("E%d,a@example.com\n", i)
	}
	list := read(t, text, Options{For: PINs})
	path := filepath.Join(t.TempDir(), "pins.json")
	out, err := OpenFile(path, list, FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range list.Rows {
		all.Go(func() {
			if err := out.Record(i, Outcome{Result: "found", PIN: fmt.Sprintf("P%d", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	again, err := OpenFile(path, list, FileOptions{})
	if err != nil || again.Resumed != len(list.Rows) {
		t.Errorf("%d of %d rows are there (%v)", again.Resumed, len(list.Rows), err)
	}
}

// cellText draws any text that a roster can hold in a cell.
func cellText() *rapid.Generator[string] {
	rough := rapid.StringN(0, 12, -1)
	formula := rapid.SampledFrom([]string{"=", "'", "''=", "+1", "-", "@x", "\t", "\n=", "_x0041_", " ", "\"", ";", ",", "007", "1E5", "é", "🙂"})
	return rapid.Custom(func(t *rapid.T) string {
		text := formula.Draw(t, "start") + rough.Draw(t, "text")
		return strings.Map(func(r rune) rune {
			if unstorable(r) || r == 0xFEFF {
				return -1
			}
			return r
		}, lineEnds.Replace(text))
	})
}

// TestRoundTrip: whatever a row holds and whatever came of it is there again
// after it was written and read, in each format.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := &Roster{Columns: []string{"employer", "email", "Note"}, comma: rapid.SampledFrom([]rune{0, ',', ';'}).Draw(t, "comma")}
		var outcomes []Outcome
		for i := range rapid.IntRange(1, 5).Draw(t, "rows") {
			employer := fmt.Sprintf("E%d", i)
			list.Rows = append(list.Rows, Row{cells: []string{employer, "", cellText().Draw(t, "note")}, key: newKey(employer, "", "", "", "")})
			o := Outcome{PIN: cellText().Draw(t, "pin"), Run: cellText().Draw(t, "run"), Message: cellText().Draw(t, "message"), Code: "x", Simulated: true}
			outcomes = append(outcomes, o)
		}
		s := &Results{roster: list, outcomes: slices.Clone(outcomes)}
		for _, format := range formats() {
			var b bytes.Buffer
			if err := s.Encode(&b, format); err != nil {
				t.Fatal(err)
			}
			again := NewResults(list)
			if _, err := again.Resume(b.Bytes(), format, true); err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			if diff := cmp.Diff(plainOutcomes(outcomes), plainOutcomes(again.outcomes)); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", format, diff)
			}
			if format == JSON {
				continue
			}
			var f faults
			for i, l := range readTable(b.Bytes(), &f).lines[1:] {
				if l.cell(2) != list.Rows[i].cells[2] {
					t.Fatalf("%s: the note %q came back as %q", format, list.Rows[i].cells[2], l.cell(2))
				}
			}
		}
	})
}

// plainOutcomes can be compared and printed.
func plainOutcomes(outcomes []Outcome) [][]string {
	var out [][]string
	for _, o := range outcomes {
		out = append(out, o.cells())
	}
	return out
}

// BenchmarkSave is what each row that ends costs in a batch of 200, and in the
// largest.
func BenchmarkSave(b *testing.B) {
	for _, rows := range []int{200, maxRows} {
		for _, format := range formats() {
			b.Run(fmt.Sprintf("%d/%s", rows, format), func(b *testing.B) {
				text := "employer,email\n" + strings.Repeat("Alpha Farm,zoe@example.com\n", rows)
				list, err := Read("list", strings.NewReader(text), Options{For: PINs})
				if err != nil {
					b.Fatal(err)
				}
				out, err := OpenFile(filepath.Join(b.TempDir(), "pins."+string(format)), list, FileOptions{})
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if err := out.Record(0, Outcome{Result: "found", PIN: "B6dens"}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
