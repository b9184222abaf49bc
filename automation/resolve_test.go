package automation_test

import (
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/fixtures"
)

// TestDoubtAboutSomebodyElse: a click that is not resolved yet keeps nobody else
// waiting, and is found out when its own person comes up again.
func TestDoubtAboutSomebodyElse(t *testing.T) {
	t.Parallel()
	p, s := uncoded(t, 3)
	late := fixtures.Fault{Kind: fixtures.FaultLateCommit, Page: fixtures.PageCreate, Method: "POST", Delay: 5 * time.Minute}
	if err := p.Fault(late); err != nil {
		t.Fatal(err)
	}
	conf := reserving(config(t, s), 20*time.Second)
	conf.Timeout, conf.Settle = time.Minute, time.Hour
	if r := run(t, conf, automation.Create(newcomer)); ending(r) != "outcome_unknown" {
		t.Fatalf("the first run ended as %s: %+v", ending(r), r.Error)
	}

	namesake := newcomer
	namesake.FamilyName = "Oneil Cote"
	if r := run(t, conf, automation.Create(namesake)); ending(r) != "outcome_unknown" {
		t.Errorf("somebody who may be the same ended as %s: %+v", ending(r), r.Error)
	}
	other := automation.NewUser{Person: automation.Person{GivenName: "Ann", FamilyName: "Lee"}, AuthorizedBy: "Primary User"}
	if r := run(t, conf, automation.Create(other)); ending(r) != "created" || r.Reconciled || !warned(r, "unresolved") {
		t.Errorf("somebody else ended as %s: %+v, warnings %+v", ending(r), r.Error, r.Warnings)
	}

	p.Advance(late.Delay)
	if r := run(t, conf, automation.Create(newcomer)); ending(r) != "created" || !r.Reconciled {
		t.Errorf("the first person ended as %s: %+v", ending(r), r.Error)
	}
	if made := len(p.Witness().Creations); made != 2 {
		t.Errorf("%d users were made, want 2", made)
	}
	if open := unresolved(t, conf, p.Accounts()[0].Username); len(open) > 0 {
		t.Errorf("intents are left open: %+v", open)
	}
}
