package automation

import (
	"testing"

	"irccpin/automation/ledger"
	"irccpin/automation/page"
	"irccpin/automation/portal"
	"irccpin/automation/secret"
)

// TestMayClick: a click that was permitted stays permitted while nobody else can
// have the lease.
func TestMayClick(t *testing.T) {
	l, err := ledger.Open(t.Context(), ledger.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	settings := &secret.Settings{Username: secret.New("RosaDelgado77")}
	c := Config{Settings: settings, RunID: "run_1", Simulator: &Simulator{}}.withDefaults()
	p := &Portal{config: c, ledger: l, custody: newCustody(l, c)}
	if err := p.takeLease(t.Context()); err != nil {
		t.Fatal(err)
	}
	begin := func(name string) string {
		id, err := intents{p}.Begin(t.Context(), portal.Intent{
			Deed: portal.Creation, Person: portal.Person{GivenName: name, FamilyName: "Lee"}, AuthorizedBy: "Primary User",
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first, second := begin("Ann"), begin("Bea")
	still, err := intents{p}.MayClick(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	if stop := still(); stop != nil {
		t.Fatalf("not permitted: %v", stop)
	}

	me := newHolder(c.Command, c.RunID).String()
	if err := l.Break(t.Context(), c.realm(), p.custody.account, me); err != nil {
		t.Fatal(err)
	}
	if _, err := (intents{p}).MayClick(t.Context(), second); page.CodeOf(err) != page.CredentialBusy {
		t.Errorf("the lease is somebody else's, and a click ended with %v", err)
	}
	if stop := still(); stop == nil || stop.Code != page.CredentialBusy {
		t.Errorf("the lease is somebody else's, and the permission says %v", stop)
	}
}
