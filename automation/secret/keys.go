package secret

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"irccpin/automation/lang"
)

// The keys of the settings of one employer. Secrets among them can also be given as KEY_FILE and KEY_COMMAND.
const (
	KeyUsername       = "GCKEY_USERNAME"
	KeyPassword       = "GCKEY_PASSWORD"
	KeyTOTPSecret     = "GCKEY_TOTP_SECRET"
	KeyOTPCommand     = "GCKEY_OTP_COMMAND"
	KeyIMAPURL        = "GCKEY_OTP_IMAP_URL"
	KeyIMAPPassword   = "GCKEY_OTP_IMAP_PASSWORD"
	KeyEmployer       = "IRCC_EMPLOYER"
	KeyBusinessNumber = "IRCC_BUSINESS_NUMBER"
	KeyEmployerNumber = "IRCC_EMPLOYER_NUMBER"
)

const (
	// questionCount is how many security questions an account has (guide).
	questionCount = 4
	// maxAnswer is the maxlength of the portal's answer field, which a browser counts in UTF-16 units (seen in real
	// markup).
	maxAnswer = 255

	fileSuffix    = "_FILE"
	commandSuffix = "_COMMAND"

	// programPrefix starts the settings of the program itself, which may stand in the same file.
	programPrefix = "IRCCPIN_"
)

// QuestionKey returns "IRCC_QUESTION_n", n from 1 to 4.
func QuestionKey(n int) string { return fmt.Sprintf("IRCC_QUESTION_%d", n) }

// AnswerKey returns "IRCC_ANSWER_n", n from 1 to 4.
func AnswerKey(n int) string { return fmt.Sprintf("IRCC_ANSWER_%d", n) }

// Keys returns the keys of the settings of one employer, without their _FILE and _COMMAND forms, in the order of the
// documentation.
func Keys() []string {
	keys := []string{KeyUsername, KeyPassword, KeyTOTPSecret, KeyOTPCommand}
	for n := 1; n <= questionCount; n++ {
		keys = append(keys, QuestionKey(n), AnswerKey(n))
	}
	return append(keys, KeyIMAPURL, KeyIMAPPassword, KeyEmployer, KeyBusinessNumber, KeyEmployerNumber)
}

// SecretKeys returns those of [Keys] that are secret, and so have _FILE and _COMMAND forms.
func SecretKeys() []string {
	keys := []string{KeyUsername, KeyPassword, KeyTOTPSecret}
	for n := 1; n <= questionCount; n++ {
		keys = append(keys, AnswerKey(n))
	}
	return append(keys, KeyIMAPPassword)
}

// allForms returns every spelling that a settings source may hold.
func allForms() []string {
	forms := Keys()
	for _, key := range SecretKeys() {
		forms = append(forms, key+fileSuffix, key+commandSuffix)
	}
	return forms
}

// Exported returns the employer's settings that environ ("KEY=value" strings) holds, sorted; empty ones do not count.
// Commands that serve several employers refuse to start when there is any.
func Exported(environ []string) []string {
	var keys []string
	for key := range employerKeys(environ) {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func employerKeys(environ []string) map[string]Value {
	forms := allForms()
	found := map[string]Value{}
	for _, entry := range environ {
		key, value, _ := strings.Cut(entry, "=")
		if value != "" && slices.Contains(forms, key) {
			found[key] = New(value)
		}
	}
	return found
}

// unknownKey describes a key that a settings source must not hold. shown is "" for what may be part of a secret.
func unknownKey(key string, known []string) (shown, message, hint string) {
	hint = lang.Text("the employer's keys and %s* are all that may be set here", programPrefix)
	if near := nearest(key, known); near != "" {
		hint = lang.Text("did you mean %s?", near)
	}
	if !showable(key, known) {
		return "", lang.Text("holds a key that is not a setting; it is not shown, since it may be part of a secret"), hint
	}
	return key, lang.Text("is not a setting"), hint
}

// showable reports whether a key may be named: it is known, nearly so, or looks like a name at least. What stands
// before a "=" may be the end of a secret that was broken over two lines.
func showable(key string, known []string) bool {
	return nameLike.MatchString(key) || nearest(key, known) != ""
}

// nameLike matches environment-style names: words in capitals joined by underscores, or one word too short to be a
// useful part of a secret.
var nameLike = regexp.MustCompile(`^([A-Z][A-Z0-9]*(_[A-Z0-9]+)+|[A-Za-z]{1,12})$`)

// nearest returns the known key that key was probably meant to be, or "".
func nearest(key string, known []string) string {
	// Three slips in names of this length still leave no doubt.
	const most = 3
	best, bestDistance := "", most+1
	for _, candidate := range known {
		if d := editDistance(strings.ToUpper(key), candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// editDistance is Levenshtein's, in bytes: settings keys are ASCII.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
