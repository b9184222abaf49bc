package browser

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"irccpin/automation/lang"
)

// ErrNoBrowser happens when no browser that can be driven was found. The error
// that wraps it says what was found instead, if anything.
var ErrNoBrowser = lang.NewError("no Chrome, Chromium, Edge or Brave was found")

// UnusableError happens when the browser that was asked for cannot be started.
type UnusableError struct {
	Path   string
	Reason string
}

func (e *UnusableError) Error() string {
	return lang.Text("the browser %s cannot be used: %s", e.Path, e.Reason)
}

// FindOptions say which browser is wanted and where to look. The zero value
// looks for a browser with a window on this machine.
type FindOptions struct {
	// Explicit is a path, or the name of a program on PATH. If it is set, no
	// other browser is considered.
	Explicit string
	// Headless prefers a headless shell, which starts three times as fast and
	// needs half the memory. Without it a headless shell is never found.
	Headless bool

	// GOOS is the system to look on; empty is this one.
	GOOS string
	// Env looks up environment variables; nil is this process's environment.
	Env func(name string) (string, bool)
	// Files is where programs are looked for; nil is this machine's disk.
	Files Files
	// Registry gives the program that Windows has registered under a name
	// such as "chrome.exe", or ""; nil is this machine's registry.
	Registry func(program string) string
}

// Files is as much of a file system as the search needs.
type Files interface {
	Stat(name string) (fs.FileInfo, error)
	// ReadStart reads the first bytes of a file, scriptSize at most.
	ReadStart(name string) ([]byte, error)
	Glob(pattern string) ([]string, error)
}

// Found is a browser that was found.
type Found struct {
	// Path is the program to start.
	Path string
	// Name is the product, such as "Google Chrome Beta"; empty for one that
	// was asked for by path.
	Name string
	// HeadlessShell tells that it can open no window.
	HeadlessShell bool
	// Snap tells that it runs confined: it can only use a profile directory
	// below the home directory and not below a hidden one.
	Snap bool
}

// Find looks for a browser: the explicit one, or else an installed one, stable
// channels first, and last those that Puppeteer or Playwright keep in their
// caches.
//
// It returns *UnusableError when the explicit one cannot be started, and an
// error that wraps ErrNoBrowser when there is none.
func Find(options FindOptions) (Found, error) {
	f := newFinder(options)
	if options.Explicit != "" {
		return f.explicit(options.Explicit)
	}
	var shell Found
	for _, place := range f.places() {
		found, ok := f.look(place)
		switch {
		case !ok:
		case found.HeadlessShell && !options.Headless:
			if shell.Path == "" {
				shell = found
			}
		default:
			return found, nil
		}
	}
	if shell.Path != "" {
		return Found{}, lang.Errorf("%w that can open a window: %s is a headless shell, which can only run hidden", ErrNoBrowser, shell.Path)
	}
	if flatpak := f.flatpak(); flatpak != "" {
		return Found{}, lang.Errorf("%w: %s is installed as a flatpak, which lets no other program talk to it; install one as a system package", ErrNoBrowser, flatpak)
	}
	return Found{}, ErrNoBrowser
}

// Version asks the program for its version, such as "Chromium 140.0.1.2". On
// Windows, where asking opens a window, it is read from the directory beside
// the program.
func (f Found) Version(ctx context.Context) (string, error) {
	if runtime.GOOS == "windows" {
		versions, _ := filepath.Glob(filepath.Join(filepath.Dir(f.Path), "*.*.*.*"))
		if len(versions) == 0 {
			return "", lang.Errorf("asking %s for its version: no directory beside it names one", f.Path)
		}
		slices.SortFunc(versions, newestFirst)
		return strings.TrimSpace(f.Name + " " + filepath.Base(versions[0])), nil
	}
	out, err := exec.CommandContext(ctx, f.Path, "--version").Output()
	if err != nil {
		return "", lang.Errorf("asking %s for its version: %w", f.Path, err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return strings.TrimSpace(line), nil
}

// finder is a search on one machine.
type finder struct {
	FindOptions
	home string
	path []string
}

func newFinder(options FindOptions) *finder {
	f := &finder{FindOptions: options}
	if f.GOOS == "" {
		f.GOOS = runtime.GOOS
	}
	if f.Env == nil {
		f.Env = os.LookupEnv
	}
	if f.Files == nil {
		f.Files = disk{}
	}
	if f.Registry == nil {
		f.Registry = registered
	}
	f.home, _ = f.Env("HOME")
	separator := ":"
	if f.GOOS == "windows" {
		f.home, _ = f.Env("USERPROFILE")
		separator = ";"
	}
	if path, _ := f.Env("PATH"); path != "" {
		f.path = strings.Split(path, separator)
	}
	return f
}

// disk is the file system of this machine.
type disk struct{}

// scriptSize is more than any wrapper script has. The program itself, which is
// looked at in the same way, has some two hundred megabytes.
const scriptSize = 64 << 10

func (disk) ReadStart(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, scriptSize))
}

