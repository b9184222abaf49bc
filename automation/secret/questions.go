package secret

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"irccpin/automation/lang"
)

var (
	// ErrUnknownQuestion happens when the portal shows a security question that the settings do not have.
	ErrUnknownQuestion = lang.NewError("the settings have no such security question")
	// ErrAmbiguousQuestion happens when the question shown matches several questions of the settings.
	ErrAmbiguousQuestion = lang.NewError("the settings have this security question more than once")
)

// Question is one security question of the account with its answer.
type Question struct {
	Key    string // the settings key of the answer: "IRCC_ANSWER_1"
	Text   string
	Answer Value
}

// Questions are the security questions of one account.
type Questions []Question

// QuestionError tells which question found no single answer. It unwraps to [ErrUnknownQuestion] or
// [ErrAmbiguousQuestion].
type QuestionError struct {
	Shown string // as the portal shows it
	Err   error
}

func (e *QuestionError) Error() string { return fmt.Sprintf("%v: %q", e.Err, e.Shown) }

func (e *QuestionError) Unwrap() error { return e.Err }

// Answer returns the one question of the settings that equals the question shown. Unicode compatibility forms, white
// space, the style of quotation marks, quotation marks and asterisks around the whole, and letter case do not count;
// anything else does, because a guess may cost the account. Fails with a [*QuestionError].
func (q Questions) Answer(shown string) (Question, error) {
	var found []Question
	want := normalQuestion(shown)
	for _, candidate := range q {
		if want != "" && normalQuestion(candidate.Text) == want {
			found = append(found, candidate)
		}
	}
	switch len(found) {
	case 0:
		return Question{}, &QuestionError{Shown: shown, Err: ErrUnknownQuestion}
	case 1:
		return found[0], nil
	}
	return Question{}, &QuestionError{Shown: shown, Err: ErrAmbiguousQuestion}
}

// quoteMarks maps every style of quotation mark to the typewriter's. It is applied before NFKC, which would take the
// acute accent apart into a space and a combining mark.
var quoteMarks = strings.NewReplacer(
	"‘", "'", "’", "'", "‚", "'", "‛", "'", "ʼ", "'", "ʹ", "'", "′", "'", "´", "'", "`", "'", "‹", "'", "›", "'", "＇", "'",
	"“", `"`, "”", `"`, "„", `"`, "‟", `"`, "«", `"`, "»", `"`, "″", `"`, "〝", `"`, "〞", `"`, "＂", `"`,
)

func normalQuestion(text string) string {
	text = norm.NFKC.String(quoteMarks.Replace(text))
	text = strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	text = strings.Trim(text, "* ") // the mark of a field that must be filled in
	// French sets a space before these signs, or leaves it out.
	for _, sign := range []string{"?", "!", ":", ";"} {
		text = strings.ReplaceAll(text, " "+sign, sign)
	}
	text = cases.Fold().String(text)
	return norm.NFKC.String(withoutOuterQuotes(text))
}

// withoutOuterQuotes removes pairs of quotation marks around the whole text, together with the punctuation that a
// sentence around the quotation puts behind it.
func withoutOuterQuotes(text string) string {
	for {
		body := strings.TrimSpace(text)
		unpunctuated := strings.TrimRight(body, " .,:;")
		if len(unpunctuated) < 2 || unpunctuated[0] != unpunctuated[len(unpunctuated)-1] ||
			(unpunctuated[0] != '"' && unpunctuated[0] != '\'') {
			return body
		}
		text = unpunctuated[1 : len(unpunctuated)-1]
	}
}

// invisible reports characters that a reader does not see: zero-width marks, soft hyphens, direction marks.
func invisible(r rune) bool {
	return r == '\u00ad' || r == '\u180e' || r == '\ufeff' || (unicode.Is(unicode.Cf, r) && r > 0x7f)
}
