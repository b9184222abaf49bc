//go:build system && linux

package automation_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/page"
	"irccpin/automation/trial"
	"irccpin/fixtures"
	"irccpin/fixtures/display"
)

// attendedRun is what a test of the window looks at afterwards.
type attendedRun struct {
	*automation.Result
	portal *fixtures.Portal
	state  string
	person *somebody
}

// attended creates a user in a visible window, with a person in front of it who
// does their part. The test ends when both are done.
func attended(t *testing.T, change func(*fixtures.Portal, *automation.Config), part func(*somebody)) attendedRun {
	t.Helper()
	account := fixtures.DefaultAccount("en")
	for i := range account.Questions {
		account.Questions[i].Answer = theAnswer // whichever is asked
	}
	p, s := trial.Portal(t, fixtures.Options{Seed: 5, Accounts: []fixtures.Account{account}})
	who, s := atTheWindow(t, s)
	c := trial.Config(t, s)
	c.Headless, c.Patience = false, time.Minute
	c.Observer = told{c.Observer, who}
	change(p, &c)
	c.RunID = automation.NewRunID(time.Now())
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	defer cancel()
	who.interrupt = cancel
	done := make(chan struct{})
	go func() { defer close(done); part(who) }()
	r := automation.Run(ctx, c, automation.Create(trial.Newcomer))
	<-done
	return attendedRun{r, p, c.StateDir, who}
}

// ended checks how a run ended, and what the portal saw of it.
func (r attendedRun) ended(t *testing.T, want string, passwords int) {
	t.Helper()
	if got := trial.Ending(r.Result); got != want {
		t.Errorf("ended as %s, want %s: %+v", got, want, r.Error)
	}
	w := r.portal.Witness()
	if got := len(w.SubmitsOf(fixtures.SecretPassword, "")); got != passwords {
		t.Errorf("the portal saw %d passwords, want %d", got, passwords)
	}
	created := 0
	if want == "created" {
		created = 1
	}
	if len(w.Creations) != created || len(w.Strays) > 0 {
		t.Errorf("the portal saw %d creations, and strays %+v", len(w.Creations), w.Strays)
	}
	for _, a := range r.person.asked {
		if a.left <= 0 || a.left > time.Minute {
			t.Errorf("asked with %v left: %s", a.left, a.what)
		}
	}
}

// kept is a file of a run.
type kept struct {
	name string
	data []byte
}

// files are all files below a directory, and there are some.
func files(t *testing.T, dir string) (all []kept) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		all = append(all, kept{name, data})
		return err
	})
	if err != nil || len(all) == 0 {
		t.Errorf("%d files in %s: %v", len(all), dir, err)
	}
	return all
}

// theAnswer is what the person in front of the window knows.
const theAnswer = "Skylark 72"

// forget makes every security question one that is not in the settings.
func forget(c *automation.Config) {
	for i := range c.Settings.Questions {
		c.Settings.Questions[i].Text = "What is " + strings.Repeat("it? ", i+1)
	}
}

