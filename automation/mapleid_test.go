package automation_test

import (
	"context"
	"html/template"
	"net/http"
	"path/filepath"
	"testing"

	"irccpin/automation"
	"irccpin/automation/page"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// mapleID is a sign-in service that does not exist: what it takes to teach
// irccpin another one is this type, the catalog folder
// testdata/mapleid/mapleid, and for the tests its pages.
type mapleID struct{}

func (mapleID) Name() string { return "mapleid" }

func (mapleID) Turn(ctx context.Context, h automation.Hands, s *page.Snapshot) error {
	switch s.Page() {
	case "mapleid-sign-in":
		return h.LogIn(ctx, s, automation.LoginForm{Host: "mapleid", Username: "who", Password: "passphrase", Button: "enter"})
	case "mapleid-consent":
		return h.Press(ctx, s, "share")
	}
	return h.Stop(page.PageUnknown, "Maple ID shows a page that is not known", "Sign in by hand.")
}

// serveMapleID plays the service's server for one account.
func serveMapleID(t *testing.T, a fixtures.Account) fixtures.Service {
	t.Helper()
	pages, err := template.ParseGlob(filepath.Join("testdata", "mapleid", "templates", "*.html"))
	if err != nil {
		t.Fatal(err)
	}
	return fixtures.Service{
		Name: "mapleid", Link: "Sign in with Maple ID", Host: "id.maple.example",
		Pages: func(vouch func(relay, username string) (string, error)) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				data := map[string]string{"Relay": r.URL.Query().Get("RelayState")}
				name := "sign-in.html"
				switch known := r.PostFormValue("who") == a.Username && r.PostFormValue("passphrase") == a.Password; {
				case r.PostFormValue("share") != "":
					to, err := vouch(data["Relay"], a.Username)
					if err != nil {
						http.Error(w, err.Error(), http.StatusBadRequest)
						return
					}
					http.Redirect(w, r, to, http.StatusSeeOther)
					return
				case known:
					name = "consent.html"
				case r.Method == http.MethodPost:
					data["Alert"] = "Maple ID does not know this name and passphrase."
				}
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				if err := pages.ExecuteTemplate(w, name, data); err != nil {
					t.Error(err)
				}
			})
		},
	}
}

// TestAnotherProvider signs in through a sign-in service that the program did
// not know when it was built.
func TestAnotherProvider(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		use  func(*automation.Config)
		want string
	}{
		"taught": {func(c *automation.Config) { c.Provider = func() automation.Provider { return mapleID{} } }, "created"},
		"wrong password": {func(c *automation.Config) {
			c.Provider = func() automation.Provider { return mapleID{} }
			c.Settings.Password = automation.OwnSecret([]byte("something else"))
		}, "credential_refused"},
		// The usual service is untouched by a folder beside its own.
		"not used": {func(*automation.Config) {}, "created"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := fixtures.DefaultAccount("en")
			p, s := trial.Portal(t, fixtures.Options{Seed: 8, Services: []fixtures.Service{serveMapleID(t, account)}})
			config := trial.Config(t, s)
			config.Selectors = filepath.Join("testdata", "mapleid")
			c.use(&config)
			r := trial.Run(t, config, automation.Create(trial.Newcomer))
			if trial.Ending(r) != c.want {
				t.Fatalf("ended as %s, want %s: %+v", trial.Ending(r), c.want, r.Error)
			}
			w := p.Witness()
			if gckey := len(w.SubmitsOf(fixtures.SecretPassword, "")) > 0; gckey != (name == "not used") || len(w.Clicks) > 0 {
				t.Errorf("the way led through GCKey: %v; pressed: %+v", gckey, w.Clicks)
			}
		})
	}
}
