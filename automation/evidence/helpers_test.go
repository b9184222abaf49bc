package evidence

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"image"
	"image/png"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"irccpin/automation/secret"
)

// start is when the runs of the tests begin.
var start = time.Date(2026, 11, 22, 15, 45, 1, 0, time.UTC)

// clock is a clock that only the test moves.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time          { return c.now }
func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

func openRun(t *testing.T, o Options) *Run {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "runs")
	}
	if o.Now == nil {
		o.Now = (&clock{start}).Now
	}
	if o.ID == "" {
		o.ID = NewID(o.Now())
	}
	if o.Redactor == nil {
		o.Redactor = new(secret.Redactor)
	}
	r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.close()
	})
	return r
}

func finish(t *testing.T, r *Run, rec Record) {
	t.Helper()
	if err := r.Finish(rec); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, r *Run) (Record, []Event) {
	t.Helper()
	record, events, err := Load(filepath.Dir(r.Dir()), filepath.Base(r.Dir()))
	if err != nil {
		t.Fatal(err)
	}
	return record, events
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// picturePNG is a small PNG that carries a text and something behind its end.
func picturePNG(t *testing.T, note string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	body := []byte("tEXtComment\x00" + note)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)-4))
	chunk = append(chunk, body...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(body))
	const header = 8 + 12 + 13 // the signature and the first chunk, whose order is fixed
	return append(append(append(bytes.Clone(b.Bytes()[:header]), chunk...), b.Bytes()[header:]...), note...)
}

// forms are the ways in which a secret could stand in a file.
func forms(s string) map[string]string {
	var wide []byte
	for _, u := range utf16.Encode([]rune(s)) {
		wide = binary.LittleEndian.AppendUint16(wide, u)
	}
	return map[string]string{
		"raw": s, "lower": strings.ToLower(s), "url": url.QueryEscape(s), "hex": hex.EncodeToString([]byte(s)),
		"base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(s)), "="), "utf16": string(wide),
	}
}

// leaks lists the files under dir, names and bytes, that hold one of the secrets in any form.
func leaks(t *testing.T, dir string, secrets map[string]string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		data := []byte(path)
		if d.Type().IsRegular() {
			data = append(data, read(t, path)...)
		}
		for kind, s := range secrets {
			for form, text := range forms(s) {
				if bytes.Contains(data, []byte(text)) || bytes.Contains(bytes.ToLower(data), []byte(text)) {
					found = append(found, filepath.Base(path)+" holds the "+kind+" as "+form)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
