package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// suite is what holds on every engine.
var suite = []struct {
	name string
	run  func(*testing.T, world)
}{
	{"an intent is kept whole and excludes another", testIntent},
	{"transitions", testTransitions},
	{"a doubtful creation", testDoubtfulCreation},
	{"a doubtful deletion", testDoubtfulDeletion},
	{"realms, accounts, actions and persons apart", testApart},
	{"two ledgers, one intent", testRacingIntents},
	{"a change between reading and resolving", testRacingResolve},
	{"holds", testHolds},
	{"steps", testSteps},
	{"two ledgers, one step", testRacingSteps},
	{"tries", testTries},
	{"PINs", testPINs},
	{"runs", testRuns},
	{"leases", testLeases},
	{"a lease expires after a crash", testLeaseAfterCrash},
	{"authorizations and pruning", testPrune},
	{"pruning by itself", testTidy},
	{"many authorizations", testManyAuthorizations},
	{"backup", testBackup},
	{"broken backups", testBrokenBackups},
	{"another key", testOtherKey},
	{"newer schema", testNewerSchema},
	{"older schema", testOlderSchema},
	{"odd texts", testOddTexts},
	{"opened at once", testOpenedAtOnce},
}

func TestSQLite(t *testing.T) {
	for _, s := range suite {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, world{dir: t.TempDir()})
		})
	}
}

func testIntent(t *testing.T, w world) {
	l := w.open(t)
	in := ada()
	id := begin(t, l, in)

	again := in
	again.Person = Person{GivenName: " ADA ", FamilyName: "EXAMPLE"} // the e-mail may be absent
	_, err := w.open(t).Begin(t.Context(), again)
	var open *OpenIntentError
	if !errors.As(err, &open) || !errors.Is(err, ErrOpenIntent) {
		t.Fatalf("second intent: %v", err)
	}
	want := Record{Intent: in, ID: id, State: Begun}
	ignoreTimes := cmpopts.IgnoreFields(Record{}, "BegunAt", "ClickedAt", "ClosedAt")
	if d := cmp.Diff(want, open.Open, ignoreTimes); d != "" {
		t.Error(d)
	}
	if open.Open.BegunAt.IsZero() || !open.Open.ClickedAt.IsZero() {
		t.Errorf("times: %+v", open.Open)
	}

	click(t, l, id)
	list, err := l.Unresolved(t.Context(), Live, in.Account)
	must(t, err)
	want.State = Clicked
	if d := cmp.Diff([]Record{want}, list, ignoreTimes); d != "" {
		t.Error(d)
	}

	o := Outcome{Result: Created, RunID: "run-1", Detail: "welcome", AdministrativeStatus: "Active", UserType: "Secondary", PINFingerprint: "pin-1"}
	must(t, l.Resolve(t.Context(), id, o))
	r, err := l.Intent(t.Context(), id)
	must(t, err)
	want.State, want.ClosedBy, want.Outcome = Closed, "run-1", o
	if d := cmp.Diff(want, r, ignoreTimes); d != "" {
		t.Error(d)
	}
	if r.ClosedAt.Before(r.ClickedAt) || r.ClickedAt.Before(r.BegunAt) || r.ClosedAt.IsZero() {
		t.Errorf("times out of order: %+v", r)
	}
	list, err = l.Unresolved(t.Context(), Live, in.Account)
	must(t, err)
	if len(list) != 0 {
		t.Errorf("unresolved: %v", list)
	}
	begin(t, l, in) // a resolved intent stands in nobody's way
	if _, err := l.Intent(t.Context(), "intent_nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown id: %v", err)
	}
	for _, bad := range []func(*Intent){
		func(in *Intent) { in.Realm = "dream" },
		func(in *Intent) { in.Action = "clear" },
		func(in *Intent) { in.Account = "" },
		func(in *Intent) { in.RunID = " " },
		func(in *Intent) { in.AuthorizedBy = "" },
		func(in *Intent) { in.Person = Person{Email: "ada@example.com"} },
	} {
		in := ada()
		bad(&in)
		if _, err := l.Begin(t.Context(), in); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", in, err)
		}
	}
}

