package automation_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/mailbox/mailtest"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// TestPasscodeMailed signs in with passcodes that are read from a mailbox.
func TestPasscodeMailed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "authority.pem")
	authority, err := mailtest.NewAuthority(file)
	if err != nil {
		t.Fatal(err)
	}
	// Nothing else in these tests looks at the system's authorities before.
	t.Setenv("SSL_CERT_FILE", file)
	mails, err := mailtest.Serve(authority, "localhost")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mails.Close() })
	deliver := func(mail []byte) {
		if err := mails.Deliver(mail); err != nil {
			t.Error(err)
		}
	}
	const sender = "Sign in <no-reply@notification.canada.ca>"
	letter := func(code string) []byte {
		return mailtest.Letter(sender, "Your one-time passcode", "Use this one-time passcode to sign in:\r\n\r\n    "+code+"\r\n\r\nIt is valid for 10 minutes.", time.Now())
	}
	settings := func(t *testing.T, s trial.Simulated, password string) automation.Config {
		t.Helper()
		text, err := os.ReadFile(s.Env)
		if err != nil {
			t.Fatal(err)
		}
		lines := "GCKEY_OTP_IMAP_URL=imaps://" + mailtest.User + "@localhost:" + mails.Port + "\nGCKEY_OTP_IMAP_PASSWORD='" + password + "'\n"
		if err := os.WriteFile(s.Env, append(text, lines...), 0o600); err != nil {
			t.Fatal(err)
		}
		return trial.Config(t, s)
	}
	deliver(letter("111111")) // of an earlier sign-in

	t.Run("read", func(t *testing.T) {
		p, s := mailing(t, fixtures.Options{Seed: 21, Mailed: func(m fixtures.Mail) {
			deliver(mailtest.Letter("friend@example.com", "Lunch", "The code of my door is 123456", m.Time))
			deliver(letter(m.Code))
		}})
		c := settings(t, s, mailtest.Password)
		r := trial.Run(t, c, automation.List())
		if got := trial.Ending(r); got != "listed" || len(p.Witness().SubmitsOf(fixtures.SecretPasscode, "")) != 1 {
			t.Errorf("ended as %s with %d passcodes: %+v", got, len(p.Witness().SubmitsOf(fixtures.SecretPasscode, "")), r.Error)
		}
		if told := c.Observer.(*trial.Teller).String(); strings.Count(told, "wait: Waiting for the e-mail with the passcode") != 1 {
			t.Errorf("it was not told what was waited for:\n%s", told)
		}
		if _, read, err := mails.Count(); read > 0 || err != nil {
			t.Errorf("%d mails were marked as read: %v", read, err)
		}
	})
	t.Run("unclear", func(t *testing.T) {
		p, s := mailing(t, fixtures.Options{Seed: 22, Mailed: func(m fixtures.Mail) {
			deliver(letter(m.Code + " or code 654321"))
		}})
		c := settings(t, s, mailtest.Password)
		r := trial.Run(t, c, automation.List())
		if got := trial.Ending(r); got != "human_needed" || len(p.Witness().SubmitsOf(fixtures.SecretPasscode, "")) != 0 || !strings.Contains(r.Error.Message, "several numbers") {
			t.Errorf("ended as %s with %d passcodes: %+v", got, len(p.Witness().SubmitsOf(fixtures.SecretPasscode, "")), r.Error)
		}
		// A person who is there is asked instead. Nothing is held.
		c.Prompter = &person{answer: func(context.Context, automation.Question) (string, error) {
			return p.Passcode(p.Accounts()[0].Username), nil
		}}
		if r := trial.Run(t, c, automation.List()); trial.Ending(r) != "listed" {
			t.Errorf("with a person it ended as %s: %+v", trial.Ending(r), r.Error)
		}
	})
	t.Run("wrong mailbox password", func(t *testing.T) {
		p, s := mailing(t, fixtures.Options{Seed: 23})
		c := settings(t, s, "Wrong-Password-1")
		r := trial.Run(t, c, automation.List())
		if got := trial.Ending(r); got != "credential_refused" || len(p.Witness().SubmitsOf(fixtures.SecretPassword, "")) != 0 || len(p.Witness().Mails) != 0 {
			t.Errorf("ended as %s with %d passwords: %+v", got, len(p.Witness().SubmitsOf(fixtures.SecretPassword, "")), r.Error)
		}
		if strings.Contains(r.Error.Message+r.Error.Hint, "Wrong-Password-1") {
			t.Errorf("the error repeats the password: %+v", r.Error)
		}
		if r := trial.Run(t, c, automation.List()); trial.Ending(r) != "credential_held" {
			t.Errorf("the second run ended as %s: %+v", trial.Ending(r), r.Error)
		}
	})
	t.Run("one session at a time", func(t *testing.T) {
		// Two employers' mails go to one mailbox, and both share a ledger.
		state := t.TempDir()
		var done sync.WaitGroup
		for i, username := range []string{"FirstEmployer1", "SecondEmployer2"} {
			account := fixtures.DefaultAccount("en")
			account.Username, account.TwoFactor = username, fixtures.TwoFactorEmail
			p, s := trial.Portal(t, fixtures.Options{Seed: uint64(24 + i), Accounts: []fixtures.Account{account}, Mailed: func(m fixtures.Mail) { deliver(letter(m.Code)) }})
			c := settings(t, s, mailtest.Password)
			c.StateDir = state
			done.Go(func() {
				if r := trial.Run(t, c, automation.List()); trial.Ending(r) != "listed" || len(p.Witness().SubmitsOf(fixtures.SecretPasscode, "")) != 1 {
					t.Errorf("%s ended as %s: %+v", username, trial.Ending(r), r.Error)
				}
			})
		}
		done.Wait()
	})
	t.Run("no mailbox", func(t *testing.T) {
		_ = mails.Close()
		// It is needed only when the portal asks for a mail.
		_, app := trial.Portal(t, fixtures.Options{Seed: 26})
		if r := trial.Run(t, settings(t, app, mailtest.Password), automation.List()); trial.Ending(r) != "listed" {
			t.Errorf("with an app it ended as %s: %+v", trial.Ending(r), r.Error)
		}
		p, s := mailing(t, fixtures.Options{Seed: 27})
		r := trial.Run(t, settings(t, s, mailtest.Password), automation.List())
		if got := trial.Ending(r); got != "human_needed" || len(p.Witness().SubmitsOf(fixtures.SecretPasscode, "")) != 0 || !strings.Contains(r.Error.Message, "cannot be used") {
			t.Errorf("ended as %s: %+v", got, r.Error)
		}
	})
}
