package evidence

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"irccpin/automation/secret"
)

const (
	dirMode  = 0o700
	fileMode = 0o600

	recordFile = "run.json"
	traceFile  = "trace.jsonl"
	lockFile   = "lock"
)

// Options say where a run is kept and what is known of it when it begins.
type Options struct {
	// Dir is the directory of all runs, made when it is missing.
	Dir string
	// ID is the run's own, made by [NewID].
	ID string
	// Redactor removes the secrets. It is required, and may learn further secrets while the run goes on.
	Redactor *secret.Redactor
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Keep bounds what earlier runs may take.
	Keep Keep
	// Known tells whether a text is wording of the catalog; only such texts are kept of a page that was not recognised.
	// It gets the text with white space collapsed and trimmed. Nil knows nothing.
	Known func(text string) bool

	// What the record says until [Run.Finish], and so forever when the process is killed.
	Command   string
	Simulated bool
	Employer  string
	Versions  Versions
}

// Run is the evidence of one run under way. It is safe for concurrent use.
type Run struct {
	dir     string
	text    text
	known   func(string) bool
	now     func() time.Time
	started time.Time // with the monotonic clock, where the clock has one

	mu     sync.Mutex
	record Record
	lock   *os.File
	trace  *os.File // nil once finished
	torn   bool     // the last line of the trace may be incomplete
	steps  int
	pages  int
	faults faults
}

// Open begins a run: it makes the run's directory, holds it for as long as this process lives, and prunes earlier runs
// (what could not be pruned is told by [Run.Finish]). An error means that nothing can be kept, and names the path.
func Open(o Options) (*Run, error) {
	run, err := open(o)
	if err != nil {
		return nil, fmt.Errorf("opening the evidence of the run: %w", err)
	}
	return run, nil
}

func open(o Options) (_ *Run, err error) {
	if err := checkID(o.ID); err != nil {
		return nil, err
	}
	if o.Redactor == nil {
		return nil, errors.New("no redactor was given, and nothing is written without one")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Known == nil {
		o.Known = func(string) bool { return false }
	}
	if err := makePrivate(o.Dir); err != nil {
		return nil, err
	}
	r := &Run{
		dir: filepath.Join(o.Dir, o.ID), text: text{redactor: o.Redactor}, known: o.Known, now: o.Now, started: o.Now(),
		record: Record{Command: o.Command, Simulated: o.Simulated, Employer: o.Employer, Versions: o.Versions},
	}
	if err := os.Mkdir(r.dir, dirMode); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			r.close()
			err = errors.Join(err, os.RemoveAll(r.dir))
		}
	}()
	if r.lock, err = holdLock(filepath.Join(r.dir, lockFile)); err != nil {
		return nil, err
	}
	if r.trace, err = os.OpenFile(filepath.Join(r.dir, traceFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, fileMode); err != nil {
		return nil, err
	}
	if err := r.writeRecord(); err != nil {
		return nil, err
	}
	r.faults.add(prune(o.Dir, o.Keep, o.Now()))
	return r, nil
}

// makePrivate makes a directory that only its user can enter, or makes one so.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&^dirMode != 0 {
		return os.Chmod(dir, dirMode)
	}
	return nil
}

// Dir is the run's own directory.
func (r *Run) Dir() string { return r.dir }

// Step records an event, setting its time. Its texts are redacted; the caller keeps typed and read values out of it. After
// [Run.Finish] it does nothing.
func (r *Run) Step(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.trace != nil {
		r.step(e)
	}
}

func (r *Run) step(e Event) {
	now := r.now()
	e.Time, e.ElapsedMS = now.UTC(), now.Sub(r.started).Milliseconds()
	redact(r.text, &e)
	line, err := json.Marshal(e)
	if err != nil {
		r.faults.add(fmt.Errorf("recording a step: %w", err))
		return
	}
	line = append(line, '\n')
	if r.torn {
		line = append([]byte{'\n'}, line...)
	}
	_, err = r.trace.Write(line)
	r.faults.add(err)
	if r.torn = err != nil; !r.torn {
		r.steps++
	}
}

// Snapshot is a page as the browser shows it.
type Snapshot struct {
	// Name is the page's in the catalog; empty when it was not recognised.
	Name string
	URL  string
	// Title and Lang are the document's.
	Title string
	Lang  string
	HTML  string
	// Screenshot is a PNG in which the caller has masked secret fields and PIN cells. It is dropped when the page was not
	// recognised, since nobody knows what to mask there.
	Screenshot []byte
	// Recognised tells that exactly one page of the catalog fits, and so which of its elements hold secrets.
	Recognised bool
	// Masked are texts of the page that must not be kept, such as those of its PIN cells.
	Masked []string
}

