//go:build unix

package secret

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkPrivate refuses a file of another user and one whose mode lets others in.
func checkPrivate(info fs.FileInfo) error {
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known || int(stat.Uid) != os.Geteuid() {
		return errNotPrivate{"it belongs to another user", "make a copy of your own, then: chmod 600"}
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return errNotPrivate{fmt.Sprintf("it can be read or changed by others (mode %04o)", mode), "chmod 600"}
	}
	return nil
}
