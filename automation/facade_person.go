package automation

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"irccpin/automation/lang"
)

// TidyName checks a name that somebody typed and returns it as it is to be used:
// composed (macOS hands out "é" as two characters, which the portal's charset
// cannot hold) and without spaces around it. A name that is empty or has a
// control character in it is an error, which says what is wrong in words that
// follow the name of the field.
func TidyName(s string) (string, error) {
	s = strings.TrimSpace(norm.NFC.String(s))
	switch {
	case s == "":
		return "", lang.NewError("is empty")
	case strings.ContainsFunc(s, unicode.IsControl):
		return "", lang.NewError("has a control character in it, such as a tab or a line break")
	}
	return s, nil
}

// TidyEmail does the same for an e-mail address, which may be absent ("").
func TidyEmail(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", nil
	}
	s, err := TidyName(s)
	if err != nil {
		return "", err
	}
	// Address parsers also take "Ann <ann@example.com>" and addresses inside one network.
	address, err := mail.ParseAddress(s)
	if err != nil || address.Address != s {
		return "", lang.NewError("is not an e-mail address such as ann@example.com")
	}
	domain := s[strings.LastIndexByte(s, '@')+1:]
	if !strings.Contains(strings.Trim(domain, "."), ".") {
		return "", lang.NewError("has no dot in the part after the @")
	}
	return s, nil
}
