package secret

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"hash"
	"strings"
	"testing"
	"time"
)

// The seeds of RFC 6238, appendix B, which fill the block of each hash.
func rfcSeed(length int) []byte {
	return []byte(strings.Repeat("1234567890", 7)[:length])
}

// TestRFC6238 holds the whole table of appendix B.
func TestRFC6238(t *testing.T) {
	table := []struct {
		seconds              int64
		sha1, sha256, sha512 string
	}{
		{59, "94287082", "46119246", "90693936"},
		{1111111109, "07081804", "68084774", "25091201"},
		{1111111111, "14050471", "67062674", "99943326"},
		{1234567890, "89005924", "91819424", "93441116"},
		{2000000000, "69279037", "90698825", "38618901"},
		{20000000000, "65353130", "77737706", "47863826"},
	}
	for _, row := range table {
		for _, algorithm := range []struct {
			name string
			hash func() hash.Hash
			seed []byte
			want string
		}{
			{"SHA1", sha1.New, rfcSeed(20), row.sha1},
			{"SHA256", sha256.New, rfcSeed(32), row.sha256},
			{"SHA512", sha512.New, rfcSeed(64), row.sha512},
		} {
			if got := hotp(algorithm.hash, algorithm.seed, uint64(row.seconds/30), 8); got != algorithm.want {
				t.Errorf("%s at %d: %s, want %s", algorithm.name, row.seconds, got, algorithm.want)
			}
			// The same through the front door: the portal's six digits are the last six.
			uri := "otpauth://totp/GCKey:user?secret=" + base32.StdEncoding.EncodeToString(algorithm.seed) + "&algorithm=" + algorithm.name + "&digits=6&period=30&issuer=GCKey"
			totp, err := ParseTOTP(New(uri))
			if err != nil {
				t.Fatal(err)
			}
			code, step, _ := totp.Code(time.Unix(row.seconds, 0))
			if code.Reveal() != algorithm.want[2:] || step != uint64(row.seconds/30) {
				t.Errorf("%s at %d: code %s, step %d", algorithm.name, row.seconds, code.Reveal(), step)
			}
		}
	}
}

func TestCodeValidFor(t *testing.T) {
	totp, err := ParseTOTP(New("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   time.Time
		step uint64
		want time.Duration
	}{
		{time.Unix(60, 0), 2, 30 * time.Second},
		{time.Unix(89, 500_000_000), 2, 500 * time.Millisecond},
		{time.Unix(90, 0), 3, 30 * time.Second},
	} {
		if _, step, validFor := totp.Code(c.at); step != c.step || validFor != c.want {
			t.Errorf("at %v: step %d for %v, want %d for %v", c.at, step, validFor, c.step, c.want)
		}
	}
	if code, _, _ := (TOTP{}).Code(time.Unix(60, 0)); !code.IsZero() || !(TOTP{}).IsZero() {
		t.Error("the zero TOTP makes codes")
	}
}

func TestParseTOTPAcceptsHowPeopleWriteIt(t *testing.T) {
	want, err := ParseTOTP(New("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ", " gezd-gnbv-gy3t-qojq gezd-gnbv-gy3t-qojq ",
		"otpauth://totp/a?secret=gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "otpauth://TOTP/a?secret=GEZD%20GNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=sha-1",
	} {
		got, err := ParseTOTP(New(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if !got.key.Equal(want.key) {
			t.Errorf("%q is read as another secret", text)
		}
	}
	// Sixteen letters make ten bytes; seventeen letters plus padding would be cut short.
	for _, text := range []string{"JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXPJBSQ====", "JBSWY3DPEHPK3PXPJBSQ", "JBSWY3DPEHPK3PXPJBSWY==="} {
		if _, err := ParseTOTP(New(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParseTOTPRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "is empty",
		"   ":                   "is empty",
		"====":                  "has no secret",
		"JBSWY3DP":              "too short",
		"123456":                "is not base32",
		"JBSWY3DPEHPK3PX0":      "letters A to Z and the digits 2 to 7",
		"JBSWY3DPEHPK3PXPJ":     "a letter is missing or too many",
		"pässwort":              "is not base32",
		"https://example.com/x": "neither base32 nor an otpauth:// URI",
		"otpauth://hotp/a?secret=JBSWY3DPEHPK3PXP&counter=1":          "not of the type totp",
		"otpauth://totp/a?issuer=x":                                   "has no secret",
		"otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&digits=8":           "6 digits",
		"otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&period=60":          "30 seconds",
		"otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&algorithm=MD5":      "an algorithm other than",
		"otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&secret=AAAAAAAAAAA": "gives secret twice",
		"otpauth://totp/a?secret=%zz":                                 "cannot be read",
	} {
		_, err := ParseTOTP(New(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
		if err != nil && len(text) > 8 && (strings.Contains(err.Error(), "JBSWY") || strings.Contains(err.Error(), text)) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}
