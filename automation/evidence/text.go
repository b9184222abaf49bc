package evidence

import (
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"

	"irccpin/automation/secret"
)

// text cleans the texts of a run.
type text struct {
	redactor *secret.Redactor
	// masked knows what one page must not show, beyond the secrets of the run; usually nil.
	masked *secret.Redactor
}

// maxText bounds one text of an event or a record. A portal's messages and our own are far shorter; what is longer is a
// dump of something.
const maxText = 4 << 10

// webAddress finds addresses within a text.
var webAddress = regexp.MustCompile(`(?i)\b(?:https?|wss?)://[^\s"'<>]+`)

// clean returns a text of an event or a record without secrets, and its addresses without what identifies a session.
func (t text) clean(s string) string {
	s = t.withoutSecrets(s)
	if len(s) > maxText {
		end := maxText
		for !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end] + "…"
	}
	return s
}

func (t text) withoutSecrets(s string) string {
	s = t.redactor.String(s)
	if t.masked != nil {
		s = t.masked.String(s)
	}
	return webAddress.ReplaceAllStringFunc(s, bareAddress)
}

// masking returns a text that removes the given values too.
func (t text) masking(values []string) text {
	if len(values) > 0 {
		t.masked = new(secret.Redactor)
	}
	for _, v := range values {
		t.masked.Add("masked", secret.New(v))
	}
	return t
}

// redact cleans every text in a value, whatever fields it has or will have. Slices and pointers are changed in place.
func redact[T any](t text, value *T) { redactValue(t, reflect.ValueOf(value).Elem()) }

func redactValue(t text, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(t.clean(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			redactValue(t, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			redactValue(t, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() { // times, for one, have nothing to set
				redactValue(t, v.Field(i))
			}
		}
	}
}

var (
	// mixed finds words with digits in them.
	mixed = regexp.MustCompile(`[A-Za-z]*[0-9][A-Za-z0-9]*`)
	// longNumber finds numbers that may be somebody's: a business number has nine digits, an employer number seven. Years
	// and the numbers in the portal's own ids are shorter.
	longNumber = regexp.MustCompile(`[0-9]{5,}`)
)

// longToken is the length from which a word with digits in it is taken for the name of a session or a record. Those in
// the portal's own markup ("token1", "button2") are much shorter.
const longToken = 16

// withoutNumbers returns an address or an identifier without the numbers and names that may stand for somebody.
func withoutNumbers(s string) string {
	return mixed.ReplaceAllStringFunc(s, func(token string) string {
		if len(token) >= longToken {
			return "…"
		}
		return longNumber.ReplaceAllStringFunc(token, func(n string) string { return strings.Repeat("0", len(n)) })
	})
}

// bareAddress returns an address without user, query, fragment, path parameters and the numbers of somebody. Of one that is not a
// web address only the scheme is left.
func bareAddress(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		return "…"
	}
	if u.Opaque != "" || u.Scheme != "" && u.Host == "" {
		return u.Scheme + ":"
	}
	path, _, _ := strings.Cut(u.EscapedPath(), ";")
	path = withoutNumbers(path)
	if u.Host == "" {
		return path
	}
	if u.Scheme == "" {
		return "//" + u.Host + path
	}
	return u.Scheme + "://" + u.Host + path
}
