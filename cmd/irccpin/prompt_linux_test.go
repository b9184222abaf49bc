package main

import (
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
	p, err := fixtures.Start(fixtures.Options{Seed: 31, Accounts: []fixtures.Account{account}})
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
	portal, username, words := mailing(t)
	p := atTerminal(t, nil, words...)
	p.await("For alpha.env, account " + username[:2] + "…")
	p.await("sent a passcode by e-mail")
	p.await("Passcode (not shown")
	p.await(": ")
	if p.echoes() {
		t.Error("the terminal shows what is typed")
	}
	p.write("12 34")
	p.await("has 6 to 8 digits")
	p.await("Passcode (not shown")
	p.await(": ")
	code := portal.Passcode(username)
	p.write(code)
	if ended := p.end(); ended != 0 {
		t.Errorf("ended with %d:\n%s", ended, &p.seen)
	}
	shown := p.seen.String()
	if strings.Contains(shown, code) || strings.Contains(shown, "12 34") {
		t.Errorf("the terminal shows what was typed:\n%s", shown)
	}
	if lines := strings.Join(screen(strings.ReplaceAll(shown, "\r\n", "\n")), "\n"); !strings.Contains(lines, "✓\x1b[0m Employer Portal home") {
		t.Errorf("the live view does not go on after the question:\n%q", lines)
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

// TestNoQuestions: who forbids questions gets none, terminal or not.
func TestNoQuestions(t *testing.T) {
	portal, _, words := mailing(t)
	p := atTerminal(t, nil, append(words, "--no-input")...)
	if ended := p.end(); ended != 4 {
		t.Errorf("ended with %d:\n%s", ended, &p.seen)
	}
	if n := len(portal.Witness().SubmitsOf(fixtures.SecretPasscode, "")); n != 0 || strings.Contains(p.seen.String(), "not shown") {
		t.Errorf("%d passcodes were sent:\n%s", n, &p.seen)
	}
}
