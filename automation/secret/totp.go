package secret

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash"
	"net/url"
	"strings"
	"time"

	"irccpin/automation/lang"
)

const (
	// totpDigits and totpPeriod are what the portal's two-factor page takes (guide: an authenticator app, six digits, a
	// new code every 30 seconds).
	totpDigits = 6
	totpPeriod = 30 * time.Second

	// minTOTPKey is the shortest key, in bytes, that authenticator services hand out (16 base32 letters). A shorter text
	// is more likely a code or a word typed into the wrong line.
	minTOTPKey = 10
)

// TOTP makes the passcodes of an authenticator app (RFC 6238). The zero value has no secret.
type TOTP struct {
	key  Value
	hash func() hash.Hash
}

// ParseTOTP reads a base32 secret (lower case, spaces, hyphens and missing padding are fine) or an otpauth://totp/ URI.
// A URI may name SHA1, SHA256 or SHA512; other digits than 6 or another period than 30 are refused, since the portal
// would refuse such codes. Its errors never quote the secret.
func ParseTOTP(v Value) (TOTP, error) {
	text := strings.TrimSpace(v.Reveal())
	if text == "" {
		return TOTP{}, lang.NewError("the secret is empty")
	}
	if strings.Contains(text, "://") {
		return parseOTPAuth(text)
	}
	return newTOTP(text, sha1.New)
}

func parseOTPAuth(text string) (TOTP, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "otpauth" {
		return TOTP{}, lang.NewError("it is neither base32 nor an otpauth:// URI")
	}
	if !strings.EqualFold(u.Host, "totp") {
		return TOTP{}, lang.NewError("the otpauth:// URI is not of the type totp (codes by time)")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return TOTP{}, lang.NewError("the query of the otpauth:// URI cannot be read")
	}
	for _, parameter := range []string{"secret", "algorithm", "digits", "period"} {
		if len(query[parameter]) > 1 {
			return TOTP{}, lang.Errorf("the otpauth:// URI gives %s twice", parameter)
		}
	}
	if d := query.Get("digits"); d != "" && d != "6" {
		return TOTP{}, lang.NewError("the otpauth:// URI asks for other than 6 digits; the portal takes 6")
	}
	if p := query.Get("period"); p != "" && p != "30" {
		return TOTP{}, lang.NewError("the otpauth:// URI asks for a period other than 30 seconds; the portal uses 30")
	}
	algorithm := strings.ReplaceAll(strings.ToUpper(query.Get("algorithm")), "-", "")
	switch algorithm {
	case "", "SHA1":
		return newTOTP(query.Get("secret"), sha1.New)
	case "SHA256":
		return newTOTP(query.Get("secret"), sha256.New)
	case "SHA512":
		return newTOTP(query.Get("secret"), sha512.New)
	}
	return TOTP{}, lang.NewError("the otpauth:// URI names an algorithm other than SHA1, SHA256 and SHA512")
}

func newTOTP(text string, newHash func() hash.Hash) (TOTP, error) {
	compact := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\t' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.ToUpper(text))
	compact = strings.TrimRight(compact, "=")
	if compact == "" {
		return TOTP{}, lang.NewError("it has no secret")
	}
	for _, c := range []byte(compact) {
		if (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return TOTP{}, lang.NewError("it is not base32, which has the letters A to Z and the digits 2 to 7 only")
		}
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(compact)
	// Eight letters make five bytes, and no number of bytes needs 1, 3 or 6 letters more; the decoder lets them pass.
	if rest := len(compact) % 8; err != nil || rest == 1 || rest == 3 || rest == 6 {
		return TOTP{}, lang.NewError("it is not base32: a letter is missing or too many")
	}
	if len(key) < minTOTPKey {
		return TOTP{}, lang.NewError("it is too short: an authenticator secret has 16 or more letters")
	}
	return TOTP{key: Own(key), hash: newHash}, nil
}

// IsZero reports whether there is no secret to make codes from.
func (t TOTP) IsZero() bool { return t.key.IsZero() }

// Code returns the passcode of the moment at, the number of its 30-second step since 1970 (to tell whether two codes
// are the same one), and for how long it still counts. It is absent for the zero TOTP.
func (t TOTP) Code(at time.Time) (code Value, step uint64, validFor time.Duration) {
	period := int64(totpPeriod / time.Second)
	seconds := max(at.Unix(), 0)
	step = uint64(seconds / period)
	validFor = time.Unix((int64(step)+1)*period, 0).Sub(at)
	return t.CodeOf(step), step, validFor
}

// StepLeft is for how long the codes of all apps still count, whatever their secrets.
func StepLeft(at time.Time) time.Duration {
	return totpPeriod - time.Duration(at.UnixNano()%int64(totpPeriod))
}

// CodeOf returns the passcode of a 30-second step, counted since 1970. It is absent for the zero TOTP.
func (t TOTP) CodeOf(step uint64) Value {
	if t.IsZero() {
		return Value{}
	}
	key := t.key.clear()
	defer clear(key)
	return New(hotp(t.hash, key, step, totpDigits))
}

// hotp is the counter-based code of RFC 4226, section 5.3, on which the time-based one rests.
func hotp(newHash func() hash.Hash, key []byte, counter uint64, digits int) string {
	mac := hmac.New(newHash, key)
	var message [8]byte
	binary.BigEndian.PutUint64(message[:], counter)
	mac.Write(message[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	number := uint64(binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff)
	modulus := uint64(1)
	for range digits {
		modulus *= 10
	}
	return fmt.Sprintf("%0*d", digits, number%modulus)
}

// Written returns the secret in the one way in which the same secret is always written: the letters of an app that goes
// by SHA-1, as nearly all do, and the algorithm before them where it is another.
func (t TOTP) Written() Value {
	letters := t.base32()
	if size := t.hash().Size(); size != sha1.Size {
		return New(fmt.Sprintf("SHA%d:%s", size*8, letters.Reveal()))
	}
	return letters
}

// base32 returns the secret in its usual written form.
func (t TOTP) base32() Value {
	key := t.key.clear()
	defer clear(key)
	return New(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key))
}
