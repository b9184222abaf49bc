package automation_test

import (
	"strings"
	"testing"

	"irccpin/automation"
	"irccpin/fixtures"
	"irccpin/fixtures/mutate"
)

// obstructed is a portal behind one mutation, past its sign-in.
func obstructed(t *testing.T, name string) (*fixtures.Portal, automation.Config) {
	t.Helper()
	p, s := portal(t, fixtures.Options{Seed: 3})
	if err := p.Misbehave(fixtures.Misbehaviour{Name: "sso-pass-through"}, fixtures.Misbehaviour{Name: "2fa-off"}); err != nil {
		t.Fatal(err)
	}
	edits, err := mutate.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := mutate.Open(s.addr, catalogHosts(t), 3, edits...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	s.addr, s.spki = f.Addr, f.SPKI
	return p, config(t, s)
}

// TestNameChangedAsItIsTyped: a field that writes capitals is told of, and a
// second run finds the user that the first one made.
func TestNameChangedAsItIsTyped(t *testing.T) {
	t.Parallel()
	p, conf := obstructed(t, "name-typed-in-capitals")
	for _, want := range []string{"created", "already_exists"} {
		r := run(t, conf, automation.Create(newcomer))
		if ending(r) != want {
			t.Fatalf("ended as %s, want %s: %+v", ending(r), want, r.Error)
		}
		if want == "created" && !warned(r, "name_changed") {
			t.Errorf("the change is not told of: %+v", r.Warnings)
		}
	}
	if made := p.Witness().Creations; len(made) != 1 || made[0].User.GivenName != strings.ToUpper(newcomer.GivenName) {
		t.Errorf("the portal made %+v", made)
	}
}

// TestBoxOverThePage: what nobody has to answer is put away, and told of; what
// asks for something stays, and the report names it.
func TestBoxOverThePage(t *testing.T) {
	t.Parallel()
	_, conf := obstructed(t, "survey-over-page")
	if r := run(t, conf, automation.Create(newcomer)); ending(r) != "created" || !warned(r, "put_away") {
		t.Errorf("a survey: ended as %s: %+v %+v", ending(r), r.Error, r.Warnings)
	}
	p, conf := obstructed(t, "question-over-page")
	r := run(t, conf, automation.Create(newcomer))
	if ending(r) != "page_changed" || !strings.Contains(r.Error.Message, "You must confirm") || strings.Contains(r.Error.Hint, "--selectors") {
		t.Errorf("a question: ended as %s: %+v", ending(r), r.Error)
	}
	if w := p.Witness(); len(w.Creations) > 0 {
		t.Errorf("the portal made %+v", w.Creations)
	}
}
