package troubles_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/browser"
	"irccpin/automation/page"
	desk "irccpin/automation/portal"
	"irccpin/automation/secret"
	"irccpin/automation/signin"
	"irccpin/automation/trial"
	"irccpin/fixtures"
	"irccpin/selectors"
)

// The checks of this file would be worth little if a client without the
// precautions passed them too. So each is made twice: with the client as it is,
// and with one that was put together from the same parts and lacks one.

// TestFaultsHasTeeth: with the reconciliation switched off the fault matrix
// fails. It is this cell of it that shows that, however the portal answers: in
// the others the user is in the table by the time that the next run reads it,
// or is never made.
func TestFaultsHasTeeth(t *testing.T) {
	t.Parallel()
	all := cells(true)
	c := all[slices.IndexFunc(all, func(c cell) bool { return c.String() == "create/"+afterNextHome })]
	r := strike(t, c, seedOf(t, c.confirm), forgetful)
	if !r.struck || r.creations != 2 || !slices.ContainsFunc(r.faults, func(fault string) bool { return strings.Contains(fault, "2 creations") }) {
		t.Errorf("%s, then %s: %d users were made, and the matrix finds no fault but %q", r.first, r.second, r.creations, r.faults)
	}
}

// TestRepeatHasTeeth: the portal makes the user and the connection dies
// unanswered, if it was used before. Chrome sends such a post again by itself,
// unless the gate lets it have a fresh connection only. Two users that appear
// all the same are reported as what they are.
func TestRepeatHasTeeth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		client    client
		creations int
		want      string
	}{
		"as it is":         {automation.Run, 1, "created"},
		"without the seal": {unsealed, 2, "ambiguous_user"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := uncoded(t, 3)
			if err := p.Fault(fixtures.Fault{Kind: fixtures.FaultDrop, Page: fixtures.PageCreate, Method: "POST", Acted: true, Reused: true}); err != nil {
				t.Fatal(err)
			}
			conf := trial.Config(t, s)
			conf.RunID = automation.NewRunID(time.Now())
			if r := c.client(t.Context(), conf, automation.Create(trial.Newcomer)); trial.Ending(r) != c.want {
				t.Errorf("ended as %s, want %s: %+v", trial.Ending(r), c.want, r.Error)
			}
			if made := len(p.Witness().Creations); made != c.creations {
				t.Errorf("%d users were made, want %d", made, c.creations)
			}
		})
	}
}

// uncoded is a portal that asks for no second factor: the next code would have
// to be waited for at each sign-in.
func uncoded(t *testing.T, seed uint64) (*fixtures.Portal, trial.Simulated) {
	t.Helper()
	account := fixtures.DefaultAccount("en")
	account.TwoFactor = fixtures.TwoFactorOff
	return trial.Portal(t, fixtures.Options{Seed: seed, Accounts: []fixtures.Account{account}})
}

// TestStandingStill: a process that is stopped, or a machine that is suspended,
// between the permission and the click, or between the click and its post, does
// not send the post when it goes on: others may have made the user meanwhile.
// The permission is asked for when the click is sent, as the browser sends the
// post, and when its connection is there.
func TestStandingStill(t *testing.T) {
	t.Parallel()
	for asked, name := range []string{"at the click", "as the post leaves", "while it connects"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := uncoded(t, 3)
			conf := trial.Reserving(trial.Config(t, s), 20*time.Second)
			var times atomic.Int32
			r := maimed(t.Context(), conf, amnesia{still: func() *page.Stop {
				if int(times.Add(1)) <= asked {
					return nil
				}
				return &page.Stop{Code: page.CredentialBusy, Message: "stood still"}
			}}, true)
			want := "outcome_unknown" // the click was sent, and this client cannot read the table again
			if asked == 0 {
				want = "credential_busy"
			}
			if made := len(p.Witness().Creations); made != 0 || trial.Ending(r) != want || int(times.Load()) <= asked {
				t.Errorf("%d users were made, asked %d times, ended as %s, want %s: %+v", made, times.Load(), trial.Ending(r), want, r.Error)
			}
		})
	}
}

func forgetful(ctx context.Context, c automation.Config, _ automation.Job) *automation.Result {
	return maimed(ctx, c, amnesia{}, true)
}

