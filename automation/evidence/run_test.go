package evidence

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irccpin/automation/secret"
)

// childDir tells the test binary that it is to open a run there and wait to be killed.
const childDir = "IRCCPIN_EVIDENCE_TEST_RUN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		r, err := Open(Options{Dir: dir, ID: NewID(start), Redactor: new(secret.Redactor), Command: "create"})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		r.Step(Event{Kind: "click", Page: "signin"})
		fmt.Println(filepath.Base(r.Dir()))
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // for ever: the parent only kills
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestRun(t *testing.T) {
	c := &clock{start}
	r := openRun(t, Options{Now: c.Now, Command: "create", Simulated: true, Versions: Versions{Program: "1.0.0"}})
	dir := filepath.Dir(r.Dir())

	want := Record{
		Schema: Schema, ID: filepath.Base(r.Dir()), Command: "create", Started: start, Simulated: true,
		Versions: Versions{Program: "1.0.0"}, State: Running, PID: os.Getpid(),
	}
	record, _ := load(t, r)
	if diff := cmp.Diff(want, record); diff != "" {
		t.Error("under way:", diff)
	}

	c.advance(1500 * time.Millisecond)
	r.Step(Event{Kind: "fill", Page: "signin", Element: "username", Way: "id"})
	c.advance(time.Second)
	page := r.Page(Snapshot{
		Name: "createUser", URL: "https://example.com/a?b=c", Title: "Create User", Lang: "en",
		HTML: "<p>Create User</p>", Screenshot: picturePNG(t, "note"), Recognised: true,
	})
	warnings := []Warning{{Code: "drift", Page: "signin", Element: "username", Detail: "found by its label"}}
	finish(t, r, Record{
		Employer: "Example Bakery", Code: "page_changed", Message: "the button is not there", Hint: "look at the page",
		Page: "createUser", Warnings: warnings, Versions: Versions{Browser: "Chrome 156"},
	})
	r.Step(Event{Kind: "late"})
	if again := r.Finish(Record{}); again == nil {
		t.Error("a run was finished twice")
	}

	want.Ended, want.State, want.PID, want.Steps = start.Add(2500*time.Millisecond), Finished, 0, 2
	want.Employer, want.Code, want.Message, want.Hint = "Example Bakery", "page_changed", "the button is not there", "look at the page"
	want.Page, want.Warnings, want.Versions.Browser = "createUser", warnings, "Chrome 156"
	record, events := load(t, r)
	if diff := cmp.Diff(want, record); diff != "" {
		t.Error("finished:", diff)
	}
	wantEvents := []Event{
		{Time: start.Add(1500 * time.Millisecond), ElapsedMS: 1500, Kind: "fill", Page: "signin", Element: "username", Way: "id"},
		{Time: want.Ended, ElapsedMS: 2500, Kind: "page", Page: "createUser", Saved: &Saved{
			URL: "https://example.com/a", Title: "Create User", Lang: "en", Recognised: true,
			HTML: "page-1-createuser.html", Screenshot: "page-1-createuser.png",
		}},
	}
	if diff := cmp.Diff(wantEvents, events); diff != "" {
		t.Error(diff)
	}
	if page != filepath.Join(r.Dir(), "page-1-createuser.html") {
		t.Errorf("the page is said to be at %s", page)
	}
	if records, err := List(dir); err != nil || len(records) != 1 {
		t.Errorf("listed %v, %v", records, err)
	}

	entries, err := os.ReadDir(r.Dir())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
		if info, err := entry.Info(); runtime.GOOS != "windows" && (err != nil || info.Mode() != fileMode) {
			t.Errorf("%s has mode %v, %v", entry.Name(), info.Mode(), err)
		}
	}
	if diff := cmp.Diff([]string{"page-1-createuser.html", "page-1-createuser.png", recordFile, traceFile}, names); diff != "" {
		t.Error(diff)
	}
	for _, d := range []string{dir, r.Dir()} {
		if info, err := os.Stat(d); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != dirMode) {
			t.Errorf("%s has mode %v, %v", d, info.Mode(), err)
		}
	}
}

