package secret

import (
	"bytes"
	"slices"
	"strings"
)

// Some secrets are too short, or not known yet, to be found by value. They are found by the name of the field that
// carries them: as a JSON member, as name=value in form data or an attribute, and as the value of an HTML input.

var (
	// secretFields are the fields whose values are never shown. token1 and token2 are what GCKey's sign-in form calls
	// user name and password (seen in real markup).
	secretFields = []string{"pin", "passcode", "answer", "password", "token1", "token2", "username"}

	// codeFields carry passcodes, but also words that matter, such as error codes: only values of digits are hidden.
	codeFields = []string{"code", "otp"}
)

const (
	// shortestCode is one digit more than an HTTP status has; longestCode allows for any passcode.
	shortestCode, longestCode = 4, 10
	// tagReach is how far around the name of an input its tag is looked for.
	tagReach = 2 << 10
)

// hidesField reports whether a field of this name with this value is hidden.
func hidesField(name, value string) bool {
	name = strings.ToLower(name)
	if value == "" || strings.HasPrefix(value, "[redacted") {
		return false
	}
	return slices.Contains(secretFields, name) || slices.Contains(codeFields, name) && isCode(value)
}

func isCode(value string) bool {
	return isDigits(value) && len(value) >= shortestCode && len(value) <= longestCode
}

// fields finds the values of secret fields in a view; folded is its text in lower case.
func (s *search) fields(v view, folded []byte) {
	for i, c := range folded {
		switch c {
		case 'p', 'a', 't', 'u', 'c', 'o': // the first letters of all names
		default:
			continue
		}
		if i > 0 && isAlphanumeric(folded[i-1]) {
			continue
		}
		name := fieldAt(folded[i:])
		if name == "" {
			continue
		}
		end := i + len(name)
		if start, stop, quote := jsonValue(v.text, i, end); stop > start {
			s.hide(v, name, start, stop, quote)
		} else if start, stop := pairValue(v.text, end); stop > start {
			s.hide(v, name, start, stop, false)
		} else if start, stop := inputValue(v.text, folded, i); stop > start {
			s.hide(v, name, start, stop, false)
		}
	}
}

// fieldAt returns the secret field whose name text starts with, as a whole word, or "".
func fieldAt(text []byte) string {
	for _, names := range [][]string{secretFields, codeFields} {
		for _, name := range names {
			if len(text) < len(name) || text[1] != name[1] || string(text[:len(name)]) != name {
				continue
			}
			if len(text) == len(name) || !isAlphanumeric(text[len(name)]) {
				return name
			}
		}
	}
	return ""
}

func (s *search) hide(v view, name string, start, stop int, quote bool) {
	if !hidesField(name, string(v.text[start:stop])) {
		return
	}
	from, to := v.source(start, stop)
	s.found = append(s.found, span{start: from, end: to, kind: name, quote: quote})
}

// jsonValue returns the value of the JSON member whose name is text[i:end], without quotes; quote tells that it is a
// number.
func jsonValue(text []byte, i, end int) (start, stop int, quote bool) {
	if i == 0 || text[i-1] != '"' || end >= len(text) || text[end] != '"' {
		return 0, 0, false
	}
	at := skipSpace(text, end+1)
	if at >= len(text) || text[at] != ':' {
		return 0, 0, false
	}
	at = skipSpace(text, at+1)
	if at < len(text) && text[at] == '"' {
		for stop = at + 1; stop < len(text) && text[stop] != '"'; stop++ {
			if text[stop] == '\\' {
				stop++
			}
		}
		return at + 1, min(stop, len(text)), false
	}
	for stop = at; stop < len(text) && text[stop] >= '0' && text[stop] <= '9'; {
		stop++
	}
	return at, stop, true
}

// pairValue returns the value behind the "=" at text[end], without quotes.
func pairValue(text []byte, end int) (start, stop int) {
	if end >= len(text) || text[end] != '=' {
		return 0, 0
	}
	start = end + 1
	ends := "&;,\"'<> \t\r\n"
	if start < len(text) && (text[start] == '"' || text[start] == '\'') {
		ends = string(text[start])
		start++
	}
	stop = start
	for stop < len(text) && strings.IndexByte(ends, text[stop]) < 0 {
		stop++
	}
	return start, stop
}

// inputValue returns the value attribute of the HTML tag in which text[i:] is the quoted value of a name or id.
func inputValue(text, folded []byte, i int) (start, stop int) {
	before := bytes.TrimRight(folded[max(0, i-len(`name="`)):i], `"'`)
	if !bytes.HasSuffix(before, []byte("name=")) && !bytes.HasSuffix(before, []byte("id=")) {
		return 0, 0
	}
	from := max(0, i-tagReach)
	open := bytes.LastIndexByte(folded[from:i], '<')
	if open < 0 {
		return 0, 0
	}
	tag := folded[from+open : min(len(folded), i+tagReach)]
	if !bytes.HasPrefix(tag, []byte("<input")) {
		return 0, 0
	}
	for _, lead := range []string{" value", "\tvalue", "\nvalue", "\"value", "'value"} {
		at := bytes.Index(tag, []byte(lead+"="))
		if closing := bytes.IndexByte(tag, '>'); at >= 0 && (closing < 0 || at < closing) {
			return pairValue(text, from+open+at+len(lead))
		}
	}
	return 0, 0
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n') {
		i++
	}
	return i
}
