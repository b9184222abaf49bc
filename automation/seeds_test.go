package automation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"irccpin/automation"
	"irccpin/fixtures"
)

// portal starts a simulated portal for a test, without the weight of real pages,
// and writes the settings of its first employer.
func portal(t *testing.T, o fixtures.Options) (*fixtures.Portal, simulated) {
	t.Helper()
	o.Light = true
	return heavyPortal(t, o)
}

// heavyPortal is a portal whose pages are as heavy as the real ones.
func heavyPortal(t *testing.T, o fixtures.Options) (*fixtures.Portal, simulated) {
	t.Helper()
	p, err := fixtures.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	env := filepath.Join(t.TempDir(), "employer.env")
	if err := p.WriteEnvFile(env, p.Accounts()[0].Username); err != nil {
		t.Fatal(err)
	}
	return p, simulated{p.Addr, p.SPKI, env}
}

var newcomer = automation.NewUser{
	Person:       automation.Person{GivenName: "Zoé Maude", FamilyName: "O'Neil-Côté", Email: "zoe.oneil@example.com"},
	AuthorizedBy: "Primary User",
}

// TestSeeds onboards a user at portals that differ in everything that is not
// known of the real one. IRCCPIN_TEST_SEEDS=50 runs all of them.
func TestSeeds(t *testing.T) {
	t.Parallel()
	english, french := 3, 1
	if n, err := strconv.Atoi(os.Getenv("IRCCPIN_TEST_SEEDS")); err == nil {
		english, french = n, max(n/5, 1)
	}
	for lang, n := range map[string]int{"en": english, "fr": french} {
		for seed := range n {
			t.Run(fmt.Sprintf("%s/%d", lang, seed), func(t *testing.T) {
				t.Parallel()
				p, s := heavyPortal(t, fixtures.Options{Seed: uint64(seed), Lang: lang})
				before := len(p.Accounts()[0].Users)
				r := runAlone(t, config(t, s), automation.Create(newcomer))
				if ending(r) != "created" {
					t.Fatalf("seed %d: %+v", seed, r.Error)
				}
				w := p.Witness()
				users := p.Accounts()[0].Users
				if len(w.Creations) != 1 || len(users) != before+1 || users[before].PIN != r.User.PIN || r.User.PIN == "" {
					t.Errorf("seed %d: the portal saw %d creations and has %+v; the client says %+v", seed, len(w.Creations), users, r.User)
				}
				for _, warning := range r.Warnings {
					if warning.Code == "not_signed_out" {
						t.Errorf("seed %d: %+v", seed, warning)
					}
				}
				if len(w.Clicks) > 0 {
					t.Errorf("seed %d: dangerous neighbours were pressed: %+v", seed, w.Clicks)
				}
			})
		}
	}
}
