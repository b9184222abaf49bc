package signin

import (
	"context"
	"fmt"
	"strings"
	"time"

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
	if r.code != nil {
		message := "the portal refused the passcode"
		if news := fresh(r.code, s); len(news) > 0 {
			message += fmt.Sprintf("; it says: %q", strings.Join(news, " / "))
		}
		if r.codeKind == ByApp && !r.codeFrom.IsZero() {
			return r.hold(AppCode, r.codeFrom, message, "Check GCKEY_TOTP_SECRET and this computer's clock. The secret is held until it changes or you run: irccpin credentials release.")
		}
		return r.hold(Account, r.o.Credentials.Username, message, "Check where the passcode comes from. The account is held until you run: irccpin credentials release.")
	}
	code, err := r.newCode(ctx, s)
	if err != nil {
		return err
	}
	bound, err := secret.Bind(code, "passcode", r.o.Catalog.Origin("mfa"))
	if err != nil {
		return err
	}
	item := page.Item{Element: "passcode", Secret: &bound}
	if err := r.d.Fill(ctx, s.Page(), item); err != nil {
		return err
	}
	r.code = s
	return r.d.Submit(ctx, s.Page(), "continue", item)
}

// newCode gets a passcode of the kind that the page asks for. A page that
// mentions an e-mail asks for the code in it, whatever else it mentions.
func (r *run) newCode(ctx context.Context, s *page.Snapshot) (secret.Value, error) {
	c := r.o.Credentials
	r.codeKind = ByApp
	if s.Is("email") && !s.Is("app") {
		r.codeKind = ByEmail
	}
	switch {
	case r.codeKind == ByApp && !c.TOTP.IsZero():
		return r.appCode(ctx)
	case c.Command != nil:
		r.codeKind = ByEmail // its source is not ours: a refusal holds the account
		if err := r.o.Custody.May(ctx, Account, c.Username); err != nil {
			return secret.Value{}, err
		}
		code, err := c.Command(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return secret.Value{}, ctx.Err()
			}
			stop := r.stop(page.HumanNeeded, "the command that prints the passcode failed: "+err.Error(), "Run GCKEY_OTP_COMMAND by hand to see why.")
			stop.Err = err
			return secret.Value{}, stop
		}
		return code, nil
	case r.codeKind == ByEmail:
		return secret.Value{}, r.stop(page.HumanNeeded, "the portal sent a passcode by e-mail, and nothing is set to fetch it", "Set GCKEY_OTP_COMMAND to a command that prints it, or let a person sign in.")
	default:
		return secret.Value{}, r.stop(page.HumanNeeded, "the portal asks for the code of the authenticator app, and its secret is not set", "Set GCKEY_TOTP_SECRET, or GCKEY_OTP_COMMAND to a command that prints the code.")
	}
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
		timer := time.NewTimer(left + 50*time.Millisecond) // just inside the next step
		select {
		case <-ctx.Done():
			timer.Stop()
			return secret.Value{}, ctx.Err()
		case <-timer.C:
		}
	}
}
