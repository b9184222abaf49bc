package automation_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"irccpin/automation"
	"irccpin/fixtures"
)

// TestMisbehaviours drives every misbehaviour that the simulated portal knows,
// but for the hostile ones (see TestHostile), through a whole creation, and checks the ending against what the portal
// witnessed: how many secrets of a kind it was sent, and how many users it made.
//
// Each runs on a seed of its own; IRCCPIN_TEST_SHIFT=n moves all of them.
func TestMisbehaviours(t *testing.T) {
	t.Parallel()
	shift, _ := strconv.Atoi(os.Getenv("IRCCPIN_TEST_SHIFT"))
	const once, never = 1, 0
	// What happens once somebody is signed in needs no whole sign-in before it.
	past := []fixtures.Misbehaviour{{Name: "sso-pass-through"}}
	for _, c := range []struct {
		name string
		// one of these endings is right
		want string
		// what the portal must have seen
		passwords, created int
		with               []fixtures.Misbehaviour
	}{
		{"maintenance-notice", "portal_unavailable", never, never, nil},
		{"maintenance-page", "portal_unavailable", never, never, nil},
		{"canadalogin", "human_needed", never, never, nil},
		{"new-tab", "created", once, once, nil},
		{"sso-pass-through", "created", never, once, nil},
		{"captcha-instant", "created", once, once, nil},
		{"captcha-slow", "created", once, once, nil},
		{"captcha-visible", "human_needed", never, never, nil},
		{"captcha-error", "created", once, once, nil},
		{"captcha-refused", "human_needed", once, never, nil},
		{"wrong-credentials", "credential_refused", once, never, nil},
		{"login-loop", "portal_unavailable", once, never, nil},
		{"locked", "account_locked", once, never, nil},
		{"revoked", "account_revoked", once, never, nil},
		{"skip-interstitial", "created", once, once, nil},
		{"2fa-app", "created", once, once, nil},
		{"2fa-email", "human_needed", once, never, nil},
		{"2fa-off", "created", once, once, nil},
		{"2fa-not-enrolled", "human_needed", once, never, nil},
		{"2fa-wrong-code", "credential_refused", once, never, nil},
		{"2fa-expired-code", "credential_refused", once, never, nil},
		{"2fa-locked", "account_locked", once, never, nil},
		{"wrong-answer", "credential_refused", never, never, past},
		{"wrong-answer-same", "credential_refused", never, never, past},
		{"unknown-question", "human_needed", never, never, past},
		{"question-lock", "account_locked", never, never, past},
		{"not-authorized", "not_permitted", never, never, past},
		{"not-primary-user", "not_permitted", never, never, past},
		{"session-expired", "portal_unavailable", never, never, past},
		{"session-dialog", "created", never, once, past},
		{"http-500", "portal_unavailable", never, never, past},
		{"http-503", "portal_unavailable", never, never, past},
		{"http-503-retry-after", "portal_unavailable", never, never, past},
		{"create-validation-error", "rejected_by_portal", never, never, past},
		{"name-upper", "created", never, once, past},
		{"name-no-accents", "created", never, once, past},
		{"name-cut", "created", never, once, past},
		{"pin-late", "created", never, once, past},
		{"pin-sort-key", "created", never, once, past},
		{"table-paged", "created", never, once, past},
		{"table-closed-toggle", "created", never, once, past},
		{"columns-extra", "created", never, once, past},
		{"columns-reordered", "created", never, once, past},
		{"logout-confirm", "created", never, once, past},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			seed := uint64(len(c.name) + shift)
			lang := "en"
			if shift%2 == 1 {
				lang = "fr"
			}
			t.Logf("seed %d, %s", seed, lang)
			p, s := portal(t, fixtures.Options{Seed: seed, Lang: lang})
			before := len(p.Accounts()[0].Users)
			if err := p.Misbehave(append([]fixtures.Misbehaviour{{Name: c.name}}, c.with...)...); err != nil {
				t.Fatal(err)
			}
			r := run(t, config(t, s), automation.Create(newcomer))
			if got := ending(r); got != c.want {
				t.Errorf("ended as %s, want %s: %+v", got, c.want, r.Error)
			}
			w := p.Witness()
			passwords := 0
			for _, submit := range w.Submits {
				if submit.Kind == fixtures.SecretPassword {
					passwords++
				}
				if submit.Repeat {
					t.Errorf("a refused secret was sent again: %+v", submit)
				}
			}
			if passwords != c.passwords || len(w.Creations) != c.created {
				t.Errorf("the portal saw %d passwords and %d creations, want %d and %d", passwords, len(w.Creations), c.passwords, c.created)
			}
			if len(w.Clicks) > 0 {
				t.Errorf("dangerous neighbours were pressed: %+v", w.Clicks)
			}
			if r.Result != nil && *r.Result == "created" {
				made := p.Accounts()[0].Users[before]
				if r.User == nil || r.User.PIN != made.PIN {
					t.Errorf("the portal made %+v, the client says %+v", made, r.User)
				}
				if changed := strings.HasPrefix(c.name, "name-"); changed != warned(r, "name_changed") {
					t.Errorf("name_changed warning: %v, want %v", !changed, changed)
				}
			}
		})
	}
}

func warned(r *automation.Result, code string) bool {
	for _, w := range r.Warnings {
		if w.Code == code {
			return true
		}
	}
	return false
}
