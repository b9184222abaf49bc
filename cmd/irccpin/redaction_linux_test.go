package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"irccpin/fixtures/leaks"
)

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
