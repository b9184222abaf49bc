package secret

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/joho/godotenv"

	"irccpin/automation/lang"
)

// The idea of this file: a line is accepted only if what a person reads in it is what dotenv makes of it. The value a
// person reads is the text after "=", or between the quotes around it, taken literally. dotenv expands variables, drops
// comments and white space, resolves escapes, and lets an unclosed quote swallow the lines below; whenever that would
// make a difference, the line is refused with the reason, by number and key. godotenv's own errors quote the file, so
// they are never passed on.

// entry is one line of a settings file.
type entry struct {
	key    string
	value  Value
	line   int
	faulty bool // the line was refused, and value is absent
}

// In hints, KEY stands for the key of the line, and orFile is dropped where the key has no _FILE form.
const (
	orFile           = ", or name a file that holds it with KEY_FILE"
	hintSingleQuotes = "write it in single quotes: KEY='value'"
)

// parseDotenv reads the text of a settings file named file, and adds every fault to found.
func parseDotenv(text []byte, file string, found *problems) []entry {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		found.add(Problem{File: file, Line: 1, Message: lang.Text("is written in UTF-16"), Hint: lang.Text("save it as UTF-8 without a byte order mark")})
		return nil
	}
	var entries []entry
	faults := len(found.list)
	known := allForms()
	firstLine := map[string]int{}
	crlf := false
	for i, line := range strings.Split(string(text), "\n") {
		number := i + 1
		fault := func(key, message, hint string) {
			if !showable(key, known) {
				key = ""
			}
			found.add(Problem{Key: key, File: file, Line: number, Message: message, Hint: hintFor(key, hint)})
		}
		if i == 0 && strings.HasPrefix(line, byteOrderMark) {
			line = strings.TrimPrefix(line, byteOrderMark)
			key, _ := lineKey(line)
			fault(key, lang.Text("the file starts with a byte order mark (BOM)"), lang.Text("save it as UTF-8 without a byte order mark"))
		}
		if strings.HasSuffix(line, "\r") {
			line = strings.TrimSuffix(line, "\r")
			if !crlf {
				key, _ := lineKey(line)
				fault(key, lang.Text("this line, and perhaps others, ends in CR LF, as Windows writes it"), lang.Text("save the file with Unix line ends (LF)"))
			}
			crlf = true
		}
		if content := strings.TrimSpace(line); content == "" || strings.HasPrefix(content, "#") {
			continue
		}
		key, value, message, hint := readLine(line)
		if first, twice := firstLine[key]; twice && key != "" {
			fault(key, lang.Text("is given twice; the first time in line %s", strconv.Itoa(first)), lang.Text("remove one of the two lines"))
			continue
		}
		firstLine[key] = number
		if message != "" {
			fault(key, message, hint)
		}
		if key != "" {
			entries = append(entries, entry{key: key, value: New(value), line: number, faulty: message != ""})
		}
	}
	if len(found.list) == faults && !dotenvAgrees(text, entries) {
		found.add(Problem{File: file, Message: lang.Text("dotenv reads this file differently from what is written in it"), Hint: lang.Text("write every value in single quotes")})
	}
	return entries
}

// hintFor fits a hint to the key of a line.
func hintFor(key, hint string) string {
	if !slices.Contains(SecretKeys(), key) {
		hint = strings.ReplaceAll(hint, lang.Text(orFile), "")
	}
	if key != "" {
		hint = strings.ReplaceAll(hint, "KEY", key)
	}
	return hint
}

// readLine takes one line apart. message is "" when the line means what it says; key is named as far as it can be.
func readLine(line string) (key, value, message, hint string) {
	key, rest := lineKey(line)
	switch {
	case strings.ContainsRune(line, 0):
		return key, "", lang.Text("the line holds a NUL character"), lang.Text("save the file as UTF-8 text")
	case !utf8.ValidString(line):
		return key, "", lang.Text("the line is not valid UTF-8"), lang.Text("save the file as UTF-8")
	case strings.IndexFunc(line, isControl) >= 0:
		return key, "", lang.Text("the line holds a control character"), lang.Text("remove it; it may be invisible in an editor")
	case key == "":
		return "", "", lang.Text("the line is not of the form KEY='value'"),
			lang.Text("a value takes one line only; a comment starts with # on a line of its own")
	}
	if before, found := strings.CutPrefix(strings.TrimLeft(line, " \t"), "export"); found && before != strings.TrimLeft(before, " \t") {
		return key, "", lang.Text("the line starts with \"export\", which belongs into shell scripts"), lang.Text("remove the word export")
	}
	trimmed := strings.TrimLeft(rest, " \t")
	if strings.HasPrefix(trimmed, ":") {
		return key, "", lang.Text("the line uses a colon, as YAML does"), lang.Text("write KEY='value'")
	}
	raw := strings.TrimPrefix(trimmed, "=")
	if trimmed != rest || raw != strings.TrimLeftFunc(raw, isDotenvSpace) {
		return key, "", lang.Text("has white space around the =, which dotenv drops"), lang.Text("write KEY='value'")
	}
	value, message, hint = literal(raw)
	if message == "" && !survives(raw, value) {
		message, hint = explain(raw), lang.Text(hintSingleQuotes)
	}
	if message != "" {
		return key, "", message, hint
	}
	return key, value, "", ""
}

