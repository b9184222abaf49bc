package troubles_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// measure counts what this process and the browsers of a state directory hold.
func measure(state string) footprint {
	var f footprint
	var heap runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&heap)
	f.goMB = int(heap.HeapInuse >> 20)
	f.files = openFiles("self")
	for _, pid := range family(chromes(state)) {
		f.processes++
		f.chromeFiles += openFiles(pid)
		// Shared pages are counted by their share.
		rollup, err := os.ReadFile(filepath.Join("/proc", pid, "smaps_rollup"))
		if err != nil {
			continue // it ended meanwhile
		}
		for line := range strings.Lines(string(rollup)) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "Pss:" {
				kb, _ := strconv.Atoi(fields[1])
				f.chromeMB += kb
			}
		}
	}
	f.chromeMB >>= 10
	return f
}

func openFiles(pid string) int {
	entries, _ := os.ReadDir(filepath.Join("/proc", pid, "fd"))
	return len(entries)
}

// family adds to processes what they started.
func family(roots []int) (pids []string) {
	parents := map[string]string{}
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range names {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it ended meanwhile
		}
		// PID (NAME) STATE PARENT …
		rest := strings.Fields(string(stat)[strings.LastIndexByte(string(stat), ')')+1:])
		if len(rest) > 1 && rest[0] != "Z" {
			parents[filepath.Base(filepath.Dir(name))] = rest[1]
		}
	}
	for pid := range parents {
		for p := pid; p != "" && p != "0"; p = parents[p] {
			if n, _ := strconv.Atoi(p); slices.Contains(roots, n) {
				pids = append(pids, pid)
				break
			}
		}
	}
	return pids
}
