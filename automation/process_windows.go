//go:build windows

package automation

import (
	"errors"

	"golang.org/x/sys/windows"
)

// processAlive tells whether a process number is in use on this machine.
func processAlive(pid int) bool {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return !errors.Is(err, windows.ERROR_INVALID_PARAMETER)
	}
	defer windows.CloseHandle(process)
	var code uint32
	// An ended process can still be opened while somebody holds it.
	const stillActive = 259
	return windows.GetExitCodeProcess(process, &code) != nil || code == stillActive
}
