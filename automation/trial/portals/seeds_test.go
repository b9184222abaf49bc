package portals_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// TestSeeds onboards a user at portals that differ in everything that is not
// known of the real one: a few that are always the same, and one that nobody has
// chosen. IRCCPIN_TEST_SEEDS=50 runs as many instead; IRCCPIN_TEST_SEED=n takes n
// for the one that is drawn.
func TestSeeds(t *testing.T) {
	t.Parallel()
	const fixed = 3
	count := func(n int) (seeds []uint64) {
		for seed := range n {
			seeds = append(seeds, uint64(seed))
		}
		return seeds
	}
	draw := fixed + rand.Uint64N(1_000_000)
	if n, err := strconv.ParseUint(os.Getenv("IRCCPIN_TEST_SEED"), 10, 64); err == nil {
		draw = n
	}
	english, french := append(count(fixed), draw), count(1)
	if n, err := strconv.Atoi(os.Getenv("IRCCPIN_TEST_SEEDS")); err == nil {
		english, french = count(n), count(max(n/5, 1))
	}
	for lang, seeds := range map[string][]uint64{"en": english, "fr": french} {
		for _, seed := range slices.Compact(seeds) {
			t.Run(fmt.Sprintf("%s/%d", lang, seed), func(t *testing.T) {
				t.Parallel()
				t.Cleanup(func() {
					if t.Failed() && lang == "en" {
						t.Logf("IRCCPIN_TEST_SEED=%d draws this portal again", seed)
					}
				})
				p, s := trial.HeavyPortal(t, fixtures.Options{Seed: seed, Lang: lang})
				before := len(p.Accounts()[0].Users)
				r := trial.RunAlone(t, trial.Config(t, s), automation.Create(trial.Newcomer))
				if trial.Ending(r) != "created" {
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