// testTransitions tries every result from every state of both actions, without any looks.
func testTransitions(t *testing.T, w world) {
	l := w.open(t)
	allowed := map[string]bool{
		"create clicked created": true, "create begun duplicated": true, "create clicked duplicated": true,
		"create clicked rejected": true, "create begun abandoned": true,
		"delete begun deleted": true, "delete clicked deleted": true, "delete clicked rejected": true, "delete begun abandoned": true,
	}
	unsettled := map[string]bool{
		"create begun reconciled": true, "create clicked reconciled": true, "create begun not_created": true,
		"create clicked not_created": true, "delete begun not_deleted": true, "delete clicked not_deleted": true,
	}
	n := 0
	for _, action := range []Action{Create, Delete} {
		for _, state := range []State{Begun, Clicked, Closed} {
			for result := range resolutions {
				name := fmt.Sprint(action, " ", state, " ", result)
				in := ada()
				in.Action = action
				n++
				in.Person.GivenName = fmt.Sprint("Ada ", n)
				id := begin(t, l, in)
				if state != Begun {
					click(t, l, id)
				}
				if state == Closed {
					must(t, l.Resolve(t.Context(), id, Outcome{Result: Rejected, RunID: "run-1"}))
				}
				err := l.Resolve(t.Context(), id, Outcome{Result: result, RunID: "run-1", Settle: time.Hour})
				want := error(nil)
				switch {
				case unsettled[name]:
					want = ErrNotSettled
				case !allowed[name]:
					want = ErrWrongState
				}
				if !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", name, err, want)
				}
				if state == Begun {
					continue
				}
				if err := l.MarkClicked(t.Context(), id); !errors.Is(err, ErrWrongState) {
					t.Errorf("%s: clicked again: %v", name, err)
				}
			}
		}
	}
	id := begin(t, l, ada())
	if err := l.Resolve(t.Context(), id, Outcome{Result: Abandoned, RunID: "run-2"}); !errors.Is(err, ErrNotSettled) {
		t.Errorf("abandoned by another run: %v", err)
	}
	must(t, l.Resolve(t.Context(), id, Outcome{Result: Abandoned, RunID: "run-1"}))
	if err := l.MarkClicked(t.Context(), id); !errors.Is(err, ErrWrongState) {
		t.Errorf("clicked after it was abandoned: %v", err)
	}
	for name, err := range map[string]error{
		"click":   l.MarkClicked(t.Context(), "intent_nobody"),
		"look":    l.RecordLook(t.Context(), "intent_nobody", Look{At: time.Now()}),
		"resolve": l.Resolve(t.Context(), "intent_nobody", Outcome{Result: Created, RunID: "run-1"}),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s of an unknown intent: %v", name, err)
		}
	}
	if err := l.Resolve(t.Context(), id, Outcome{Result: "perhaps", RunID: "run-1"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("unknown result: %v", err)
	}
}

