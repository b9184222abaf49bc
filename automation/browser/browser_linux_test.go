package browser_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irccpin/automation/browser"
)

// processes lists the processes with text on their command line.
func processes(t *testing.T, text string) map[int]string {
	t.Helper()
	found := map[int]string{}
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range lines {
		line, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(line, []byte(text)) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err == nil && pid != os.Getpid() {
			found[pid] = string(bytes.ReplaceAll(line, []byte{0}, []byte{' '}))
		}
	}
	return found
}

// descendants lists a process's children, theirs and so on.
func descendants(t *testing.T, pid int) []int {
	t.Helper()
	parents := map[int]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		var child, parent int
		var state string
		if _, err := fmt.Sscanf(string(stat), "%d", &child); err != nil {
			continue
		}
		rest := stat[bytes.LastIndexByte(stat, ')')+1:]
		if _, err := fmt.Sscanf(string(rest), " %1s %d", &state, &parent); err == nil {
			parents[child] = parent
		}
	}
	var all []int
	for child := range parents {
		for p := child; p != 0; p = parents[p] {
			if parents[p] == pid {
				all = append(all, child)
				break
			}
		}
	}
	slices.Sort(all)
	return all
}

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	return !bytes.HasPrefix(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" Z"))
}

// eventually waits for a condition that no event tells about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come about that %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range list {
		names = append(names, entry.Name())
	}
	return names
}

var bothBrowsers = []struct {
	name  string
	shell bool
}{{"headless shell", true}, {"full browser", false}}

func TestNothingIsLeft(t *testing.T) {
	for _, kind := range bothBrowsers {
		for _, end := range []string{"closed", "killed"} {
			t.Run(kind.name+" "+end, func(t *testing.T) {
				root := t.TempDir()
				s := newSite(t, pages{"www.example.com/": "page"})
				gate := openGate(t, browser.GateOptions{Simulator: s.addr})
				b := startWith(t, browser.Options{Path: findPath(t, kind.shell), Gate: gate, TrustSPKI: []string{s.spki}, ProfileRoot: root})
				tab := newTab(t, b, tabOptions())
				visit(t, tab, "https://www.example.com/")

				profile := filepath.Join(root, entries(t, root)[0])
				if info, err := os.Stat(profile); err != nil || info.Mode().Perm() != 0o700 {
					t.Errorf("the profile is %v, %v", info.Mode(), err)
				}
				family := append(descendants(t, b.PID()), b.PID())
				if len(family) < 3 {
					t.Fatalf("Chrome has only %d processes", len(family))
				}

				if end == "killed" {
					if err := syscall.Kill(b.PID(), syscall.SIGKILL); err != nil {
						t.Fatal(err)
					}
					<-b.Done()
					if err := b.Err(); !errors.Is(err, browser.ErrBrowserGone) || !strings.Contains(err.Error(), "killed") {
						t.Errorf("Err() = %v", err)
					}
					closed, _ := await[browser.Closed](t, tab, nil)
					if closed.Reason != browser.ClosedBrowserGone || !errors.Is(closed.Err, browser.ErrBrowserGone) {
						t.Errorf("Closed = %+v", closed)
					}
					if err := tab.Navigate(background(t), "https://www.example.com/"); !errors.Is(err, browser.ErrBrowserGone) || !errors.Is(err, browser.ErrTabClosed) {
						t.Errorf("Navigate: %v", err)
					}
					if _, err := b.NewTab(background(t), tabOptions()); !errors.Is(err, browser.ErrBrowserGone) {
						t.Errorf("NewTab: %v", err)
					}
				}
				if err := b.Close(background(t)); err != nil {
					t.Fatal(err)
				}
				for _, pid := range family {
					if alive(pid) {
						t.Errorf("process %d of %v still lives", pid, family)
					}
				}
				if left := entries(t, root); len(left) != 0 {
					t.Errorf("left in the profile root: %v", left)
				}
				if left, _ := filepath.Glob(filepath.Join(os.TempDir(), filepath.Base(profile)+"*")); len(left) != 0 {
					t.Errorf("left in the temporary directory: %v", left)
				}
			})
		}
	}
}