func TestUnknownPageKeepsNoPicture(t *testing.T) {
	r := openRun(t, Options{Known: func(s string) bool { return s == "Sign In" }})
	path := r.Page(Snapshot{
		Name: "left over", URL: "https://example.com/x", Title: "Jane Roe's page",
		HTML: "<button>Sign In</button>", Screenshot: picturePNG(t, ""),
	})
	if !strings.Contains(read(t, path), "<button>Sign In</button>") {
		t.Error("known wording is gone")
	}
	_, events := load(t, r)
	want := []Event{{Time: start, Kind: "page", Page: "unknown", Saved: &Saved{
		URL: "https://example.com/x", Title: strings.Repeat("…", 4) + " " + strings.Repeat("…", 5) + " " + strings.Repeat("…", 4),
		HTML: "page-1-unknown.html",
	}}}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Error(diff)
	}
	if pictures, _ := filepath.Glob(filepath.Join(r.Dir(), "*.png")); pictures != nil {
		t.Errorf("there is %v", pictures)
	}
}

func TestConcurrentSteps(t *testing.T) {
	r := openRun(t, Options{Redactor: sentinelRedactor()})
	const writers, each = 8, 25
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				if i == 10 {
					r.Page(Snapshot{Name: "home", HTML: "<p>x</p>", Recognised: true})
				}
				r.Step(Event{Kind: "fill", Page: fmt.Sprint(w), Detail: sentinels["password"]})
			}
		})
	}
	all.Wait()
	finish(t, r, Record{})
	record, events := load(t, r)
	if record.Fault != "" || record.Steps != writers*(each+1) || len(events) != record.Steps {
		t.Errorf("%d events, %d steps, fault %q", len(events), record.Steps, record.Fault)
	}
	pages := map[string]bool{}
	for _, e := range events {
		if e.Saved != nil {
			pages[e.Saved.HTML] = true
		}
	}
	if len(pages) != writers {
		t.Errorf("the pages are %v", pages)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken := filepath.Base(openRun(t, Options{Dir: dir}).Dir())
	for name, o := range map[string]Options{
		"no redactor":      {Dir: dir, ID: NewID(start)},
		"no id":            {Dir: dir, Redactor: new(secret.Redactor)},
		"a path as id":     {Dir: dir, ID: "../x", Redactor: new(secret.Redactor)},
		"a taken id":       {Dir: dir, ID: taken, Redactor: new(secret.Redactor)},
		"a file as folder": {Dir: file, ID: NewID(start), Redactor: new(secret.Redactor)},
	} {
		if _, err := Open(o); err == nil {
			t.Errorf("opened with %s", name)
		}
	}
	if record, _, err := Load(dir, taken); err != nil || record.State != Running {
		t.Errorf("the run that was there is %s, %v", record.State, err)
	}
}

// What cannot be written is told at the end, and stops nothing before.
func TestWriteFaultsAreTold(t *testing.T) {
	r := openRun(t, Options{})
	r.Step(Event{Kind: "open"})
	if err := r.trace.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 * mostFaults {
		r.Step(Event{Kind: "lost"})
	}
	if path := r.Page(Snapshot{Name: "home", Recognised: true, HTML: strings.Repeat("<div>", 1000), Screenshot: []byte("GIF89a")}); path != "" {
		t.Errorf("the page was said to be at %s", path)
	}
	err := r.Finish(Record{Result: "created"})
	if !errors.Is(err, os.ErrClosed) || !strings.Contains(err.Error(), r.Dir()) || !strings.Contains(err.Error(), "and 9 more") {
		t.Errorf("the error was %v", err)
	}
	record, events := load(t, r)
	if record.State != Finished || record.Result != "created" || record.Steps != 1 || len(events) != 1 {
		t.Errorf("what is left is %+v with %d events", record, len(events))
	}
}

