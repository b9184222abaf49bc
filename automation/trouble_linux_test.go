package automation_test

import (
	"bytes"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// chromes lists the browsers that run in a state directory, children included.
func chromes(state string) (pids []int) {
	mark := []byte(filepath.Join(state, "browsers") + string(filepath.Separator))
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		line, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(line, mark) {
			continue // another program, or it ended meanwhile
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// signalChrome kills the browser of a state directory, or stops it in its tracks.
func signalChrome(state string, stop bool) {
	signal := syscall.SIGKILL
	if stop {
		signal = syscall.SIGSTOP
	}
	for _, pid := range chromes(state) {
		_ = syscall.Kill(pid, signal)
	}
}

func killSelf() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}

// fillDisk lets no file of this process grow any more. The browser, which runs
// already, is not touched.
func fillDisk() {
	signal.Ignore(syscall.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 1, Max: unix.RLIM_INFINITY}); err != nil {
		panic(err)
	}
}
