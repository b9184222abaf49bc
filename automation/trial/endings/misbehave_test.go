package endings_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// TestMisbehaviours drives every misbehaviour that the simulated portal knows
// through a whole creation, and checks the ending against what the portal
// witnessed: how many secrets of a kind it was sent, how many users it made, and
// whether a session is left open.
//
// Each runs on a seed of its own; IRCCPIN_TEST_SHIFT=n moves all of them.
func TestMisbehaviours(t *testing.T) {
	t.Parallel()
	shift, _ := strconv.Atoi(os.Getenv("IRCCPIN_TEST_SHIFT"))
	const once, never, either = 1, 0, -1
	const (
		factor  = "the pages of two-factor authentication have no Logout that is known"
		broken  = "an error page has no Logout"
		stopped = "after a hostile page nothing more is pressed"
	)
	type misbehaving struct {
		name string
		// one of these endings is right
		want string
		// what the portal must have seen
		passwords, created int
		// why a session is left open, with a warning; empty: none is
		left string
	}
	cases := []misbehaving{
		{"maintenance-notice", "portal_unavailable", never, never, ""},
		{"maintenance-closed", "portal_unavailable", never, never, ""},
		{"maintenance-page", "portal_unavailable", never, never, ""},
		{"canadalogin", "human_needed", never, never, ""},
		{"new-tab", "created", once, once, ""},
		{"sso-pass-through", "created", never, once, ""},
		{"captcha-instant", "created", once, once, ""},
		{"captcha-slow", "created", once, once, ""},
		{"captcha-visible", "human_needed", never, never, ""},
		{"captcha-error", "created", once, once, ""},
		{"captcha-refused", "human_needed", once, never, ""},
		{"wrong-credentials", "credential_refused", once, never, ""},
		{"login-loop", "portal_unavailable", once, never, ""},
		{"locked", "account_locked", once, never, ""},
		{"revoked", "account_revoked", once, never, ""},
		{"skip-interstitial", "created", once, once, ""},
		{"2fa-app", "created", once, once, ""},
		{"2fa-email", "human_needed", once, never, factor},
		{"2fa-off", "created", once, once, ""},
		{"2fa-not-enrolled", "human_needed", once, never, factor},
		{"2fa-wrong-code", "credential_refused", once, never, factor},
		{"2fa-expired-code", "credential_refused", once, never, factor},
		{"2fa-locked", "account_locked", once, never, ""},
		{"wrong-answer", "credential_refused", once, never, ""},
		{"wrong-answer-same", "credential_refused", once, never, ""},
		{"unknown-question", "human_needed", once, never, ""},
		{"question-lock", "account_locked", once, never, ""},
		{"not-authorized", "not_permitted", once, never, ""},
		{"not-primary-user", "not_permitted", once, never, ""},
		{"session-expired", "portal_unavailable", once, never, ""},
		{"session-dialog", "created", once, once, ""},
		{"http-500", "portal_unavailable", once, never, broken},
		{"http-503", "portal_unavailable", once, never, broken},
		{"http-503-retry-after", "portal_unavailable", once, never, broken},
		{"create-validation-error", "rejected_by_portal", once, never, ""},
		{"create-technical-error", "created", once, once, ""},
		{"name-upper", "created", once, once, ""},
		{"name-no-accents", "created", once, once, ""},
		{"name-cut", "created", once, once, ""},
		{"pin-late", "created", once, once, ""},
		{"pin-sort-key", "created", once, once, ""},
		{"table-paged", "created", once, once, ""},
		{"table-closed-toggle", "created", once, once, ""},
		{"columns-extra", "created", once, once, ""},
		{"columns-reordered", "created", once, once, ""},
		{"logout-confirm", "created", once, once, ""},
		{"2fa-code-reusable", "created", once, once, ""},
		{"other-sign-in-host", "human_needed", never, never, ""},
		{"hostile-link", "unsafe", never, never, ""},
		{"hostile-http-action", "unsafe", never, never, ""},
		{"hostile-redirect", "unsafe", never, never, ""},
		{"hostile-http", "unsafe", never, never, ""},
		{"hostile-frame", "created", once, once, ""},
		{"hostile-action", "unsafe", never, never, ""},
		{"hostile-action-at-click", "unsafe", never, never, ""},
		{"hostile-path", "page_unknown", never, never, ""},
		{"hostile-popup", "unsafe", either, never, stopped},
		{"hostile-question", "unsafe", once, never, stopped},
		{"hostile-code", "unsafe", once, never, factor},
	}
	for _, m := range fixtures.Misbehaviours() {
		if !slices.ContainsFunc(cases, func(c misbehaving) bool { return c.name == m.Name }) {
			t.Errorf("nothing is known of %q", m.Name)
		}
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			seed := uint64(len(c.name) + shift)
			lang := "en"
			if shift%2 == 1 {
				lang = "fr"
			}
			t.Logf("seed %d, %s", seed, lang)
			p, s := trial.Portal(t, fixtures.Options{Seed: seed, Lang: lang})
			before := len(p.Accounts()[0].Users)
			if err := p.Misbehave(fixtures.Misbehaviour{Name: c.name}); err != nil {
				t.Fatal(err)
			}
			r := trial.Run(t, trial.Config(t, s), automation.Create(trial.Newcomer))
			if got := trial.Ending(r); got != c.want {
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
			alive := 0
			if c.left != "" {
				alive = 1
			}
			unsure := trial.Warned(r, "not_signed_out")
			if c.name == "hostile-popup" {
				// Whether the password arrived before the run was stopped is a race.
				if w.SessionsAlive > 0 && !unsure {
					t.Error("a session is left, and nobody is told")
				}
			} else if w.SessionsAlive != alive || unsure != (alive > 0 || c.name == "hostile-action-at-click") {
				t.Errorf("%d sessions are left, with a warning: %t; want %d (%s)", w.SessionsAlive, unsure, alive, c.left)
			}
			if len(w.Clicks) > 0 {
				t.Errorf("dangerous neighbours were pressed: %+v", w.Clicks)
			}
			if r.Result != nil && *r.Result == "created" {
				made := p.Accounts()[0].Users[before]
				if r.User == nil || r.User.PIN != made.PIN {
					t.Errorf("the portal made %+v, the client says %+v", made, r.User)
				}
				if changed := strings.HasPrefix(c.name, "name-"); changed != trial.Warned(r, "name_changed") {
					t.Errorf("name_changed warning: %v, want %v", !changed, changed)
				}
			}
		})
	}
}
