//go:build unix

package automation

import (
	"errors"
	"syscall"
)

// processAlive tells whether a process number is in use on this machine.
func processAlive(pid int) bool {
	return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
