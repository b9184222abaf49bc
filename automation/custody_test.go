package automation

import (
	"context"
	"errors"
	"testing"

	"irccpin/automation/ledger"
	"irccpin/automation/page"
	"irccpin/automation/secret"
	"irccpin/automation/signin"
)

// TestCustodyOfOneSecret: a secret is the same however it is written, a passcode
// goes out once wherever it came from, and a refusal that could not be written
// counts all the same and is written later.
func TestCustodyOfOneSecret(t *testing.T) {
	l, err := ledger.Open(t.Context(), ledger.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conf := Config{Settings: &secret.Settings{Username: secret.New("RosaDelgado77")}, RunID: "run_1", Simulator: &Simulator{}}.withDefaults()
	c := newCustody(l, conf)
	if err := c.Refused(t.Context(), signin.AppCode, secret.New("jbsw y3dp ehpk 3pxp"), "no"); err != nil {
		t.Fatal(err)
	}
	for _, same := range []string{"JBSWY3DPEHPK3PXP", "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP"} {
		if err := c.May(t.Context(), signin.AppCode, secret.New(same)); page.CodeOf(err) != page.CredentialHeld {
			t.Errorf("a refused secret in another spelling: %v", err)
		}
	}
	if err := c.May(t.Context(), signin.AppCode, secret.New("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=SHA256")); err != nil {
		t.Errorf("another secret of the same letters: %v", err)
	}

	for _, want := range []bool{true, false} {
		if first, err := c.UseCode(t.Context(), secret.New("123456")); err != nil || first != want {
			t.Errorf("using a code: %t, %v; want %t", first, err, want)
		}
	}

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Refused(gone, signin.Password, secret.New("Maple-9"), "no"); !errors.Is(err, context.Canceled) {
		t.Fatalf("writing a refusal without time for it: %v", err)
	}
	if err := newCustody(l, conf).May(t.Context(), signin.Password, secret.New("Maple-9")); page.CodeOf(err) != page.CredentialHeld {
		t.Errorf("a refusal that was not written: %v", err)
	}
	// Once the database answers it is written, so that it can be seen and released.
	if held, err := l.ListHolds(t.Context(), conf.realm()); err != nil || len(held) != 2 {
		t.Errorf("held are %+v, %v", held, err)
	}
	if _, err := l.Release(t.Context(), ledger.Selector{Realm: conf.realm(), All: true}); err != nil {
		t.Fatal(err)
	}
	if err := newCustody(l, conf).May(t.Context(), signin.Password, secret.New("Maple-9")); err != nil {
		t.Errorf("after its release: %v", err)
	}
}
