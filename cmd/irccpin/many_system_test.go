//go:build system && linux

package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"irccpin/fixtures"
	"irccpin/fixtures/cluster"
)

// manyVariable is how many employers TestManyEmployers onboards, workersVariable
// by how many workers, and killVariable=no lets all of them live, for figures.
const (
	manyVariable    = "IRCCPIN_TEST_ROSTER"
	workersVariable = "IRCCPIN_TEST_WORKERS"
	killVariable    = "IRCCPIN_TEST_KILL"
)

// nuisances are what a tenth of the employers' pages do, each once or always.
// None of them keeps a careful client from its user for good.
var nuisances = []fixtures.Misbehaviour{
	{Name: "http-500", Times: 1},
	{Name: "session-expired", Times: 1},
	{Name: "pin-late"},
	{Name: "http-503", Times: 2},
	{Name: "session-dialog"},
	{Name: "create-validation-error", Times: 1},
	{Name: "table-closed-toggle"},
	{Name: "logout-confirm"},
	{Name: "columns-reordered"},
	{Name: "http-500", Page: "confirm", Times: 1},
}

// TestManyEmployers lets workers on PostgreSQL onboard a roster of employers, a
// tenth of whom have pages that misbehave, and kills one of the workers in the
// middle. In the end every employer has the user once, and the results have the
// PIN of each.
func TestManyEmployers(t *testing.T) {
	count, crews := number(t, manyVariable, 12), number(t, workersVariable, 2)
	m := startMany(t, count)
	m.irccpin("schedule", "add", "monday", "--every", "24h", "--command", "create", "--roster", m.roster, "--out", m.out)
	began := time.Now()
	var workers []*workerProcess
	for i := range crews {
		workers = append(workers, m.startWorker(i))
	}
	if crews > 1 && os.Getenv(killVariable) != "no" {
		m.await("a third of the users", func() bool { return len(m.portal.Witness().Creations) >= count/3 })
		if err := workers[0].cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = workers[0].cmd.Wait() // it was killed
		t.Logf("killed one of %d workers after %d users", crews, len(m.portal.Witness().Creations))
	}
	// What misbehaves once can keep a row from its PIN for this run: a person looks
	// at the list, and lets it run again.
	for range 5 {
		m.await("the end of a run", func() bool { return m.schedule().Last != nil && !m.schedule().Last.Ended.IsZero() })
		s := m.schedule()
		t.Logf("run %s: %v, %d parked", s.Last.Run, s.Last.Counts, len(s.Parked))
		if s.State == "finished" {
			break
		}
		m.irccpin("schedule", "resume", "monday")
		m.irccpin("schedule", "run", "monday")
	}
	took := time.Since(began)
	for _, w := range workers {
		w.stop(t)
	}
	m.check()
	var cpu time.Duration
	for _, w := range workers {
		cpu += w.cpu()
	}
	t.Logf("%d employers, %d workers: %s wall, %s CPU of workers and browsers, %d MiB at most", count, crews, took.Round(100*time.Millisecond), cpu.Round(100*time.Millisecond), m.most())
}

// troubled tells which employers have pages that misbehave.
func troubled(i int) bool { return i%10 == 3 }

func number(t *testing.T, variable string, usual int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is not a number: %q", variable, text)
	}
	return n
}

// many is a portal of many employers, and what works for them.
type many struct {
	t           *testing.T
	portal      *fixtures.Portal
	accounts    []fixtures.Account
	dir         string
	roster, out string
	environ     []string

	mu   sync.Mutex
	peak int64 // kilobytes
	pids []int
}

func startMany(t *testing.T, count int) *many {
	t.Helper()
	m := &many{t: t, accounts: fixtures.ManyAccounts("en", count), dir: t.TempDir()}
	var err error
	if m.portal, err = fixtures.Start(fixtures.Options{Seed: 11, Accounts: m.accounts}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.portal.Close() })
	lines := "employer,env_file,given_name,family_name,email,authorized_by\n"
	for i, a := range m.accounts {
		file := fmt.Sprintf("%d.env", i)
		if err := m.portal.WriteEnvFile(filepath.Join(m.dir, file), a.Username); err != nil {
			t.Fatal(err)
		}
		lines += fmt.Sprintf("%q,%s,Ada,Invented%d,ada%d@example.com,Rosa Delgado\n", a.Employer.LegalName, file, i, i)
		if troubled(i) {
			nuisance := nuisances[i/10%len(nuisances)]
			nuisance.Account = a.Username
			if err := m.portal.Misbehave(nuisance); err != nil {
				t.Fatal(err)
			}
		}
	}
	m.roster, m.out = filepath.Join(m.dir, "roster.csv"), filepath.Join(m.dir, "results.csv")
	if err := os.WriteFile(m.roster, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	m.environ = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + m.dir, "LANG=C.UTF-8",
		"IRCCPIN_SIMULATOR=" + m.portal.Addr, "IRCCPIN_SIMULATOR_SPKI=" + m.portal.SPKI,
		"IRCCPIN_DATABASE_URL=" + cluster.Database(t, cluster.Start(t)), "IRCCPIN_LEDGER_KEY=" + strings.Repeat("an invented key ", 4),
		"IRCCPIN_MAX_SESSIONS=0", "IRCCPIN_START_PAUSE=0s", "IRCCPIN_RETRY_PAUSE=1s", "IRCCPIN_SETTLE=2s",
	}
	return m
}

