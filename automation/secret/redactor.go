package secret

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
)

// A Redactor rewrites text so that it no longer holds any of the secrets it was told. It finds them
//
//   - in clear, in any letter case, in Unicode's composed and decomposed forms, in windows-1252 and UTF-16;
//   - percent-encoded, HTML-escaped and JSON-escaped, in whole or in part, and in any two of these one over the other;
//   - in base64 (both alphabets, at any place inside what was encoded), in hexadecimal and as a list of bytes;
//   - with white space, tags, zero-width characters or NULs between the letters.
//
// Secrets of fewer than eight characters, such as passcodes and PINs, are found as whole words only, since "1234" stands
// in many a longer number. Those of fewer than three, such as a very short answer, are not looked for by value at all:
// they stand in every text, and to blank them there would tell them. What keeps them is that no field's value is ever
// stored: evidence and captures leave values out of the markup, and the trace has only names. The values of the fields that
// carry secrets ("pin", "passcode", "answer", "password", "username", "token1", "token2", and "code" with digits) are
// removed without being known, in JSON, in form data and in HTML inputs.
//
// What is found becomes "[redacted:KIND]". The zero Redactor is ready, and is safe for concurrent use.
//
// How it works: the text is looked at through views. A view is the text with one encoding undone, and remembers for
// each of its bytes where that came from; so one search for the plain secret per view covers every mixture of escaped
// and plain letters (see view.go). What cannot be undone letter by letter, such as base64, is searched for as it would
// look (see pattern.go).
type Redactor struct {
	mu       sync.RWMutex
	plain    index // looked for in every view
	stripped index // looked for in every view without its white space and tags
}

const (
	// shortSecret is the number of characters below which a secret is looked for as a whole word only.
	shortSecret = 8
	// viewDepth is how many encodings over each other are undone.
	viewDepth = 2
	// windowSize is how many bytes are looked at together; it bounds the memory of the views.
	windowSize = 512 << 10
	// windowOverlap is the longest stretch of text in which one secret is found, however encoded and spread. Long texts
	// are cut into windows that overlap by this much.
	windowOverlap = 64 << 10
)

// Mark returns what a secret of the kind is replaced with.
func Mark(kind string) string { return "[redacted:" + kind + "]" }

// Add makes v known as a secret of a kind ("password", "pin"); absent values are ignored. kind becomes part of texts in
// every format, and is reduced to lower-case letters, digits and hyphens.
func (r *Redactor) Add(kind string, v Value) {
	kind = strings.Map(func(c rune) rune {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return '-'
		}
		return c
	}, strings.ToLower(kind))
	text := v.clear()
	defer clear(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	// Each line of a longer secret counts by itself, so that text can be redacted line by line.
	for _, line := range bytes.FieldsFunc(text, func(c rune) bool { return c == '\n' || c == '\r' }) {
		addPatterns(&r.plain, &r.stripped, kind, string(line))
	}
}

// AddAll makes every secret of a list known, such as that of [Settings.Secrets].
func (r *Redactor) AddAll(secrets []Kinded) {
	for _, k := range secrets {
		r.Add(k.Kind, k.Value)
	}
}

// String returns s without secrets.
func (r *Redactor) String(s string) string {
	b := []byte(s)
	out := r.Bytes(b)
	if bytes.Equal(out, b) {
		return s
	}
	return string(out)
}

// Bytes returns b without secrets. It does not change b, and may return it.
func (r *Redactor) Bytes(b []byte) []byte { return rewrite(b, r.find(b)) }

// span is a stretch of a text that gives a secret away.
type span struct {
	start, end int
	kind       string
	quote      bool // the replacement needs quotation marks: it takes the place of a JSON number
}

// find returns the spans of b, sorted and apart from each other.
func (r *Redactor) find(b []byte) []span {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var found []span
	for from := 0; ; from += windowSize - windowOverlap {
		to := min(from+windowSize, len(b))
		search := search{plain: &r.plain, stripped: &r.stripped}
		search.visit(sourceView(b[from:to]), 0)
		for _, s := range search.found {
			s.start, s.end = s.start+from, s.end+from
			found = append(found, s)
		}
		if to == len(b) {
			break
		}
	}
	return merge(found)
}

func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	var apart []span
	for _, s := range spans {
		if n := len(apart); n > 0 && s.start < apart[n-1].end {
			apart[n-1].end = max(apart[n-1].end, s.end)
			continue
		}
		apart = append(apart, s)
	}
	return apart
}

func rewrite(b []byte, spans []span) []byte {
	if len(spans) == 0 {
		return b
	}
	var out []byte
	from := 0
	for _, s := range spans {
		out = append(out, b[from:s.start]...)
		if s.quote || isJSONNumber(b, s.start, s.end) {
			out = append(out, `"`+Mark(s.kind)+`"`...)
		} else {
			out = append(out, Mark(s.kind)...)
		}
		from = s.end
	}
	return append(out, b[from:]...)
}

// isJSONNumber reports whether b[start:end] is a number that is the value of a JSON member.
func isJSONNumber(b []byte, start, end int) bool {
	for _, c := range b[start:end] {
		if c < '0' || c > '9' {
			return false
		}
	}
	before := bytes.TrimRight(b[max(0, start-16):start], " ")
	after := bytes.TrimLeft(b[end:min(len(b), end+16)], " \r\n\t")
	return bytes.HasSuffix(before, []byte(`":`)) && len(after) > 0 && (after[0] == ',' || after[0] == '}')
}

// Writer returns a writer that passes on to w what is written to it, without secrets. It passes on whole lines, and
// holds back what follows the last line end, because the rest of a secret may come with the next write; Close passes
// on what was held back and does not close w. A secret whose letters are spread over several lines is found only if
// the lines come in one write.
//
// The writer is safe for concurrent use.
func (r *Redactor) Writer(w io.Writer) io.WriteCloser { return &redactingWriter{redactor: r, to: w} }

type redactingWriter struct {
	redactor *Redactor
	mu       sync.Mutex
	to       io.Writer
	held     []byte
}

func (w *redactingWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := len(w.held) // holds no line end
	w.held = append(w.held, p...)
	switch end := bytes.LastIndexByte(p, '\n') + 1; {
	case end > 0:
		if err := w.pass(held + end); err != nil {
			return 0, err
		}
	case len(w.held) > 2*windowOverlap:
		// A line without end, such as minified script: all but its last part, in which a secret may have begun.
		if err := w.passUnfinished(len(w.held) - windowOverlap); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (w *redactingWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pass(len(w.held))
}

// pass redacts and passes on the first n bytes held.
func (w *redactingWriter) pass(n int) error {
	if n == 0 {
		return nil
	}
	_, err := w.to.Write(w.redactor.Bytes(w.held[:n]))
	w.held = append([]byte(nil), w.held[n:]...)
	return err
}

// passUnfinished passes on about n bytes of a line whose rest has not come yet.
func (w *redactingWriter) passUnfinished(n int) error {
	spans := w.redactor.find(w.held)
	for i, s := range spans {
		if s.end > n {
			n = min(n, s.start)
			spans = spans[:i]
			break
		}
	}
	_, err := w.to.Write(rewrite(w.held[:n], spans))
	w.held = append([]byte(nil), w.held[n:]...)
	return err
}
