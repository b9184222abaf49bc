package selectors

import (
	"strings"
	"testing"
)

func TestPasscodeMail(t *testing.T) {
	for _, c := range []struct {
		mail PasscodeMail
		says string // "" for a good one
	}{
		{PasscodeMail{Senders: []string{"gc.ca"}, Near: []string{"code"}}, ""},
		{PasscodeMail{Near: []string{"code"}}, "needs senders"},
		{PasscodeMail{Senders: []string{"gc.ca"}}, "and near"},
		{PasscodeMail{Senders: []string{"ca"}, Near: []string{"code"}}, `"ca"`},
		{PasscodeMail{Senders: []string{"no-reply@gc.ca"}, Near: []string{"code"}}, "no-reply"},
		{PasscodeMail{Senders: []string{"GC.ca"}, Near: []string{"code"}}, "small letters"},
		{PasscodeMail{Senders: []string{"gc.ca"}, Near: []string{"("}}, "missing closing"},
	} {
		err := c.mail.check()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.mail, err)
		}
	}
}

func TestPasscodeWordings(t *testing.T) {
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"Your one-time passcode is": true, "Votre code d’accès": true, "Mot de passe à usage unique :": true,
		"Security code:": true, "encode": false, "Your file number": false,
	} {
		found := false
		for _, words := range c.Site.PasscodeMail.Wordings() {
			found = found || words.MatchString(Normalise(text))
		}
		if found != want {
			t.Errorf("%q is wording of a passcode: %v", text, found)
		}
	}
}
