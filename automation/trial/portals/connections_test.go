package portals_test

import (
	"testing"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// TestConnectionsThatEnd: a server that keeps no connection alive is asked for
// everything over a new one, what comes after a sealed post as well.
func TestConnectionsThatEnd(t *testing.T) {
	t.Parallel()
	p, s := trial.Portal(t, fixtures.Options{Seed: 7, Brief: true})
	conf := trial.Config(t, s)
	for _, want := range []string{"created", "already_exists"} {
		if r := trial.Run(t, conf, automation.Create(trial.Newcomer)); trial.Ending(r) != want || trial.Warned(r, "not_signed_out") {
			t.Errorf("ended as %s, want %s: %+v %+v", trial.Ending(r), want, r.Error, r.Warnings)
		}
	}
	if made := p.Witness().Creations; len(made) != 1 {
		t.Errorf("the portal made %d users", len(made))
	}
}
