//go:build linux || darwin

package browser

import (
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// connectPipes gives Chrome its ends of the pipes: it reads commands from file
// descriptor 3 and writes to 4.
func connectPipes(cmd *exec.Cmd, commands, replies *os.File) error {
	cmd.ExtraFiles = []*os.File{commands, replies}
	return nil
}

// family is the process group of a Chrome: it and its children, and nobody
// else.
type family struct{ pid int }

// adopt notes a process that was started as the leader of its group.
func adopt(process *os.Process) (family, error) {
	return family{pid: process.Pid}, nil
}

// kill ends the whole group. It must be called before the leader is waited
// for: until then nobody else can get its number.
func (f family) kill() { _ = unix.Kill(-f.pid, unix.SIGKILL) }

func (f family) release() {}

// tryLock takes an exclusive lock on a file, or fails at once.
func tryLock(file *os.File) error {
	return unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}
