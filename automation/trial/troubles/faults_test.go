package troubles_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// The fault matrix: at every step of a creation every kind of trouble strikes
// once; then a plain second run follows. Whatever the first run ended as, the
// second ends with the PIN, and the portal has made the user exactly once.
//
// A sample runs by default. All of it, some 540 cells, with the table at the end:
//
//	IRCCPIN_TEST_FAULTS=full go test ./automation/trial/troubles -run TestFaults -timeout 4h

// step is one place of the flow where trouble can strike.
type step struct {
	name string
	// The request that trouble of the wire meets.
	page   fixtures.Page
	method string
	skip   int
	// The moment of trouble of this machine, as the observer is told.
	at moment
	// commits tells that the request creates the user; after that it is there.
	commits, after bool
	// coded tells that the step is met only with the second factor on. Other
	// cells go without: the next code would be waited for at each sign-in.
	coded bool
}

// steps are in the order of the flow. Where the observer's moment is empty only
// the wire is troubled, where the page is, only this machine.
func steps() []step {
	post, get := "POST", "GET"
	return []step{
		{name: "landing", page: fixtures.PageLanding, method: get, at: moment{"page landing", 0}},
		{name: "hand-over", page: fixtures.PageGCCF, method: get, at: moment{"pressed gckey", 0}},
		{name: "sign-in page", page: fixtures.PageSignIn, method: get, at: moment{"page gckey-sign-in", 0}},
		{name: "password", page: fixtures.PageSignIn, method: post, at: moment{"pressed sign-in", 0}},
		{name: "welcome page", page: fixtures.PageWelcome, method: get, at: moment{"page gckey-welcome", 0}},
		{name: "welcome", page: fixtures.PageWelcome, method: post},
		{name: "code page", page: fixtures.PageCode, method: get, at: moment{"page mfa-code", 0}, coded: true},
		{name: "code", page: fixtures.PageCode, method: post, at: moment{"pressed continue", 1}, coded: true},
		{name: "code taken page", page: fixtures.PageFactored, method: get, at: moment{"page mfa-success", 0}, coded: true},
		{name: "code taken", page: fixtures.PageFactored, method: post, coded: true},
		{name: "hand-back", page: fixtures.PageGCCF, method: post},
		{name: "terms page", page: fixtures.PageTerms, method: get, at: moment{"page terms", 0}},
		{name: "terms", page: fixtures.PageTerms, method: post, at: moment{"pressed accept", 0}},
		{name: "question page", page: fixtures.PageQuestion, method: get, at: moment{"page identity-validation", 0}},
		{name: "answer", page: fixtures.PageQuestion, method: post},
		{name: "home page", page: fixtures.PageHome, method: get, at: moment{"page home", 0}},
		{name: "form", page: fixtures.PageCreate, method: get, at: moment{"page create-user", 0}},
		{name: "filled form", at: moment{"ticked attestation", 0}},
		{name: "create", page: fixtures.PageCreate, method: post, at: moment{"pressed create-account", 0}, commits: true},
		{name: "confirmation", page: fixtures.PageConfirm, method: get, at: moment{"page confirm-create-user", 0}, after: true},
		{name: "home again", page: fixtures.PageHome, method: get, skip: 1, at: moment{"page home", 1}, after: true},
		{name: "sign-out", page: fixtures.PageSignedOut, method: get, at: moment{"pressed logout", 0}, after: true},
	}
}

// trouble is one column of the matrix.
type trouble struct {
	name string
	// fault is trouble of the wire; the zero value is trouble of this machine.
	fault fixtures.Fault
}

