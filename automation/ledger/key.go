package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"irccpin/automation/lang"
)

// KeySize is the length of a generated key and the shortest that is taken, in bytes: the strength of HMAC-SHA256.
const KeySize = 32

// KeyFile is the name of the key in the state directory. Without it the ledger's holds and PIN fingerprints mean nothing:
// it belongs into the same backup as the ledger, in another place.
const KeyFile = "ledger.key"

// Key returns the fingerprint key of a state directory and makes one (mode 0600) when there is none. Two processes that do
// so at once get the same key. Errors: [ErrUnavailable].
func Key(ctx context.Context, dir string) ([]byte, error) {
	path := filepath.Join(dir, KeyFile)
	fail := func(why string, err error) ([]byte, error) {
		return nil, &UnavailableError{Where: path, Why: why, Cause: err}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	key, err := readKey(path)
	if err == nil {
		return key, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fail(lang.Text("the key cannot be used"), err)
	}
	if err := privateDir(dir); err != nil {
		return fail(lang.Text("the state directory cannot be used"), err)
	}
	if err := makeKey(dir, path); err != nil {
		return fail(lang.Text("the key cannot be made"), err)
	}
	if key, err = readKey(path); err != nil {
		return fail(lang.Text("the key cannot be used"), err)
	}
	return key, nil
}

func readKey(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, lang.Errorf("it is not a regular file")
	}
	if unixModes && info.Mode().Perm()&0o077 != 0 {
		return nil, lang.Errorf("others may use it (mode %04o): chmod 600, if nobody did", info.Mode().Perm())
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(key) != KeySize {
		return nil, lang.Errorf("it has %d bytes instead of %d: put the right one back", len(key), KeySize)
	}
	return key, nil
}

// makeKey writes a new key beside its place and links it there: the link appears with the whole key in it or not at all,
// and fails when somebody else was faster, whose key then holds.
func makeKey(dir, path string) (err error) {
	temp := path + "." + strings.ToLower(rand.Text())
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(temp)) }()
	key := make([]byte, KeySize)
	rand.Read(key) // never fails, as documented
	_, err = f.Write(key)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(temp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

// unixModes tells whether permission bits mean something; on Windows the profile's access list protects the directory.
const unixModes = runtime.GOOS != "windows"

// syncDir makes a new name in a directory last. Windows has no such call, and needs none.
func syncDir(dir string) error {
	if !unixModes {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// privateDir makes the directory, for the user alone. One that exists and that others may write to is refused: they
// could exchange the ledger.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if unixModes && info.Mode().Perm()&0o022 != 0 {
		return lang.Errorf("others may write to %s (mode %04o): chmod 700", dir, info.Mode().Perm())
	}
	return nil
}

// privateFile makes sure that the file exists with mode 0600 before SQLite opens it; the files that SQLite puts beside it
// take over its mode.
func privateFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && unixModes && info.Mode().Perm() != 0o600 {
		err = f.Chmod(0o600)
	}
	return errors.Join(err, f.Close())
}
