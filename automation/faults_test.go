package automation_test

import (
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/fixtures"
)

// TestFaults strikes the flow with trouble of the wire and the server, and
// checks that a following plain run ends with the PIN, that no user is made
// twice, and that no refused secret is sent twice.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		fault fixtures.Fault
		want  []string
	}{
		"create/dropped-after-acting": {fixtures.Fault{Kind: fixtures.FaultDrop, Page: fixtures.PageCreate, Method: "POST", Acted: true, Times: -1}, []string{"created"}},
		"create/dropped-before":       {fixtures.Fault{Kind: fixtures.FaultDrop, Page: fixtures.PageCreate, Method: "POST"}, []string{"not_created"}},
		"create/late-commit":          {fixtures.Fault{Kind: fixtures.FaultLateCommit, Page: fixtures.PageCreate, Method: "POST", Delay: 500 * time.Millisecond}, []string{"created"}},
		"create/500-after-acting":     {fixtures.Fault{Kind: fixtures.Fault500, Page: fixtures.PageCreate, Method: "POST", Acted: true}, []string{"created"}},
		"create/reset-body":           {fixtures.Fault{Kind: fixtures.FaultResetBody, Page: fixtures.PageCreate, Method: "POST"}, []string{"created"}},
		"create/expired":              {fixtures.Fault{Kind: fixtures.FaultExpired, Page: fixtures.PageCreate, Method: "POST"}, []string{"not_created"}},
		"create/expired-acted":        {fixtures.Fault{Kind: fixtures.FaultExpired, Page: fixtures.PageCreate, Method: "POST", Acted: true}, []string{"created"}},
		"create/blank":                {fixtures.Fault{Kind: fixtures.FaultBlank, Page: fixtures.PageCreate, Method: "POST", Acted: true}, []string{"created"}},
		"create/interstitial":         {fixtures.Fault{Kind: fixtures.FaultInterstitial, Page: fixtures.PageCreate, Method: "POST", Acted: true}, []string{"created"}},
		"create/confirm-dialog":       {fixtures.Fault{Kind: fixtures.FaultConfirm, Page: fixtures.PageCreate, Method: "GET"}, []string{"created"}},
		"create/popup":                {fixtures.Fault{Kind: fixtures.FaultPopup, Page: fixtures.PageCreate, Method: "GET"}, []string{"created", "unsafe", "rejected_by_portal"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := portal(t, fixtures.Options{Seed: 3})
			if err := p.Fault(c.fault); err != nil {
				t.Fatal(err)
			}
			conf := config(t, s)
			first := run(t, conf, automation.Create(newcomer))
			ok := false
			for _, want := range c.want {
				ok = ok || ending(first) == want
			}
			if !ok {
				t.Errorf("ended as %s, want one of %v: %+v", ending(first), c.want, first.Error)
			}
			p.Reset()
			second := run(t, conf, automation.Create(newcomer))
			if second.User == nil || second.User.PIN == "" {
				t.Errorf("the next run ended as %s without a PIN: %+v", ending(second), second.Error)
			}
			users := 0
			for _, u := range p.Accounts()[0].Users {
				if u.Email == newcomer.Email && u.GivenName == newcomer.GivenName {
					users++
				}
			}
			if users != 1 {
				t.Errorf("the portal has %d such users", users)
			}
		})
	}
}
