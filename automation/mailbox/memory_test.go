package mailbox

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// memory is a mail server of the IMAP library's own. The other one is Dovecot,
// in dovecot_system_test.go.
type memory struct {
	listener net.Listener
	user     *imapmemserver.User
}

func serveMemory(t *testing.T, hostname string) server {
	t.Helper()
	cert, key := certificate(t, hostname)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	user := imapmemserver.NewUser("ann@example.com", mailPassword)
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	backend := imapmemserver.New()
	backend.AddUser(user)
	s := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return backend.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}},
	})
	listener, err := tls.Listen("tcp", "localhost:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(listener) }()
	t.Cleanup(func() {
		_ = s.Close()
		<-ended
	})
	return &memory{listener, user}
}

func (m *memory) port() string {
	_, port, _ := net.SplitHostPort(m.listener.Addr().String())
	return port
}

func (m *memory) deliver(t *testing.T, mail []byte) {
	if _, err := m.user.Append("INBOX", bytes.NewReader(mail), &imap.AppendOptions{}); err != nil {
		t.Error(err)
	}
}

func (m *memory) flags(t *testing.T) []string {
	status, err := m.user.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true})
	if err != nil {
		t.Fatal(err)
	}
	if *status.NumMessages != *status.NumUnseen {
		return []string{fmt.Sprintf("%d of %d are seen", *status.NumMessages-*status.NumUnseen, *status.NumMessages)}
	}
	return strings.Split(strings.Repeat(" ", int(*status.NumMessages)-1), " ")
}

func TestMemory(t *testing.T) { testMailbox(t, serveMemory) }
