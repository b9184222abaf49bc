package browser

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// processAttributes starts Chrome in a group of its own, so that an interrupt
// typed at the terminal does not end it before it has signed out. There is no
// death signal here: Chrome ends when its pipe closes.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// blockUntilExit waits for the end of a child without reaping it.
func blockUntilExit(pid int) {
	queue, err := unix.Kqueue()
	if err != nil {
		return
	}
	defer unix.Close(queue)
	exit := []unix.Kevent_t{{Fflags: unix.NOTE_EXIT}}
	unix.SetKevent(&exit[0], pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	seen := make([]unix.Kevent_t, 1)
	for {
		// An error other than an interruption means that it ended already.
		if _, err := unix.Kevent(queue, exit, seen, nil); err != unix.EINTR {
			return
		}
	}
}

// killLeftovers kills the processes that have argument on their command line:
// a Chrome in a profile that nobody owns any more.
func killLeftovers(argument string) {
	list, err := exec.Command("/bin/ps", "-axww", "-o", "pid=,command=").Output()
	if err != nil {
		return
	}
	for line := range strings.Lines(string(list)) {
		number, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.Contains(command+" ", " "+argument+" ") {
			continue
		}
		if pid, err := strconv.Atoi(number); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
