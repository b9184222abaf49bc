package secret

import (
	"strings"

	"irccpin/automation/lang"
)

// SplitCommand splits a command line into words as a POSIX shell does: white space separates, single quotes keep
// everything, double quotes keep everything but \" \\ \$ and \`, a backslash keeps the next character. There is no
// shell behind it, so what only a shell could do is refused rather than passed on as text: pipes, redirections, lists,
// substitutions, variables, assignments before the command, comments, a leading tilde. Wildcards and braces are plain
// text. On Windows put paths into single quotes.
//
// Its errors never quote the line.
func SplitCommand(line string) ([]string, error) {
	var (
		words  []string
		word   strings.Builder
		inWord bool
	)
	runes := []rune(line)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case r == '\'':
			inWord = true
			end := indexRune(runes, i+1, '\'')
			if end < 0 {
				return nil, lang.NewError("a single quote is not closed")
			}
			word.WriteString(string(runes[i+1 : end]))
			i = end
		case r == '"':
			inWord = true
			var err error
			if i, err = doubleQuoted(runes, i+1, &word); err != nil {
				return nil, err
			}
		case r == '\\':
			if i+1 == len(runes) {
				return nil, lang.NewError("it ends in a backslash")
			}
			inWord = true
			i++
			word.WriteRune(runes[i])
		case r == '\n' || r == '\r' || r == 0:
			return nil, lang.NewError("it has more than one line")
		case r == ' ' || r == '\t':
			if inWord {
				words, inWord = append(words, word.String()), false
				word.Reset()
			}
		case r == '$' || r == '`':
			return nil, lang.NewError("it uses $ or a backquote, and there is no shell to substitute; put them into single quotes if they are meant as text")
		case strings.ContainsRune("|&;<>()", r):
			return nil, lang.NewError("it uses one of | & ; < > ( ), and there is no shell to carry that out; put it into a script and name the script")
		case !inWord && r == '#':
			return nil, lang.NewError("it holds a comment (#); put the # into quotes if it is meant as text")
		case !inWord && r == '~':
			return nil, lang.NewError("it uses ~ for a home directory, and there is no shell to expand it; write the whole path")
		default:
			if r == '=' && len(words) == 0 && isName(word.String()) {
				return nil, lang.NewError("it sets a variable before the command, which only a shell does; use the program env, or a script")
			}
			inWord = true
			word.WriteRune(r)
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, lang.NewError("it names no program")
	}
	return words, nil
}

// doubleQuoted writes the quoted text that starts at runes[i] to word and returns the index of the closing quote.
func doubleQuoted(runes []rune, i int, word *strings.Builder) (int, error) {
	for ; i < len(runes); i++ {
		switch r := runes[i]; r {
		case '"':
			return i, nil
		case '$', '`':
			return 0, lang.NewError("it uses $ or a backquote in double quotes, and there is no shell to substitute; use single quotes if they are meant as text")
		case '\\':
			if i+1 < len(runes) && strings.ContainsRune("\"\\$`", runes[i+1]) {
				i++
			}
			word.WriteRune(runes[i])
		default:
			word.WriteRune(r)
		}
	}
	return 0, lang.NewError("a double quote is not closed")
}

func indexRune(runes []rune, from int, wanted rune) int {
	for i := from; i < len(runes); i++ {
		if runes[i] == wanted {
			return i
		}
	}
	return -1
}

// isName reports whether text could be the name of an environment variable.
func isName(text string) bool {
	for i, c := range []byte(text) {
		letter := c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return text != ""
}
