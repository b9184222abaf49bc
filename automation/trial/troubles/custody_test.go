package troubles_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"irccpin/automation"
	"irccpin/automation/ledger"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// TestHeldUntilChanged: what was refused once is not tried again, whatever kind
// of secret it is, and its own change ends that.
func TestHeldUntilChanged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key, wrong string // of all settings whose name begins with key
		sent       string
		factor     fixtures.TwoFactor
	}{
		"password":             {"GCKEY_PASSWORD", "Wrong-Thing-1", fixtures.SecretPassword, fixtures.TwoFactorOff},
		"authenticator secret": {"GCKEY_TOTP_SECRET", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", fixtures.SecretPasscode, fixtures.TwoFactorApp},
		"answers":              {"IRCC_ANSWER_", "Wrong Thing", fixtures.SecretAnswer, fixtures.TwoFactorOff},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := fixtures.DefaultAccount("en")
			account.TwoFactor = c.factor
			p, s := trial.Portal(t, fixtures.Options{Seed: 3, Accounts: []fixtures.Account{account}})
			right, err := os.ReadFile(s.Env)
			if err != nil {
				t.Fatal(err)
			}
			var spoilt strings.Builder
			for line := range strings.Lines(string(right)) {
				if key, _, _ := strings.Cut(line, "="); strings.HasPrefix(key, c.key) {
					line = key + "='" + c.wrong + "'\n"
				}
				spoilt.WriteString(line)
			}
			if err := os.WriteFile(s.Env, []byte(spoilt.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			conf := trial.Config(t, s)
			for _, want := range []string{"credential_refused", "credential_held"} {
				if r := trial.Run(t, conf, automation.List()); trial.Ending(r) != want {
					t.Fatalf("ended as %s, want %s: %+v", trial.Ending(r), want, r.Error)
				}
				if sent := len(p.Witness().SubmitsOf(c.sent, "")); sent != 1 {
					t.Fatalf("the portal was sent %d of them", sent)
				}
			}

			if err := os.WriteFile(s.Env, right, 0o600); err != nil {
				t.Fatal(err)
			}
			if conf.Settings, err = automation.LoadSettings(t.Context(), automation.SettingsFrom{File: s.Env, FileNamed: true}); err != nil {
				t.Fatal(err)
			}
			if r := trial.Run(t, conf, automation.List()); trial.Ending(r) != "listed" {
				t.Errorf("with the right one it ended as %s: %+v", trial.Ending(r), r.Error)
			}
		})
	}
}

// TestNeverJudged: a password that the portal takes again and again without
// telling whether it is right is held before a schedule locks the account with
// it. The portal's own errors do not count, and one success ends the count.
func TestNeverJudged(t *testing.T) {
	t.Parallel()
	p, s := uncoded(t, 3)
	conf := trial.Config(t, s)
	ends := func(times int, want string) {
		t.Helper()
		for range times {
			if r := trial.Run(t, conf, automation.List()); trial.Ending(r) != want {
				t.Fatalf("ended as %s, want %s: %+v", trial.Ending(r), want, r.Error)
			}
		}
	}
	loop := func(times int) {
		t.Helper()
		if err := p.Misbehave(fixtures.Misbehaviour{Name: "login-loop", Times: times}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Fault(fixtures.Fault{Kind: fixtures.Fault500, Page: fixtures.PageSignIn, Method: "POST", Times: 4}); err != nil {
		t.Fatal(err)
	}
	ends(4, "portal_unavailable")
	loop(2)
	ends(2, "portal_unavailable")
	ends(1, "listed")
	loop(4)
	ends(3, "portal_unavailable")
	sent := len(p.Witness().SubmitsOf(fixtures.SecretPassword, ""))
	ends(2, "credential_held")
	if more := len(p.Witness().SubmitsOf(fixtures.SecretPassword, "")); more != sent {
		t.Errorf("the password was sent %d times more", more-sent)
	}
}

// TestCredentialBusy: a second command at a credential that is in use ends
// before it opens the portal, and says who uses it.
func TestCredentialBusy(t *testing.T) {
	t.Parallel()
	p, s := uncoded(t, 3)
	conf := trial.Config(t, s)
	var second *automation.Result
	first := conf
	first.Observer = &trigger{at: moment{"page home", 0}, do: func() { second = trial.Run(t, conf, automation.List()) }}
	r := trial.Run(t, first, automation.List())
	if trial.Ending(r) != "listed" || trial.Ending(second) != "credential_busy" {
		t.Fatalf("they ended as %s and %s: %+v, %+v", trial.Ending(r), trial.Ending(second), r.Error, second.Error)
	}
	if !strings.Contains(second.Error.Message, r.Run) {
		t.Errorf("%q does not name run %s", second.Error.Message, r.Run)
	}
	if sent := len(p.Witness().SubmitsOf(fixtures.SecretPassword, "")); sent != 1 {
		t.Errorf("%d passwords were sent", sent)
	}
	if r := trial.Run(t, conf, automation.List()); trial.Ending(r) != "listed" {
		t.Errorf("afterwards it ended as %s: %+v", trial.Ending(r), r.Error)
	}
}

// TestOlderLedger: a ledger that was put back and knows nothing of a creation
// does not cause a second one.
func TestOlderLedger(t *testing.T) {
	t.Parallel()
	p, s := uncoded(t, 3)
	conf := trial.Config(t, s)
	at := automation.State{Dir: conf.StateDir}
	var backup bytes.Buffer
	if err := automation.BackupLedger(t.Context(), at, &backup); err != nil {
		t.Fatal(err)
	}
	made := trial.Run(t, conf, automation.Create(trial.Newcomer))
	if trial.Ending(made) != "created" {
		t.Fatalf("ended as %s: %+v", trial.Ending(made), made.Error)
	}
	files, err := filepath.Glob(filepath.Join(conf.StateDir, ledger.File+"*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the ledger is in %q: %v", files, err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	if err := automation.RestoreLedger(t.Context(), at, &backup); err != nil {
		t.Fatal(err)
	}
	again := trial.Run(t, conf, automation.Create(trial.Newcomer))
	if trial.Ending(again) != "already_exists" || again.User == nil || again.User.PIN != made.User.PIN {
		t.Errorf("ended as %s with %+v: %+v", trial.Ending(again), again.User, again.Error)
	}
	if n := len(p.Witness().Creations); n != 1 {
		t.Errorf("%d users were made", n)
	}
}
