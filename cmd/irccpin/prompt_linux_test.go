package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"irccpin/fixtures"
)

// mailing is a portal whose account gets its passcodes by e-mail, and the words
// of a command that goes there.
func mailing(t *testing.T) (p *fixtures.Portal, username string, words []string) {
	t.Helper()
	account := fixtures.DefaultAccount("en")
	account.TwoFactor = fixtures.TwoFactorEmail
	p, err := fixtures.Start(fixtures.Options{Seed: 31, Light: true, Accounts: []fixtures.Account{account}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	env := filepath.Join(t.TempDir(), "alpha.env")
	if err := p.WriteEnvFile(env, account.Username); err != nil {
		t.Fatal(err)
	}
	return p, account.Username, []string{"list", "--env-file", env, "--simulator", p.Addr, "--simulator-spki", p.SPKI}
}

// echoes tells whether the terminal shows what is typed.
func (p *pty) echoes() bool {
	var state *unix.Termios
	p.control(func(fd int) (err error) {
		state, err = unix.IoctlGetTermios(fd, unix.TCGETS)
		return err
	})
	return state.Lflag&unix.ECHO != 0
}

// TestPasscodeAtATerminal types the passcode of the mail when asked for it.
func TestPasscodeAtATerminal(t *testing.T) {
	// told is what a person reads, in their language.
	type told struct{ about, why, asked, anew, home string }
	check := func(t *testing.T, m manner, told told) {
		portal, username, words := mailing(t)
		p := atTerminal(t, m.environ, append(words, m.words...)...)
		p.await(told.about + username[:2] + "…")
		p.await(told.why)
		p.await(told.asked)
		p.await(": ")
		if p.echoes() {
			t.Error("the terminal shows what is typed")
		}
		p.write("12 34")
		p.await(told.anew)
		p.await(told.asked)
		p.await(": ")
		code := portal.Passcode(username)
		p.write(code)
		if ended := p.end(); ended != 0 {
			t.Errorf("ended with %d:\n%s", ended, &p.seen)
		}
		p.shows(nil, []string{code, "12 34"})
		if lines := strings.Join(screen(strings.ReplaceAll(p.seen.String(), "\r\n", "\n")), "\n"); !strings.Contains(lines, "✓\x1b[0m "+told.home) {
			t.Errorf("the live view does not go on after the question:\n%q", lines)
		}
	}
	t.Run("English", func(t *testing.T) {
		check(t, manner{}, told{
			about: "For alpha.env, account ", why: "The portal sent a passcode by e-mail.", asked: "Passcode (not shown as you type; Enter alone: none; until ",
			anew: "A passcode has 6 to 8 digits", home: "Employer Portal home",
		})
	})
	for _, m := range inFrench {
		t.Run("French by "+m.name, func(t *testing.T) {
			check(t, m, told{
				about: "Pour alpha.env, compte ", why: "Le portail a envoyé un code d'accès à usage unique par courriel.", asked: "Code d'accès à usage unique (non affiché pendant la saisie",
				anew: "Un code d'accès a de 6 à 8 chiffres", home: "Accueil du Portail des employeurs",
			})
		})
	}
}

// TestPasscodeInterrupted leaves at the question with Ctrl-C: nothing was tried.
func TestPasscodeInterrupted(t *testing.T) {
	portal, _, words := mailing(t)
	p := atTerminal(t, nil, words...)
	p.await("Passcode (not shown")
	p.await(": ")
	p.write("\x03")
	p.await("Error:")
	if !p.echoes() {
		t.Error("the terminal does not show what is typed any more")
	}
	if ended := p.end(); ended != 130 {
		t.Errorf("ended with %d:\n%s", ended, &p.seen)
	}
	if n := len(portal.Witness().SubmitsOf(fixtures.SecretPasscode, "")); n != 0 {
		t.Errorf("%d passcodes were sent", n)
	}
}

// TestNoQuestions: who forbids questions gets none, terminal or not, and is told
// what to do instead.
func TestNoQuestions(t *testing.T) {
	check := func(t *testing.T, m manner, unasked string, wanted ...string) {
		portal, _, words := mailing(t)
		p := atTerminal(t, m.environ, append(append(words, "--no-input"), m.words...)...)
		if ended := p.end(); ended != 4 {
			t.Errorf("ended with %d:\n%s", ended, &p.seen)
		}
		if n := len(portal.Witness().SubmitsOf(fixtures.SecretPasscode, "")); n != 0 {
			t.Errorf("%d passcodes were sent", n)
		}
		p.shows(wanted, []string{unasked})
	}
	t.Run("English", func(t *testing.T) {
		check(t, manner{}, "not shown", "the portal sent a passcode by e-mail, and nothing is set to fetch it", "What to do:\x1b[0m Set GCKEY_OTP_IMAP_URL to the mailbox")
	})
	t.Run("French", func(t *testing.T) {
		check(t, inFrench[0], "non affiché", "le portail a envoyé un code d'accès par courriel, et rien n'est prévu pour aller le chercher", "À faire\u00a0:\x1b[0m Donnez à GCKEY_OTP_IMAP_URL la boîte aux lettres")
	})
}

// TestWaitingAtATerminal lets a command take its time for the passcode: who looks
// on is told what is waited for, and how long at most.
func TestWaitingAtATerminal(t *testing.T) {
	portal, username, words := mailing(t)
	code := filepath.Join(t.TempDir(), "code")
	settings, err := os.OpenFile(words[2], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(settings, "GCKEY_OTP_COMMAND='sh -c \"until cat %s; do sleep 0.05; done\"'\n", code)
	if err := errors.Join(err, settings.Close()); err != nil {
		t.Fatal(err)
	}
	p := atTerminal(t, nil, append(words, inFrench[0].words...)...)
	p.await("Attente du code d'accès que doit afficher GCKEY_OTP_COMMAND; il reste ")
	p.await(" secondes\r\n")
	// It appears whole: the command may look at any moment.
	if err := os.WriteFile(code+".new", []byte(portal.Passcode(username)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(code+".new", code); err != nil {
		t.Fatal(err)
	}
	if ended := p.end(); ended != 0 {
		t.Errorf("ended with %d:\n%s", ended, &p.seen)
	}
}
