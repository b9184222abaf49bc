package deletions_test

import (
	"fmt"
	"os"
	"testing"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures"
	"irccpin/fixtures/mutate"
)

// TestDelete deletes a user at portals of several seeds, and once more: who is
// not there is not_present.
func TestDelete(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			p, conf := withUsers(t, seed, 3)
			target := p.Accounts()[0].Users[1]
			r := trial.Run(t, conf, automation.Delete(personOf(target)))
			if trial.Ending(r) != "deleted" || r.Reconciled || r.User == nil || r.User.Email != target.Email {
				t.Fatalf("ended as %s: %+v %+v", trial.Ending(r), r.Error, r.User)
			}
			gone := deletions(p)
			if len(gone) != 1 || gone[0] != target.ID {
				t.Errorf("the portal deleted %v, want %d", gone, target.ID)
			}
			if r := trial.Run(t, conf, automation.Delete(automation.Person{Email: target.Email})); trial.Ending(r) != "not_present" {
				t.Errorf("once more: %s: %+v", trial.Ending(r), r.Error)
			}
		})
	}
}

// TestDeleteAcrossPages: the row is found on whichever page of the table it stands.
func TestDeleteAcrossPages(t *testing.T) {
	t.Parallel()
	p, conf := withUsers(t, 4, 13)
	if err := p.Misbehave(fixtures.Misbehaviour{Name: "table-paged"}); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 7} { // the first page and the second, of three
		target := p.Accounts()[0].Users[n-len(deletions(p))]
		if r := trial.Run(t, conf, automation.Delete(personOf(target))); trial.Ending(r) != "deleted" {
			t.Fatalf("user %d: ended as %s: %+v", n, trial.Ending(r), r.Error)
		}
		gone := deletions(p)
		if gone[len(gone)-1] != target.ID {
			t.Fatalf("the portal deleted %v, want %d last", gone, target.ID)
		}
	}
	if gone := deletions(p); len(gone) != 2 {
		t.Errorf("the portal deleted %v", gone)
	}
}

// TestDeleteStrictly: of two users of the same name only one that is told apart
// is deleted.
func TestDeleteStrictly(t *testing.T) {
	t.Parallel()
	p, conf := withUsers(t, 1, 2)
	account := p.Accounts()[0]
	twin := account.Users[0]
	twin.ID, twin.Email, twin.PIN = 0, "twin@example.com", ""
	account.Users = append(account.Users, twin)
	if err := p.SetAccount(account); err != nil {
		t.Fatal(err)
	}
	byName := personOf(twin)
	byName.Email = ""
	if r := trial.Run(t, conf, automation.Delete(byName)); trial.Ending(r) != "ambiguous_user" {
		t.Errorf("by name: %s", trial.Ending(r))
	}
	if gone := deletions(p); len(gone) > 0 || p.Witness().Clicked(fixtures.ClickDelete) > 0 {
		t.Errorf("something was pressed for an ambiguous user: %v", gone)
	}
	if r := trial.Run(t, conf, automation.Delete(personOf(twin))); trial.Ending(r) != "deleted" {
		t.Errorf("by e-mail: %s: %+v", trial.Ending(r), r.Error)
	}
	users := p.Accounts()[0].Users
	if len(users) != 2 || users[0].Email != account.Users[0].Email {
		t.Errorf("left are %+v", users)
	}
}

// TestDeleteInTrouble: after any trouble a second run ends with the user gone,
// and nobody else.
func TestDeleteInTrouble(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault fixtures.Fault
		first string
	}{
		"dropped after acting": {fixtures.Fault{Kind: fixtures.FaultDrop, Page: fixtures.PageDelete, Method: "POST", Acted: true, Times: -1}, "deleted"},
		"dropped":              {fixtures.Fault{Kind: fixtures.FaultDrop, Page: fixtures.PageDelete, Method: "POST"}, "portal_unavailable"},
		"error page":           {fixtures.Fault{Kind: fixtures.Fault503, Page: fixtures.PageDelete, Method: "GET"}, "portal_unavailable"},
		"late":                 {fixtures.Fault{Kind: fixtures.FaultLateCommit, Page: fixtures.PageDelete, Method: "POST", Delay: 500e6}, "deleted"},
		"home is lost":         {fixtures.Fault{Kind: fixtures.FaultExpired, Page: fixtures.PageHome, Method: "GET", Skip: 1}, "deleted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, conf := withUsers(t, 2, 2)
			target := p.Accounts()[0].Users[1]
			if err := p.Fault(c.fault); err != nil {
				t.Fatal(err)
			}
			first := trial.Run(t, conf, automation.Delete(personOf(target)))
			if got := trial.Ending(first); got != c.first {
				t.Errorf("the first run ended as %s, want %s: %+v", got, c.first, first.Error)
			}
			if fired := p.Witness().Faults; len(fired) == 0 {
				t.Error("the trouble did not strike")
			}
			second := trial.Run(t, conf, automation.Delete(personOf(target)))
			if got := trial.Ending(second); got != "deleted" && got != "not_present" {
				t.Errorf("the second run ended as %s: %+v", got, second.Error)
			}
			if gone := deletions(p); len(gone) != 1 || gone[0] != target.ID {
				t.Errorf("the portal deleted %v, want %d once", gone, target.ID)
			}
			if open := trial.Unresolved(t, conf, p.Accounts()[0].Username); len(open) > 0 {
				t.Errorf("intents are left open: %+v", open)
			}
		})
	}
}