func TestRendererCrash(t *testing.T) {
	s := newSite(t, pages{"www.example.com/": "page"})
	b, _ := s.open(t)
	tab := newTab(t, b, tabOptions())
	ctx := background(t)
	nav := load(t, tab, "https://www.example.com/")
	hanging := make(chan error, 1)
	go func() { hanging <- tab.Call(ctx, nav.Doc, `() => new Promise(() => {})`, nil, nil) }()
	for _, pid := range descendants(t, b.PID()) {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if bytes.Contains(line, []byte("--type=renderer")) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	closed, _ := await[browser.Closed](t, tab, nil)
	if closed.Reason != browser.ClosedCrashed {
		t.Errorf("Closed = %+v", closed)
	}
	if err := <-hanging; !errors.Is(err, browser.ErrTabClosed) && !errors.Is(err, browser.ErrDocumentGone) {
		t.Errorf("the call under way: %v", err)
	}
	if err := tab.Navigate(ctx, "https://www.example.com/"); !errors.Is(err, browser.ErrTabClosed) {
		t.Errorf("Navigate: %v", err)
	}
	if err := tab.Close(ctx); err != nil {
		t.Error(err)
	}
	// The browser itself is well.
	visit(t, newTab(t, b, tabOptions()), "https://www.example.com/")
}

func TestHungBrowser(t *testing.T) {
	gate := openGate(t, browser.GateOptions{})
	b := startWith(t, browser.Options{Gate: gate, Heartbeat: 20 * time.Millisecond, Patience: 300 * time.Millisecond})
	tab := newTab(t, b, tabOptions())
	if err := syscall.Kill(b.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	<-b.Done()
	if err := b.Err(); !errors.Is(err, browser.ErrBrowserHung) || !errors.Is(err, browser.ErrBrowserGone) {
		t.Errorf("Err() = %v", err)
	}
	if closed, _ := await[browser.Closed](t, tab, nil); closed.Reason != browser.ClosedBrowserGone {
		t.Errorf("Closed = %+v", closed)
	}
}

// TestParentKilled: a SIGKILL of this program takes the whole of Chrome along,
// and the next start clears its profile away, but nothing else.
func TestParentKilled(t *testing.T) {
	for _, kind := range bothBrowsers {
		t.Run(kind.name, func(t *testing.T) {
			root := t.TempDir()
			parent := exec.Command(os.Args[0])
			parent.Env = append(os.Environ(), helperVariable+"="+root, helperVariable+"_BROWSER="+findPath(t, kind.shell))
			out, err := parent.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := parent.Start(); err != nil {
				t.Fatal(err)
			}
			line, _ := bufio.NewReader(out).ReadString('\n')
			if line != "ready\n" {
				t.Fatalf("the helper said %q", line)
			}
			name := entries(t, root)[0]
			family := descendants(t, parent.Process.Pid)
			if len(family) < 3 {
				t.Fatalf("Chrome has only %d processes", len(family))
			}

			// Another program's run, alive, and things that are not ours.
			gate := openGate(t, browser.GateOptions{})
			startWith(t, browser.Options{Gate: gate, ProfileRoot: root})
			for _, foreign := range []string{"chrome-mine", "chrome-0123456789abcdef.old", "data"} {
				if err := os.Mkdir(filepath.Join(root, foreign), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			before := entries(t, root)

			if err := parent.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = parent.Wait()
			eventually(t, "all of Chrome's processes ended", func() bool {
				return !slices.ContainsFunc(family, alive) && len(processes(t, name)) == 0
			})
			if diff := cmp.Diff(before, entries(t, root)); diff != "" {
				t.Errorf("before the sweep (-want +got):\n%s", diff)
			}

			b := startWith(t, browser.Options{Gate: gate, ProfileRoot: root})
			if err := b.Close(background(t)); err != nil {
				t.Fatal(err)
			}
			want := slices.DeleteFunc(before, func(n string) bool { return n == name })
			if diff := cmp.Diff(want, entries(t, root)); diff != "" {
				t.Errorf("after the sweep (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSweepEndsLeftoverChrome: should a Chrome survive its parent after all,
// the sweep ends it, and only it.
func TestSweepEndsLeftoverChrome(t *testing.T) {
	root := t.TempDir()
	dead := filepath.Join(root, "chrome-00000000000000aa")
	if err := os.MkdirAll(filepath.Join(dead, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	// A stand-in that has the profile on its command line.
	start := func(argument string) *exec.Cmd {
		cmd := exec.Command("/bin/sh", "-c", "while :; do sleep 60; done", "chrome", argument)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			_ = cmd.Wait()
		})
		return cmd
	}
	leftover := start("--user-data-dir=" + dead + "/data")
	foreign := start("--user-data-dir=" + dead + "/data/other")

	startWith(t, browser.Options{Gate: openGate(t, browser.GateOptions{}), ProfileRoot: root})
	eventually(t, "the leftover ended", func() bool { return !alive(leftover.Process.Pid) })
	if !alive(foreign.Process.Pid) {
		t.Error("a process that only looks alike was ended")
	}
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the dead run's profile: %v", err)
	}
}

// TestNoOpenPort: nothing listens but the gate, the site and the test itself.
func TestNoOpenPort(t *testing.T) {
	for _, kind := range bothBrowsers {
		t.Run(kind.name, func(t *testing.T) {
			b := startWith(t, browser.Options{Path: findPath(t, kind.shell), Gate: openGate(t, browser.GateOptions{})})
			newTab(t, b, tabOptions())
			listening := map[string]bool{}
			for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
				text, err := os.ReadFile(table)
				if err != nil {
					continue
				}
				for line := range strings.Lines(string(text)) {
					if f := strings.Fields(line); len(f) > 9 && f[3] == "0A" { // LISTEN
						listening["socket:["+f[9]+"]"] = true
					}
				}
			}
			for _, pid := range append(descendants(t, b.PID()), b.PID()) {
				files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
				for _, file := range files {
					if to, _ := os.Readlink(file); listening[to] {
						t.Errorf("process %d of Chrome listens: %s", pid, to)
					}
				}
			}
		})
	}
}

func TestEnvironmentOfChrome(t *testing.T) {
	t.Setenv("GCKEY_PASSWORD", "s3cret-value")
	t.Setenv("HTTPS_PROXY", "http://user:s3cret-value@127.0.0.1:1")
	t.Setenv("LANG", "C.UTF-8")
	t.Setenv("TZ", "UTC")
	root := t.TempDir()
	b := startWith(t, browser.Options{Gate: openGate(t, browser.GateOptions{}), ProfileRoot: root, ExtraEnv: []string{"EXTRA=1"}})
	newTab(t, b, tabOptions())
	profile := filepath.Join(root, entries(t, root)[0])

	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", b.PID()))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for pair := range strings.SplitSeq(strings.Trim(string(raw), "\x00"), "\x00") {
		name, value, _ := strings.Cut(pair, "=")
		got[name] = value
	}
	for name, want := range map[string]string{"HOME": profile, "LANG": "C.UTF-8", "TZ": "UTC", "EXTRA": "1", "PATH": os.Getenv("PATH")} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
	allowed := regexp.MustCompile(`^(HOME|TMPDIR|PATH|LD_LIBRARY_PATH|FONTCONFIG_(FILE|PATH)|DISPLAY|WAYLAND_DISPLAY|XDG_RUNTIME_DIR|XDG_SESSION_TYPE|XAUTHORITY|LANG|LANGUAGE|LC_ALL|LC_CTYPE|TZ|EXTRA)$`)
	for name := range got {
		if !allowed.MatchString(name) {
			t.Errorf("Chrome was given %s", name)
		}
	}
	for _, pid := range append(descendants(t, b.PID()), b.PID()) {
		for _, what := range []string{"environ", "cmdline"} {
			text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, what))
			if bytes.Contains(text, []byte("s3cret")) {
				t.Errorf("a secret is in the %s of process %d", what, pid)
			}
		}
	}
}

// TestLongProfilePath: Chrome's lock socket does not fit below a long path.
func TestLongProfilePath(t *testing.T) {
	root := longPath(t)
	for _, kind := range bothBrowsers {
		b := startWith(t, browser.Options{Path: findPath(t, kind.shell), Gate: openGate(t, browser.GateOptions{}), ProfileRoot: root})
		name := entries(t, root)[0]
		newTab(t, b, tabOptions())
		if err := b.Close(background(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(filepath.Join(os.TempDir(), name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the short link is left: %v", err)
		}
	}
}

// longPath is a directory below which no socket's address fits.
func longPath(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long-", 24))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestLongTMPDIR: nor does it below a long directory for temporary files. A short
// way is found elsewhere, and goes with its run, also when that is killed and the
// next one has another environment.
func TestLongTMPDIR(t *testing.T) {
	t.Setenv("TMPDIR", longPath(t))
	root, short := longPath(t), shortDir(t)
	environment := func(name string) (string, bool) {
		if name == "XDG_RUNTIME_DIR" {
			return short, true
		}
		return os.LookupEnv(name)
	}
	b := startWith(t, browser.Options{Path: findPath(t, false), Gate: openGate(t, browser.GateOptions{}), ProfileRoot: root, Environment: environment})
	name := entries(t, root)[0]
	newTab(t, b, tabOptions())
	if _, err := os.Readlink(filepath.Join(short, name)); err != nil {
		t.Errorf("the short way is not there: %v", err)
	}
	// A socket in use is what makes the path matter.
	if sockets, _ := filepath.Glob(filepath.Join(short, name, "*", "SingletonSocket")); len(sockets) != 1 {
		t.Errorf("Chrome has its lock socket at %v", sockets)
	}
	if err := b.Close(background(t)); err != nil {
		t.Fatal(err)
	}
	// What Chrome's libraries keep for all programs of a session stays.
	if left, _ := filepath.Glob(filepath.Join(short, "chrome-*")); len(left) != 0 || len(entries(t, root)) != 0 {
		t.Errorf("left behind: %v, %v", left, entries(t, root))
	}
}

// shortDir is a directory with a short path.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestStartFails(t *testing.T) {
	root := t.TempDir()
	gate := openGate(t, browser.GateOptions{})
	script := func(text string) string {
		name := filepath.Join(t.TempDir(), "chrome")
		if err := os.WriteFile(name, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for name, test := range map[string]struct{ path, want string }{
		"not there":      {filepath.Join(root, "none"), "no such file"},
		"ends at once":   {script("echo cannot open display >&2; exit 3\n"), "cannot open display"},
		"speaks rubbish": {script("printf 'rubbish\\0' >&4; sleep 60\n"), "browser"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := browser.Start(background(t), browser.Options{Path: test.path, Gate: gate, ProfileRoot: root, Headless: true})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Start: %v, want %q in it", err, test.want)
			}
			if left := entries(t, root); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	if _, err := browser.Start(background(t), browser.Options{Path: "x", ProfileRoot: root}); err == nil {
		t.Error("a browser without a gate was started")
	}
}

// TestClosingWhileBusy: Close ends everything, whatever is under way.
func TestClosingWhileBusy(t *testing.T) {
	stuck := make(chan struct{})
	s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-stuck:
		case <-r.Context().Done():
		}
	}))
	defer close(stuck)
	b, _ := s.open(t)
	asked := make(chan struct{})
	options := tabOptions()
	options.Request = func(browser.Request) error { close(asked); return nil }
	tab := newTab(t, b, options)
	result := make(chan error)
	go func() { result <- tab.Navigate(background(t), "https://www.example.com/") }()
	<-asked
	if err := b.Close(background(t)); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, browser.ErrTabClosed) {
		t.Errorf("Navigate: %v", err)
	}
	if err := b.Err(); !errors.Is(err, browser.ErrBrowserClosed) {
		t.Errorf("Err() = %v", err)
	}
	if err := b.Close(background(t)); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestVersion(t *testing.T) {
	for _, headless := range []bool{true, false} {
		found, err := browser.Find(browser.FindOptions{Headless: headless})
		if err != nil {
			t.Fatal(err)
		}
		version, err := found.Version(background(t))
		if err != nil || !strings.ContainsAny(version, "0123456789") || strings.Contains(version, "\n") {
			t.Errorf("%s: %q, %v", found.Path, version, err)
		}
	}
	if _, err := (browser.Found{Path: "/does/not/exist"}).Version(background(t)); err == nil {
		t.Error("a missing program has a version")
	}
}
