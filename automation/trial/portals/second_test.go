package portals_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures/second"
)

// TestSecondPortal measures the client against a portal that it was not
// written for. IRCCPIN_TEST_PACE=natural lets all of its late content come as
// late as it was made to.
func TestSecondPortal(t *testing.T) {
	t.Parallel()
	for _, look := range second.Looks() {
		for _, lang := range []string{"en", "fr"} {
			for i, landing := range []second.Landing{second.Older, second.Newer} {
				// A sample: each look in both languages, on layouts in turn.
				if os.Getenv("IRCCPIN_TEST_PACE") == "" && (i == 0) != (lang == "en") {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/%s", look, lang, landing), func(t *testing.T) {
					t.Parallel()
					options := second.Options{Seed: uint64(i), Look: look, Lang: lang, Landing: landing, Users: 7 * i}
					if os.Getenv("IRCCPIN_TEST_PACE") == "" {
						options.Latency = -1 // no waits
					}
					portal, err := second.Start(options)
					if err != nil {
						t.Fatal(err)
					}
					defer portal.Close()
					env := filepath.Join(t.TempDir(), "employer.env")
					if err := portal.WriteEnvFile(env); err != nil {
						t.Fatal(err)
					}
					c := trial.Config(t, trial.Simulated{Addr: portal.Addr, SPKI: portal.SPKI, Env: env})
					order := automation.NewUser{
						Person:       automation.Person{GivenName: "Zoé", FamilyName: "Trembley", Email: "zoe@example.com"},
						AuthorizedBy: "Alice Primary",
					}
					r := trial.Run(t, c, automation.Create(order))
					if trial.Ending(r) != "created" {
						t.Fatalf("%+v", r.Error)
					}
					users := portal.Users()
					made := users[len(users)-1]
					if made.PIN != r.User.PIN || len(users) != 7*i+1 {
						t.Errorf("portal has %+v of %d users, client says %+v", made, len(users), r.User)
					}
					if w := portal.Witness(); len(w.Creations) != 1 {
						t.Errorf("%d creations", len(w.Creations))
					}
				})
			}
		}
	}
}