func misbehave(t *testing.T, p *fixtures.Portal, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := p.Misbehave(fixtures.Misbehaviour{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAtTheWindow lets a person do what only a person can, in a window on a
// screen, with its mouse and keyboard; the rest goes on by itself.
func TestAtTheWindow(t *testing.T) {
	t.Setenv("DISPLAY", display.Start(t, "1280x1000"))

	t.Run("captcha", func(t *testing.T) {
		r := attended(t, func(p *fixtures.Portal, _ *automation.Config) { misbehave(t, p, "captcha-visible") },
			func(who *somebody) {
				who.wasAsked(page.AskCaptcha)
				who.clickInFrame("clegc-gckey.gc.ca", "hCaptcha challenge", "newassets.hcaptcha.com", "Verify")
			})
		r.ended(t, "created", 1)
	})

	t.Run("unknown question", func(t *testing.T) {
		r := attended(t, func(p *fixtures.Portal, c *automation.Config) {
			forget(c)
			if err := p.Misbehave(fixtures.Misbehaviour{Name: "session-dialog", Page: fixtures.PageQuestion, N: 2500}); err != nil {
				t.Fatal(err)
			}
		}, func(who *somebody) {
			who.wasAsked(page.AskQuestion)
			// They begin, think, and go on typing when the session's dialog has come
			// and gone.
			who.enter("/mycic/askSecurityQuestion", "answer", theAnswer[:5])
			who.until("the session to be kept alive", func() bool { return slices.Contains(who.pressed, "continue-session") })
			who.types(theAnswer[5:])
			who.press("Return")
		})
		r.ended(t, "created", 1)
		if answers := r.portal.Witness().SubmitsOf(fixtures.SecretAnswer, ""); len(answers) != 1 || !answers[0].Accepted {
			t.Errorf("answers: %+v", answers)
		}
	})

	t.Run("too late", func(t *testing.T) {
		r := attended(t, func(p *fixtures.Portal, c *automation.Config) {
			forget(c)
			c.Patience = 2 * time.Second
		}, func(who *somebody) {
			who.wasAsked(page.AskQuestion)
			who.enter("/mycic/askSecurityQuestion", "answer", "half an ans")
		})
		r.ended(t, "human_needed", 1)
		if w := r.portal.Witness(); len(w.Logouts) != 1 || len(w.SubmitsOf(fixtures.SecretAnswer, "")) != 0 {
			t.Errorf("%d logouts, answers %+v", len(w.Logouts), w.SubmitsOf(fixtures.SecretAnswer, ""))
		}
		for _, file := range files(t, filepath.Join(r.state, "runs")) {
			if ext := filepath.Ext(file.name); ext == ".html" && !strings.HasSuffix(file.name, "report.html") || ext == ".png" {
				t.Errorf("of a person's page was kept: %s", file.name)
			}
		}
	})

	t.Run("enrolment", func(t *testing.T) {
		var p *fixtures.Portal
		r := attended(t, func(portal *fixtures.Portal, _ *automation.Config) {
			p = portal
			misbehave(t, p, "2fa-not-enrolled")
		}, func(who *somebody) {
			who.wasAsked(page.AskEnrol)
			who.click("mfa.auth.canada.ca/enrol", "email")
			// The code belongs to the new method: no stored one is typed.
			field := who.find("mfa.auth.canada.ca/verify", "a field")
			mails := p.Witness().Mails
			who.at(field)
			who.types(mails[len(mails)-1].Code)
			who.click("mfa.auth.canada.ca/verify", "Continue") // Return would be "Resend"
		})
		r.ended(t, "created", 1)
		if codes := r.portal.Witness().SubmitsOf(fixtures.SecretPasscode, ""); len(codes) != 1 {
			t.Errorf("codes: %+v", codes)
		}
	})

	t.Run("e-mailed code", func(t *testing.T) {
		var p *fixtures.Portal
		r := attended(t, func(portal *fixtures.Portal, _ *automation.Config) {
			p = portal
			misbehave(t, p, "2fa-email")
		}, func(who *somebody) {
			who.wasAsked(page.AskPasscode)
			mails := p.Witness().Mails
			who.enter("mfa.auth.canada.ca/verify", "a field", mails[len(mails)-1].Code)
			who.click("mfa.auth.canada.ca/verify", "Continue") // Return would be "Resend"
		})
		r.ended(t, "created", 1)
	})

	t.Run("bank", func(t *testing.T) {
		r := attended(t, func(_ *fixtures.Portal, c *automation.Config) { c.Attend = true }, throughTheBank)
		r.ended(t, "created", 0)
		if w := r.portal.Witness(); w.Banked != 1 || w.Clicked(fixtures.ClickSignInPartner) != 1 {
			t.Errorf("%d sign-ins at the bank", w.Banked)
		} else if w.PageLoads(fixtures.PageBank) < 3 || len(w.Foreign) > 0 {
			t.Errorf("the bank's page and its picture were loaded %d times, and strangers met: %+v", w.PageLoads(fixtures.PageBank), w.Foreign)
		}
		for _, file := range files(t, filepath.Join(r.state, "runs")) {
			for _, trace := range []string{"tamarack", "Tamarack", "known to the bank", "45001234"} {
				if bytes.Contains(file.data, []byte(trace)) {
					t.Errorf("%s tells of the bank: %q", file.name, trace)
				}
			}
		}
	})

	t.Run("unknown page", func(t *testing.T) {
		r := attended(t, func(p *fixtures.Portal, _ *automation.Config) {
			if err := p.Fault(fixtures.Fault{Kind: fixtures.FaultInterstitial, Page: fixtures.PageTerms, Method: "GET"}); err != nil {
				t.Fatal(err)
			}
		}, func(who *somebody) {
			who.wasAsked(page.AskPage)
			who.click("/mycic/termsAndConditions", "Continue")
		})
		r.ended(t, "created", 1)
	})

	t.Run("window closed", func(t *testing.T) {
		r := attended(t, func(p *fixtures.Portal, _ *automation.Config) { misbehave(t, p, "captcha-visible") },
			func(who *somebody) {
				who.wasAsked(page.AskCaptcha)
				who.press("ctrl+w")
			})
		r.ended(t, "interrupted", 0)
		if !strings.Contains(r.Error.Message, "window was closed") {
			t.Error(r.Error.Message)
		}
	})

	t.Run("another tab", func(t *testing.T) {
		r := attended(t, func(p *fixtures.Portal, _ *automation.Config) { misbehave(t, p, "new-tab") },
			func(*somebody) {})
		r.ended(t, "created", 1)
	})
}

// throughTheBank signs in at a Sign-In Partner and answers what follows.
func throughTheBank(who *somebody) {
	who.wasAsked(page.AskSignIn)
	who.click("www.canada.ca", "Sign-In Partner")
	who.wasAsked(page.AskPartner)
	who.enter("tamarack-trust", "card", "4500123412341234")
	who.enter("tamarack-trust", "secret", "known to the bank alone")
	who.press("Return")
	who.click("/mycic/termsAndConditions", "_continue")
	who.enter("/mycic/askSecurityQuestion", "answer", theAnswer)
	who.press("Return")
}
