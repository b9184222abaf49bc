//go:build unix

package secret

import (
	"os/exec"
	"syscall"
)

// runGroup runs cmd in a process group of its own, and leaves nothing of that group behind.
func runGroup(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	killGroup := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel = killGroup
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	// What a finished program left in its group would outlive us; an empty group is an error of no interest.
	_ = killGroup()
	return err
}
