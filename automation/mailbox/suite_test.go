package mailbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irccpin/automation/mailbox/mailtest"
	"irccpin/automation/secret"
)

// authority signs the certificates of the tests' mail servers. Like a company's
// own, it is made known by SSL_CERT_FILE.
var authority *mailtest.Authority

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "irccpin-mailbox-")
	if err == nil {
		authority, err = mailtest.NewAuthority(filepath.Join(dir, "ca.pem"))
	}
	if err == nil {
		err = os.Setenv("SSL_CERT_FILE", filepath.Join(dir, "ca.pem"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// server is a mail server with the mailbox of ann@example.com.
type server interface {
	// port it listens on, at localhost.
	port() string
	// deliver puts a mail into the mailbox.
	deliver(t *testing.T, mail []byte)
	// changed tells whether any of the mails is marked as read, or otherwise.
	changed(t *testing.T) bool
}

func account(s server) Account {
	return Account{User: mailtest.User, Host: "localhost", Port: s.port(), Folder: "INBOX", Password: secret.New(mailtest.Password)}
}

// written is a mail by a sender, written at a time.
func written(from string, at time.Time, body string) []byte {
	return mailtest.Letter(from, "Sign in", body, at)
}

// passcode is a mail as the portal may send it.
func passcode(at time.Time, code string) []byte {
	return written("Sign-in <no-reply@notification.canada.ca>", at, "Your one-time passcode is "+code+".")
}

// testMailbox holds for any mail server.
func testMailbox(t *testing.T, serve func(t *testing.T, hostname string) server) {
	s := serve(t, "localhost")
	brief := func(t *testing.T) context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	mark := func(t *testing.T) *Watch {
		t.Helper()
		w, err := Mark(t.Context(), account(s), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	now := time.Now()
	t.Run("what was there before is not read", func(t *testing.T) {
		s.deliver(t, passcode(now, "111111"))
		code, err := mark(t).Code(brief(t), rule(), nil)
		if !errors.Is(err, ErrNothing) || !strings.Contains(err.Error(), "nothing new") {
			t.Errorf("found %q, %v", code.Reveal(), err)
		}
	})
	t.Run("what comes is found", func(t *testing.T) {
		w := mark(t)
		s.deliver(t, written("friend@example.com", now, "My code is 999999."))
		s.deliver(t, passcode(now, "222222"))
		code, err := w.Code(t.Context(), rule(), nil)
		if err != nil || code.Reveal() != "222222" {
			t.Errorf("found %q, %v", code.Reveal(), err)
		}
	})
	t.Run("what comes while it is waited for is found", func(t *testing.T) {
		w := mark(t)
		timer := time.AfterFunc(time.Second, func() { s.deliver(t, passcode(now, "333333")) })
		defer timer.Stop()
		code, err := w.Code(t.Context(), rule(), nil)
		if err != nil || code.Reveal() != "333333" {
			t.Errorf("found %q, %v", code.Reveal(), err)
		}
	})
	for _, c := range []struct {
		name  string
		mails [][]byte
		want  error
		says  string
	}{
		{"a stranger's mail is not read", [][]byte{written("no-reply@canada.ca.example.com", now, "Your passcode is 444444.")}, ErrNothing, "other senders"},
		{"a mail of two senders is not read", [][]byte{written("no-reply@canada.ca, friend@example.com", now, "Your passcode is 444444.")}, ErrNothing, "other senders"},
		{"an old mail that comes late is not read", [][]byte{passcode(now.Add(-10*time.Minute), "444444")}, ErrNothing, "written before"},
		{"a mail without a code is none", [][]byte{written("no-reply@canada.ca", now, "Somebody signed in.")}, ErrNothing, "no number"},
		{"two codes are unclear", [][]byte{passcode(now, "555555"), passcode(now, "666666")}, ErrUnclear, "different passcodes"},
		{"a mail with two numbers is unclear", [][]byte{written("no-reply@canada.ca", now, "Your passcode is 555555. Your case code is 666666.")}, ErrUnclear, "several numbers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := mark(t)
			for _, mail := range c.mails {
				s.deliver(t, mail)
			}
			code, err := w.Code(brief(t), rule(), nil)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("found %q, %v", code.Reveal(), err)
			}
		})
	}
	t.Run("nothing is changed", func(t *testing.T) {
		if s.changed(t) {
			t.Error("mails were marked")
		}
	})
	t.Run("a wrong password", func(t *testing.T) {
		a := account(s)
		a.Password = secret.New("something else")
		_, err := Mark(t.Context(), a, now)
		if !errors.Is(err, ErrRefused) || strings.Contains(err.Error(), "something") {
			t.Errorf("it says: %v", err)
		}
	})
	t.Run("no such folder", func(t *testing.T) {
		a := account(s)
		a.Folder = "Portal"
		if _, err := Mark(t.Context(), a, now); err == nil || !strings.Contains(err.Error(), `no folder "Portal"`) {
			t.Errorf("it says: %v", err)
		}
	})
	t.Run("another server's certificate", func(t *testing.T) {
		other := serve(t, "mail.example.com")
		var name x509.HostnameError
		if _, err := Mark(t.Context(), account(other), now); !errors.As(err, &name) {
			t.Errorf("it says: %v", err)
		}
	})
}

// TestUnreachable: whoever answers without TLS, or not at all, learns nothing.
func TestUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	heard := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Write([]byte("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n"))
		buffer := make([]byte, 4096)
		n, _ := conn.Read(buffer)
		heard <- string(buffer[:n])
		_ = conn.Close()
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	a := Account{User: "ann", Host: "localhost", Port: port, Folder: "INBOX", Password: secret.New(mailtest.Password)}
	var notTLS tls.RecordHeaderError
	if _, err := Mark(t.Context(), a, time.Now()); !errors.As(err, &notTLS) {
		t.Errorf("it says: %v", err)
	}
	if said := <-heard; strings.Contains(said, "LOGIN") || strings.Contains(said, "AUTHENTICATE") {
		t.Errorf("it was told: %q", said)
	}
	_ = listener.Close()
	if _, err := Mark(t.Context(), a, time.Now()); err == nil || !strings.Contains(err.Error(), "cannot be used") {
		t.Errorf("it says: %v", err)
	}
}

// memory is the IMAP library's own server. Dovecot is in dovecot_system_test.go.
type memory struct{ *mailtest.Server }

func (m memory) port() string { return m.Port }

func (m memory) deliver(t *testing.T, mail []byte) {
	if err := m.Deliver(mail); err != nil {
		t.Error(err)
	}
}

func (m memory) changed(t *testing.T) bool {
	mails, read, err := m.Count()
	if err != nil || mails == 0 {
		t.Fatal(mails, err)
	}
	return read > 0
}

func TestMemory(t *testing.T) {
	testMailbox(t, func(t *testing.T, hostname string) server {
		s, err := mailtest.Serve(authority, hostname)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return memory{s}
	})
}
