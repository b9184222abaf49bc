package automation

import (
	"context"
	"errors"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/ledger"
	"irccpin/automation/page"
	"irccpin/automation/secret"
	"irccpin/automation/signin"
)

// custody ties the sign-in to the ledger: what was refused once is held, by
// keyed fingerprint, on every machine that shares the database.
type custody struct {
	ledger  *ledger.Ledger
	config  Config
	account string
}

func newCustody(l *ledger.Ledger, c Config) *custody {
	return &custody{ledger: l, config: c, account: l.Fingerprint("account", c.accountName())}
}

// fingerprint of a secret of this account. Passwords and answers are known
// together with the user name: the same word elsewhere is another secret.
func (c *custody) fingerprint(kind signin.Kind, v secret.Value) string {
	switch kind {
	case signin.Account:
		return c.account
	case signin.AppCode:
		// It can be written in many ways, and stays the same secret.
		if totp, err := secret.ParseTOTP(v); err == nil {
			v = totp.Written()
		}
		return c.ledger.Fingerprint("totp", v.Reveal())
	}
	return c.ledger.Fingerprint(string(kind), c.config.Settings.Username.Reveal()+"\x00"+v.Reveal())
}

// check asks before the browser opens whether anything that this session may
// type is held. Where a person signs in nothing of it is typed.
func (c *custody) check(ctx context.Context) error {
	if c.config.Attend {
		return nil
	}
	s := c.config.Settings
	prints := []string{c.account}
	if !s.Password.IsZero() {
		prints = append(prints, c.fingerprint(signin.Password, s.Password))
	}
	if !s.TOTPSecret.IsZero() {
		prints = append(prints, c.fingerprint(signin.AppCode, s.TOTPSecret))
	}
	for _, q := range s.Questions {
		prints = append(prints, c.fingerprint(signin.Answer, q.Answer))
	}
	if !s.IMAP.IsZero() {
		prints = append(prints, c.fingerprint(signin.MailPassword, s.IMAP.Password))
	}
	return c.held(ctx, prints...)
}

func (c *custody) held(ctx context.Context, prints ...string) error {
	holds, err := c.ledger.Held(ctx, c.config.realm(), prints...)
	if err != nil {
		return stateError(err)
	}
	if len(holds) == 0 {
		return nil
	}
	h := holds[0]
	since := h.At.Local().Format("2006-01-02 15:04")
	hint := lang.Text("Correct it in the settings. If it is right after all: irccpin credentials release")
	message := lang.Text("the %s of this account is held since %s and was not tried again: %s", lang.Word(string(h.Kind)), since, h.Reason)
	if h.Kind == ledger.Account {
		message = lang.Text("this account is held since %s and was not tried again: %s", since, h.Reason)
		hint = lang.Text("A person must deal with the account first. Then: irccpin credentials release")
	}
	return &Error{
		Code:    page.CredentialHeld,
		Message: message,
		Hint:    hint,
	}
}

// maxUnjudged is how often in a row a secret is sent without the portal telling
// whether it is right. How many wrong tries lock an account is not known, so these
// are few: enough for a bad connection, too few for a schedule that sends a wrong
// one for days.
const maxUnjudged = 3

// May implements signin.Custody.
func (c *custody) May(ctx context.Context, kind signin.Kind, v secret.Value) error {
	fingerprint := c.fingerprint(kind, v)
	if err := c.held(ctx, fingerprint); err != nil {
		return err
	}
	tries, err := c.ledger.Unjudged(ctx, c.config.realm(), fingerprint)
	if err != nil || tries < maxUnjudged {
		return stateError(err)
	}
	if err := c.Refused(ctx, kind, v, lang.Text("it was sent %d times in a row, and the portal never told whether it is right", tries)); err != nil {
		return err
	}
	return c.held(ctx, fingerprint)
}

// Sending implements signin.Custody.
func (c *custody) Sending(ctx context.Context, kind signin.Kind, v secret.Value) error {
	return stateError(c.ledger.Trying(ctx, c.config.realm(), c.fingerprint(kind, v)))
}

// Accepted implements signin.Custody.
func (c *custody) Accepted(ctx context.Context, kind signin.Kind, v secret.Value) error {
	return stateError(c.ledger.Accepted(ctx, c.config.realm(), c.fingerprint(kind, v)))
}

// NotJudged implements signin.Custody.
func (c *custody) NotJudged(ctx context.Context, kind signin.Kind, v secret.Value) error {
	return stateError(c.ledger.NotJudged(ctx, c.config.realm(), c.fingerprint(kind, v)))
}

var holdKinds = map[signin.Kind]ledger.Kind{
	signin.Password: ledger.Password, signin.AppCode: ledger.Passcode, signin.Answer: ledger.Answer, signin.Account: ledger.Account,
	signin.MailPassword: ledger.Password,
}

// Refused implements signin.Custody.
func (c *custody) Refused(ctx context.Context, kind signin.Kind, v secret.Value, said string) error {
	return stateError(c.ledger.Hold(ctx, ledger.Hold{
		Realm: c.config.realm(), Kind: holdKinds[kind], Fingerprint: c.fingerprint(kind, v),
		// What a portal says can repeat what was typed.
		Account: c.account, Reason: c.config.redactor.String(said), RunID: c.config.RunID,
	}))
}

// UseStep implements signin.Custody. The passcode of the step is a secret from
// here on.
func (c *custody) UseStep(ctx context.Context, totp secret.Value, step uint64) (bool, error) {
	c.config.redactor.Add("passcode", c.config.Settings.TOTP.CodeOf(step))
	err := c.ledger.UseStep(ctx, c.config.realm(), c.fingerprint(signin.AppCode, totp), int64(step))
	if errors.Is(err, ledger.ErrStepUsed) {
		return false, nil
	}
	return err == nil, stateError(err)
}

// UseCode implements signin.Custody. What came of a code is not told: it is never
// sent again.
func (c *custody) UseCode(ctx context.Context, code secret.Value) (bool, error) {
	fingerprint := c.ledger.Fingerprint("code", c.account+"\x00"+code.Reveal())
	tries, err := c.ledger.Unjudged(ctx, c.config.realm(), fingerprint)
	if err != nil || tries > 0 {
		return false, stateError(err)
	}
	return true, stateError(c.ledger.Trying(ctx, c.config.realm(), fingerprint))
}

// credentials are the settings as the sign-in wants them.
func credentials(c Config) signin.Credentials {
	s := c.Settings
	out := signin.Credentials{
		Username: s.Username, Password: s.Password, TOTP: s.TOTP, TOTPSecret: s.TOTPSecret, Questions: s.Questions,
		Ask: asker(c),
	}
	if !s.OTPCommand.IsZero() {
		out.Command = func(ctx context.Context) (secret.Value, error) {
			c.Observer.Waiting(lang.Text("Waiting for GCKEY_OTP_COMMAND to print the passcode"), clock().Add(secret.CommandTimeout))
			code, err := s.OTPCommand.Output(ctx, secret.RunCommand, c.Environ)
			c.redactor.Add("passcode", code)
			return code, err
		}
	}
	return out
}

// clock is the clock that passcodes go by.
func clock() time.Time { return time.Now() }
