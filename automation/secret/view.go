package secret

import (
	"bytes"
	"html"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// view is a text with some encoding undone. Byte i of text came from the bytes start[i] to end[i] of the source; both
// are nil in the view that is the source itself.
type view struct {
	text       []byte
	start, end []int32
}

func sourceView(text []byte) view { return view{text: text} }

// source returns where bytes i to j-1 of the view came from.
func (v view) source(i, j int) (start, end int) {
	if v.start == nil {
		return i, j
	}
	return int(v.start[i]), int(v.end[j-1])
}

// decoder undoes one encoding. mark is the byte that each of its escapes starts with; step reads the escape at the
// start of text and returns what it stands for and its length, or length 0 if there is none.
type decoder struct {
	mark byte
	step func(text []byte) (decoded []byte, length int)
}

func decoders() []decoder {
	return []decoder{{'\\', stepBackslash}, {'&', stepEntity}, {'%', stepPercent}}
}

// undo returns the view with d's encoding undone; changed is false if there was nothing to undo.
func (d decoder) undo(v view) (out view, changed bool) {
	if bytes.IndexByte(v.text, d.mark) < 0 {
		return v, false
	}
	out = view{
		text:  make([]byte, 0, len(v.text)),
		start: make([]int32, 0, len(v.text)),
		end:   make([]int32, 0, len(v.text)),
	}
	for i := 0; i < len(v.text); {
		if v.text[i] == d.mark {
			if decoded, length := d.step(v.text[i:]); length > 0 {
				changed = true
				start, end := v.source(i, i+length)
				for _, c := range decoded {
					out.text, out.start, out.end = append(out.text, c), append(out.start, int32(start)), append(out.end, int32(end))
				}
				i += length
				continue
			}
		}
		// What is no escape goes over as it is, up to the next mark.
		next := len(v.text)
		if n := bytes.IndexByte(v.text[i+1:], d.mark); n >= 0 {
			next = i + 1 + n
		}
		out.text = append(out.text, v.text[i:next]...)
		if v.start != nil {
			out.start, out.end = append(out.start, v.start[i:next]...), append(out.end, v.end[i:next]...)
		} else {
			for ; i < next; i++ {
				out.start, out.end = append(out.start, int32(i)), append(out.end, int32(i+1))
			}
		}
		i = next
	}
	return out, changed
}

// stepBackslash reads the escapes of JSON and of JavaScript and Go strings.
func stepBackslash(text []byte) ([]byte, int) {
	if len(text) < 2 {
		return nil, 0
	}
	switch c := text[1]; c {
	case '"', '\'', '\\', '/', '`':
		return text[1:2], 2
	case 'n':
		return []byte{'\n'}, 2
	case 'r':
		return []byte{'\r'}, 2
	case 't':
		return []byte{'\t'}, 2
	case 'b':
		return []byte{'\b'}, 2
	case 'f':
		return []byte{'\f'}, 2
	case 'x':
		if n, ok := hexNumber(text, 2, 2); ok {
			return []byte{byte(n)}, 4
		}
	case 'u':
		return stepUnicode(text)
	case 'U':
		if n, ok := hexNumber(text, 2, 8); ok {
			return utf8.AppendRune(nil, rune(n)), len(`\U00000000`)
		}
	}
	return nil, 0
}

// stepUnicode reads \uXXXX, a pair of them that stands for one character, and \u{X…}.
func stepUnicode(text []byte) ([]byte, int) {
	const length = len(`\u0000`)
	if len(text) > 3 && text[2] == '{' {
		end := bytes.IndexByte(text[:min(len(text), len(`\u{10ffff}`))], '}')
		if end > 3 {
			if n, ok := hexNumber(text, 3, end-3); ok {
				return utf8.AppendRune(nil, rune(n)), end + 1
			}
		}
		return nil, 0
	}
	n, ok := hexNumber(text, 2, 4)
	if !ok {
		return nil, 0
	}
	r := rune(n)
	if utf16.IsSurrogate(r) && len(text) >= 2*length && text[length] == '\\' && text[length+1] == 'u' {
		if low, ok := hexNumber(text, length+2, 4); ok {
			if pair := utf16.DecodeRune(r, rune(low)); pair != unicode.ReplacementChar {
				return utf8.AppendRune(nil, pair), 2 * length
			}
		}
	}
	return utf8.AppendRune(nil, r), length
}

// stepEntity reads HTML's character references, by number and by name.
func stepEntity(text []byte) ([]byte, int) {
	// The longest name in HTML, CounterClockwiseContourIntegral, has 31 letters.
	const longest = 34
	text = text[:min(len(text), longest)]
	i := 1
	if i < len(text) && text[i] == '#' {
		i++
		if i < len(text) && (text[i] == 'x' || text[i] == 'X') {
			i++
		}
	}
	for i < len(text) && isAlphanumeric(text[i]) {
		i++
	}
	if i < len(text) && text[i] == ';' {
		i++
	} else if len(text) < 2 || text[1] != '#' {
		// Only references by number are common without their semicolon.
		return nil, 0
	}
	decoded := html.UnescapeString(string(text[:i]))
	if decoded == string(text[:i]) {
		return nil, 0
	}
	if text[i-1] != ';' {
		// What follows the number was read along with it, and belongs to the text.
		r, size := utf8.DecodeRuneInString(decoded)
		return utf8.AppendRune(nil, r), i - (len(decoded) - size)
	}
	return []byte(decoded), i
}

// stepPercent reads %XX, and the %uXXXX of JavaScript's escape.
func stepPercent(text []byte) ([]byte, int) {
	if len(text) > 1 && text[1] == 'u' {
		if n, ok := hexNumber(text, 2, 4); ok {
			return utf8.AppendRune(nil, rune(n)), len("%u0000")
		}
		return nil, 0
	}
	if n, ok := hexNumber(text, 1, 2); ok {
		return []byte{byte(n)}, len("%00")
	}
	return nil, 0
}

func hexNumber(text []byte, from, length int) (uint64, bool) {
	if len(text) < from+length || length == 0 {
		return 0, false
	}
	for _, c := range text[from : from+length] {
		if !isAlphanumeric(c) { // ParseUint also takes signs and underscores
			return 0, false
		}
	}
	n, err := strconv.ParseUint(string(text[from:from+length]), 16, 32)
	return n, err == nil
}

func isAlphanumeric(c byte) bool {
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}

// strippedView is a view without what can stand between the letters of a secret. Byte i of text is byte at[i] of the
// view it was made from.
type strippedView struct {
	text []byte
	at   []int32
}

// strip removes white space, NULs, invisible characters and tags. changed is false if there were none.
func strip(text []byte) (out strippedView, changed bool) {
	out = strippedView{text: make([]byte, 0, len(text)), at: make([]int32, 0, len(text))}
	closing := -1 // the next ">" from here, looked up once for many "<"
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c <= ' ':
			i++
			changed = true
			continue
		case c == '<' && i+1 < len(text) && opensTag(text[i+1]):
			if closing < i {
				if n := bytes.IndexByte(text[i:], '>'); n >= 0 {
					closing = i + n
				} else {
					closing = len(text)
				}
			}
			if closing < len(text) {
				i = closing + 1
				changed = true
				continue
			}
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(text[i:])
			if unicode.IsSpace(r) || invisible(r) {
				i += size
				changed = true
				continue
			}
			for range size {
				out.text, out.at = append(out.text, text[i]), append(out.at, int32(i))
				i++
			}
			continue
		}
		out.text, out.at = append(out.text, c), append(out.at, int32(i))
		i++
	}
	return out, changed
}

func opensTag(c byte) bool {
	return c == '/' || c == '!' || c == '?' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}
