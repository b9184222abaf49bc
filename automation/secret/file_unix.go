//go:build unix

package secret

import (
	"io/fs"
	"os"
	"syscall"

	"irccpin/automation/lang"
)

// checkPrivate refuses a file of another user and one whose mode lets others in.
func checkPrivate(info fs.FileInfo) error {
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known || int(stat.Uid) != os.Geteuid() {
		return errNotPrivate{lang.Text("it belongs to another user"), lang.Text("make a copy of your own, then: chmod 600")}
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return errNotPrivate{lang.Text("it can be read or changed by others (mode %04o)", mode), "chmod 600"}
	}
	return nil
}
