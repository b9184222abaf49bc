package evidence

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// holdLock makes a file and locks it until the file is closed or this process ends, however it ends. The system's lock is
// the proof of life; the process id in it is for people, since ids are given out again.
func holdLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, fileMode)
	if err != nil {
		return nil, err
	}
	if err = lock(f); err == nil {
		_, err = f.WriteString(strconv.Itoa(os.Getpid()) + "\n")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// living reports whether a process holds the run in dir, and which, 0 when that cannot be told. A lock that cannot be
// looked at counts as held: better a run too many than one removed under its process.
func living(dir string) (pid int, alive bool) {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if err != nil {
		return 0, !errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	if tryLock(f) {
		return 0, false
	}
	var text [20]byte // the longest decimal number of 64 bits
	n, _ := f.Read(text[:])
	pid, _ = strconv.Atoi(strings.TrimSpace(string(text[:n])))
	return pid, true
}