// Page keeps a page, redacted, records that as an event, and returns the path of the HTML file, "" when it could not be
// kept. After [Run.Finish] it does nothing.
func (r *Run) Page(s Snapshot) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.trace == nil {
		return ""
	}
	m := cleaner{text: r.text.masking(s.Masked), masked: s.Masked}
	if !s.Recognised {
		m.known = r.known
		s.Name, s.Screenshot = "unknown", nil
	}
	saved := &Saved{URL: m.address(s.URL), Title: m.wording(s.Title), Lang: m.identifier(s.Lang), Recognised: s.Recognised}
	e := Event{Kind: "page", Page: s.Name, Saved: saved}
	r.pages++
	base := "page-" + strconv.Itoa(r.pages) + "-" + fileName(r.text.clean(s.Name))

	html, err := m.redact(s.HTML)
	if err == nil {
		err = r.writeFile(base+".html", html)
	}
	if err != nil {
		r.faults.add(fmt.Errorf("keeping the page %s: %w", s.Name, err))
	} else {
		saved.HTML = base + ".html"
	}
	if len(s.Screenshot) > 0 {
		png, err := barePNG(s.Screenshot)
		if err == nil {
			err = r.writeFile(base+".png", png)
		}
		if err != nil {
			r.faults.add(fmt.Errorf("keeping the picture of the page %s: %w", s.Name, err))
		} else {
			saved.Screenshot = base + ".png"
		}
	}
	r.step(e)
	if saved.HTML == "" {
		return ""
	}
	return filepath.Join(r.dir, saved.HTML)
}

var notFileName = regexp.MustCompile(`[^a-z0-9]+`)

// fileName makes a name of the catalog fit for every file system.
func fileName(name string) string {
	name = strings.Trim(notFileName.ReplaceAllString(strings.ToLower(name), "-"), "-")
	// A name of the catalog is a word or two.
	return name[:min(len(name), 40)]
}

// Finish writes the run's record and lets go of its directory. What was given to [Open], and Ended, need not be repeated.
// Everything is redacted once more, since some secrets, such as a PIN, became known only on the way. The error tells all
// that could not be kept since [Open]; the run itself is not worse for it.
func (r *Run) Finish(rec Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.trace == nil {
		return errors.New("the evidence of this run is finished already")
	}
	rec.Command = orElse(rec.Command, r.record.Command)
	rec.Employer = orElse(rec.Employer, r.record.Employer)
	rec.Versions.Program = orElse(rec.Versions.Program, r.record.Versions.Program)
	rec.Versions.Browser = orElse(rec.Versions.Browser, r.record.Versions.Browser)
	rec.Simulated = rec.Simulated || r.record.Simulated
	if rec.Ended.IsZero() {
		rec.Ended = r.now()
	}
	rec.Steps = r.steps
	r.record = rec

	trace := r.trace
	r.trace = nil
	r.faults.add(trace.Close())
	r.faults.add(r.redactAgain())
	r.faults.add(r.writeRecord())
	r.close()
	if err := r.faults.err(); err != nil {
		return fmt.Errorf("keeping the evidence in %s: %w", r.dir, err)
	}
	return nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// redactAgain removes what became known as secret after it was written. Whatever it cannot read it leaves to the reader.
func (r *Run) redactAgain() error {
	data, err := os.ReadFile(filepath.Join(r.dir, traceFile))
	if err != nil {
		return err
	}
	var again []byte
	for line := range strings.Lines(string(data)) {
		var e Event
		if json.Unmarshal([]byte(line), &e) == nil {
			redact(r.text, &e)
			if b, err := json.Marshal(e); err == nil {
				line = string(b) + "\n"
			}
		} else {
			line = r.text.redactor.String(line)
		}
		again = append(again, line...)
	}
	if string(again) != string(data) {
		if err := r.writeFile(traceFile, again); err != nil {
			return err
		}
	}
	pages, err := filepath.Glob(filepath.Join(r.dir, "page-*.html"))
	if err != nil {
		return err
	}
	for _, path := range pages {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if again := r.text.redactor.Bytes(data); string(again) != string(data) {
			if err := r.writeFile(filepath.Base(path), again); err != nil {
				return err
			}
		}
	}
	return nil
}

// close lets go of the directory. The lock goes last: until then nobody takes the run for a broken one.
func (r *Run) close() {
	if r.trace != nil {
		r.faults.add(r.trace.Close())
		r.trace = nil
	}
	if r.lock != nil {
		r.faults.add(r.lock.Close()) // before the removal: Windows removes no open file
		if err := os.Remove(r.lock.Name()); !errors.Is(err, fs.ErrNotExist) {
			r.faults.add(err)
		}
		r.lock = nil
	}
}

func (r *Run) writeRecord() error {
	rec := r.record
	rec.Schema = Schema
	rec.Started, rec.Ended = r.started.UTC(), rec.Ended.UTC()
	rec.Warnings = append([]Warning(nil), rec.Warnings...) // the caller's own stay as they are
	redact(r.text, &rec)
	rec.ID = filepath.Base(r.dir) // made by us, and needed as it is
	data, err := json.MarshalIndent(rec, "", " ")
	if err != nil {
		return err
	}
	return r.writeFile(recordFile, append(data, '\n'))
}

// writeFile puts a file in place as a whole or not at all.
func (r *Run) writeFile(name string, data []byte) (err error) {
	f, err := os.CreateTemp(r.dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(r.dir, name))
}

// faults are what could not be written. A full disk fails every step in the same way, so only the first few are told.
type faults struct {
	first []error
	more  int
}

// mostFaults is enough for the faults of a run that have different causes.
const mostFaults = 5

func (f *faults) add(err error) {
	switch {
	case err == nil:
	case len(f.first) < mostFaults:
		f.first = append(f.first, err)
	default:
		f.more++
	}
}

func (f *faults) err() error {
	err := errors.Join(f.first...)
	if f.more > 0 {
		return fmt.Errorf("%w\nand %d more", err, f.more)
	}
	return err
}
