package portals_test

import (
	"strings"
	"testing"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures"
	"irccpin/fixtures/mutate"
)

// obstructed is a portal behind one mutation, past its sign-in.
func obstructed(t *testing.T, name string) (*fixtures.Portal, automation.Config) {
	t.Helper()
	p, s := trial.Portal(t, fixtures.Options{Seed: 3})
	if err := p.Misbehave(fixtures.Misbehaviour{Name: "sso-pass-through"}, fixtures.Misbehaviour{Name: "2fa-off"}); err != nil {
		t.Fatal(err)
	}
	edits, err := mutate.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := mutate.Open(s.Addr, trial.Hosts(t), 3, edits...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	s.Addr, s.SPKI = f.Addr, f.SPKI
	return p, trial.Config(t, s)
}

// TestNameChangedAsItIsTyped: a field that writes capitals is told of, and a
// second run finds the user that the first one made.
func TestNameChangedAsItIsTyped(t *testing.T) {
	t.Parallel()
	p, conf := obstructed(t, "name-typed-in-capitals")
	for _, want := range []string{"created", "already_exists"} {
		r := trial.Run(t, conf, automation.Create(trial.Newcomer))
		if trial.Ending(r) != want {
			t.Fatalf("ended as %s, want %s: %+v", trial.Ending(r), want, r.Error)
		}
		if want == "created" && !trial.Warned(r, "name_changed") {
			t.Errorf("the change is not told of: %+v", r.Warnings)
		}
	}
	if made := p.Witness().Creations; len(made) != 1 || made[0].User.GivenName != strings.ToUpper(trial.Newcomer.GivenName) {
		t.Errorf("the portal made %+v", made)
	}
}

// TestBoxOverThePage: what nobody has to answer is put away, and told of; what
// asks for something stays, and the report names it.
func TestBoxOverThePage(t *testing.T) {
	t.Parallel()
	_, conf := obstructed(t, "survey-over-page")
	if r := trial.Run(t, conf, automation.Create(trial.Newcomer)); trial.Ending(r) != "created" || !trial.Warned(r, "put_away") {
		t.Errorf("a survey: ended as %s: %+v %+v", trial.Ending(r), r.Error, r.Warnings)
	}
	p, conf := obstructed(t, "question-over-page")
	r := trial.Run(t, conf, automation.Create(trial.Newcomer))
	if trial.Ending(r) != "page_changed" || !strings.Contains(r.Error.Message, "You must confirm") || strings.Contains(r.Error.Hint, "--selectors") {
		t.Errorf("a question: ended as %s: %+v", trial.Ending(r), r.Error)
	}
	if w := p.Witness(); len(w.Creations) > 0 {
		t.Errorf("the portal made %+v", w.Creations)
	}
}