// command is irccpin: this test's own binary, under that name.
func (m *many) command(args ...string) *exec.Cmd {
	m.t.Helper()
	path, err := exec.LookPath("irccpin")
	if err != nil {
		m.t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env = m.dir, m.environ
	return cmd
}

func (m *many) irccpin(args ...string) []byte {
	m.t.Helper()
	cmd := m.command(args...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		m.t.Fatalf("irccpin %s: %v: %s", strings.Join(args, " "), err, &complaints)
	}
	return out
}

func (m *many) schedule() scheduleView {
	m.t.Helper()
	var doc struct{ Schedules []scheduleView }
	if err := json.Unmarshal(m.irccpin("schedule", "list", "--json"), &doc); err != nil || len(doc.Schedules) != 1 {
		m.t.Fatalf("%v: %+v", err, doc)
	}
	return doc.Schedules[0]
}

func (m *many) await(what string, holds func() bool) {
	m.t.Helper()
	// A session takes a second or so, and a dead worker is noticed after half a
	// minute; what is beyond this hangs.
	limit := time.Now().Add(5*time.Minute + time.Duration(len(m.accounts))*10*time.Second)
	for !holds() {
		if time.Now().After(limit) {
			m.t.Fatalf("it never came: %s; %+v", what, m.schedule())
		}
		m.weigh()
		// Other processes work; there is nothing to wait for. To look costs a process,
		// which long runs should not have among their figures.
		time.Sleep(max(500*time.Millisecond, time.Duration(len(m.accounts))*10*time.Millisecond))
	}
}

// check compares what is claimed with what the portal saw.
func (m *many) check() {
	t := m.t
	t.Helper()
	data, err := os.ReadFile(m.out)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
	if err != nil || len(lines) != len(m.accounts)+1 {
		t.Fatalf("the results have %d lines: %v", len(lines), err)
	}
	pin := len(lines[0]) - 2 // before the run
	given := map[string][]string{}
	for _, c := range m.portal.Witness().Creations {
		given[c.Account] = append(given[c.Account], c.User.PIN)
	}
	for i, a := range m.accounts {
		pins := given[a.Username]
		if len(pins) != 1 {
			t.Errorf("%s: %d users were created", a.Username, len(pins))
			continue
		}
		if got := lines[i+1][pin]; got != pins[0] {
			t.Errorf("%s: the results say PIN %q, and the portal gave %q: %v", a.Username, got, pins[0], lines[i+1])
		}
	}
	seen := m.portal.Witness()
	if len(seen.Strays) > 0 || len(seen.Clicks) > 0 {
		t.Errorf("strays %v, clicks %v", seen.Strays, seen.Clicks)
	}
	for i, a := range m.accounts {
		// A killed worker's session lives on until it expires, and so does one whose
		// page was in no state to be signed out of.
		if most := seen.MaxAliveOfOne[a.Username]; most > 2 && !troubled(i) {
			t.Errorf("%s had %d sessions at once", a.Username, most)
		}
	}
}

// workerProcess is one irccpin worker.
type workerProcess struct {
	cmd *exec.Cmd
	log bytes.Buffer
}

func (m *many) startWorker(n int) *workerProcess {
	m.t.Helper()
	w := &workerProcess{cmd: m.command("worker", "--concurrency", "3", "--state-dir", filepath.Join(m.dir, fmt.Sprintf("state%d", n)))}
	w.cmd.Stderr = &w.log
	if err := w.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.pids = append(m.pids, w.cmd.Process.Pid)
	m.t.Cleanup(func() {
		if w.cmd.ProcessState == nil {
			_ = w.cmd.Process.Kill()
			_ = w.cmd.Wait()
		}
		if m.t.Failed() {
			m.t.Logf("worker %d:\n%s", n, &w.log)
		}
	})
	return w
}

// stop drains a worker that was not killed, and wants it to end well.
func (w *workerProcess) stop(t *testing.T) {
	t.Helper()
	if w.cmd.ProcessState != nil {
		return
	}
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Wait(); err != nil {
		t.Errorf("a drained worker ended with %v: %s", err, &w.log)
	}
}

func (w *workerProcess) cpu() time.Duration {
	return w.cmd.ProcessState.UserTime() + w.cmd.ProcessState.SystemTime()
}

// weigh notes the memory of all workers and what they started, each shared page
// counted once among those who share it.
func (m *many) weigh() {
	parents := map[int]int{}
	entries, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range entries {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		rest := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
		parents[pid], _ = strconv.Atoi(rest[1])
	}
	var total int64
	for pid := range parents {
		for up := pid; up > 1; up = parents[up] {
			if slices.Contains(m.pids, up) {
				total += pss(pid)
				break
			}
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.peak = max(m.peak, total)
}

// pss is a process's share of memory in kilobytes.
func pss(pid int) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, found := strings.CutPrefix(line, "Pss:"); found {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n
		}
	}
	return 0
}

// most is the most memory at once, in MiB.
func (m *many) most() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.peak >> 10
}
