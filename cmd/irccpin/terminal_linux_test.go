package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pty is a terminal of 60 columns with a program at it.
type pty struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
	seen   bytes.Buffer
	// past is how much of it was waited for already.
	past int
}

// control works on the terminal itself. Fd would take its deadlines away.
func (p *pty) control(work func(fd int) error) {
	p.t.Helper()
	raw, err := p.master.SyscallConn()
	if err != nil {
		p.t.Fatal(err)
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = work(int(fd)) }); err != nil {
		p.t.Fatal(err)
	}
	if failed != nil {
		p.t.Fatal(failed)
	}
}

// atTerminal starts this program with all its streams at a terminal of its own.
func atTerminal(t *testing.T, environ []string, args ...string) *pty {
	t.Helper()
	// The test binary, called by this name, is the program: see TestMain.
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "irccpin")
	if err := os.Symlink(binary, link); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(link, args...)
	cmd.Env = environ
	return commandAtTerminal(t, cmd)
}

// commandAtTerminal starts a command at a terminal of its own. Of its environment
// what a terminal needs is set here.
func commandAtTerminal(t *testing.T, cmd *exec.Cmd) *pty {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	p := &pty{t: t, master: master, cmd: cmd}
	var n int
	p.control(func(fd int) (err error) {
		if n, err = unix.IoctlGetInt(fd, unix.TIOCGPTN); err == nil {
			err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
		}
		return errors.Join(err, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 60}))
	})
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	home := t.TempDir()
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "TERM=xterm", "LANG=C.UTF-8"}, cmd.Env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// await reads until a text, behind the one awaited before, is on the terminal.
func (p *pty) await(text string) {
	p.t.Helper()
	buffer := make([]byte, 4096)
	for {
		if at := strings.Index(p.seen.String()[p.past:], text); at >= 0 {
			p.past += at + len(text)
			return
		}
		// Far above what a sign-in takes; a hang is to be told, not waited for.
		if err := p.master.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			p.t.Fatal(err)
		}
		n, err := p.master.Read(buffer)
		p.seen.Write(buffer[:n])
		if err != nil {
			p.t.Fatalf("waiting for %q: %v; the terminal shows:\n%s", text, err, &p.seen)
		}
	}
}

func (p *pty) write(line string) {
	p.t.Helper()
	if _, err := p.master.WriteString(line + "\n"); err != nil {
		p.t.Fatal(err)
	}
}

