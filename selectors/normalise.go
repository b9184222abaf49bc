package selectors

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normalise folds what a person does not see as a difference: capitals,
// accents, the shape of quotes and dashes, invisible characters, and runs of
// white space. The script in the page does the same to every text before it is
// compared with the catalog.
func Normalise(s string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFKD.String(s) {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) {
			continue
		}
		if unicode.IsSpace(r) {
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		if folded, ok := folds[r]; ok {
			b.WriteString(folded)
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// folds are characters that stand for others without being composed of them.
var folds = map[rune]string{
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '`': "'", '´': "'", '′': "'",
	'“': `"`, '”': `"`, '„': `"`, '«': `"`, '»': `"`, '″': `"`,
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '−': "-",
	'œ': "oe", 'Œ': "oe", 'æ': "ae", 'Æ': "ae",
}