func unsealed(ctx context.Context, c automation.Config, _ automation.Job) *automation.Result {
	return maimed(ctx, c, amnesia{}, false)
}

// maimed creates the trial.Newcomer with a client that remembers nothing and does not
// come back after a doubt, and that may lack the seal.
func maimed(ctx context.Context, c automation.Config, intents desk.Intents, sealed bool) *automation.Result {
	var r automation.Result
	if err := maim(ctx, c, intents, sealed, &r); err != nil {
		r.Error = &automation.Failure{Code: page.CodeOf(err), Message: err.Error()}
	}
	return &r
}

func maim(ctx context.Context, c automation.Config, intents desk.Intents, sealed bool, r *automation.Result) error {
	catalog, err := selectors.Load("")
	if err != nil {
		return err
	}
	gate, err := browser.OpenGate(browser.GateOptions{Allow: catalog.Allows, Simulator: c.Simulator.Addr})
	if err != nil {
		return err
	}
	defer gate.Close()
	found, err := browser.Find(browser.FindOptions{Headless: true})
	if err != nil {
		return err
	}
	chrome, err := browser.Start(ctx, browser.Options{
		Path: found.Path, Headless: true, NoSandbox: os.Geteuid() == 0, TrustSPKI: []string{c.Simulator.SPKI},
		Gate: gate, ProfileRoot: filepath.Join(c.StateDir, "browsers"),
	})
	if err != nil {
		return err
	}
	defer chrome.Close(context.WithoutCancel(ctx))
	options := page.Options{Catalog: catalog, Observer: c.Observer}
	if sealed {
		options.Seal = gate.Seal
	}
	driver := page.New(options)
	tabOptions, err := driver.TabOptions()
	if err != nil {
		return err
	}
	tab, err := chrome.NewTab(ctx, tabOptions)
	if err != nil {
		return err
	}
	driver.Take(tab)
	home, err := signin.Run(ctx, driver, signin.Options{
		Catalog: catalog, Custody: careless{}, Now: time.Now,
		Credentials: signin.Credentials{Username: c.Settings.Username, Password: c.Settings.Password, Questions: c.Settings.Questions},
	})
	if err != nil {
		return err
	}
	clerk := desk.Desk{
		Driver: driver, Home: home, Intents: intents, Reserve: automation.Reserve,
		Clock: func(context.Context) (time.Time, error) { return time.Now(), nil },
		Return: func(context.Context) (*page.Driver, *page.Snapshot, error) {
			return nil, nil, errors.New("this client does not come back")
		},
	}
	out, err := clerk.Create(ctx, trial.Newcomer)
	r.User, r.Reconciled = &out.User, out.Reconciled
	result := string(out.Result)
	r.Result = &result
	return err
}

// careless is a custody that holds nothing.
type careless struct{}

func (careless) May(context.Context, signin.Kind, secret.Value) error             { return nil }
func (careless) Sending(context.Context, signin.Kind, secret.Value) error         { return nil }
func (careless) Accepted(context.Context, signin.Kind, secret.Value) error        { return nil }
func (careless) NotJudged(context.Context, signin.Kind, secret.Value) error       { return nil }
func (careless) Refused(context.Context, signin.Kind, secret.Value, string) error { return nil }
func (careless) UseStep(context.Context, secret.Value, uint64) (bool, error)      { return true, nil }

func (careless) UseCode(context.Context, secret.Value) (bool, error) { return true, nil }

// amnesia is a ledger that remembers nothing.
type amnesia struct{ still desk.Permission }

func (l amnesia) MayClick(context.Context, string) (desk.Permission, error) { return l.still, nil }

func (amnesia) Begin(context.Context, desk.Intent) (string, error)        { return "", nil }
func (amnesia) Abandon(context.Context, string, string) error             { return nil }
func (amnesia) Close(context.Context, string, desk.Closing) error         { return nil }
func (amnesia) Known(context.Context, string) (desk.Known, error)         { return desk.Known{}, nil }
func (amnesia) Confirmed(context.Context, string, time.Time) error        { return nil }
func (amnesia) Looked(context.Context, string, time.Time, int, int) error { return nil }
func (amnesia) Settled(context.Context, string) (bool, error)             { return true, nil }
func (amnesia) Digest(u desk.User) string {
	return u.GivenName + "|" + u.FamilyName + "|" + u.Email
}
