package signin

import (
	"context"

	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// gckey is GCKey, the one sign-in service that is known, with its second factor.
type gckey struct{}

// GCKey is the government's own sign-in service.
func GCKey() Provider { return gckey{} }

// Name implements Provider.
func (gckey) Name() string { return "gckey" }

// Turn implements Provider.
func (gckey) Turn(ctx context.Context, h Hands, s *page.Snapshot) error {
	switch s.Page() {
	case "gckey-sign-in":
		return h.LogIn(ctx, s, LoginForm{Host: "gckey", Username: "username", Password: "password", Button: "sign-in"})
	case "gckey-skip":
		return h.Press(ctx, s, "skip")
	case "gckey-welcome", "mfa-success":
		return h.Press(ctx, s, "continue")
	case "mfa-code":
		return h.Passcode(ctx, s)
	case "mfa-choose-method":
		// A code that is asked for on the way belongs to the new method.
		return h.Ask(page.AskEnrol, h.Stop(page.HumanNeeded, lang.Text("the portal asks to choose a method of two-factor authentication, as it does where none is set up yet"),
			lang.Text("Sign in once by hand and choose a method. With an authenticator app, put its secret into GCKEY_TOTP_SECRET.")), "mfa-code")
	case "captcha-refused":
		return h.Ask(page.AskByHand, h.Stop(page.HumanNeeded, lang.Text("the sign-in was refused over its captcha; the password was not judged%s", said(s)),
			lang.Text("Run the command where a person can see the window: with --show, at a terminal.")), "gckey-sign-in")
	case "account-revoked":
		return h.Refused(page.AccountRevoked, lang.Text("the GCKey is revoked%s", said(s)), lang.Text("It cannot be used any more. The employer must deal with GCKey's help desk."))
	}
	return h.Stop(page.PageUnknown, lang.Text("the page \"%s\" was not expected during the sign-in", s.Page()), lang.Text("Sign in by hand to see what the portal wants."))
}
