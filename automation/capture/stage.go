package capture

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Stage shows one recorded page at a time to a browser, at the page's own
// address, and nothing else: there is no network behind it. A page's scripts
// are not run, and its forms lead nowhere.
type Stage struct {
	// Addr is the loopback address that all hosts are to be sent to, and SPKI
	// the base64 SHA-256 of its public key.
	Addr, SPKI string

	server *http.Server
	done   chan error

	mu   sync.Mutex
	host string
	path string
	body []byte
}

// OpenStage opens a stage for the given hosts. Close ends it.
func OpenStage(hosts []string) (*Stage, error) {
	cert, spki, err := selfSigned(hosts)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on this machine: %w", err)
	}
	s := &Stage{Addr: listener.Addr().String(), SPKI: spki, done: make(chan error, 1)}
	s.server = &http.Server{
		Handler: s, ErrorLog: log.New(io.Discard, "", 0),
		ReadHeaderTimeout: 30 * time.Second,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
	}
	go func() { s.done <- s.server.ServeTLS(listener, "", "") }()
	return s, nil
}

// Show puts a page on the stage.
func (s *Stage) Show(address string, body []byte) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q is not the address of a page", address)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.host, s.path, s.body = u.Host, u.Path, body
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	host, path, body := s.host, s.path, s.body
	s.mu.Unlock()
	if r.Host != host || (r.URL.Path != path && path+"/" != r.URL.Path) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'none'")
	_, _ = w.Write(body)
}

// Close drops every connection.
func (s *Stage) Close() error {
	err := s.server.Close()
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// selfSigned makes a key and a certificate for the time of one replay.
func selfSigned(hosts []string) (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), DNSNames: hosts,
		// An hour back for clocks that step, a day ahead for a laptop that sleeps.
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	sum := sha256.Sum256(public)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, base64.StdEncoding.EncodeToString(sum[:]), nil
}
