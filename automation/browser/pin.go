package browser

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
)

// CheckSPKI tells whether the server at the loopback address HOST:PORT shows a
// certificate whose public key has the base64 SHA-256 spki. It stands in for
// Options.TrustSPKI where Chrome's flags are not ours to set.
func CheckSPKI(ctx context.Context, address, spki string) error {
	if !loopback(address) {
		return fmt.Errorf("%q is not a loopback address with a port", address)
	}
	dialer := tls.Dialer{Config: &tls.Config{
		InsecureSkipVerify: true, // the key below is what counts
		VerifyPeerCertificate: func(chain [][]byte, _ [][]*x509.Certificate) error {
			leaf, err := x509.ParseCertificate(chain[0])
			if err != nil {
				return err
			}
			sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
			if base64.StdEncoding.EncodeToString(sum[:]) != spki {
				return errors.New("its certificate has another public key")
			}
			return nil
		},
	}}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("the server at %s: %w", address, err)
	}
	return conn.Close()
}