// end reads what is left and returns the exit code.
func (p *pty) end() int {
	_, _ = p.seen.ReadFrom(p.master) // ends with EIO, when the program has gone
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// inFrench are the two ways to choose French at a terminal: words that follow the
// command's, and the environment of a French desktop.
var inFrench = []manner{{"--lang", []string{"--lang", "fr"}, nil}, {"LANG", nil, []string{"LANG=fr_CA.UTF-8"}}}

// manner is how a person calls the program.
type manner struct {
	name           string
	words, environ []string
}

// reply is what is asked at a terminal, up to its colon, and what is typed.
type reply struct{ to, is string }

// answer types the replies, each when it is asked for.
func (p *pty) answer(replies []reply) {
	p.t.Helper()
	for _, reply := range replies {
		p.await(reply.to)
		p.await(": ")
		p.write(reply.is)
	}
}

// shows checks what stands on the terminal, and what must not.
func (p *pty) shows(wanted, secrets []string) {
	p.t.Helper()
	for _, text := range wanted {
		if !strings.Contains(p.seen.String(), text) {
			p.t.Errorf("the terminal does not show %q:\n%s", text, &p.seen)
		}
	}
	for _, secret := range secrets {
		if strings.Contains(p.seen.String(), secret) {
			p.t.Errorf("the terminal shows %q", secret)
		}
	}
}

// TestStoreAtATerminal answers the questions for the keychain. There is none, so
// that the answers go nowhere.
func TestStoreAtATerminal(t *testing.T) {
	typed := []string{
		"someone",
		"", "hunter2", // it is needed, and asked for again
		"",
		"imaps://ann@mail.example.com", "mailbox-Sentinel",
		"What was the name of your first pet?", "Sentinel", "",
		"", "A0004821",
	}
	check := func(t *testing.T, m manner, asked, wanted []string) {
		environ := append([]string{"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(t.TempDir(), "none")}, m.environ...)
		p := atTerminal(t, environ, append([]string{"credentials", "store", "Alpha Services"}, m.words...)...)
		var replies []reply
		for i, text := range asked {
			replies = append(replies, reply{text, typed[i]})
		}
		p.answer(replies)
		if code := p.end(); code != 2 {
			t.Errorf("ended with %d", code)
		}
		p.shows(append(wanted, "someone", "--env-file"), []string{"hunter2", "Sentinel"})
	}
	t.Run("English", func(t *testing.T) {
		check(t, manner{}, []string{
			"GCKey user name", "GCKey password", "GCKey password", "Authenticator secret",
			"Mailbox of e-mailed passcodes", "Its password",
			"Security question 1", "Its answer", "Security question 2",
			"Business number", "IRCC employer number",
		}, []string{"Secrets are not shown as you type.", "Error:", "the system's keychain is not available", "What to do:"})
	})
	for _, m := range inFrench {
		t.Run("French by "+m.name, func(t *testing.T) {
			check(t, m, []string{
				"Nom d'utilisateur de CléGC", "Mot de passe de CléGC", "Mot de passe de CléGC", "Secret de l'application d'authentification",
				"Boîte aux lettres des codes d'accès par courriel", "Son mot de passe",
				"Question de sécurité 1", "Sa réponse", "Question de sécurité 2",
				"Numéro d'entreprise", "Numéro d'employeur d'IRCC",
			}, []string{"Les secrets ne sont pas affichés pendant la saisie.", "Erreur\u00a0:", "le trousseau du système n'est pas disponible", "À faire\u00a0:"})
		})
	}
}

// TestStoreInterrupted leaves the terminal as it was: what is typed can be seen.
func TestStoreInterrupted(t *testing.T) {
	p := atTerminal(t, nil, "credentials", "store", "Alpha")
	p.await("GCKey user name")
	p.write("someone")
	p.await("GCKey password")
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.await("Error:")
	var state *unix.Termios
	p.control(func(fd int) (err error) {
		state, err = unix.IoctlGetTermios(fd, unix.TCGETS)
		return err
	})
	if state.Lflag&unix.ECHO == 0 {
		t.Error("the terminal does not show what is typed any more")
	}
	if code := p.end(); code != 130 {
		t.Errorf("ended with %d:\n%s", code, &p.seen)
	}
}

// TestDemoAtATerminal looks at the live view as a person would.
func TestDemoAtATerminal(t *testing.T) {
	check := func(t *testing.T, m manner, wanted ...string) []string {
		p := atTerminal(t, m.environ, append([]string{"demo", "--seed", "17"}, m.words...)...)
		if code := p.end(); code != 0 {
			t.Fatalf("ended with %d:\n%s", code, &p.seen)
		}
		lines := screen(strings.ReplaceAll(p.seen.String(), "\r\n", "\n"))
		for _, text := range wanted {
			if !strings.Contains(strings.Join(lines, "\n"), text) {
				t.Errorf("the terminal does not show %q:\n%q", text, lines)
			}
		}
		if pin := lines[len(lines)-2]; len(pin) != 6 {
			t.Errorf("the last line is %q", pin)
		}
		return lines[:len(lines)-1]
	}
	t.Run("English", func(t *testing.T) {
		record(t, "irccpin demo", check(t, manner{}, "\x1b[32m✓\x1b[0m Starting the browser", "\x1b[32m✓\x1b[0m Create User", "Done", "PIN:"))
	})
	for _, m := range inFrench {
		t.Run("French by "+m.name, func(t *testing.T) {
			check(t, m, "\x1b[32m✓\x1b[0m Démarrage du navigateur", "\x1b[32m✓\x1b[0m Créer un utilisateur", "Terminé", "NIP\u00a0:")
		})
	}
}

// TestErrorAtATerminal looks at an error that ends a command before anything is
// opened: what is wrong, and the next step.
func TestErrorAtATerminal(t *testing.T) {
	check := func(t *testing.T, m manner, wanted ...string) {
		p := atTerminal(t, m.environ, append([]string{"create", "--given-name", "Ann", "--family-name", "Lee"}, m.words...)...)
		if code := p.end(); code != 12 {
			t.Errorf("ended with %d:\n%s", code, &p.seen)
		}
		p.shows(wanted, nil)
	}
	t.Run("English", func(t *testing.T) {
		check(t, manner{}, "\x1b[31mError:\x1b[0m nobody is named who authorizes this user", "\x1b[1mWhat to do:\x1b[0m Name the person on whose word it is given: --authorized-by NAME")
	})
	for _, m := range inFrench {
		t.Run("French by "+m.name, func(t *testing.T) {
			check(t, m, "\x1b[31mErreur\u00a0:\x1b[0m personne n'est nommé qui autorise cet utilisateur", "\x1b[1mÀ faire\u00a0:\x1b[0m Nommez la personne sur la parole de qui elle est donnée\u00a0: --authorized-by NOM")
		})
	}
}
