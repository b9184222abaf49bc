package selectors

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
)

//go:embed vocabulary.txt
var vocabularyText string

// letters finds the words in a wording or an expression of the catalog.
var letters = regexp.MustCompile(`[a-z]{2,}`)

// vocabulary are the words that pages of this portal say to everybody: those of
// the embedded catalog, and those of vocabulary.txt.
var vocabulary = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	add := func(text string) {
		for _, w := range letters.FindAllString(Normalise(text), -1) {
			words[w] = true
		}
	}
	for line := range strings.Lines(vocabularyText) {
		if !strings.HasPrefix(line, "#") {
			add(line)
		}
	}
	catalog, err := Default()
	if err != nil {
		return words // the fewer words, the less is shown
	}
	for text := range catalog.wordings() {
		add(text)
	}
	return words
})

// IsVocabulary tells whether a word belongs to what such pages say to
// everybody, and so tells of nobody.
func IsVocabulary(word string) bool { return vocabulary()[Normalise(word)] }

// wordings yields everything that the catalog knows a page to say.
func (c *Catalog) wordings() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		all := func(texts Texts) bool {
			for _, list := range texts {
				for _, text := range list {
					// "\b" and "\s" are no letters of a word.
					if !yield(escapes.ReplaceAllString(text, " ")) {
						return false
					}
				}
			}
			return true
		}
		for _, e := range c.Site.Dangers {
			if !all(e.Label) {
				return
			}
		}
		for _, p := range c.Pages {
			for _, title := range p.Title {
				if !yield(title) {
					return
				}
			}
			for _, e := range p.Elements {
				if !all(e.Label) || !all(e.Also) {
					return
				}
			}
			for _, texts := range p.Details {
				if !all(texts) {
					return
				}
			}
			for _, t := range p.Tables {
				for _, texts := range t.Columns {
					if !all(texts) {
						return
					}
				}
			}
			for _, m := range p.Marks {
				if !m.wordings(all) {
					return
				}
			}
		}
	}
}

var escapes = regexp.MustCompile(`\\[a-zA-Z]`)

func (m Mark) wordings(all func(Texts) bool) bool {
	for _, texts := range []Texts{m.Heading, m.Title, m.Text, m.Message} {
		if !all(texts) {
			return false
		}
	}
	for _, group := range [][]Mark{m.Any, m.Two} {
		for _, inner := range group {
			if !inner.wordings(all) {
				return false
			}
		}
	}
	return true
}
