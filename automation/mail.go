package automation

import (
	"context"
	"errors"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/ledger"
	"irccpin/automation/mailbox"
	"irccpin/automation/page"
	"irccpin/automation/secret"
	"irccpin/automation/signin"
	"irccpin/selectors"
)

const (
	// mailPatience is how long a mail is waited for. Most come within seconds;
	// what is slower is usually held back by a filter and comes much later.
	mailPatience = 3 * time.Minute
	// mailTurn is how long a session waits for others that expect a passcode in
	// the same mailbox, and turnLook how often it looks whether they are done.
	mailTurn = 2 * time.Minute
	turnLook = time.Second
)

// passcodeMail reads the e-mailed passcode of one sign-in. It implements
// signin.Mail.
//
// Representatives have the mails of several employers sent to one mailbox, and
// nothing in a mail says for certain which of two sign-ins it is for. So only
// one session at a time waits for a mail in a mailbox.
type passcodeMail struct {
	portal  *Portal
	account mailbox.Account

	turn  *ledger.Lease
	watch *mailbox.Watch
	// failure is why the mailbox cannot be used. It counts once a mail is needed.
	failure error
}

// passcodeMail returns nil when no mailbox is set.
func (p *Portal) passcodeMail() *passcodeMail {
	m := p.config.Settings.IMAP
	if m.IsZero() {
		return nil
	}
	return &passcodeMail{portal: p, account: mailbox.Account{User: m.User, Host: m.Host, Port: m.Port, Folder: m.Folder, Password: m.Password}}
}

// Mark implements signin.Mail.
func (m *passcodeMail) Mark(ctx context.Context) error {
	m.close(ctx) // a second sign-in of the same session
	if m.failure = m.takeTurn(ctx); m.failure != nil {
		return ctx.Err()
	}
	m.watch, m.failure = mailbox.Mark(ctx, m.account, clock())
	if errors.Is(m.failure, mailbox.ErrRefused) {
		return m.refused(m.failure)
	}
	return ctx.Err()
}

// Code implements signin.Mail.
func (m *passcodeMail) Code(ctx context.Context) (secret.Value, error) {
	if m.failure == nil && m.watch == nil {
		m.failure = lang.NewError("the mailbox was not looked at before the passcode was sent")
	}
	if m.failure != nil {
		return secret.Value{}, m.failure
	}
	limited, cancel := context.WithTimeout(ctx, mailPatience)
	defer cancel()
	m.waiting(limited, lang.Text("Waiting for the e-mail with the passcode"))
	code, err := m.watch.Code(limited, passcodeRule(m.portal.catalog), m.portal.config.Log)
	m.portal.config.redactor.Add("passcode", code)
	if ctx.Err() != nil {
		return secret.Value{}, ctx.Err()
	}
	return code, err
}

// passcodeRule is what the catalog knows of the mails.
func passcodeRule(c *selectors.Catalog) mailbox.Rule {
	known := c.Site.PasscodeMail
	return mailbox.Rule{Senders: known.Senders, Near: known.Wordings(), Fold: selectors.Normalise}
}

// refused holds the mailbox's password: mail servers lock accounts as well.
func (m *passcodeMail) refused(said error) error {
	stop := &Error{
		Code: page.CredentialRefused, Message: said.Error(), Err: said,
		Hint: lang.Text("Correct GCKEY_OTP_IMAP_PASSWORD; many mail services want an app password here. It is held and will not be tried again until it changes or you run: irccpin credentials release"),
	}
	// It is written even when the command is being interrupted.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := m.portal.custody.Refused(ctx, signin.MailPassword, m.account.Password, said.Error()); err != nil {
		stop.Err = err
		stop.Hint += lang.Text(". The refusal could not be recorded: do not run the command again before the password is corrected.")
	}
	return stop
}

// takeTurn waits until nobody else expects a passcode in the mailbox.
func (m *passcodeMail) takeTurn(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, mailTurn)
	defer cancel()
	name := "mailbox " + m.portal.ledger.Fingerprint("mailbox", m.account.User+"\x00"+m.account.Host+"\x00"+m.account.Folder)
	ticker := time.NewTicker(turnLook)
	defer ticker.Stop()
	for told := false; ; told = true {
		var err error
		m.turn, err = m.portal.acquire(limited, name)
		var busy *ledger.BusyError
		if !errors.As(err, &busy) {
			return err
		}
		if !told {
			m.waiting(limited, lang.Text("Waiting for another session that reads a passcode in the same mailbox"))
		}
		select {
		case <-limited.Done():
			return lang.Errorf("another session waits for a passcode in the same mailbox: %s, since %s", busy.Holder, busy.Since.Local().Format("15:04:05"))
		case <-ticker.C:
		}
	}
}

// waiting tells what is waited for until ctx ends.
func (m *passcodeMail) waiting(ctx context.Context, what string) {
	until, _ := ctx.Deadline()
	m.portal.config.Observer.Waiting(what, until)
}

// close lets the next session use the mailbox. It may be called more than once,
// and without a mailbox.
func (m *passcodeMail) close(ctx context.Context) {
	if m == nil || m.turn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
	defer cancel()
	if err := m.turn.Release(ctx); err != nil && !errors.Is(err, ledger.ErrLeaseLost) {
		m.portal.config.Log.Warn("giving the mailbox back", "error", err)
	}
	m.turn = nil
}
