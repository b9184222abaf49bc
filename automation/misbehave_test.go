package automation_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"irccpin/automation"
	"irccpin/fixtures"
)

// TestMisbehaviours drives every misbehaviour that the simulated portal knows
// through a whole creation, and checks the ending against what the portal
// witnessed: how many secrets of a kind it was sent, and how many users it made.
//
// Each runs on a seed of its own; IRCCPIN_TEST_SHIFT=n moves all of them.
func TestMisbehaviours(t *testing.T) {
	t.Parallel()
	shift, _ := strconv.Atoi(os.Getenv("IRCCPIN_TEST_SHIFT"))
	const once, never, either = 1, 0, -1
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
		{"wrong-answer", "credential_refused", once, never, nil},
		{"wrong-answer-same", "credential_refused", once, never, nil},
		{"unknown-question", "human_needed", once, never, nil},
		{"question-lock", "account_locked", once, never, nil},
		{"not-authorized", "not_permitted", once, never, nil},
		{"not-primary-user", "not_permitted", once, never, nil},
		{"session-expired", "portal_unavailable", once, never, nil},
		{"session-dialog", "created", once, once, nil},
		{"http-500", "portal_unavailable", once, never, nil},
		{"http-503", "portal_unavailable", once, never, nil},
		{"http-503-retry-after", "portal_unavailable", once, never, nil},
		{"create-validation-error", "rejected_by_portal", once, never, nil},
		{"name-upper", "created", once, once, nil},
		{"name-no-accents", "created", once, once, nil},
		{"name-cut", "created", once, once, nil},
		{"pin-late", "created", once, once, nil},
		{"pin-sort-key", "created", once, once, nil},
		{"table-paged", "created", once, once, nil},
		{"table-closed-toggle", "created", once, once, nil},
		{"columns-extra", "created", once, once, nil},
		{"columns-reordered", "created", once, once, nil},
		{"logout-confirm", "created", once, once, nil},
		{"hostile-redirect", "unsafe", never, never, nil},
		{"hostile-http", "unsafe", never, never, nil},
		{"hostile-frame", "created", once, once, nil},
		{"hostile-action", "unsafe", never, never, nil},
		{"hostile-action-at-click", "unsafe", never, never, nil},
		{"hostile-path", "page_unknown", never, never, nil},
		{"hostile-popup", "unsafe", either, never, nil},
		{"hostile-question", "unsafe", once, never, nil},
		{"hostile-code", "unsafe", once, never, nil},
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
			if (c.passwords != either && passwords != c.passwords) || len(w.Creations) != c.created {
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