func troubles() []trouble {
	var all []trouble
	for _, kind := range []fixtures.FaultKind{
		fixtures.Fault500, fixtures.Fault503, fixtures.FaultDrop, fixtures.FaultReset,
		fixtures.FaultBlank, fixtures.FaultInterstitial, fixtures.FaultLogout, fixtures.FaultExpired, fixtures.FaultLoop,
	} {
		all = append(all,
			trouble{string(kind), fixtures.Fault{Kind: kind}},
			trouble{string(kind) + " after acting", fixtures.Fault{Kind: kind, Acted: true}})
	}
	return append(all,
		trouble{"slow-headers", fixtures.Fault{Kind: fixtures.FaultSlowHeaders, Delay: 2 * time.Second}},
		trouble{"stall", fixtures.Fault{Kind: fixtures.FaultStall}},
		trouble{"reset-body", fixtures.Fault{Kind: fixtures.FaultResetBody}},
		trouble{"late-commit", fixtures.Fault{Kind: fixtures.FaultLateCommit, Delay: 700 * time.Millisecond}},
		trouble{afterNextHome, fixtures.Fault{Kind: fixtures.FaultLateCommit, Delay: 5 * time.Minute}},
		trouble{"alert", fixtures.Fault{Kind: fixtures.FaultAlert}},
		trouble{"confirm", fixtures.Fault{Kind: fixtures.FaultConfirm}},
		trouble{"before-unload", fixtures.Fault{Kind: fixtures.FaultBeforeUnload}},
		trouble{"popup", fixtures.Fault{Kind: fixtures.FaultPopup}},
		trouble{"chrome killed", fixtures.Fault{}},
		trouble{"chrome hung", fixtures.Fault{}},
		trouble{"irccpin killed", fixtures.Fault{}},
		trouble{"database locked", fixtures.Fault{}},
		trouble{"disk full", fixtures.Fault{}},
	)
}

// afterNextHome is a commit so late that it happens in the next run, just after
// that was served the home page, without the user. The first run has no time to
// wait it out.
const afterNextHome = "commit after the next home page"

// cell is one place of the matrix.
type cell struct {
	step
	trouble
	// confirm is how the portal answers the creation: see Portal.Traits.
	confirm string
}

func (c cell) String() string {
	if c.confirm == "direct" {
		return c.step.name + " (no redirect)/" + c.trouble.name
	}
	return c.step.name + "/" + c.trouble.name
}

