package secret

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"unicode/utf8"

	"irccpin/automation/lang"
)

// maxSettingsSize is far above any settings file, and low enough to refuse a mistaken path at once.
const maxSettingsSize = 1 << 20

// errNotPrivate happens when others than the user could read a file, or change what it says.
type errNotPrivate struct{ reason, hint string }

func (e errNotPrivate) Error() string { return e.reason }

// readPrivate reads a regular file that belongs to the user and that nobody else may read; of a symbolic link, the
// file it leads to. Its errors hold no path.
func readPrivate(path string, limit int64) ([]byte, error) {
	// Asked before opening, which would wait for ever on a named pipe.
	before, err := os.Stat(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	if !before.Mode().IsRegular() {
		return nil, lang.NewError("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer func() { _ = f.Close() }()
	// Asked again of the open file: the name may lead elsewhere by now.
	info, err := f.Stat()
	if err != nil {
		return nil, withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return nil, lang.NewError("it is not a regular file")
	}
	if err := checkPrivate(info); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	if int64(len(data)) > limit {
		clear(data)
		return nil, lang.Errorf("it is larger than %d KiB", limit>>10)
	}
	return data, nil
}

// ReadFile reads a secret, which may be any bytes, from a regular file that belongs to the user and that nobody else may
// read; line ends behind it are no part of it. Its errors hold no path, as a secret may stand there by mistake.
func ReadFile(path string) (Value, error) {
	data, err := readPrivate(path, maxSecretSize)
	var private errNotPrivate
	switch {
	case errors.As(err, &private):
		return Value{}, lang.Errorf("%w; %s that file", err, private.hint)
	case err != nil:
		return Value{}, err
	}
	return Own(bytes.TrimRight(data, "\r\n")), nil
}

// withoutPath drops the path from an error of package os, and keeps what errors.Is tells.
func withoutPath(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}

// oneLine makes a secret of data, which came from a file or a program and must be one line of text. Its errors continue
// a sentence: "its output …".
func oneLine(data []byte) (Value, error) {
	for _, mark := range []string{byteOrderMark, "\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(data, []byte(mark)) {
			return Value{}, lang.NewError("starts with a byte order mark (BOM)")
		}
	}
	if len(data) == 0 {
		return Value{}, lang.NewError("is empty")
	}
	if err := checkLine(data); err != nil {
		return Value{}, err
	}
	return Own(data), nil
}

// checkLine refuses what nobody can type into a field.
func checkLine(data []byte) error {
	switch {
	case bytes.ContainsAny(data, "\r\n"):
		return lang.NewError("has more than one line")
	case !utf8.Valid(data):
		return lang.NewError("is not valid UTF-8")
	case bytes.IndexFunc(data, isControl) >= 0:
		return lang.NewError("holds a control character")
	}
	return nil
}

// trimLineEnd removes one line end, as editors put it behind the last line.
func trimLineEnd(data []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
}
