package selectors

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/andybalholm/cascadia"
)

// The catalog's expressions and selectors run in the page, where one that the
// browser cannot read ends the script that looks at the page: then nothing is
// ever recognised. So they are checked before any browser starts, and as its
// JavaScript and CSS will read them.

// checkExpression refuses what is no regular expression of both Go and
// JavaScript, or means another thing in each. grouped tells that the script in
// the page takes groups that are named as in Go.
func checkExpression(re string, grouped bool) error {
	if _, err := regexp.Compile(re); err != nil {
		var bad *syntax.Error
		if errors.As(err, &bad) {
			return fmt.Errorf("expression %q: %s: `%s`", re, bad.Code, bad.Expr)
		}
		return fmt.Errorf("expression %q: %w", re, err)
	}
	if what := onlyGo(re, grouped); what != "" {
		return fmt.Errorf("expression %q: a browser does not read %s as it is meant", re, what)
	}
	return nil
}

var (
	// groupOpening is how a group begins that is no plain one.
	groupOpening = regexp.MustCompile(`^\(\?(P?<([^>]*)>|[^:)]*[:)]?)`)
	groupName    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	// goEscape are the escapes that JavaScript takes for a letter, or for another thing.
	goEscape   = regexp.MustCompile(`^\\([AzQECapP]|x\{|[0-7]{2,}|[1-7])`)
	quantifier = regexp.MustCompile(`^([*+?]|\{[0-9]+(,[0-9]*)?\})`)
)

// onlyGo finds what an expression that Go has compiled says to Go alone.
func onlyGo(re string, grouped bool) string {
	class := false // within brackets
	names := map[string]bool{}
	for i := 0; i < len(re); {
		rest := re[i:]
		step := 1
		empty := false // what stands here takes no character
		switch c := rest[0]; {
		case c == '\\':
			if found := goEscape.FindString(rest); found != "" {
				return found
			}
			step = min(2, len(rest))
			empty = !class && (rest[1] == 'b' || rest[1] == 'B')
		case c >= 0xf0: // a character that JavaScript takes for two
			return "the character " + string([]rune(rest)[:1])
		case class && strings.HasPrefix(rest, "[:"):
			return "[:…:]"
		case class:
			class = c != ']'
		case c == '[':
			class = true
			if after := strings.TrimPrefix(rest[1:], "^"); strings.HasPrefix(after, "]") {
				return "a bracket that opens a list"
			}
			step += len(rest) - 1 - len(strings.TrimPrefix(rest[1:], "^"))
		case c == '(' && strings.HasPrefix(rest, "(?"):
			found := groupOpening.FindStringSubmatch(rest)
			switch {
			case found[0] == "(?:":
			case found[2] == "":
				return found[0]
			case strings.HasPrefix(found[0], "(?P") && !grouped:
				return found[0] + " here"
			case !groupName.MatchString(found[2]), names[found[2]]:
				return "the name " + found[2]
			}
			names[found[2]] = true
			step = len(found[0])
		case c == '^' || c == '$':
			empty = true
		}
		i += step
		if empty {
			if found := quantifier.FindString(re[i:]); found != "" {
				return found + " behind what is no character"
			}
		}
	}
	return ""
}

// checkCSS refuses what is no CSS selector. A parser that knows less of CSS than
// browsers do judges it, with what it does not know replaced by its like. A
// bracket that is not closed is refused as well, though a browser closes it.
func checkCSS(css string) error {
	plain, err := plainCSS(css)
	if err == nil {
		_, err = cascadia.ParseGroup(plain)
	}
	if err != nil {
		return fmt.Errorf("selector %q: %w", css, err)
	}
	return nil
}

var (
	// pseudo is a pseudo-class with the bracket that opens its list.
	pseudo = regexp.MustCompile(`^:(-?[a-zA-Z][a-zA-Z0-9-]*)(\(\s*)?`)
	// relation stands before a selector in the list of :has().
	relation = regexp.MustCompile(`^\s*[>+~]\s*`)
	// numbered is no name, and browsers take an id for one.
	numbered = regexp.MustCompile(`^#-?[0-9]`)
	inQuotes = regexp.MustCompile(`^("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')`)
	// foreignOperator compares as the parser does, and no browser.
	foreignOperator = regexp.MustCompile(`^\[\s*[^\s"'=\]!#]+\s*[!#]=`)
)

// states are pseudo-classes of browsers that hold or not, and take no list.
var states = words(`any-link autofill blank default defined focus-visible focus-within fullscreen in-range indeterminate invalid
	modal open optional out-of-range placeholder-shown playing popover-open read-only read-write required scope user-invalid user-valid valid`)

// foreign are those of the parser's own that no browser has.
var foreign = words("contains containsown haschild input matches matchesown")

func words(text string) map[string]bool {
	out := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		out[word] = true
	}
	return out
}

// plainCSS writes a selector in the CSS that the parser knows.
func plainCSS(css string) (string, error) {
	var out strings.Builder
	var open []string // the pseudo-classes whose lists are open
	for rest := css; rest != ""; {
		taken, written := 1, ""
		switch c := rest[0]; {
		case c == '\\' && len(rest) > 1:
			taken = 2
		case c == '[':
			if taken = attributeEnd(rest); taken < 0 {
				return "", errors.New("a bracket is not closed")
			}
			if foreignOperator.MatchString(rest) {
				return "", fmt.Errorf("%s is none of CSS", rest[:taken])
			}
		case c == '#' && numbered.MatchString(rest):
			return "", errors.New("an id does not begin with a digit")
		case c == ':' && pseudo.MatchString(rest):
			found := pseudo.FindStringSubmatch(rest)
			name, lists := strings.ToLower(found[1]), found[2] != ""
			taken = len(found[0])
			switch {
			case foreign[name]:
				return "", fmt.Errorf(":%s is none of CSS", name)
			case !lists && (states[name] || strings.HasPrefix(name, "-webkit-")):
				written = ":root"
			case lists && (name == "is" || name == "where" || name == "has"):
				written = ":not("
			}
			if lists {
				open = append(open, name)
			}
			if lists && name == "has" {
				taken += len(relation.FindString(rest[taken:]))
			}
		case c == ',' && len(open) > 0 && open[len(open)-1] == "has":
			taken += len(relation.FindString(rest[1:]))
			written = ","
		case c == ')' && len(open) > 0:
			open = open[:len(open)-1]
		}
		if written == "" {
			written = rest[:taken]
		}
		out.WriteString(written)
		rest = rest[taken:]
	}
	return out.String(), nil
}

// attributeEnd is how much of a text belongs to the brackets that it begins
// with; -1 when they are not closed.
func attributeEnd(text string) int {
	for i := 1; i < len(text); i++ {
		if quoted := inQuotes.FindString(text[i:]); quoted != "" {
			i += len(quoted) - 1
			continue
		}
		switch text[i] {
		case ']':
			return i + 1
		case '\\':
			i++
		}
	}
	return -1
}

// checkShape checks the selectors of a shape, which the script in the page takes
// one by one; "only" is none of them.
func checkShape(shape string) error {
	from := 0
	for i := 0; i <= len(shape); i++ {
		if i < len(shape) && (shape[i] != ',' || closesBracket(shape[i:])) {
			continue
		}
		if one := strings.TrimSpace(shape[from:i]); one != "only" {
			if err := checkCSS(one); err != nil {
				return err
			}
		}
		from = i + 1
	}
	return nil
}

// closesBracket tells whether a text stands within brackets.
func closesBracket(text string) bool {
	i := strings.IndexAny(text, "[]")
	return i >= 0 && text[i] == ']'
}