func (disk) Stat(name string) (fs.FileInfo, error)             { return os.Stat(name) }
func (disk) Glob(pattern string) (matches []string, err error) { return filepath.Glob(pattern) }

// join joins parts with the separator of the system that is looked at.
func (f *finder) join(parts ...string) string {
	if f.GOOS == "windows" {
		return strings.Join(parts, `\`)
	}
	return strings.Join(parts, "/")
}

// explicit checks the browser that was asked for.
func (f *finder) explicit(path string) (Found, error) {
	if !strings.ContainsAny(path, `/\`) {
		if onPath := f.onPath(path); onPath != "" {
			path = onPath
		} else {
			return Found{}, &UnusableError{path, lang.Text("no program of this name is on PATH")}
		}
	}
	path = strings.TrimSuffix(path, "/")
	info, err := f.Files.Stat(path)
	if err == nil && info.IsDir() && strings.HasSuffix(path, ".app") {
		// A macOS bundle: the program inside has the bundle's name.
		name := strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".app")
		path += "/Contents/MacOS/" + name
		info, err = f.Files.Stat(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Found{}, &UnusableError{path, lang.Text("there is no such file")}
	case err != nil:
		return Found{}, &UnusableError{path, err.Error()}
	case info.IsDir():
		return Found{}, &UnusableError{path, lang.Text("it is a directory")}
	case !f.executable(info):
		return Found{}, &UnusableError{path, lang.Text("it is not executable")}
	}
	program, ok := f.unwrap(path)
	if !ok {
		return Found{}, &UnusableError{path, lang.Text("it only says how to install a browser")}
	}
	return Found{Path: program, HeadlessShell: isShell(program), Snap: isSnap(program)}, nil
}

func (f *finder) executable(info fs.FileInfo) bool {
	return f.GOOS == "windows" || info.Mode()&0o111 != 0
}

// usable tells whether a program is there.
func (f *finder) usable(path string) bool {
	info, err := f.Files.Stat(path)
	return err == nil && !info.IsDir() && f.executable(info)
}

// look tries one place.
func (f *finder) look(p place) (Found, bool) {
	var candidates []string
	switch {
	case p.command != "":
		candidates = []string{f.onPath(p.command)}
	case p.registered != "":
		if f.GOOS == "windows" {
			candidates = []string{f.Registry(p.registered)}
		}
	default:
		candidates, _ = f.Files.Glob(p.pattern)
		slices.SortFunc(candidates, newestFirst)
	}
	for _, path := range candidates {
		if path == "" || !f.usable(path) {
			continue
		}
		program, ok := f.unwrap(path)
		if ok && isSnap(program) == p.snap {
			return Found{Path: program, Name: p.name, HeadlessShell: p.shell || isShell(program), Snap: p.snap}, true
		}
	}
	return Found{}, false
}

func (f *finder) onPath(command string) string {
	for _, dir := range f.path {
		if path := f.join(strings.TrimRight(dir, `/\`), command); dir != "" && f.usable(path) {
			return path
		}
	}
	return ""
}

// wrapped finds the program that a wrapper script hands its arguments to.
var wrapped = regexp.MustCompile(`(?m)^\s*(?:exec\s+)?(/\S+)\s.*"\$@"\s*$`)

// unwrap finds the program behind a wrapper script: a script that does not
// give way to the program (Debian's for the headless shell) notices a killed
// browser late and leaves orphans. It is false for a script that only tells how
// to install a browser (Ubuntu's, without the snap).
func (f *finder) unwrap(path string) (program string, ok bool) {
	script, err := f.Files.ReadStart(path)
	if err != nil || !bytes.HasPrefix(script, []byte("#!")) {
		return path, true
	}
	if m := wrapped.FindSubmatch(script); m != nil && f.usable(string(m[1])) {
		return string(m[1]), true
	}
	// Debian's script for the full browser puts the path together from
	// variables; it also reads flags from /etc, which ours replace.
	name := path[strings.LastIndexByte(path, '/')+1:]
	if direct := "/usr/lib/chromium/" + name; f.usable(direct) {
		return direct, true
	}
	if bytes.Contains(script, []byte("/snap/bin/")) {
		const snap = "/snap/bin/chromium"
		return snap, f.usable(snap)
	}
	return path, true
}

func isShell(path string) bool {
	base := strings.ToLower(path[strings.LastIndexAny(path, `/\`)+1:])
	return strings.Contains(base, "headless-shell") || strings.Contains(base, "headless_shell")
}

func isSnap(path string) bool { return strings.HasPrefix(path, "/snap/") }

// newestFirst orders paths by the numbers in them, highest first.
func newestFirst(a, b string) int {
	left, right := numbers.FindAllString(a, -1), numbers.FindAllString(b, -1)
	for i := range min(len(left), len(right)) {
		l, _ := strconv.Atoi(left[i])
		r, _ := strconv.Atoi(right[i])
		if l != r {
			return r - l
		}
	}
	return strings.Compare(a, b)
}

var numbers = regexp.MustCompile(`\d+`)