// cells are the whole matrix, or the sample of it.
func cells(full bool) []cell {
	sample := []string{
		"password/drop after acting", "home page/confirm", "create/drop after acting", "create/late-commit",
		"create/" + afterNextHome, "create (no redirect)/reset-body", "create/chrome killed", "create/irccpin killed", "create/disk full",
	}
	var out []cell
	for _, s := range steps() {
		for _, t := range troubles() {
			wire := t.fault.Kind != ""
			if wire && s.page == "" || !wire && (s.at.What == "" || !slices.Contains(localTroubles, t.name)) {
				continue
			}
			if s.method == "GET" && (t.fault.Acted || t.fault.Kind == fixtures.FaultLateCommit) {
				continue // a page that is asked for does nothing
			}
			if t.name == afterNextHome && !s.commits {
				continue
			}
			ways := []string{"redirect"}
			if s.commits {
				ways = append(ways, "direct")
			}
			for _, way := range ways {
				if c := (cell{s, t, way}); full || slices.Contains(sample, c.String()) {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// seedOf is the first seed of a portal that answers a creation in a way.
func seedOf(t *testing.T, confirm string) uint64 {
	t.Helper()
	for seed := uint64(3); ; seed++ {
		p, err := fixtures.Start(fixtures.Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		found := p.Traits()["confirm"] == confirm
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if found {
			return seed
		}
	}
}

// row is what a cell came to.
type row struct {
	cell
	struck        bool
	first, second string
	creations     int
	faults        []string
}

func TestFaults(t *testing.T) {
	t.Parallel()
	full := os.Getenv("IRCCPIN_TEST_FAULTS") == "full"
	seeds := map[string]uint64{"redirect": seedOf(t, "redirect"), "direct": seedOf(t, "direct")}
	var mu sync.Mutex
	rows := map[string]row{}
	all := cells(full)
	t.Run("cells", func(t *testing.T) {
		for _, c := range all {
			t.Run(c.String(), func(t *testing.T) {
				t.Parallel()
				r := strike(t, c, seeds[c.confirm], automation.Run)
				for _, fault := range r.faults {
					t.Error(fault)
				}
				if !full && !r.struck {
					t.Error("the trouble did not strike")
				}
				t.Logf("%s, then %s, %d made", r.first, r.second, r.creations)
				mu.Lock()
				defer mu.Unlock()
				rows[c.String()] = r
			})
		}
	})
	if full {
		printTable(all, rows)
	}
}

func printTable(all []cell, rows map[string]row) {
	failed, struck := 0, 0
	fmt.Printf("%-28s %-26s %-20s %-16s %s\n", "step", "trouble", "first run", "second run", "creations")
	for _, c := range all {
		r := rows[c.String()]
		if !r.struck {
			continue // there is no such moment on this way
		}
		struck++
		verdict := ""
		if len(r.faults) > 0 {
			failed++
			verdict = "  WRONG: " + strings.Join(r.faults, "; ")
		}
		name, _, _ := strings.Cut(c.String(), "/")
		fmt.Printf("%-28s %-26s %-20s %-16s %d%s\n", name, c.trouble.name, r.first, r.second, r.creations, verdict)
	}
	fmt.Printf("%d cells struck, %d wrong\n", struck, failed)
}

// strike plays one cell: a run in trouble, then a plain one.
func strike(t *testing.T, c cell, seed uint64, client client) row {
	t.Helper()
	p, s := trial.Portal(t, fixtures.Options{Seed: seed})
	conf := trial.Reserving(trial.Config(t, s), 24*time.Second)
	conf.Timeout = 40 * time.Second
	switch c.trouble.name {
	case "stall":
		conf.Timeout = 24 * time.Second // it is waited for to its end
	case "chrome hung":
		conf.Timeout = 60 * time.Second // it takes up to 18 s to be noticed
		conf = trial.Reserving(conf, 60*time.Second)
	case afterNextHome:
		conf.Settle = time.Hour // no time for a second reading: the click stays in doubt
	}
	uncoded := func() {
		if err := p.Misbehave(fixtures.Misbehaviour{Name: "2fa-off"}); err != nil {
			t.Fatal(err)
		}
	}
	if !c.coded {
		uncoded()
	}
	r := row{cell: c}
	first := inTrouble(t, c, p, s, conf, client)
	between := p.Witness()
	r.struck = len(between.Faults) > 0 || c.trouble.fault.Kind == "" && first.struck
	r.first = first.ending()
	r.faults = append(r.faults, c.judge(r, first.result, conf)...)
	if !r.struck && c.trouble.fault.Kind != "" {
		return r // the way does not pass here
	}

	if c.coded {
		uncoded()
	}
	// The plain run has more time than it needs: on slow cores a sign-in alone
	// can take half of what the run in trouble has.
	conf.Timeout = 2 * time.Minute
	conf.RunID = automation.NewRunID(time.Now())
	if c.trouble.name == afterNextHome {
		conf.Observer = &trigger{at: moment{"page home", 0}, do: func() { p.Advance(c.fault.Delay) }}
	}
	second := client(t.Context(), conf, automation.Create(trial.Newcomer))
	r.second = trial.Ending(second)
	w := p.Witness()
	r.creations = len(w.Creations)
	r.faults = append(r.faults, aftermath(t, p, conf, second)...)
	if c.trouble.name == afterNextHome && (r.first != "outcome_unknown" || !second.Reconciled) {
		r.faults = append(r.faults, fmt.Sprintf("the first run ended as %s, the second reconciled: %v", r.first, second.Reconciled))
	}
	return r
}

// firstRun is how the run in trouble ended.
type firstRun struct {
	result *automation.Result // nil when it was killed
	struck bool               // trouble of this machine came about
}

func (f firstRun) ending() string {
	if f.result == nil {
		return "killed"
	}
	return trial.Ending(f.result)
}

func inTrouble(t *testing.T, c cell, p *fixtures.Portal, s trial.Simulated, conf automation.Config, client client) firstRun {
	t.Helper()
	conf.RunID = automation.NewRunID(time.Now())
	switch c.trouble.name {
	case "chrome killed", "chrome hung":
		watch := &trigger{at: c.at, do: func() { localTrouble(c.trouble.name, conf.StateDir) }}
		conf.Observer = watch
		r := client(t.Context(), conf, automation.Create(trial.Newcomer))
		return firstRun{r, watch.pulled()}
	case "irccpin killed", "database locked", "disk full":
		r := send(t, errand{
			Portal: simulatedAddress{s.Addr, s.SPKI, s.Env}, StateDir: conf.StateDir, RunID: conf.RunID, User: trial.Newcomer,
			Settle: conf.Settle, Timeout: conf.Timeout, At: c.at, Trouble: c.trouble.name,
		})
		return firstRun{r, true}
	}
	f := c.fault
	f.Page, f.Method, f.Skip = c.page, c.method, c.skip
	if err := p.Fault(f); err != nil {
		t.Fatal(err)
	}
	return firstRun{result: client(t.Context(), conf, automation.Create(trial.Newcomer))}
}

// judge says what is wrong with the ending of the run in trouble.
func (c cell) judge(r row, first *automation.Result, conf automation.Config) (wrong []string) {
	if first == nil {
		if c.trouble.name != "irccpin killed" {
			wrong = append(wrong, "the run was killed")
		}
		return wrong
	}
	var allowed []string
	switch {
	case !r.struck:
		allowed = []string{"created"}
	case c.after:
		// The user is there: nothing but that, or not knowing, may be told.
		allowed = []string{"created", "outcome_unknown", "pin_pending"}
	case c.commits:
		allowed = []string{"created", "outcome_unknown", "not_created"}
	default:
		allowed = []string{"created", "portal_unavailable", "page_unknown", "page_changed"}
	}
	switch c.trouble.name {
	case "popup":
		allowed = append(allowed, "unsafe")
	case "database locked", "disk full":
		if !c.commits && !c.after {
			allowed = append(allowed, "state_unavailable")
		}
	}
	if got := trial.Ending(first); !slices.Contains(allowed, got) {
		wrong = append(wrong, fmt.Sprintf("the first run ended as %s (%+v), want one of %v", got, first.Error, allowed))
	}
	if limit := conf.Timeout + 60*time.Second + 80*time.Second; first.ElapsedMS > limit.Milliseconds() {
		wrong = append(wrong, fmt.Sprintf("the first run took %d ms, more than its deadline allows", first.ElapsedMS))
	}
	return wrong
}

// aftermath says what is wrong once a plain run has followed.
func aftermath(t *testing.T, p *fixtures.Portal, conf automation.Config, second *automation.Result) (wrong []string) {
	t.Helper()
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	account := p.Accounts()[0]
	var made []fixtures.User
	for _, u := range account.Users {
		if u.Email == trial.Newcomer.Email {
			made = append(made, u)
		}
	}
	w := p.Witness()
	if len(made) != 1 || len(w.Creations) != 1 {
		complain("the portal has %d such users after %d creations", len(made), len(w.Creations))
	}
	switch {
	case second.Result == nil:
		complain("the second run failed: %+v", second.Error)
	case len(made) == 1 && (second.User == nil || second.User.PIN != made[0].PIN):
		complain("the portal made %+v, the client says %+v", made[0], second.User)
	}
	for _, submit := range w.Submits {
		if submit.Repeat {
			complain("a refused secret was sent again: %+v", submit)
		}
	}
	// A session that got no further than GCKey is ended by GCKey's own Sign Out.
	clicks := slices.DeleteFunc(w.Clicks, func(c fixtures.Click) bool { return c.Name == fixtures.ClickGCKeyExit })
	if len(clicks) > 0 || len(w.Strays) > 0 || w.PlainHTTP > 0 {
		complain("dangerous neighbours %+v, strays %+v, plain http %d", clicks, w.Strays, w.PlainHTTP)
	}
	if left := chromes(conf.StateDir); len(left) > 0 {
		complain("browsers are left running: %v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(conf.StateDir, "browsers", "*")); len(left) > 0 {
		complain("browser profiles are left behind: %v", left)
	}
	if open := trial.Unresolved(t, conf, account.Username); len(open) > 0 {
		complain("intents are left open: %+v", open)
	}
	return wrong
}
