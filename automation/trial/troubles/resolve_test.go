package troubles_test

import (
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/ledger"
	"irccpin/automation/trial"
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
	conf := trial.Reserving(trial.Config(t, s), 20*time.Second)
	conf.Timeout, conf.Settle = time.Minute, time.Hour
	if r := trial.Run(t, conf, automation.Create(trial.Newcomer)); trial.Ending(r) != "outcome_unknown" {
		t.Fatalf("the first run ended as %s: %+v", trial.Ending(r), r.Error)
	}

	namesake := trial.Newcomer
	namesake.FamilyName = "Oneil Cote"
	if r := trial.Run(t, conf, automation.Create(namesake)); trial.Ending(r) != "outcome_unknown" {
		t.Errorf("somebody who may be the same ended as %s: %+v", trial.Ending(r), r.Error)
	}
	other := automation.NewUser{Person: automation.Person{GivenName: "Ann", FamilyName: "Lee"}, AuthorizedBy: "Primary User"}
	if r := trial.Run(t, conf, automation.Create(other)); trial.Ending(r) != "created" || r.Reconciled || !trial.Warned(r, "unresolved") {
		t.Errorf("somebody else ended as %s: %+v, warnings %+v", trial.Ending(r), r.Error, r.Warnings)
	}

	p.Advance(late.Delay)
	if r := trial.Run(t, conf, automation.Create(trial.Newcomer)); trial.Ending(r) != "created" || !r.Reconciled {
		t.Errorf("the first person ended as %s: %+v", trial.Ending(r), r.Error)
	}
	if made := len(p.Witness().Creations); made != 2 {
		t.Errorf("%d users were made, want 2", made)
	}
	if open := trial.Unresolved(t, conf, p.Accounts()[0].Username); len(open) > 0 {
		t.Errorf("intents are left open: %+v", open)
	}
}

// TestDoubtsAreNoticed: commands that only read the table close the doubts that
// it tells of, whoever's they are. One that it does not tell of is a warning, and
// costs them neither success nor time.
func TestDoubtsAreNoticed(t *testing.T) {
	t.Parallel()
	p, s := uncoded(t, 3)
	conf := trial.Config(t, s)
	conf.Settle = time.Hour
	account := p.Accounts()[0]
	there := account.Users[0]
	l, err := ledger.Open(t.Context(), ledger.Options{Dir: conf.StateDir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	doubt := func(action ledger.Action, who ledger.Person) {
		t.Helper()
		id, err := l.Begin(t.Context(), ledger.Intent{
			Realm: ledger.Simulated, Account: l.Fingerprint("account", account.Username), Action: action, Person: who,
			AuthorizedBy: "Primary User", RunID: "run_killed",
		})
		if err == nil {
			err = l.MarkClicked(t.Context(), id)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	doubt(ledger.Create, ledger.Person{GivenName: there.GivenName, FamilyName: there.FamilyName, Email: there.Email})
	doubt(ledger.Create, ledger.Person{GivenName: "Ann", FamilyName: "Lee"})
	if r := trial.Run(t, conf, automation.List()); trial.Ending(r) != "listed" || r.Reconciled || !trial.Warned(r, "unresolved") {
		t.Errorf("the list ended as %s: %+v, warnings %+v", trial.Ending(r), r.Error, r.Warnings)
	}
	if open := trial.Unresolved(t, conf, account.Username); len(open) != 1 || open[0].Person.GivenName != "Ann" {
		t.Errorf("after the list these are in doubt: %+v", open)
	}

	doubt(ledger.Delete, ledger.Person{GivenName: "Bea", FamilyName: "Roy"})
	if r := trial.Run(t, conf, automation.FindPIN(automation.Person{Email: there.Email})); trial.Ending(r) != "found" || r.User.PIN != there.PIN || !trial.Warned(r, "unresolved") {
		t.Errorf("the PIN ended as %s: %+v, warnings %+v", trial.Ending(r), r.Error, r.Warnings)
	}
	if open := trial.Unresolved(t, conf, account.Username); len(open) != 1 || open[0].Person.GivenName != "Ann" {
		t.Errorf("after the PIN these are in doubt: %+v", open)
	}
}
