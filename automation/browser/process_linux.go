package browser

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// processAttributes starts Chrome in a group of its own, so that an interrupt
// typed at the terminal does not end it before it has signed out, and lets the
// kernel kill it when this process is killed.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// blockUntilExit waits for the end of a child without reaping it.
func blockUntilExit(pid int) {
	for {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return
		}
	}
}

// killLeftovers kills the processes that have argument on their command line:
// a Chrome in a profile that nobody owns any more.
func killLeftovers(argument string) {
	commandLines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return
	}
	for _, name := range commandLines {
		line, err := os.ReadFile(name)
		if err != nil {
			continue // it ended meanwhile
		}
		for arg := range bytes.SplitSeq(line, []byte{0}) {
			if string(arg) != argument {
				continue
			}
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
			break
		}
	}
}
