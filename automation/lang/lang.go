// Package lang tells people what happens in their language, English or French.
//
// A message is written in English where it is made, and told through [Text]:
//
//	Message: lang.Text("the portal did not answer (%s)", reason)
//
// Its French stands in fr.yaml, under the English. What has no French is told in
// English, and a test of cmd/irccpin sees to it that nothing has none, that
// nothing French is left of an English that is gone, and that both say the same
// values.
//
// The language is a matter of the process, like its time zone: main chooses it
// once, with [Use], and a program that uses the library without choosing gets
// English.
//
// In one language only, English: the names of fields and codes, which scripts
// rely on; the causes at the end of a message that come from the operating
// system, a database, a mail server, Chrome or the parser of a file; and what is
// written for whoever mends the program, such as its logs.
package lang

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"go.yaml.in/yaml/v3"
)

// The languages.
const (
	English = "en"
	French  = "fr"
)

//go:embed fr.yaml
var catalogue []byte

// Translation is one text in both languages. Formats may take their values in
// another order: "%[2]s".
type Translation struct {
	English string `yaml:"en"`
	French  string `yaml:"fr"`
}

// Catalogue reads fr.yaml: what is there has both languages, and once.
func Catalogue() ([]Translation, error) {
	var list []Translation
	decoder := yaml.NewDecoder(bytes.NewReader(catalogue))
	decoder.KnownFields(true)
	if err := decoder.Decode(&list); err != nil {
		return nil, fmt.Errorf("the French catalogue: %w", err)
	}
	seen := map[string]bool{}
	for _, t := range list {
		if t.English == "" || t.French == "" {
			return nil, fmt.Errorf("the French catalogue: half of a translation: %q, %q", t.English, t.French)
		}
		if seen[t.English] {
			return nil, fmt.Errorf("the French catalogue: twice: %q", t.English)
		}
		seen[t.English] = true
	}
	return list, nil
}

// french is the catalogue by its English. It is read when it is first needed: most
// programs never need it.
var french = sync.OnceValue(func() map[string]string {
	texts := map[string]string{}
	list, err := Catalogue()
	if err != nil {
		return texts // English then; the test finds it
	}
	for _, t := range list {
		texts[t.English] = t.French
	}
	return texts
})

// inFrench is the process's language.
var inFrench atomic.Bool

// Use chooses the language of the process. The error is for one that there is not.
func Use(tag string) error {
	switch tag {
	case English, French:
		inFrench.Store(tag == French)
		return nil
	}
	return errors.New("is neither en nor fr")
}

// Current is the language of the process.
func Current() string {
	if inFrench.Load() {
		return French
	}
	return English
}

// OfLocale is the language of a locale such as "fr_CA.UTF-8", as LANG names them;
// English for all but French.
func OfLocale(locale string) string {
	if tag, _, _ := strings.Cut(strings.ToLower(locale), "_"); tag == French || strings.HasPrefix(tag, "fr.") || strings.HasPrefix(tag, "fr-") {
		return French
	}
	return English
}

// Text is a message in the language of the process, with its values put in as
// fmt.Sprintf does.
func Text(format string, args ...any) string {
	if told := translated(format); told != "" {
		return fmt.Sprintf(told, args...)
	}
	return fmt.Sprintf(format, args...)
}

// Word is a text without values in it: a word, or a help text in which a percent
// sign is one.
func Word(text string) string {
	if told := translated(text); told != "" {
		return told
	}
	return text
}

// Errorf is a [Text] as an error, made as fmt.Errorf makes them.
func Errorf(format string, args ...any) error {
	if told := translated(format); told != "" {
		return fmt.Errorf(told, args...)
	}
	return fmt.Errorf(format, args...)
}

// NewError is an error that is told in the language of the process at that time:
// it can be made before the language is chosen.
func NewError(format string, args ...any) error { return &message{format, args} }

type message struct {
	format string
	args   []any
}

func (m *message) Error() string { return Text(m.format, m.args...) }

// translated is the French of a text; "" in English, or when it has none.
func translated(text string) string {
	if !inFrench.Load() {
		return ""
	}
	return french()[text]
}
