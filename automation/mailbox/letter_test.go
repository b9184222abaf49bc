package mailbox

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func rule() Rule {
	return Rule{
		Senders: []string{"canada.ca", "gc.ca"},
		Near:    []*regexp.Regexp{regexp.MustCompile(`\bcode\b`), regexp.MustCompile(`passcode`)},
		Fold:    strings.ToLower,
	}
}

func TestSenders(t *testing.T) {
	for domain, want := range map[string]bool{
		"canada.ca": true, "notification.canada.ca": true, "CIC.GC.CA": true, "canada.ca.": true,
		"notcanada.ca": false, "canada.ca.example.com": false, "example.com": false, "": false, "ca": false,
	} {
		if got := rule().from(domain); got != want {
			t.Errorf("%q is expected: %v", domain, got)
		}
	}
}

func TestCodes(t *testing.T) {
	far := strings.Repeat("word ", 60)
	for _, c := range []struct{ text, want string }{
		{"Your passcode is 482913.", "482913"},
		{"482913 is your code", "482913"},
		{"Code:\r\n\r\n   482913\r\n", "482913"},
		{"your one-time code is 48291377, valid for 10 minutes", "48291377"},
		{"code 482913, again: code 482913", "482913"},
		{"code 482913 or code 482914", "482913 482914"},
		{"code 48291", ""},
		{"code 482913771", ""},
		{"code A482913", ""},
		{"code 482913B", ""},
		{"code at https://canada.ca/x/482913", ""},
		{"code at https://canada.ca/x?id=482913", ""},
		{"about your code, call 1-888-242-2100 or 613-5550123", ""},
		{"code, for $482913", ""},
		{"code of 482913.50", ""},
		{"code, 20261122-1", ""},
		{"code (482913)", "482913"},
		{"a code " + far + " reference 482913 " + far, ""},
		{"reference 777777 " + far + "Your passcode is 482913. " + far + "case 888888", "482913"},
		{"nothing here 482913", ""},
	} {
		if got := strings.Join(rule().codes(c.text), " "); got != c.want {
			t.Errorf("%.60q: found %q, want %q", c.text, got, c.want)
		}
	}
}

// letter is a mail of one part.
func letter(header, body string) []byte {
	return []byte("From: a@canada.ca\r\n" + strings.ReplaceAll(header, "\n", "\r\n") + "\r\n\r\n" + strings.ReplaceAll(body, "\n", "\r\n"))
}

func TestLetters(t *testing.T) {
	alternatives := "Subject: Sign in\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b"
	for _, c := range []struct {
		name       string
		mail       []byte
		want       string
		impossible error
	}{
		{"plain", letter("Subject: Your passcode", "Your passcode is 482913."), "482913", nil},
		{"in the subject", letter("Subject: 482913 is your passcode", "It is valid for ten minutes."), "482913", nil},
		{"encoded", letter("Subject: =?utf-8?q?Acc=C3=A8s?=\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable", "Votre code d'acc=E8s =E0 usage unique : 482913"), "482913", nil},
		{"base64", letter("Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", "WW91ciBjb2RlIGlzIDQ4MjkxMy4="), "482913", nil},
		{"html alone", letter("Subject: x\nContent-Type: text/html", "<html><head><title>code 111111</title><style>.code{width:222222px} code 333333</style></head><body><p>Your code is</p><h1>482<b>913</b></h1></body></html>"), "482913", nil},
		{"html cells", letter("Subject: x\nContent-Type: text/html", "<table><tr><td>Code</td><td>482913</td></tr><tr><td>482</td><td>914</td></tr></table>"), "482913", nil},
		{"both", letter(alternatives, "--b\nContent-Type: text/plain\n\nYour code is 482913.\n--b\nContent-Type: text/html\n\n<p>Your code is 482913.</p><p>Code 999999</p>\n--b--\n"), "482913", nil},
		{"plain says to look at the html", letter(alternatives, "--b\nContent-Type: text/plain\n\nThis mail has a code in HTML.\n--b\nContent-Type: text/html\n\n<p>Your code is 482913.</p>\n--b--\n"), "482913", nil},
		{"an attachment", letter("Subject: x\nContent-Type: multipart/mixed; boundary=b", "--b\nContent-Type: text/plain\n\nNothing.\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nYour code is 482913.\n--b--\n"), "", nil},
		{"cut off", letter(alternatives, "--b\nContent-Type: text/plain\n\nYour code is 482913.\n"), "482913", nil},
		{"two", letter("Subject: x", "Your code is 482913, no, code 482914."), "", errSeveral},
		{"none", letter("Subject: A new sign-in", "Somebody signed in."), "", nil},
		{"empty", nil, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := rule().code(c.mail)
			if got != c.want || !errors.Is(err, c.impossible) {
				t.Errorf("found %q (%v), want %q (%v)", got, err, c.want, c.impossible)
			}
		})
	}
}

// FuzzLetter: a mail is written by strangers.
func FuzzLetter(f *testing.F) {
	f.Add([]byte("Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ncode 482913\r\n--b--"))
	f.Fuzz(func(t *testing.T, mail []byte) {
		code, err := rule().code(mail)
		if err == nil && code != "" && (len(code) < leastDigits || len(code) > mostDigits) {
			t.Errorf("found %q", code)
		}
	})
}