func TestTornLine(t *testing.T) {
	r := openRun(t, Options{})
	r.Step(Event{Kind: "first"})
	if _, err := r.trace.WriteString(`{"kind":"to`); err != nil {
		t.Fatal(err)
	}
	r.torn = true
	r.Step(Event{Kind: "second"})
	finish(t, r, Record{})
	record, events := load(t, r)
	if len(events) != 2 || events[1].Kind != "second" || !strings.Contains(record.Fault, "1 of the lines") {
		t.Errorf("%q, %+v", record.Fault, events)
	}
}

func TestKilledRun(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	id, err := bufio.NewReader(stdout).ReadString('\n')
	id = strings.TrimSpace(id)
	record := readRecord(dir, id)
	if record.State != Running || record.PID != child.Process.Pid {
		t.Errorf("before the kill: %+v, %v", record, err)
	}
	if err := errors.Join(prune(dir, Keep{Age: time.Hour}, time.Now().Add(48*time.Hour)), child.Process.Kill()); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed, and says so

	record, events, err := Load(dir, id)
	if err != nil || record.State != BrokenOff || record.Command != "create" || record.Steps != 1 || len(events) != 1 {
		t.Errorf("after the kill: %+v, %v", record, err)
	}
	if err := prune(dir, Keep{Age: time.Hour}, time.Now().Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(dir, id); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was not pruned: %v", err)
	}
}

func TestDamagedRuns(t *testing.T) {
	dir := t.TempDir()
	for id, content := range map[string]string{
		"20261101-000000-aaaaaa": "",
		"20261102-000000-aaaaaa": `{"schema":1,"comm`,
		"20261103-000000-aaaaaa": `{"schema":99}`,
		"20261104-000000-aaaaaa": `{"schema":1,"command":"list","started":"2026-11-04T00:00:00Z","ended":"2026-11-04T00:00:01Z"}`,
		"not a run":              `{}`,
	} {
		if err := os.Mkdir(filepath.Join(dir, id), 0o700); err != nil {
			t.Fatal(err)
		}
		if content == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, id, recordFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	records, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, fmt.Sprintf("%s %s %s", r.ID, r.Started.Format(time.DateOnly), r.State))
		if (r.State == Finished) != (r.Fault == "") {
			t.Errorf("%s has the fault %q", r.ID, r.Fault)
		}
		if _, events, err := Load(dir, r.ID); err != nil || events != nil {
			t.Errorf("loaded %v, %v", events, err)
		}
	}
	want := []string{
		"20261104-000000-aaaaaa 2026-11-04 finished", "20261103-000000-aaaaaa 2026-11-03 damaged",
		"20261102-000000-aaaaaa 2026-11-02 damaged", "20261101-000000-aaaaaa 2026-11-01 broken off",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if records, err := List(filepath.Join(dir, "missing")); len(records) != 0 || err != nil {
		t.Errorf("a missing directory holds %v, %v", records, err)
	}
	for _, id := range []string{"20261105-000000-aaaaaa", "not a run", "../runs"} {
		if _, _, err := Load(dir, id); err == nil {
			t.Errorf("%s was loaded", id)
		}
	}
}

func TestNewID(t *testing.T) {
	seen := map[string]bool{}
	now := time.Date(2026, 11, 22, 10, 45, 1, 0, time.FixedZone("Toronto", -5*60*60))
	for range 1000 {
		id := NewID(now)
		if seen[id] || checkID(id) != nil || !strings.HasPrefix(id, "20261122-154501-") || !idStart(id).Equal(now) {
			t.Fatal(id)
		}
		seen[id] = true
	}
	if a, b := NewID(now), NewID(now.Add(time.Second)); a >= b {
		t.Errorf("%s does not come before %s", a, b)
	}
}
