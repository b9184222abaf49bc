package roster

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// Purpose is what a roster is read for. It decides what each row must hold.
type Purpose string

const (
	// Create needs given_name, family_name and authorized_by.
	Create Purpose = "create"
	// PINs needs email, or given_name and family_name.
	PINs Purpose = "pins"
)

// Options say how a roster is read.
type Options struct {
	// For is Create or PINs.
	For Purpose
	// Dir is what env_file is relative to; empty is the working directory. Open
	// takes the roster's own unless it is set.
	Dir string
	// Check is asked about a row's employer, once for each settings file or
	// keychain entry and business number; its error becomes a fault. Nil is no
	// check: a schedule's files are on the worker. Readable is the least.
	Check func(Row) error
}

// Roster is a list of users without a fault.
type Roster struct {
	// Name is what it is called in messages.
	Name string
	// Columns are the headings, as they are written, unknown ones included.
	Columns []string
	Rows    []Row

	// comma separates the fields of a CSV roster; results keep to it.
	comma rune
}

// Open reads the roster in a file. The error is bad_roster.
func Open(path string, o Options) (*Roster, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer file.Close() // nothing was written
	if o.Dir == "" {
		o.Dir = filepath.Dir(path)
	}
	return Read(path, file, o)
}

// Read reads a roster, CSV or XLSX, and checks all of it. name is what messages
// call it, such as "standard input". The error is bad_roster, with Faults in its
// chain, unless nothing could be read.
func Read(name string, in io.Reader, o Options) (*Roster, error) {
	data, err := slurp(in)
	if err != nil {
		return nil, unreadable(name, err)
	}
	var f faults
	if strings.TrimSpace(strings.TrimPrefix(string(data), bom)) == "" {
		f.add(0, "", "it is empty")
		return nil, f.err(name)
	}
	t := readTable(data, &f)
	r := &Roster{Name: name, comma: t.comma}
	if len(t.lines) > 0 {
		t.checkCells(&f)
		r.fill(t, o, &f)
	} else if len(f.list) == 0 {
		f.add(0, "", "it is empty")
	}
	if err := f.err(name); err != nil {
		return nil, err
	}
	return r, nil
}

// fill reads the rows of a table.
func (r *Roster) fill(t table, o Options, f *faults) {
	first := t.lines[0]
	h := readHeader(first, f)
	h.misspelt(first.number, f)
	c := checker{options: o, header: h, headerLine: first, faults: f, checked: map[employer]error{}}
	c.columns()
	r.Columns = h.headings
	for _, l := range t.lines[1:] {
		row := c.row(l)
		c.employer(row)
		r.Rows = append(r.Rows, row)
	}
	if len(r.Rows) == 0 {
		f.add(0, "", "it has a heading and no rows")
	}
	contradictions(r.Rows, f)
}

// Readable checks of a row's settings file that it is a file, and can be read.
func Readable(r Row) error {
	if r.EnvFile == "" {
		return nil
	}
	file, err := os.Open(r.EnvFile)
	if err != nil {
		return cause(err)
	}
	info, err := file.Stat()
	if err = errors.Join(err, file.Close()); err != nil {
		return cause(err)
	}
	if !info.Mode().IsRegular() {
		return lang.NewError("it is not a file")
	}
	return nil
}

func unreadable(name string, err error) error {
	return &automation.Error{
		Code: automation.BadRoster, Message: lang.Text("the roster %s cannot be read: %v", name, cause(err)), Err: err,
		Hint: lang.Text("Name a CSV or XLSX file, or - for standard input. irccpin batch template FILE makes an empty one."),
	}
}

// cause is what the system says, without the path that is named already.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
