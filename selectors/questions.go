package selectors

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Question is what a page may ask in a box of the browser's own, with OK and
// Cancel and no markup, after something was pressed.
type Question struct {
	// After are the elements whose press it may follow, a table's button with the
	// table's name before it; none means every other press.
	After []string `yaml:"after"`
	// Fits is what a question says that OK answers as it was meant; none means
	// anything.
	Fits Texts `yaml:"fits"`
	// Unlike is what a question speaks of that is a person's to decide.
	Unlike Texts `yaml:"unlike"`
}

// Agrees tells whether OK answers a question as the press of an element meant it.
func (s Site) Agrees(pressed, question string) bool {
	if s.Over.Concerns(question) {
		return false
	}
	text := Normalise(question)
	fits := func(q Question) bool {
		return (len(q.Fits) == 0 || q.Fits.Matches(text)) && !q.Unlike.Matches(text)
	}
	for _, q := range s.Questions {
		if slices.Contains(q.After, pressed) {
			return fits(q)
		}
	}
	for _, q := range s.Questions {
		if len(q.After) == 0 {
			return fits(q)
		}
	}
	return false
}

// Concerns tells whether a text is about something that nobody has to answer,
// such as a survey.
func (o Over) Concerns(text string) bool {
	text = Normalise(text)
	return o.About.Matches(text) && !o.Unlike.Matches(text)
}

// Matches tells whether a text that Normalise has folded is one of the wordings.
// The catalog's check made sure of the expressions.
func (t Texts) Matches(text string) bool {
	for _, list := range t {
		for _, wording := range list {
			if re, ok := strings.CutPrefix(wording, "~"); ok {
				if regexp.MustCompile(re).MatchString(text) {
					return true
				}
			} else if Normalise(wording) == text {
				return true
			}
		}
	}
	return false
}

func (q Question) check() error {
	for _, t := range []struct {
		key   string
		texts Texts
	}{{"fits", q.Fits}, {"unlike", q.Unlike}} {
		if err := t.texts.check(); err != nil {
			return under(fmt.Errorf("%s: %w", t.key, err), t.key)
		}
	}
	return nil
}