func testDoubtfulCreation(t *testing.T, w world) {
	l := w.open(t)
	settled := func(id string, settle time.Duration, want bool) {
		t.Helper()
		if got, err := l.Settled(t.Context(), id, settle); err != nil || got != want {
			t.Errorf("settled after %v: %v, %v; want %v", settle, got, err, want)
		}
	}
	notCreated := func(id string, settle time.Duration) error {
		return l.Resolve(t.Context(), id, Outcome{Result: NotCreated, RunID: "run-2", Settle: settle})
	}

	id := begin(t, l, ada())
	look(t, l, id, 2, 0, true)
	look(t, l, id, 2, 0, true)
	settled(id, time.Microsecond, true) // it was never clicked
	click(t, l, id)
	settled(id, time.Microsecond, false) // and these were before the click
	look(t, l, id, 2, 0, true)
	settled(id, 0, false) // one look proves nothing
	look(t, l, id, 1, 0, false)
	settled(id, 0, false) // nor does half a table
	look(t, l, id, 2, 0, true)
	settled(id, time.Microsecond, true)
	settled(id, time.Hour, false)
	if err := notCreated(id, time.Hour); !errors.Is(err, ErrNotSettled) {
		t.Errorf("not created within the hour: %v", err)
	}
	must(t, notCreated(id, time.Microsecond))
	if err := l.RecordLook(t.Context(), id, Look{At: time.Now(), Rows: 1}); !errors.Is(err, ErrWrongState) {
		t.Errorf("look after the end: %v", err)
	}

	id = begin(t, l, ada())
	click(t, l, id)
	look(t, l, id, 2, 0, true)
	look(t, l, id, 3, 1, false) // the row, on the first page already
	look(t, l, id, 2, 0, true)
	settled(id, time.Microsecond, false)
	if err := notCreated(id, time.Microsecond); !errors.Is(err, ErrNotSettled) {
		t.Errorf("not created although seen: %v", err)
	}
	must(t, l.Resolve(t.Context(), id, Outcome{Result: Reconciled, RunID: "run-2"}))

	// Clocks disagree: a look cannot be later than its record.
	id = begin(t, l, ada())
	click(t, l, id)
	look(t, l, id, 2, 0, true)
	must(t, l.RecordLook(t.Context(), id, Look{At: time.Now().Add(48 * time.Hour), Rows: 2, Whole: true}))
	settled(id, time.Hour, false)
	looks, err := l.Looks(t.Context(), id)
	must(t, err)
	if len(looks) != 2 || looks[1].At.After(time.Now().Add(time.Hour)) {
		t.Errorf("looks: %v", looks)
	}
	for _, bad := range []Look{{}, {At: time.Now(), Rows: -1}, {At: time.Now(), Rows: 1, Found: 2}} {
		if err := l.RecordLook(t.Context(), id, bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func testDoubtfulDeletion(t *testing.T, w world) {
	l := w.open(t)
	in := ada()
	in.Action, in.AuthorizedBy, in.Attestation = Delete, "", ""
	id := begin(t, l, in)
	click(t, l, id)
	look(t, l, id, 2, 1, true)
	look(t, l, id, 2, 0, false) // half a table without the row proves nothing
	look(t, l, id, 2, 1, true)
	if got, err := l.Settled(t.Context(), id, time.Microsecond); err != nil || !got {
		t.Errorf("the row stayed: %v, %v", got, err)
	}
	look(t, l, id, 1, 0, true)
	if err := l.Resolve(t.Context(), id, Outcome{Result: NotDeleted, RunID: "run-1", Settle: time.Microsecond}); !errors.Is(err, ErrNotSettled) {
		t.Errorf("not deleted although gone: %v", err)
	}
	must(t, l.Resolve(t.Context(), id, Outcome{Result: Deleted, RunID: "run-1"}))
}

func testApart(t *testing.T, w world) {
	l := w.open(t)
	begin(t, l, ada())
	for _, other := range []func(*Intent){
		func(in *Intent) { in.Realm = Simulated },
		func(in *Intent) { in.Account = "account-2" },
		func(in *Intent) { in.Action = Delete },
		func(in *Intent) { in.Person.GivenName = "Adam" },
		func(in *Intent) { in.Person.GivenName, in.Person.FamilyName = "Ada E", "xample" },
	} {
		in := ada()
		other(&in)
		begin(t, l, in)
	}
	list, err := l.Unresolved(t.Context(), Simulated, "account-1")
	must(t, err)
	if len(list) != 1 || list[0].Realm != Simulated {
		t.Errorf("simulated: %v", list)
	}
}

func testRacingIntents(t *testing.T, w world) {
	ledgers := []*Ledger{w.open(t), w.open(t)}
	const persons = 10
	var mu sync.Mutex
	won := map[string]int{}
	var wg sync.WaitGroup
	for _, l := range ledgers {
		for range 2 {
			wg.Go(func() {
				for i := range persons {
					in := ada()
					in.Person.GivenName = fmt.Sprint("Ada ", i)
					_, err := l.Begin(t.Context(), in)
					switch {
					case err == nil:
						mu.Lock()
						won[in.Person.GivenName]++
						mu.Unlock()
					case !errors.Is(err, ErrOpenIntent):
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	for person, n := range won {
		if n != 1 {
			t.Errorf("%s was begun %d times", person, n)
		}
	}
	if len(won) != persons {
		t.Errorf("%d of %d were begun", len(won), persons)
	}
}

// testRacingResolve resolves one intent from two sides: one wins, the other is told.
func testRacingResolve(t *testing.T, w world) {
	ledgers := []*Ledger{w.open(t), w.open(t)}
	for range 10 {
		id := begin(t, ledgers[0], ada())
		click(t, ledgers[0], id)
		look(t, ledgers[0], id, 3, 1, true)
		results := make([]error, 2)
		var wg sync.WaitGroup
		for i, result := range []Result{Created, Reconciled} {
			wg.Go(func() {
				results[i] = ledgers[i].Resolve(t.Context(), id, Outcome{Result: result, RunID: fmt.Sprint("run-", i)})
			})
		}
		wg.Wait()
		first, second := results[0], results[1]
		if first != nil {
			first, second = second, first
		}
		if first != nil || !errors.Is(second, ErrWrongState) {
			t.Fatalf("results: %v", results)
		}
	}
}

func testHolds(t *testing.T, w world) {
	l := w.open(t)
	password := Hold{Realm: Live, Kind: Password, Fingerprint: "p1", Account: "a1", Reason: "refused", RunID: "run-1"}
	answer := Hold{Realm: Live, Kind: Answer, Fingerprint: "q1", Account: "a1", Reason: "wrong answer", RunID: "run-2"}
	elsewhere := Hold{Realm: Simulated, Kind: Account, Fingerprint: "a1", Account: "a1", Reason: "code refused", RunID: "run-3"}
	again := password
	again.Reason = "refused a second time"
	for _, h := range []Hold{password, again, answer, elsewhere} {
		must(t, l.Hold(t.Context(), h))
	}
	ignoreSet := cmpopts.IgnoreFields(Hold{}, "ID", "At")
	check := func(got []Hold, err error, want ...Hold) {
		t.Helper()
		must(t, err)
		if d := cmp.Diff(want, got, ignoreSet, cmpopts.EquateEmpty(), cmpopts.SortSlices(func(a, b Hold) bool { return a.RunID < b.RunID })); d != "" {
			t.Error(d)
		}
	}
	second := w.open(t)
	held, err := second.Held(t.Context(), Live, "p1", "a1", "q1")
	check(held, err, password, answer)
	held, err = second.Held(t.Context(), Live, "p2", "a1")
	check(held, err)
	held, err = second.Held(t.Context(), Live)
	check(held, err)
	held, err = second.Held(t.Context(), Simulated, "p1", "a1")
	check(held, err, elsewhere)
	held, err = second.ListHolds(t.Context(), Live)
	check(held, err, password, answer)

	if _, err := l.Release(t.Context(), Selector{Realm: Live}); !errors.Is(err, ErrInvalid) {
		t.Errorf("releasing nothing in particular: %v", err)
	}
	if _, err := l.Release(t.Context(), Selector{Realm: Live, ID: held[0].ID, Fingerprint: "other"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("conditions are joined by and: %v", err)
	}
	released, err := l.Release(t.Context(), Selector{Realm: Live, Fingerprint: "p1"})
	check(released, err, password)
	held, err = l.Held(t.Context(), Live, "p1")
	check(held, err)
	released, err = l.Release(t.Context(), Selector{Realm: Live, Account: "a1"})
	check(released, err, answer)
	released, err = l.Release(t.Context(), Selector{Realm: Simulated, All: true})
	check(released, err, elsewhere)
	for _, bad := range []Hold{{}, {Realm: Live, Kind: "hat", Fingerprint: "x", Account: "y"}, {Realm: Live, Kind: Password, Account: "y"}} {
		if err := l.Hold(t.Context(), bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func testSteps(t *testing.T, w world) {
	l := w.open(t)
	for _, c := range []struct {
		realm       Realm
		fingerprint string
		step        int64
		last        int64 // when it is refused
	}{
		{Live, "t1", 57_000_000, 0},
		{Live, "t1", 57_000_000, 57_000_000},
		{Live, "t1", 56_999_999, 57_000_000},
		{Live, "t1", 57_000_001, 0},
		{Live, "t2", 57_000_000, 0},
		{Simulated, "t1", 57_000_000, 0},
		{Live, "t1", 57_000_000, 57_000_001},
	} {
		err := l.UseStep(t.Context(), c.realm, c.fingerprint, c.step)
		var used *StepUsedError
		switch {
		case c.last == 0 && err != nil:
			t.Errorf("%+v: %v", c, err)
		case c.last != 0 && (!errors.As(err, &used) || !errors.Is(err, ErrStepUsed) || used.Last != c.last):
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func testRacingSteps(t *testing.T, w world) {
	ledgers := []*Ledger{w.open(t), w.open(t)}
	var mu sync.Mutex
	used := map[int64]int{}
	var wg sync.WaitGroup
	for _, l := range ledgers {
		wg.Go(func() {
			for step := range int64(40) {
				if err := l.UseStep(t.Context(), Live, "t1", step); err == nil {
					mu.Lock()
					used[step]++
					mu.Unlock()
				} else if !errors.Is(err, ErrStepUsed) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for step, n := range used {
		if n != 1 {
			t.Errorf("step %d was given %d times", step, n)
		}
	}
	if used[39] != 1 {
		t.Error("the last step was given to nobody")
	}
}

func testTries(t *testing.T, w world) {
	l, second := w.open(t), w.open(t)
	check := func(realm Realm, want int) {
		t.Helper()
		got, err := second.Unjudged(t.Context(), realm, "p1")
		must(t, err)
		if got != want {
			t.Errorf("%s: %d unjudged tries, want %d", realm, got, want)
		}
	}
	check(Live, 0)
	for range 3 {
		must(t, l.Trying(t.Context(), Live, "p1"))
	}
	must(t, second.Trying(t.Context(), Live, "p2"))
	must(t, second.Trying(t.Context(), Simulated, "p1"))
	check(Live, 3)
	check(Simulated, 1)
	must(t, l.NotJudged(t.Context(), Live, "p1"))
	check(Live, 2)
	must(t, l.Accepted(t.Context(), Live, "p1"))
	check(Live, 0)
	check(Simulated, 1)
	must(t, l.NotJudged(t.Context(), Live, "p1"))
	check(Live, 0)

	must(t, l.Hold(t.Context(), Hold{Realm: Simulated, Kind: Password, Fingerprint: "p1", Account: "a1"}))
	_, err := l.Release(t.Context(), Selector{Realm: Simulated, All: true})
	must(t, err)
	check(Simulated, 0)
	for _, err := range []error{l.Trying(t.Context(), "hat", "p1"), l.Trying(t.Context(), Live, "")} {
		if !errors.Is(err, ErrInvalid) {
			t.Error(err)
		}
	}
}

func testPINs(t *testing.T, w world) {
	l := w.open(t)
	pin := func(fp string) PIN {
		return PIN{Realm: Live, Account: "a1", Person: ada().Person, Fingerprint: fp, RunID: "run-1"}
	}
	note := func(p PIN) PINSeen {
		t.Helper()
		seen, err := l.NotePIN(t.Context(), p)
		must(t, err)
		return seen
	}
	first := note(pin("x"))
	if !first.First || first.Changed || first.Since.IsZero() {
		t.Errorf("first: %+v", first)
	}
	same := pin("x")
	same.Person = Person{GivenName: "ADA", FamilyName: " Example", Email: "Ada@Example.com"}
	if got := note(same); got != (PINSeen{Since: first.Since}) {
		t.Errorf("same: %+v", got)
	}
	changed := note(pin("y"))
	if changed.First || !changed.Changed || changed.Since.Before(first.Since) {
		t.Errorf("changed: %+v", changed)
	}
	if got := note(pin("y")); got != (PINSeen{Since: changed.Since}) {
		t.Errorf("same again: %+v", got)
	}
	other := pin("y")
	other.Person.Email = "another.ada@example.com"
	if got := note(other); !got.First {
		t.Errorf("another person of the same name: %+v", got)
	}
	id := begin(t, l, ada())
	click(t, l, id)
	must(t, l.Resolve(t.Context(), id, Outcome{Result: Created, RunID: "run-2", PINFingerprint: "z"}))
	p := pin("z")
	p.Account = ada().Account
	if got := note(p); got.First || got.Changed {
		t.Errorf("the PIN of a creation: %+v", got)
	}
	if _, err := l.NotePIN(t.Context(), PIN{Realm: Live, Account: "a1"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("no PIN: %v", err)
	}
}

func testRuns(t *testing.T, w world) {
	l := w.open(t)
	for i, r := range []Run{
		{ID: "r1", Realm: Live, Command: "create", Employer: "Farm"},
		{ID: "r2", Realm: Simulated, Command: "demo"},
		{ID: "r3", Realm: Live, Command: "list"},
	} {
		must(t, l.StartRun(t.Context(), r))
		for { // the order is that of the clock
			now, err := l.Clock(t.Context())
			must(t, err)
			started, err := l.Run(t.Context(), r.ID)
			must(t, err)
			if now.After(started.Started) {
				break
			}
		}
		if err := l.StartRun(t.Context(), r); !errors.Is(err, ErrInvalid) {
			t.Errorf("run %d twice: %v", i, err)
		}
	}
	must(t, l.EndRun(t.Context(), "r1", "", "created", ""))
	must(t, l.EndRun(t.Context(), "r3", "Example Farms Ltd.", "", "page_unknown"))
	if err := l.EndRun(t.Context(), "r1", "", "created", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("ended twice: %v", err)
	}
	names := func(f RunFilter) string {
		t.Helper()
		list, err := l.Runs(t.Context(), f)
		must(t, err)
		var s []string
		for _, r := range list {
			s = append(s, fmt.Sprintf("%s %s %s %q %q %q %v", r.ID, r.Realm, r.Command, r.Employer, r.Result, r.Code, !r.Ended.IsZero()))
		}
		return strings.Join(s, "\n")
	}
	r1, r2, r3 := `r1 live create "Farm" "created" "" true`, `r2 simulated demo "" "" "" false`, `r3 live list "Example Farms Ltd." "" "page_unknown" true`
	for _, c := range []struct {
		f    RunFilter
		want []string
	}{
		{RunFilter{}, []string{r3, r2, r1}},
		{RunFilter{Realm: Live}, []string{r3, r1}},
		{RunFilter{Limit: 1}, []string{r3}},
		{RunFilter{Employer: "Farm"}, []string{r1}},
		{RunFilter{Since: time.Now().Add(time.Hour)}, nil},
	} {
		if got := names(c.f); got != strings.Join(c.want, "\n") {
			t.Errorf("%+v: %s", c.f, got)
		}
	}
	if _, err := l.Run(t.Context(), "r4"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown run: %v", err)
	}
}

func testLeases(t *testing.T, w world) {
	one, two := w.open(t), w.open(t)
	lease, err := one.Acquire(t.Context(), Live, "a1", "host one", time.Hour)
	must(t, err)
	_, err = two.Acquire(t.Context(), Live, "a1", "host two", time.Hour)
	var busy *BusyError
	if !errors.As(err, &busy) || !errors.Is(err, ErrBusy) || busy.Holder != "host one" || busy.Expires.Sub(busy.Since) != time.Hour {
		t.Errorf("second lease: %v", err)
	}
	other, err := two.Acquire(t.Context(), Simulated, "a1", "host two", time.Hour)
	must(t, err)
	must(t, other.Release(t.Context()))
	must(t, lease.Confirm(t.Context()))
	must(t, lease.Release(t.Context()))
	must(t, lease.Release(t.Context()))
	if err := lease.Confirm(t.Context()); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("confirmed after release: %v", err)
	}
	lease, err = two.Acquire(t.Context(), Live, "a1", "host two", time.Hour)
	must(t, err)
	must(t, lease.Release(t.Context()))
	for _, ttl := range []time.Duration{0, -time.Second} {
		if _, err := one.Acquire(t.Context(), Live, "a1", "host", ttl); !errors.Is(err, ErrInvalid) {
			t.Errorf("a lease of %v: %v", ttl, err)
		}
	}
}

// testLeaseAfterCrash closes a ledger without releasing: the heartbeat ends as in a crash. Whoever takes the lease over
// keeps it by heartbeats.
func testLeaseAfterCrash(t *testing.T, w world) {
	one, two := w.open(t), w.open(t)
	const ttl = 200 * time.Millisecond
	lease, err := one.Acquire(t.Context(), Live, "a1", "host one", ttl)
	must(t, err)
	must(t, one.Close())
	select {
	case <-lease.Lost():
	default:
		t.Error("a closed ledger keeps a lease")
	}
	taken := await(t, two, ttl)
	select {
	case <-taken.Lost():
		t.Error("lost at once")
	default:
	}
	// Somebody else's token in the row is a lost lease.
	three := w.open(t)
	must(t, three.write(t.Context(), "stealing", func(t *tx) error {
		_, err := t.exec(context.Background(), `UPDATE irccpin_leases SET token = 'thief'`)
		return err
	}))
	select {
	case <-taken.Lost():
	case <-soon(t).Done():
		t.Fatal("the heartbeat did not notice the thief")
	}
	must(t, taken.Release(t.Context()))
	n := 0
	must(t, three.read(t.Context(), "counting", func(t *tx) error {
		_, err := t.one(context.Background(), []any{&n}, `SELECT count(*) FROM irccpin_leases WHERE token = 'thief'`)
		return err
	}))
	if n != 1 {
		t.Error("release took somebody else's lease away")
	}
}

// await takes the lease as soon as it has expired.
func await(t *testing.T, l *Ledger, ttl time.Duration) *Lease {
	t.Helper()
	ctx := soon(t)
	for {
		lease, err := l.Acquire(ctx, Live, "a1", "host two", ttl)
		if err == nil {
			return lease
		}
		if !errors.Is(err, ErrBusy) {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
			t.Fatal("the lease does not expire")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func testPrune(t *testing.T, w world) {
	l := w.open(t)
	done := begin(t, l, ada())
	click(t, l, done)
	look(t, l, done, 3, 1, true)
	must(t, l.Resolve(t.Context(), done, Outcome{Result: Reconciled, RunID: "run-2", Detail: "hello", AdministrativeStatus: "Active", UserType: "Secondary", PINFingerprint: "pin-1"}))
	deletion := ada()
	deletion.Action, deletion.AuthorizedBy = Delete, ""
	gone := begin(t, l, deletion)
	must(t, l.Resolve(t.Context(), gone, Outcome{Result: Deleted, RunID: "run-3"}))
	in := ada()
	in.Person.GivenName = "Open"
	open := begin(t, l, in)

	if p, err := l.Prune(t.Context(), time.Hour); err != nil || p != (Pruned{}) {
		t.Fatalf("nothing is an hour old: %+v, %v", p, err)
	}
	if _, err := l.Prune(t.Context(), 0); !errors.Is(err, ErrInvalid) {
		t.Errorf("no age: %v", err)
	}
	before := collect(t, l, AuthorizationFilter{})
	p, err := l.Prune(t.Context(), time.Microsecond)
	if err != nil || p != (Pruned{Intents: 2, PINs: 1}) {
		t.Fatalf("pruned: %+v, %v", p, err)
	}
	after := collect(t, l, AuthorizationFilter{})
	if len(before) != 2 || before[0].Person.Email == "" || before[0].Result != Reconciled || before[0].AuthorizedBy != "Grace Owner" {
		t.Fatalf("before: %+v", before)
	}
	before[0].Person.Email = ""
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("only the e-mail address goes: %s", d)
	}
	if _, err := l.Intent(t.Context(), gone); !errors.Is(err, ErrNotFound) {
		t.Errorf("a deletion nobody authorised stays: %v", err)
	}
	r, err := l.Intent(t.Context(), done)
	must(t, err)
	if d := cmp.Diff(Outcome{Result: Reconciled, RunID: "run-2"}, r.Outcome); d != "" || len(r.Before) != 0 {
		t.Errorf("pruned intent: %s %v", d, r.Before)
	}
	if r, err := l.Intent(t.Context(), open); err != nil || r.Person != in.Person {
		t.Errorf("an unresolved intent lost something: %+v, %v", r, err)
	}
	if p, err := l.Prune(t.Context(), time.Microsecond); err != nil || p != (Pruned{}) {
		t.Errorf("pruned twice: %+v, %v", p, err)
	}
}

// testTidy: what is more than a year old goes by itself, looked for once a day.
func testTidy(t *testing.T, w world) {
	l := w.open(t)
	id := begin(t, l, ada())
	must(t, l.Resolve(t.Context(), id, Outcome{Result: Abandoned, RunID: "run-1"}))
	closedAt := func(age time.Duration) {
		must(t, l.write(t.Context(), "aging", func(tx *tx) error {
			_, err := tx.exec(t.Context(), `UPDATE irccpin_intents SET closed_at = ? WHERE id = ?`, micros(tx.now.Add(-age)), id)
			return err
		}))
	}
	email := func() string {
		r, err := l.Intent(t.Context(), id)
		must(t, err)
		return r.Person.Email
	}
	closedAt(RetainPersonal - time.Hour)
	must(t, l.Tidy(t.Context()))
	if email() == "" {
		t.Error("what is not a year old is gone")
	}
	closedAt(RetainPersonal + time.Hour)
	must(t, l.Tidy(t.Context()))
	if email() == "" {
		t.Error("tidied twice on one day")
	}
	must(t, l.write(t.Context(), "aging", func(tx *tx) error {
		return tx.setMeta(t.Context(), "tidied_at", strconv.FormatInt(micros(tx.now.Add(-tidyEvery)), 10))
	}))
	must(t, l.Tidy(t.Context()))
	if email() != "" {
		t.Error("what is more than a year old is still there a day later")
	}
}

func testManyAuthorizations(t *testing.T, w world) {
	l := w.open(t)
	const n = 450 // more than two pages
	must(t, l.write(t.Context(), "filling", func(tx *tx) error {
		for i := range n {
			// Many of the same moment: the order goes on by id.
			_, err := tx.exec(t.Context(), `INSERT INTO irccpin_intents (id, realm, account, action, person, given_name, family_name,
				email, authorized_by, attestation, legal_name, business_number, run_id, before_rows, begun_at, state, revision)
				VALUES (?, 'live', 'a1', 'create', ?, ?, 'Example', '', 'Grace', '', '', ?, 'run-1', '[]', ?, 'begun', 0)`,
				fmt.Sprintf("intent_%03d", i), fmt.Sprint("person ", i), fmt.Sprint("Ada ", i), fmt.Sprint("BN", i%2), 1000+i/100)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	i := 0
	for a, err := range l.ExportAuthorizations(t.Context(), AuthorizationFilter{}) {
		must(t, err)
		if want := fmt.Sprintf("intent_%03d", i); a.ID != want {
			t.Fatalf("item %d is %s", i, a.ID)
		}
		if i == 300 { // the loop may use the ledger
			must(t, l.Hold(t.Context(), Hold{Realm: Live, Kind: Password, Fingerprint: "p", Account: "a"}))
		}
		i++
	}
	if i != n {
		t.Errorf("%d of %d", i, n)
	}
	for _, c := range []struct {
		f    AuthorizationFilter
		want int
	}{
		{AuthorizationFilter{BusinessNumber: "BN1"}, n / 2},
		{AuthorizationFilter{Realm: Simulated}, 0},
		{AuthorizationFilter{Realm: Live, Account: "a1"}, n},
		{AuthorizationFilter{Since: fromMicros(1001), Until: fromMicros(1003)}, 200},
	} {
		if got := len(collect(t, l, c.f)); got != c.want {
			t.Errorf("%+v: %d, want %d", c.f, got, c.want)
		}
	}
	for range l.ExportAuthorizations(t.Context(), AuthorizationFilter{}) {
		break // leaving early is fine
	}
}

// filled writes something of everything.
func filled(t *testing.T, l *Ledger) {
	t.Helper()
	id := begin(t, l, ada())
	click(t, l, id)
	look(t, l, id, 3, 1, true)
	must(t, l.Resolve(t.Context(), id, Outcome{Result: Reconciled, RunID: "run-2", PINFingerprint: "pin-1"}))
	in := ada()
	in.Person.GivenName = "Žofie \"Q\" \\ 'x'"
	click(t, l, begin(t, l, in))
	must(t, l.Hold(t.Context(), Hold{Realm: Live, Kind: Password, Fingerprint: "p1", Account: "a1", Reason: "refused"}))
	must(t, l.UseStep(t.Context(), Live, "t1", 1<<53+1))
	must(t, l.Trying(t.Context(), Live, "p1"))
	must(t, l.StartRun(t.Context(), Run{ID: "r1", Realm: Live, Command: "create"}))
	_, err := l.Acquire(t.Context(), Live, "a1", "host", time.Hour)
	must(t, err)
}

func export(t *testing.T, l *Ledger) string {
	t.Helper()
	var b bytes.Buffer
	must(t, l.Export(t.Context(), &b))
	return b.String()
}

// rowsOf leaves out the first line, which tells the time.
func rowsOf(backup string) string {
	_, rows, _ := strings.Cut(backup, "\n")
	return rows
}

func testBackup(t *testing.T, w world) {
	l := w.open(t)
	filled(t, l)
	backup := export(t, l)
	if err := l.Restore(t.Context(), strings.NewReader(backup)); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("into a full ledger: %v", err)
	}

	// Between engines, too: what is exported here is restored into SQLite.
	fresh := open(t, Options{Dir: t.TempDir(), Key: l.key})
	must(t, fresh.Restore(t.Context(), strings.NewReader(backup)))
	if d := cmp.Diff(rowsOf(backup), rowsOf(export(t, fresh))); d != "" {
		t.Error(d)
	}
	if _, err := fresh.Begin(t.Context(), Intent{
		Realm: Live, Account: "account-1", Action: Create, AuthorizedBy: "x", RunID: "run-9",
		Person: Person{GivenName: "žofie \"q\" \\ 'x'", FamilyName: "example"},
	}); !errors.Is(err, ErrOpenIntent) {
		t.Errorf("a restored intent excludes: %v", err)
	}
	if err := fresh.UseStep(t.Context(), Live, "t1", 1<<53+1); !errors.Is(err, ErrStepUsed) {
		t.Errorf("a restored step: %v", err)
	}
	lease, err := fresh.Acquire(t.Context(), Live, "a1", "host", time.Hour)
	must(t, err) // leases are not restored
	must(t, lease.Release(t.Context()))
	elsewhere := open(t, Options{Dir: t.TempDir()})
	if err := elsewhere.Restore(t.Context(), strings.NewReader(backup)); !errors.Is(err, ErrWrongKey) {
		t.Errorf("with another key: %v", err)
	}
}

func testBrokenBackups(t *testing.T, w world) {
	l := w.open(t)
	source := open(t, Options{Dir: t.TempDir(), Key: l.key})
	filled(t, source)
	backup := export(t, source)
	lines := strings.SplitAfter(strings.TrimSuffix(backup, "\n"), "\n")
	cut := func(drop int) string {
		return strings.Join(append(append([]string{}, lines[:drop]...), lines[drop+1:]...), "")
	}
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"empty":           {"", ErrBadBackup},
		"not ours":        {`{"some":"json"}`, ErrBadBackup},
		"other format":    {strings.Replace(backup, backupFormat, "other", 1), ErrBadBackup},
		"newer version":   {strings.Replace(backup, `"version":1`, `"version":2`, 1), ErrBadBackup},
		"newer schema":    {strings.Replace(backup, `"schema":2`, `"schema":99`, 1), ErrNewerVersion},
		"cut off":         {strings.Join(lines[:len(lines)-1], ""), ErrBadBackup},
		"cut in a line":   {backup[:len(backup)/2], ErrBadBackup},
		"a row is gone":   {cut(len(lines) - 2), ErrBadBackup},
		"its intent gone": {cut(1), ErrBadBackup},
		"a row twice":     {strings.Replace(backup, lines[1], lines[1]+lines[1], 1), ErrBadBackup},
		"unknown table":   {strings.Replace(backup, `"table":"runs"`, `"table":"meta"`, 1), ErrBadBackup},
		"unknown column":  {strings.Replace(backup, `"realm":`, `"realm) --":`, 1), ErrBadBackup},
		"a boolean":       {strings.Replace(backup, `"ended_at":0`, `"ended_at":false`, 1), ErrBadBackup},
		"a fraction":      {strings.Replace(backup, `"ended_at":0`, `"ended_at":0.5`, 1), ErrBadBackup},
		"an empty row":    {lines[0] + `{"table":"runs","row":{}}` + "\n" + `{"rows":1}`, ErrBadBackup},
		"something more":  {backup + backup, ErrBadBackup},
	} {
		if err := l.Restore(t.Context(), strings.NewReader(c.text)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	must(t, l.Restore(t.Context(), strings.NewReader(backup))) // nothing of the broken ones stayed
	if d := cmp.Diff(rowsOf(backup), rowsOf(export(t, l))); d != "" {
		t.Error(d)
	}
}

func testOtherKey(t *testing.T, w world) {
	w.open(t)
	o := w.options()
	o.Key = []byte("another key of thirty-two bytes or more")
	if _, err := Open(t.Context(), o); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another key: %v", err)
	}
	o.Key = o.Key[:KeySize-1]
	if _, err := Open(t.Context(), o); !errors.Is(err, ErrKeyTooShort) {
		t.Errorf("a short key: %v", err)
	}
	if a, b := w.open(t).Fingerprint("pin", "1234"), w.open(t).Fingerprint("pin", "1234"); a != b || len(a) != 32 {
		t.Errorf("fingerprints: %q, %q", a, b)
	}
	l := w.open(t)
	if l.Fingerprint("pin", "1234") == l.Fingerprint("password", "1234") || l.Fingerprint("pi", "n1234") == l.Fingerprint("pin", "1234") {
		t.Error("fingerprints of different kinds meet")
	}
}

func testNewerSchema(t *testing.T, w world) {
	l := w.open(t)
	must(t, l.write(t.Context(), "travelling in time", func(tx *tx) error { return tx.setMeta(t.Context(), "schema", "99") }))
	_, err := Open(t.Context(), w.options())
	var version *VersionError
	if !errors.As(err, &version) || !errors.Is(err, ErrNewerVersion) || version.Found != 99 || version.Known != 2 {
		t.Errorf("newer schema: %v", err)
	}
}

// testOlderSchema opens a ledger of the first version, with what it remembers.
func testOlderSchema(t *testing.T, w world) {
	l := w.open(t)
	id := begin(t, l, ada())
	must(t, l.write(t.Context(), "travelling in time", func(tx *tx) error {
		if _, err := tx.exec(t.Context(), `DROP TABLE irccpin_tries`); err != nil {
			return err
		}
		return tx.setMeta(t.Context(), "schema", "1")
	}))
	newer := w.open(t)
	if _, err := newer.Intent(t.Context(), id); err != nil {
		t.Error(err)
	}
	must(t, newer.Trying(t.Context(), Live, "p1"))
}

// testOddTexts keeps what a page may print: a record after the click must not fail over it.
func testOddTexts(t *testing.T, w world) {
	l := w.open(t)
	in := ada()
	in.Attestation = "nul \x00, broken \xff, 'quotes' \"and\" $1 ? ; --"
	id := begin(t, l, in)
	click(t, l, id)
	must(t, l.Resolve(t.Context(), id, Outcome{Result: Created, RunID: "run-1", Detail: "\x00\xfe", UserType: strings.Repeat("é", 5000)}))
	r, err := l.Intent(t.Context(), id)
	must(t, err)
	if want := "nul \uFFFD, broken \uFFFD, 'quotes' \"and\" $1 ? ; --"; r.Attestation != want || r.Outcome.Detail != "\uFFFD\uFFFD" {
		t.Errorf("%q, %q", r.Attestation, r.Outcome.Detail)
	}
}

func testOpenedAtOnce(t *testing.T, w world) {
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			l, err := Open(t.Context(), w.options())
			if err != nil {
				t.Error(err)
				return
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
