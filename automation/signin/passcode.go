package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/automation/secret"
)

// CodeKind says where a passcode comes from.
type CodeKind string

// The two kinds of passcode that the portal is known to ask for.
const (
	ByApp   CodeKind = "app"
	ByEmail CodeKind = "email"
)

// codeMargin is how long a code must still be valid to be sent: time for the
// form to travel over a slow line.
const codeMargin = 3 * time.Second

func (r *run) passcode(ctx context.Context, s *page.Snapshot) error {
	if r.code != nil && !r.d.Sent() {
		// A page that its own script drew anew takes another code of the app; what a
		// person or a mail gave is not asked for again.
		if r.codeFrom.IsZero() || r.unsentCode {
			return r.unsent()
		}
		r.code, r.unsentCode = nil, true
	}
	if r.code != nil {
		message := lang.Text("the portal refused the passcode")
		if news := fresh(r.code, s); len(news) > 0 {
			message += lang.Text("; it says: %q", strings.Join(news, " / "))
		}
		if r.codeKind == ByApp && !r.codeFrom.IsZero() {
			return r.hold(AppCode, r.codeFrom, message, lang.Text("Check GCKEY_TOTP_SECRET and this computer's clock. The secret is held until it changes or you run: irccpin credentials release."))
		}
		return r.hold(Account, r.o.Credentials.Username, message, lang.Text("Check where the passcode comes from. The account is held until you run: irccpin credentials release."))
	}
	code, err := r.newCode(ctx, s)
	if errors.Is(err, errMovedOn) {
		return nil
	}
	if err != nil {
		return err
	}
	bound, err := secret.Bind(code, "passcode", r.o.Catalog.Origin("mfa"))
	if err != nil {
		return err
	}
	item := page.Item{Element: "passcode", Secret: &bound, Grouped: true}
	if err := r.d.Fill(ctx, s.Page(), item); err != nil {
		return err
	}
	r.code = s
	if r.codeFrom.IsZero() { // the next code is another one: there is nothing to count
		return r.d.Submit(ctx, s.Page(), "continue", item)
	}
	return r.send(ctx, s, AppCode, r.codeFrom, "continue", item)
}

// newCode gets a passcode of the kind that the page asks for, from the first
// source that can give one. A page that mentions an e-mail asks for the code in
// it; one that does not say asks for what the settings can give.
func (r *run) newCode(ctx context.Context, s *page.Snapshot) (secret.Value, error) {
	c := r.o.Credentials
	r.codeKind = ByApp
	if s.Is("email") && !s.Is("app") || (s.Is("email") || !s.Is("app")) && c.TOTP.IsZero() && c.Mail != nil {
		r.codeKind = ByEmail
	}
	if r.codeKind == ByApp && !c.TOTP.IsZero() {
		return r.appCode(ctx)
	}
	// The source of any other code is not ours, and the next code is another
	// one: a refusal holds the account.
	if err := r.o.Custody.May(ctx, Account, c.Username); err != nil {
		return secret.Value{}, err
	}
	var missing *page.Stop
	switch {
	case r.codeKind == ByEmail && c.Mail != nil:
		code, err := c.Mail.Code(ctx)
		if err == nil || ctx.Err() != nil {
			return code, errors.Join(err, ctx.Err())
		}
		missing = r.stop(page.HumanNeeded, lang.Text("the portal sent a passcode by e-mail, and it could not be read: %v", err),
			lang.Text("Nothing was tried with it. Look into the mailbox; GCKEY_OTP_IMAP_URL names it."))
		missing.Err = err
	case c.Command != nil:
		return r.commandCode(ctx)
	case r.codeKind == ByEmail:
		missing = r.stop(page.HumanNeeded, lang.Text("the portal sent a passcode by e-mail, and nothing is set to fetch it"),
			lang.Text("Set GCKEY_OTP_IMAP_URL to the mailbox or GCKEY_OTP_COMMAND to a command that prints the passcode, or run irccpin at a terminal and type it."))
	default:
		missing = r.stop(page.HumanNeeded, lang.Text("the portal asks for the code of the authenticator app, and its secret is not set"),
			lang.Text("Set GCKEY_TOTP_SECRET, or GCKEY_OTP_COMMAND to a command that prints the code, or run irccpin at a terminal and type it."))
	}
	return r.typedCode(ctx, s, missing)
}

