// Package mailtest is a mail server for tests: one mailbox, reached over TLS,
// whose certificate an authority of the test's own signs. The server is the IMAP
// library's; the tests of package mailbox try Dovecot as well.
package mailtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// User and Password open the mailbox. Anything is allowed in a password.
const (
	User     = "ann@example.com"
	Password = `s3cret "quoted\" ü`
)

// Authority signs the certificates of mail servers.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes an authority and writes its certificate to a file. Programs
// trust it that find the file's name in SSL_CERT_FILE when they first look.
func NewAuthority(file string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Made-up authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	err = os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	return &Authority{template, key}, err
}

// Certificate is a mail server's, for a host name, with its key, both in PEM.
func (a *Authority) Certificate(hostname string) (cert, key []byte, err error) {
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{hostname},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &pair.PublicKey, a.key)
	if err != nil {
		return nil, nil, err
	}
	private, err := x509.MarshalECPrivateKey(pair)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}), err
}

// Server is a running mail server on localhost.
type Server struct {
	// Port is where it listens.
	Port string

	user   *imapmemserver.User
	server *imapserver.Server
	ended  chan struct{}
}

// Serve starts a server that calls itself by a host name.
func Serve(a *Authority, hostname string) (*Server, error) {
	cert, key, err := a.Certificate(hostname)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	s := &Server{user: imapmemserver.NewUser(User, Password), ended: make(chan struct{})}
	if err := s.user.Create("INBOX", nil); err != nil {
		return nil, err
	}
	backend := imapmemserver.New()
	backend.AddUser(s.user)
	s.server = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return backend.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}},
	})
	listener, err := tls.Listen("tcp", "localhost:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		return nil, err
	}
	if _, s.Port, err = net.SplitHostPort(listener.Addr().String()); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	go func() {
		defer close(s.ended)
		_ = s.server.Serve(listener) // ends when the server is closed
	}()
	return s, nil
}

// Deliver puts a mail into the mailbox.
func (s *Server) Deliver(mail []byte) error {
	_, err := s.user.Append("INBOX", bytes.NewReader(mail), &imap.AppendOptions{})
	return err
}

// Count returns how many mails there are, and how many are marked as read.
func (s *Server) Count() (mails, read int, err error) {
	status, err := s.user.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true})
	if err != nil {
		return 0, 0, err
	}
	return int(*status.NumMessages), int(*status.NumMessages) - int(*status.NumUnseen), nil
}

// Close ends the server. It may be called more than once.
func (s *Server) Close() error {
	err := s.server.Close()
	<-s.ended
	return err
}

// Letter is a mail with a subject and a plain text.
func Letter(from, subject, text string, at time.Time) []byte {
	return fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s@example.com>\r\n\r\n%s\r\n",
		from, User, subject, at.Format(time.RFC1123Z), rand.Text(), text)
}
