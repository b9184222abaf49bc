package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"irccpin/fixtures"
	"irccpin/fixtures/leaks"
)

// TestRedactionWhileRunning holds a run at its last page, when all its secrets
// were typed and read, and searches what the system shows of it: command lines
// and environments of all its processes, the profile and temporary directories,
// and the database's log. The secrets come from the environment here.
func TestRedactionWhileRunning(t *testing.T) {
	p := newProof(t, sentinels("ZqSentinelUser77", fixtures.TwoFactorApp))
	var given []string
	for _, s := range p.portal.Settings(p.account) {
		given = append(given, s.Key+"="+s.Value)
	}
	p.environ = slices.DeleteFunc(p.environ, func(pair string) bool { return strings.HasPrefix(pair, "IRCCPIN_ENV_FILE=") })

	held := fixtures.Fault{Kind: fixtures.FaultSlowHeaders, Page: fixtures.PageCreate, Method: "POST", Delay: 4 * time.Second}
	if err := p.portal.Fault(held); err != nil {
		t.Fatal(err)
	}
	looked := false
	p.run(call{args: create("Farid", "--json", "--verbose"), environ: given, showsPIN: true, meanwhile: func(ctx context.Context, pid int) {
		for len(p.portal.Witness().Faults) == 0 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
		looked = true
		p.lookAtProcesses(pid)
		secrets, pins := p.secrets()
		maps.Copy(secrets, pins)
		found, err := leaks.For(secrets).Under(p.home)
		if err != nil {
			t.Error(err)
		}
		for _, leak := range found {
			t.Errorf("while it runs, %s", leak)
		}
		profiles, err := filepath.Glob(filepath.Join(p.home, "state", "browsers", "chrome-*", "data", "*"))
		if err != nil || len(profiles) == 0 {
			t.Errorf("there was no profile to look at: %v", err)
		}
	}})
	if !looked {
		t.Error("the run was never held")
	}
	if left, _ := filepath.Glob(filepath.Join(p.home, "state", "browsers", "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// lookAtProcesses searches the command lines of the program and of all that it
// started, and the environments of what it started.
func (p *proof) lookAtProcesses(pid int) {
	secrets, pins := p.secrets()
	maps.Copy(secrets, pins)
	search := leaks.For(secrets)
	chromes := 0
	for _, each := range family(pid) {
		dir := filepath.Join("/proc", strconv.Itoa(each))
		line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil {
			continue // it is gone
		}
		if bytes.Contains(line, []byte("--user-data-dir=")) {
			chromes++
		}
		found := search.In(fmt.Sprintf("the command line of %q", line[:min(len(line), 60)]), line)
		if each != pid {
			// Its own holds what it was given.
			if environ, err := os.ReadFile(filepath.Join(dir, "environ")); err == nil {
				found = append(found, search.In("the environment of a process that it started", environ)...)
				if len(environ) == 0 {
					found = append(found, fmt.Sprintf("process %d shows no environment", each))
				}
			}
		}
		for _, leak := range found {
			p.t.Errorf("while it runs, %s", leak)
		}
	}
	if chromes == 0 {
		p.t.Error("no Chrome was seen running")
	}
}

// family lists a process and all its descendants.
func family(pid int) []int {
	all := []int{pid}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	parents := map[int]int{}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// PID (NAME) STATE PPID …; the name can hold anything.
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		parents[child], _ = strconv.Atoi(fields[1])
	}
	for grown := true; grown; {
		grown = false
		for child, parent := range parents {
			if slices.Contains(all, parent) && !slices.Contains(all, child) {
				all, grown = append(all, child), true
			}
		}
	}
	return all
}