// TestDeleteThatAsksBack deletes at portals that ask back in every way that is
// known, in one language each, by the draw; in both with IRCCPIN_TEST_MUTATIONS=all.
// A question about somebody else is left alone.
func TestDeleteThatAsksBack(t *testing.T) {
	t.Parallel()
	random := trial.Draw(t)
	for i, m := range mutate.Deletions() {
		languages := []string{"en", "fr"}
		if os.Getenv("IRCCPIN_TEST_MUTATIONS") != "all" {
			drawn := random.IntN(len(languages))
			languages = languages[drawn : drawn+1]
		}
		for _, language := range languages {
			t.Run(m.Name+"/"+language, func(t *testing.T) {
				t.Parallel()
				account := fixtures.DefaultAccount(language)
				account.TwoFactor, account.Users = fixtures.TwoFactorOff, nil
				for n := range 3 {
					account.Users = append(account.Users, fixtures.User{GivenName: fmt.Sprintf("Given%d", n), FamilyName: "Person", Email: fmt.Sprintf("person%d@example.com", n)})
				}
				p, s := trial.Portal(t, fixtures.Options{Seed: uint64(i), Lang: language, Accounts: []fixtures.Account{account}})
				if err := p.Misbehave(fixtures.Misbehaviour{Name: "sso-pass-through"}); err != nil {
					t.Fatal(err)
				}
				f, err := mutate.Open(s.Addr, trial.Hosts(t), uint64(i), m)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = f.Close() })
				s.Addr, s.SPKI = f.Addr, f.SPKI
				target := p.Accounts()[0].Users[1]
				r := trial.Run(t, trial.Config(t, s), automation.Delete(personOf(target)))
				gone := deletions(p)
				switch {
				case f.Applied(m.Name) == 0:
					t.Error("the mutation changed no page")
				case m.Readable && (trial.Ending(r) != "deleted" || len(gone) != 1 || gone[0] != target.ID):
					t.Errorf("ended as %s, and the portal deleted %v, want %d: %+v", trial.Ending(r), gone, target.ID, r.Error)
				case !m.Readable && (trial.Ending(r) != "unsafe" || len(gone) > 0):
					t.Errorf("ended as %s, and the portal deleted %v: %+v", trial.Ending(r), gone, r.Error)
				}
			})
		}
	}
}

// withUsers is a portal whose employer has n secondary users.
func withUsers(t *testing.T, seed uint64, n int) (*fixtures.Portal, automation.Config) {
	t.Helper()
	account := fixtures.DefaultAccount("en")
	account.TwoFactor = fixtures.TwoFactorOff
	account.Users = nil
	for i := range n {
		account.Users = append(account.Users, fixtures.User{
			GivenName: fmt.Sprintf("Given%d", i), FamilyName: "Person", Email: fmt.Sprintf("person%d@example.com", i),
		})
	}
	p, s := trial.Portal(t, fixtures.Options{Seed: seed, Accounts: []fixtures.Account{account}})
	return p, trial.Config(t, s)
}

func personOf(u fixtures.User) automation.Person {
	return automation.Person{GivenName: u.GivenName, FamilyName: u.FamilyName, Email: u.Email}
}

func deletions(p *fixtures.Portal) (ids []int) {
	for _, d := range p.Witness().Deletions {
		ids = append(ids, d.User.ID)
	}
	return ids
}
