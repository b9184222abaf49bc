package selectors

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// PasscodeMail is what a mail with a passcode looks like. It says for certain
// only what it must: a mail that does not fit is left unread.
type PasscodeMail struct {
	// Presumed marks knowledge that was inferred and never seen.
	Presumed bool `yaml:"presumed"`
	// Senders are domains; their subdomains count as well.
	Senders []string `yaml:"senders"`
	// Near is wording of which some stands near the passcode: regular
	// expressions over text that Normalise has folded.
	Near []string `yaml:"near"`
}

// Wordings are the expressions of Near. The catalog's check made sure of them.
func (m PasscodeMail) Wordings() []*regexp.Regexp {
	var list []*regexp.Regexp
	for _, text := range m.Near {
		list = append(list, regexp.MustCompile(text))
	}
	return list
}

func (m PasscodeMail) check() error {
	if len(m.Senders) == 0 || len(m.Near) == 0 {
		return errors.New("needs senders and near")
	}
	for i, domain := range m.Senders {
		// A domain such as "ca" would let half a country in.
		if !strings.Contains(strings.Trim(domain, "."), ".") || strings.ContainsAny(domain, "@/ *") || domain != strings.ToLower(domain) {
			return under(fmt.Errorf("%q is not a sender's domain such as example.ca, in small letters", domain), "senders", strconv.Itoa(i))
		}
	}
	for i, text := range m.Near { // Go alone reads these
		if _, err := regexp.Compile(text); err != nil {
			return under(err, "near", strconv.Itoa(i))
		}
	}
	return nil
}
