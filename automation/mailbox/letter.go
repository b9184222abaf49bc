package mailbox

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	// Mails come in any charset.
	_ "github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/mail"
	"golang.org/x/net/html"

	"irccpin/automation/lang"
)

// Rule says what a mail with a passcode looks like.
type Rule struct {
	// Senders are domains; their subdomains count as well.
	Senders []string
	// Near is wording of which some stands near the code.
	Near []*regexp.Regexp
	// Fold is how a text is folded before Near is tried on it; nil leaves it.
	Fold func(string) string
}

// from tells whether a sender's domain is one of the expected ones.
func (r Rule) from(domain string) bool {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	return slices.ContainsFunc(r.Senders, func(d string) bool { return domain == d || strings.HasSuffix(domain, "."+d) })
}

// How far from the code its wording may stand, in bytes of text without
// formatting: a long sentence before it, a short one after it.
const (
	wordsBefore = 160
	wordsAfter  = 80
)

// number is 6 to 8 digits. The portal's guide says six.
var number = regexp.MustCompile(`[0-9]+`)

const leastDigits, mostDigits = 6, 8

// errSeveral happens when a mail has several numbers that can be the code.
var errSeveral = lang.NewError("several numbers in it can be the passcode")

// code finds the passcode in a mail; "" when none of its numbers can be one.
func (r Rule) code(letter []byte) (string, error) {
	plain, marked, err := texts(letter)
	if err != nil {
		return "", err
	}
	for _, text := range []string{plain, marked} {
		switch found := r.codes(text); len(found) {
		case 0:
			continue
		case 1:
			return found[0], nil
		default:
			return "", errSeveral
		}
	}
	return "", nil
}

// codes lists the different numbers of a text that can be a passcode.
func (r Rule) codes(text string) []string {
	if r.Fold != nil {
		text = r.Fold(text)
	}
	text = strings.Join(strings.Fields(text), " ")
	var found []string
	for _, at := range number.FindAllStringIndex(text, -1) {
		digits := text[at[0]:at[1]]
		if len(digits) < leastDigits || len(digits) > mostDigits || !alone(text[:at[0]], text[at[1]:]) || slices.Contains(found, digits) {
			continue
		}
		around := text[max(0, at[0]-wordsBefore):min(len(text), at[1]+wordsAfter)]
		if slices.ContainsFunc(r.Near, func(words *regexp.Regexp) bool { return words.MatchString(around) }) {
			found = append(found, digits)
		}
	}
	return found
}

// alone tells whether a number is a word by itself, and no part of a telephone
// number, an amount, an address or a date.
func alone(before, after string) bool {
	if last, _ := utf8.DecodeLastRuneInString(before); before != "" && (unicode.IsLetter(last) || strings.ContainsRune("-./\\,#+$@_=%&", last)) {
		return false
	}
	next, size := utf8.DecodeRuneInString(after)
	if after == "" || unicode.IsSpace(next) {
		return true
	}
	if unicode.IsLetter(next) || strings.ContainsRune("-/\\@_=%&$", next) {
		return false
	}
	beyond, _ := utf8.DecodeRuneInString(after[size:])
	return !strings.ContainsRune(".,:", next) || !unicode.IsDigit(beyond)
}

// maxLetter is how much of a mail is read: more than any notice has before its
// attachments.
const maxLetter = 256 << 10

// texts returns what a mail says, as plain text and as its HTML reads, each with
// the subject in front.
func texts(letter []byte) (plain, marked string, err error) {
	reader, err := mail.CreateReader(bytes.NewReader(letter))
	if err != nil && reader == nil {
		return "", "", lang.Errorf("it cannot be read: %w", err)
	}
	var plains, markeds strings.Builder
	for {
		part, err := reader.NextPart()
		if part == nil || (err != nil && !errors.Is(err, io.EOF)) {
			break // at the end, or where the mail was cut off
		}
		header, inline := part.Header.(*mail.InlineHeader)
		if !inline {
			continue
		}
		body, err := io.ReadAll(io.LimitReader(part.Body, maxLetter))
		if err != nil && len(body) == 0 {
			continue
		}
		switch kind, _, _ := header.ContentType(); kind {
		case "text/plain":
			plains.Write(body)
			plains.WriteByte('\n')
		case "text/html":
			markeds.WriteString(readable(body))
			markeds.WriteByte('\n')
		}
	}
	subject, _ := reader.Header.Subject()
	return subject + "\n" + plains.String(), subject + "\n" + markeds.String(), nil
}

// readable is what a person reads of an HTML text.
func readable(body []byte) string {
	var text strings.Builder
	tokens := html.NewTokenizer(bytes.NewReader(body))
	unseen := "" // the element whose text is not for reading
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return text.String()
		}
		token := tokens.Token()
		if kind == html.TextToken {
			if unseen == "" {
				text.WriteString(token.Data)
			}
			continue
		}
		switch {
		case kind == html.StartTagToken && unseen == "" && slices.Contains([]string{"style", "script", "title"}, token.Data):
			unseen = token.Data
		case kind == html.EndTagToken && token.Data == unseen:
			unseen = ""
		}
		// What stands in different blocks is kept apart; inside of a line nothing
		// is put between letters and digits.
		if !slices.Contains([]string{"b", "i", "em", "strong", "span", "font", "u", "a", "code", "small", "big"}, token.Data) {
			text.WriteByte(' ')
		}
	}
}
