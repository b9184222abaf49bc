package troubles_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// The soak: employers onboard a representative each, at a portal that makes
// trouble at random, several times in a run; processes are killed at random, and
// two of them are at the same accounts. Each is run again until it has its PIN, as
// a schedule would do. In the end the portal has made every user once.
//
// Three by default; the published figures are those of
//
//	IRCCPIN_TEST_SOAK=500 go test ./automation/trial/troubles -run TestSoak -v -timeout 4h
//
// IRCCPIN_TEST_SOAK_SEED=N plays other dice.

// soakTries bounds how often one onboarding is run: at the chances below a run
// in four goes wrong.
const soakTries = 25

// soakBusy bounds how often the other worker is found at it: a run can take two
// minutes and its reserve, and is asked after every two seconds.
const soakBusy = 100

func TestSoak(t *testing.T) {
	t.Parallel()
	n, seed := 3, uint64(1)
	if text := os.Getenv("IRCCPIN_TEST_SOAK"); text != "" {
		n = number(t, text)
	}
	if text := os.Getenv("IRCCPIN_TEST_SOAK_SEED"); text != "" {
		seed = uint64(number(t, text))
	}
	accounts := fixtures.ManyAccounts("en", n)
	for i := range accounts {
		accounts[i].TwoFactor = fixtures.TwoFactorOff // the next code would be waited for at each try
	}
	p, err := fixtures.Start(fixtures.Options{Seed: seed, Light: true, Accounts: accounts})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Fault(soakFaults()...); err != nil {
		t.Fatal(err)
	}
	s := &soak{p: p, state: t.TempDir(), envs: t.TempDir(), endings: map[string]int{}, pins: map[string]string{}}
	for _, a := range accounts {
		if err := p.WriteEnvFile(s.env(a.Username), a.Username); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	// Two workers with one ledger, from both ends of the roster: about its
	// middle they meet, and each tries what the other does or has done.
	var workers sync.WaitGroup
	for w := range uint64(2) {
		order := slices.Clone(accounts)
		if w == 1 {
			slices.Reverse(order)
		}
		workers.Go(func() { s.work(t, rand.New(rand.NewPCG(seed, w)), order) })
	}
	workers.Wait()
	s.check(t, accounts)
	s.report(seed, time.Since(began))
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%q is not a number of onboardings", text)
	}
	return n
}

// soakFaults strike any page, each seldom; a sign-in and a creation together
// make about thirty requests.
func soakFaults() (all []fixtures.Fault) {
	for _, kind := range []fixtures.FaultKind{
		fixtures.Fault500, fixtures.Fault503, fixtures.FaultDrop, fixtures.FaultReset, fixtures.FaultResetBody,
		fixtures.FaultExpired, fixtures.FaultLogout, fixtures.FaultAlert, fixtures.FaultBeforeUnload,
	} {
		all = append(all,
			fixtures.Fault{Kind: kind, Times: -1, Chance: 0.0015},
			fixtures.Fault{Kind: kind, Times: -1, Chance: 0.0015, Acted: true})
	}
	// The click itself is in for far more.
	for _, kind := range []fixtures.FaultKind{fixtures.Fault500, fixtures.FaultDrop, fixtures.FaultReset, fixtures.FaultResetBody, fixtures.FaultExpired} {
		all = append(all,
			fixtures.Fault{Kind: kind, Page: fixtures.PageCreate, Method: "POST", Times: -1, Chance: 0.04},
			fixtures.Fault{Kind: kind, Page: fixtures.PageCreate, Method: "POST", Times: -1, Chance: 0.04, Acted: true})
	}
	return append(all,
		fixtures.Fault{Kind: fixtures.FaultLateCommit, Page: fixtures.PageCreate, Method: "POST", Times: -1, Chance: 0.05, Delay: time.Second},
		fixtures.Fault{Kind: fixtures.FaultDrop, Page: fixtures.PageCreate, Method: "POST", Times: -1, Chance: 0.3, Acted: true, Reused: true},
		fixtures.Fault{Kind: fixtures.FaultSlowHeaders, Times: -1, Chance: 0.005, Delay: 500 * time.Millisecond},
	)
}

// soak is what the workers share.
type soak struct {
	p           *fixtures.Portal
	state, envs string

	mu      sync.Mutex
	endings map[string]int
	pins    map[string]string // by user name of the account
	tries   int
}

func (s *soak) env(username string) string { return filepath.Join(s.envs, username+".env") }

