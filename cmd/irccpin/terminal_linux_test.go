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

// TestStoreAtATerminal answers the questions for the keychain. There is none, so
// that the answers go nowhere.
func TestStoreAtATerminal(t *testing.T) {
	p := atTerminal(t, []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(t.TempDir(), "none")}, "credentials", "store", "Alpha Services")
	for _, answer := range []struct{ to, is string }{
		{"GCKey user name", "someone"},
		{"GCKey password", ""}, // it is needed, and asked for again
		{"GCKey password", "hunter2"},
		{"Authenticator secret", ""},
		{"Mailbox of e-mailed passcodes", "imaps://ann@mail.example.com"},
		{"Its password", "mailbox-Sentinel"},
		{"Security question 1", "What was the name of your first pet?"},
		{"Its answer", "Sentinel"},
		{"Security question 2", ""},
		{"Business number", ""},
		{"IRCC employer number", "A0004821"},
	} {
		p.await(answer.to)
		p.await(": ")
		p.write(answer.is)
	}
	if code := p.end(); code != 2 {
		t.Errorf("ended with %d", code)
	}
	shown := p.seen.String()
	for _, secret := range []string{"hunter2", "mailbox-Sentinel", "Sentinel"} {
		if strings.Contains(shown, secret) {
			t.Errorf("the terminal shows %q", secret)
		}
	}
	for _, wanted := range []string{"someone", "keychain is not available", "--env-file"} {
		if !strings.Contains(shown, wanted) {
			t.Errorf("the terminal does not show %q:\n%s", wanted, shown)
		}
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
	p := atTerminal(t, nil, "demo", "--seed", "17")
	if code := p.end(); code != 0 {
		t.Fatalf("ended with %d:\n%s", code, &p.seen)
	}
	lines := screen(strings.ReplaceAll(p.seen.String(), "\r\n", "\n"))
	for _, wanted := range []string{"\x1b[32m✓\x1b[0m Create User", "Done", "PIN:"} {
		if !strings.Contains(strings.Join(lines, "\n"), wanted) {
			t.Errorf("the terminal does not show %q:\n%q", wanted, lines)
		}
	}
	if pin := lines[len(lines)-2]; len(pin) != 6 {
		t.Errorf("the last line is %q", pin)
	}
	record(t, "irccpin demo", lines[:len(lines)-1])
}
