package browser

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// processAttributes starts Chrome apart from the console's Ctrl-C.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// connectPipes gives Chrome its ends of the pipes: Windows has no numbered file
// descriptors, so the handles are inherited and named in a flag.
func connectPipes(cmd *exec.Cmd, commands, replies *os.File) error {
	in, out := syscall.Handle(commands.Fd()), syscall.Handle(replies.Fd())
	for _, h := range []syscall.Handle{in, out} {
		if err := syscall.SetHandleInformation(h, syscall.HANDLE_FLAG_INHERIT, 1); err != nil {
			return fmt.Errorf("handing the pipe to Chrome: %w", err)
		}
	}
	cmd.SysProcAttr.AdditionalInheritedHandles = []syscall.Handle{in, out}
	flag := "--remote-debugging-io-pipes=" + strconv.FormatUint(uint64(in), 10) + "," + strconv.FormatUint(uint64(out), 10)
	cmd.Args = slices.Insert(cmd.Args, 1, flag)
	return nil
}

// family is the job object of a Chrome: it and its children. The system ends
// all of them when the last handle to it closes, so also when this process is
// killed.
type family struct{ job windows.Handle }

// adopt puts a process into a job of its own.
func adopt(process *os.Process) (family, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return family{}, fmt.Errorf("making a job for Chrome: %w", err)
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
			LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
		},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		var handle windows.Handle
		handle, err = windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(process.Pid))
		if err == nil {
			err = windows.AssignProcessToJobObject(job, handle)
			windows.CloseHandle(handle)
		}
	}
	if err != nil {
		windows.CloseHandle(job)
		return family{}, fmt.Errorf("putting Chrome into its job: %w", err)
	}
	return family{job: job}, nil
}

// kill ends the process and all of its children.
func (f family) kill() { _ = windows.TerminateJobObject(f.job, 1) }

func (f family) release() { windows.CloseHandle(f.job) }

// blockUntilExit waits for the end of a process.
func blockUntilExit(pid int) {
	handle, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return // it ended already
	}
	defer windows.CloseHandle(handle)
	_, _ = windows.WaitForSingleObject(handle, windows.INFINITE)
}

// killLeftovers has nothing to do: the job ended every child when its owner
// died.
func killLeftovers(string) {}

// tryLock takes an exclusive lock on a file, or fails at once.
func tryLock(file *os.File) error {
	return windows.LockFileEx(windows.Handle(file.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
}
