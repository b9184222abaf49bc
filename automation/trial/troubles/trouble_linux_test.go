package troubles_test

import (
	"bytes"
	"database/sql"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"irccpin/automation/ledger"
)

// localTroubles are what can befall this machine, by name.
var localTroubles = []string{"chrome killed", "chrome hung", "irccpin killed", "database locked", "disk full"}

// localTrouble makes trouble for the run in a state directory. The last three
// happen to this very process.
func localTrouble(name, state string) {
	switch name {
	case "chrome killed":
		signalChrome(state, false)
	case "chrome hung":
		signalChrome(state, true)
	case "irccpin killed":
		killSelf()
	case "database locked":
		db, err := sql.Open("sqlite", filepath.Join(state, ledger.File))
		if err == nil {
			db.SetMaxOpenConns(1)
			_, err = db.Exec("BEGIN IMMEDIATE") // until the process ends
		}
		if err != nil {
			panic(err)
		}
		runtime.KeepAlive(db)
	case "disk full":
		fillDisk()
	default:
		panic("there is no trouble " + name)
	}
}

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
