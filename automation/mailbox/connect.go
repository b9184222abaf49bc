package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"irccpin/automation/lang"
	"irccpin/automation/secret"
)

// Account is a mailbox and how it is opened.
type Account struct {
	User     string
	Host     string
	Port     string
	Folder   string
	Password secret.Value
}

// connectTime bounds opening the mailbox: a far server answers within seconds,
// and a blocked port never.
const connectTime = 20 * time.Second

// ErrRefused happens when the mail server refuses the user name and password.
// It was asked once.
var ErrRefused = lang.NewError("the mail server refused the mailbox's user name and password")

// open signs in to the mailbox and opens its folder for reading alone. The
// connection is cut when ctx ends.
func open(ctx context.Context, a Account) (c *imapclient.Client, folder *imap.SelectData, err error) {
	limited, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	// The roots are the system's, or those that SSL_CERT_FILE names.
	dialer := tls.Dialer{Config: &tls.Config{ServerName: a.Host, MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(limited, "tcp", net.JoinHostPort(a.Host, a.Port))
	if err != nil {
		return nil, nil, unreachable(a, err)
	}
	c = imapclient.New(conn, nil)
	release := context.AfterFunc(limited, func() { _ = conn.Close() })
	defer func() {
		if !release() && err == nil {
			err = unreachable(a, limited.Err())
		}
		if err != nil {
			_ = c.Close()
			c = nil
		}
	}()
	if err := c.WaitGreeting(); err != nil {
		return c, nil, unreachable(a, cause(limited, err))
	}
	if err := signIn(c, a); err != nil {
		return c, nil, judge(limited, a, err)
	}
	folder, err = c.Select(a.Folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	var said *imap.Error
	switch {
	case errors.As(err, &said):
		return c, nil, lang.Errorf("the mailbox has no folder %q that can be opened; its server says: %q", a.Folder, tame(said.Text))
	case err != nil:
		return c, nil, unreachable(a, cause(limited, err))
	case folder.UIDNext == 0 || folder.UIDValidity == 0:
		return c, nil, lang.Errorf("the mail server %s does not number its mails, so that new ones cannot be told from old ones", a.Host)
	}
	return c, folder, nil
}

// signIn sends user name and password, once.
func signIn(c *imapclient.Client, a Account) error {
	caps := c.Caps()
	if caps.Has(imap.AuthCap("PLAIN")) {
		// LOGIN is for ASCII; this takes any password.
		return c.Authenticate(sasl.NewPlainClient("", a.User, a.Password.Reveal()))
	}
	if caps.Has(imap.CapLoginDisabled) {
		return lang.NewError("it takes no user name and password over IMAP")
	}
	return c.Login(a.User, a.Password.Reveal()).Wait()
}

// judge tells a refused password from a server that has other troubles.
func judge(ctx context.Context, a Account, err error) error {
	var said *imap.Error
	if !errors.As(err, &said) {
		return unreachable(a, cause(ctx, err))
	}
	switch said.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeServerBug, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeContactAdmin:
		return lang.Errorf("the mail server %s could not check the password now; it says: %q", a.Host, tame(said.Text))
	}
	if said.Type != imap.StatusResponseTypeNo {
		return lang.Errorf("the mail server %s did not understand the sign-in; it says: %q", a.Host, tame(said.Text))
	}
	return lang.Errorf("%w; %s says: %q", ErrRefused, a.Host, tame(said.Text))
}

// unreachable puts a trouble of the line into words.
func unreachable(a Account, err error) error {
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return lang.Errorf("the mail server %s:%s did not answer within %s: %w", a.Host, a.Port, connectTime, err)
	case errors.As(err, &certificate):
		return lang.Errorf("the mail server %s:%s could not prove its name, and nothing was sent to it: %w", a.Host, a.Port, certificate.Err)
	}
	return lang.Errorf("the mail server %s:%s cannot be used: %w", a.Host, a.Port, err)
}

// cause is the context's end, where that is why a connection broke.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// tame makes what a server says fit for a message: one line, not too long.
func tame(text string) string {
	const enough = 200
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > enough {
		text = string(runes[:enough]) + "…"
	}
	return text
}
