package troubles_test

import (
	"strings"
	"testing"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// TestAnotherEmployersAccount: settings that were mixed up sign in to an account
// that is another employer's. Nothing is opened there, and the session is ended.
func TestAnotherEmployersAccount(t *testing.T) {
	t.Parallel()
	p, s := uncoded(t, 3)
	conf := trial.Config(t, s)
	conf.Settings.BusinessNumber = "987654321RP0009"
	r := trial.Run(t, conf, automation.Create(trial.Newcomer))
	if trial.Ending(r) != "wrong_employer" || !strings.Contains(r.Error.Message, "987654321RP0009") || r.Employer.BusinessNumber == "" {
		t.Errorf("ended as %s: %+v, at %+v", trial.Ending(r), r.Error, r.Employer)
	}
	w := p.Witness()
	if len(w.Creations) > 0 || w.PageLoads(fixtures.PageCreate) > 0 || w.SessionsAlive > 0 {
		t.Errorf("the portal saw %d creations, %d forms, %d sessions alive", len(w.Creations), w.PageLoads(fixtures.PageCreate), w.SessionsAlive)
	}
}