// lineKey returns the name that a line starts with, without "export", and what follows it. key is "" when the line
// does not start with a name that "=" or ":" follows.
func lineKey(line string) (key, rest string) {
	line = strings.TrimLeft(line, " \t")
	if after, found := strings.CutPrefix(line, "export"); found && after != strings.TrimLeft(after, " \t") {
		line = strings.TrimLeft(after, " \t")
	}
	end := 0
	for end < len(line) && isName("_"+line[end:end+1]) {
		end++
	}
	key, rest = line[:end], line[end:]
	next := strings.TrimLeft(rest, " \t")
	if !isName(key) || (!strings.HasPrefix(next, "=") && !strings.HasPrefix(next, ":")) {
		return "", ""
	}
	return key, rest
}

// literal returns the value that a person reads in what follows "=".
func literal(raw string) (value, message, hint string) {
	if raw == "" {
		return "", "", ""
	}
	quote := raw[0]
	if quote != '\'' && quote != '"' {
		return raw, "", ""
	}
	name, other := lang.Word("single"), lang.Word("double")
	if quote == '"' {
		name, other = other, name
	}
	body := strings.TrimRight(raw[1:], " \t")
	last := strings.LastIndexByte(body, quote)
	switch {
	case last < 0:
		return "", lang.Text("has a %s quote that is opened and not closed on this line", name),
			lang.Text("a value takes one line only; if it starts with this quote, put %s quotes around it%s", other, lang.Text(orFile))
	case last != len(body)-1:
		return "", lang.Text("has something behind the closing quote"),
			lang.Text("a comment goes on a line of its own; if the value holds a %s quote, put %s quotes around it%s", name, other, lang.Text(orFile))
	}
	value = body[:last]
	switch {
	case strings.IndexByte(value, quote) >= 0:
		return "", lang.Text("has a %s quote inside %s quotes", name, name),
			lang.Text("put %s quotes around the value%s", other, lang.Text(orFile))
	case quote == '\'' && strings.HasSuffix(value, `\`):
		return "", lang.Text("ends in a backslash, which dotenv takes as an escape of the closing quote"),
			lang.Text("leave the quotes away if the value has neither spaces nor $ nor #%s", lang.Text(orFile))
	}
	return value, "", ""
}

// survives reports whether dotenv gives back value for the text raw behind "=".
func survives(raw, value string) bool {
	parsed, err := godotenv.Unmarshal("K=" + raw + "\n")
	return err == nil && len(parsed) == 1 && parsed["K"] == value
}

// explain says what dotenv would do to raw, which does not survive it.
func explain(raw string) string {
	unquoted := raw[0] != '"'
	switch {
	case unquoted && raw != strings.TrimRightFunc(raw, isDotenvSpace):
		return lang.Text("has white space at the end of the value, which dotenv drops")
	case !unquoted && strings.Contains(raw, `\`):
		return lang.Text("has a backslash in double quotes, which dotenv takes as an escape")
	case strings.Contains(raw, "$"):
		return lang.Text("has a $, which dotenv takes as a variable")
	case unquoted && strings.Contains(raw, "#"):
		return lang.Text("has a # after white space, which dotenv takes as a comment")
	}
	return lang.Text("would be changed by dotenv")
}

// dotenvAgrees reports whether dotenv reads the whole file exactly as entries have it.
func dotenvAgrees(text []byte, entries []entry) bool {
	parsed, err := godotenv.UnmarshalBytes(text)
	if err != nil || len(parsed) != len(entries) {
		return false
	}
	for _, e := range entries {
		value, there := parsed[e.key]
		if !there || value != e.value.Reveal() {
			return false
		}
	}
	return true
}

// isDotenvSpace reports what dotenv trims around an unquoted value.
func isDotenvSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\u0085' || r == '\u00a0' }

// isControl reports characters that no value can hold: nobody can type them into a field.
func isControl(r rune) bool { return (r < ' ' && r != '\t') || r == 0x7f }

// byteOrderMark starts files that some Windows programs write.
const byteOrderMark = "\ufeff"

// ErrUnquotable happens when a value cannot be written into a settings file so that dotenv gives it back unchanged.
var ErrUnquotable = lang.NewError("dotenv cannot hold this value unchanged; put it into a file and name that with KEY_FILE")

// Quote returns value as it is written behind "=" in a settings file: in single quotes if possible, else in double
// quotes, else bare. [Load] reads back exactly the same value. What dotenv cannot hold is refused with
// [ErrUnquotable]. The result is as secret as the value.
func Quote(value string) (string, error) {
	for _, raw := range []string{"'" + value + "'", `"` + value + `"`, value} {
		key, read, message, _ := readLine("K=" + raw)
		if message == "" && key == "K" && read == value {
			return raw, nil
		}
	}
	return "", ErrUnquotable
}