// representative is who an employer wants to have onboarded.
func representative(a fixtures.Account) automation.NewUser {
	return automation.NewUser{
		Person:       automation.Person{GivenName: "Nadia", FamilyName: "Rép-" + a.Username, Email: strings.ToLower(a.Username) + ".rep@example.com"},
		AuthorizedBy: a.Primary.GivenName + " " + a.Primary.FamilyName,
	}
}

// work onboards a representative for each account, run by run until it has a PIN.
func (s *soak) work(t *testing.T, dice *rand.Rand, accounts []fixtures.Account) {
	for _, a := range accounts {
		for try, busy := 0, 0; ; try++ {
			if try == soakTries || busy == soakBusy {
				t.Errorf("%s: no PIN after %d runs, and %d that found the credential busy", a.Username, try, busy)
				break
			}
			r := s.once(t, dice, a)
			got := "killed"
			if r != nil {
				got = trial.Ending(r)
			}
			s.note(t, a, got, r)
			if got == "credential_busy" {
				wait(t.Context(), 2*time.Second) // the other worker is at it, and comes to an end
				try, busy = try-1, busy+1
			}
			if r != nil && r.Error == nil {
				break
			}
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// moments are when a process or its browser may be killed.
var moments = []string{
	"page gckey-sign-in", "page terms", "page home", "page create-user", "ticked attestation", "pressed create-account",
	"page confirm-create-user", "pressed continue",
}

// once runs one creation in a process of its own, in one run of five with an
// accident of the machine.
func (s *soak) once(t *testing.T, dice *rand.Rand, a fixtures.Account) *automation.Result {
	e := errand{
		Portal: simulatedAddress{s.p.Addr, s.p.SPKI, s.env(a.Username)}, StateDir: s.state, User: representative(a),
		Settle: 2 * time.Second, Timeout: 2 * time.Minute, RunID: automation.NewRunID(time.Now()),
	}
	if len(localTroubles) > 0 && dice.IntN(5) == 0 {
		e.At = moment{What: moments[dice.IntN(len(moments))]}
		e.Trouble = []string{"irccpin killed", "irccpin killed", "chrome killed"}[dice.IntN(3)]
	}
	return send(t, e)
}

// note counts a run, and compares its PIN with those before.
func (s *soak) note(t *testing.T, a fixtures.Account, got string, r *automation.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	s.endings[got]++
	if got == string(automation.Internal) {
		t.Errorf("%s: a defect: %+v", a.Username, r.Error)
	}
	if r == nil || r.Error != nil {
		return
	}
	if before := s.pins[a.Username]; before != "" && before != r.User.PIN {
		t.Errorf("%s: the PIN was %s and is %s", a.Username, before, r.User.PIN)
	}
	s.pins[a.Username] = r.User.PIN
}

// check compares what was asked for with what the portal has.
func (s *soak) check(t *testing.T, asked []fixtures.Account) {
	t.Helper()
	for _, a := range s.p.Accounts() {
		want, made := representative(a), []fixtures.User{}
		for _, u := range a.Users {
			if u.Email == want.Email {
				made = append(made, u)
			}
		}
		if len(made) != 1 || made[0].PIN != s.pins[a.Username] {
			t.Errorf("%s: the portal has %+v, the client says %q", a.Username, made, s.pins[a.Username])
		}
	}
	w := s.p.Witness()
	if len(w.Creations) != len(asked) {
		t.Errorf("%d users were made, %d asked for", len(w.Creations), len(asked))
	}
	for _, submit := range w.Submits {
		if submit.Repeat {
			t.Errorf("a refused secret was sent again: %+v", submit)
		}
	}
	clicks := slices.DeleteFunc(w.Clicks, func(c fixtures.Click) bool { return c.Name == fixtures.ClickGCKeyExit })
	if len(clicks) > 0 || len(w.Strays) > 0 {
		t.Errorf("dangerous neighbours %+v, strays %+v", clicks, w.Strays)
	}
	if left := chromes(s.state); len(left) > 0 {
		t.Errorf("browsers are left running: %v", left)
	}
}

func (s *soak) report(seed uint64, took time.Duration) {
	w := s.p.Witness()
	fmt.Printf("soak, seed %d: %d asked for, %d made, %d runs in %s, %d faults of the wire fired\n",
		seed, len(s.pins), len(w.Creations), s.tries, took.Round(time.Second), len(w.Faults))
	for _, name := range slices.Sorted(maps.Keys(s.endings)) {
		fmt.Printf("  %-22s %d\n", name, s.endings[name])
	}
	struck := map[string]int{}
	for _, f := range w.Faults {
		struck[string(f.Kind)]++
	}
	for _, kind := range slices.Sorted(maps.Keys(struck)) {
		fmt.Printf("  fault %-16s %d\n", kind, struck[kind])
	}
}
