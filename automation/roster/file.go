package roster

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// FileOptions say how results are kept in a file.
type FileOptions struct {
	// Replace allows that a file is there, whatever it is; nothing is taken over
	// from it.
	Replace bool
	// Simulated is the kind of portal that this run is about.
	Simulated bool
	// Seal encrypts what is written; nil leaves it in clear. A sealed file cannot
	// be resumed from, since only its recipients can read it.
	Seal func(io.Writer) (io.WriteCloser, error)
}

// File is Results that are written to a file whenever a row ends. The file is
// whole at any moment, and readable by its owner alone (mode 0600).
type File struct {
	*Results
	path    string
	format  Format
	options FileOptions
	// Resumed counts the rows that had their PIN already.
	Resumed int

	saving sync.Mutex
}

// OpenFile begins, or resumes, the results of a roster in a file. It is there,
// with all rows, when OpenFile returns: what could not be written is known before
// a PIN is made. The error is usage: the name has no known ending, the file is
// something else, or cannot be made.
func OpenFile(path string, r *Roster, o FileOptions) (*File, error) {
	format, err := FormatOf(path, CSV, XLSX, JSON)
	if err != nil {
		return nil, err
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, refused(path, "", err)
	}
	f := &File{Results: NewResults(r), path: whole, format: format, options: o}
	if err := f.begin(); err != nil {
		return nil, err
	}
	if err := f.Save(); err != nil {
		return nil, refused(whole, "", cause(err))
	}
	return f, nil
}

// CheckFile tells whether a file can take a roster's results, as far as what is
// there now tells; it makes and changes nothing. The error is that of OpenFile.
func CheckFile(path string, r *Roster, o FileOptions) error {
	format, err := FormatOf(path, CSV, XLSX, JSON)
	if err != nil {
		return err
	}
	_, err = (&File{Results: NewResults(r), path: path, format: format, options: o}).look()
	return err
}

// begin looks at what is there, and takes the name if nothing is.
func (f *File) begin() error {
	there, err := f.look()
	if there || err != nil {
		return err
	}
	claim, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = claim.Close()
	}
	if err != nil {
		return refused(f.path, "", cause(err))
	}
	return nil
}

// look looks at what is there, and resumes from it.
func (f *File) look() (there bool, err error) {
	// A link is not followed: PINs would land where nobody named.
	info, err := os.Lstat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, refused(f.path, "", cause(err))
	case !info.Mode().IsRegular():
		return true, refused(f.path, "", lang.NewError("it is not a file that can be replaced"))
	case f.options.Replace:
		return true, nil
	case f.options.Seal != nil:
		return true, refused(f.path, lang.Text("--force replaces it."), lang.NewError("it exists, and encrypted results cannot be resumed from"))
	}
	file, err := os.Open(f.path)
	if err != nil {
		return true, refused(f.path, "", cause(err))
	}
	data, err := slurp(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return true, refused(f.path, "", err)
	}
	if f.Resumed, err = f.Resume(data, f.format, f.options.Simulated); err != nil {
		return true, refused(f.path, lang.Text("Name another file; --force replaces this one."), lang.Errorf("it exists and is not this roster's own results: %w", err))
	}
	return true, nil
}

func refused(path, hint string, err error) error {
	return &automation.Error{
		Code: automation.Usage, Message: lang.Text("%s cannot take the results: %v", path, err), Hint: hint, Err: err,
	}
}

// Path is where the file is.
func (f *File) Path() string { return f.path }

// Record notes what came of row i, counted from 0, and writes the file. The
// error is the system's; the outcome is noted all the same, and written with the
// next one.
func (f *File) Record(i int, o Outcome) error {
	f.Set(i, o)
	return f.Save()
}

// Save writes the file: whole, or not at all.
func (f *File) Save() error {
	f.saving.Lock()
	defer f.saving.Unlock()
	return replaceFile(f.path, func(w io.Writer) error {
		if f.options.Seal == nil {
			return f.Encode(w, f.format)
		}
		sealed, err := f.options.Seal(w)
		if err != nil {
			return err
		}
		return errors.Join(f.Encode(sealed, f.format), sealed.Close())
	})
}

// replaceFile puts a new file, of mode 0600, in the place of another: a reader,
// or a machine that loses power, sees the one or the other.
func replaceFile(path string, write func(io.Writer) error) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".irccpin-*") // mode 0600
	if err != nil {
		return err
	}
	err = write(temp)
	if err == nil {
		err = temp.Sync()
	}
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new name last. Windows has no such thing and needs none.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