// commandCode runs the employer's own command.
func (r *run) commandCode(ctx context.Context) (secret.Value, error) {
	r.codeKind = ByEmail // for all that is known
	var code secret.Value
	var err error
	for range tries {
		if code, err = r.o.Credentials.Command(ctx); err != nil || !passcodeLike(code) {
			break
		}
		code = tidyPasscode(code)
		if claimed, err := r.o.Custody.UseCode(ctx, code); err != nil || claimed {
			return code, err
		}
		// An app shows the same code for half a minute.
		if err := r.nextCode(ctx, lang.Text("Waiting for GCKEY_OTP_COMMAND to print another passcode"), secret.StepLeft(r.o.Now())); err != nil {
			return secret.Value{}, err
		}
	}
	switch {
	case err == nil && passcodeLike(code):
		return secret.Value{}, r.stop(page.HumanNeeded, lang.Text("the command that prints the passcode keeps printing one that was sent before"), lang.Text("Run GCKEY_OTP_COMMAND by hand to see why. Nothing was tried with it."))
	case ctx.Err() != nil:
		return secret.Value{}, ctx.Err()
	case err == nil:
		return secret.Value{}, r.stop(page.HumanNeeded, lang.Text("the command that prints the passcode printed something else: not 6 to 8 digits"), lang.Text("Run GCKEY_OTP_COMMAND by hand to see why. Nothing was tried with it."))
	}
	stop := r.stop(page.HumanNeeded, lang.Text("the command that prints the passcode failed: %v", err), lang.Text("Run GCKEY_OTP_COMMAND by hand to see why."))
	stop.Err = err
	return secret.Value{}, stop
}

// tries is how often a person is asked anew who typed what cannot be a passcode.
// Nothing is sent before it can be one.
const tries = 3

// typedCode asks a person for the passcode; missing says why that is needed, and
// is the end when nobody is there.
func (r *run) typedCode(ctx context.Context, s *page.Snapshot, missing *page.Stop) (secret.Value, error) {
	r.codeKind = ByEmail // for all that is known
	why := lang.Text("The portal asks for the code of the authenticator app.")
	if s.Is("email") {
		why = lang.Text("The portal sent a passcode by e-mail.")
	}
	for range tries {
		code, err := r.ask(ctx, s, Question{Why: why, What: lang.Text("Passcode")}, missing)
		if err != nil {
			return secret.Value{}, err
		}
		why = lang.Text("A passcode has 6 to 8 digits and nothing else. Nothing was sent.")
		if !passcodeLike(code) {
			continue
		}
		code = tidyPasscode(code)
		if claimed, err := r.o.Custody.UseCode(ctx, code); err != nil || claimed {
			return code, err
		}
		why = lang.Text("That passcode was sent before, and works only once. Nothing was sent.")
	}
	return secret.Value{}, missing
}

// passcodeLike tells whether a text can be a passcode: six digits, says the
// guide; a few more would be no surprise. Spaces are for reading.
func passcodeLike(code secret.Value) bool {
	digits := tidyPasscode(code).Reveal()
	return len(digits) >= 6 && len(digits) <= 8 && strings.Trim(digits, "0123456789") == ""
}

func tidyPasscode(code secret.Value) secret.Value {
	return secret.New(strings.NewReplacer(" ", "", "\u00a0", "").Replace(code.Reveal()))
}

// appCode makes a code of the app that was never sent before and will not
// expire on its way; it waits for the next one when it must.
func (r *run) appCode(ctx context.Context) (secret.Value, error) {
	c := r.o.Credentials
	if err := r.o.Custody.May(ctx, AppCode, c.TOTPSecret); err != nil {
		return secret.Value{}, err
	}
	for {
		code, step, left := c.TOTP.Code(r.o.Now())
		if left > codeMargin {
			claimed, err := r.o.Custody.UseStep(ctx, c.TOTPSecret, step)
			if err != nil {
				return secret.Value{}, err
			}
			if claimed {
				r.codeFrom = c.TOTPSecret
				return code, nil
			}
		}
		if err := r.nextCode(ctx, lang.Text("Waiting for the authenticator app's next code"), left); err != nil {
			return secret.Value{}, err
		}
	}
}

// nextCode waits until an app shows another code.
func (r *run) nextCode(ctx context.Context, what string, left time.Duration) error {
	r.d.Waiting(what, r.o.Now().Add(left))
	pause, cancel := context.WithTimeout(ctx, left+50*time.Millisecond) // just inside the next step
	defer cancel()
	<-pause.Done()
	return ctx.Err()
}
