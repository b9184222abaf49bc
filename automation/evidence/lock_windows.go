package evidence

import (
	"os"

	"golang.org/x/sys/windows"
)

// beyond is where the locked byte lies: far behind the text, because Windows lets nobody read what is locked.
const beyond = 1 << 30

// lock waits for the lock of a file that was just made: somebody may be looking at it, which takes no time.
func lock(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &windows.Overlapped{Offset: beyond})
}

// tryLock reports whether nobody holds the lock. It takes it shared, so that two lookers do not see each other.
func tryLock(f *os.File) bool {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{Offset: beyond}) == nil
}
