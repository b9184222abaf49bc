package redesigns_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"irccpin/automation"
	"irccpin/automation/page"
	"irccpin/automation/trial"
	"irccpin/fixtures"
	"irccpin/fixtures/mutate"
)

// The ends of a run on a mutated portal.
type end string

const (
	completed end = "completed"
	// stopped safely: nothing wrong was pressed or typed, no user was made that
	// is not reported, and the report says where and why.
	stopped end = "stopped"
	// wrong: anything else.
	wrong end = "wrong"
)

// stops are the codes that a run on a changed page may stop with: it says that the
// page has changed.
var stops = []automation.Code{page.PageChanged, page.PageUnknown}

// otherStops are the mutations on which a run may stop with another code, which
// says more than that.
var otherStops = map[string]automation.Code{
	"details-lost":         page.WrongEmployer,    // whose account it is cannot be told
	"dialog-alert-refuses": page.RejectedByPortal, // the page says no, and why
	"confirm-email-too":    page.RejectedByPortal, // one of two addresses is typed, and the page says so
	"create-link-gone":     page.NotPermitted,     // nobody can be created
}

// mayStop tells whether a run may stop with a code before a user is made.
func (tr *redesign) mayStop(code automation.Code) bool {
	return slices.Contains(stops, code) || code == page.NotCreated || code == page.OutcomeUnknown ||
		slices.ContainsFunc(tr.edits, func(m mutate.Mutation) bool { return otherStops[m.Name] == code && code != "" })
}

// doubts are the codes for a user that may have been made or was made without a PIN.
var doubts = []automation.Code{page.OutcomeUnknown, page.PINPending, page.NotCreated}

// redesign is one run on a portal with some mutations.
type redesign struct {
	seed  uint64
	lang  string
	edits []mutate.Mutation
	// strict: completing what is not readable is wrong. In a combination one
	// mutation can undo another.
	strict bool

	applied bool
	end     end
	why     string
	report  string
}

func (tr *redesign) name() string {
	var names []string
	for _, m := range tr.edits {
		names = append(names, m.Name)
	}
	return strings.Join(names, "+")
}

func (tr *redesign) readable() bool {
	return !slices.ContainsFunc(tr.edits, func(m mutate.Mutation) bool { return !m.Readable })
}

// run onboards a user at the mutated portal and judges the end by what the
// portal and the front witnessed.
func (tr *redesign) run(t *testing.T) {
	account := fixtures.DefaultAccount(tr.lang)
	if strings.Contains(tr.name(), "pager-") {
		// More users than one page of the table shows.
		for i := range 11 {
			account.Users = append(account.Users, fixtures.User{
				GivenName: fmt.Sprintf("Guest%c", 'A'+i), FamilyName: "Marlowe", Email: fmt.Sprintf("guest%d@example.com", i),
			})
		}
	}
	p, s := trial.Portal(t, fixtures.Options{Seed: tr.seed, Lang: tr.lang, Accounts: []fixtures.Account{account}})
	if err := p.Misbehave(tr.shortcuts()...); err != nil {
		t.Fatal(err)
	}
	f, err := mutate.Open(s.Addr, trial.Hosts(t), tr.seed, tr.edits...)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s.Addr, s.SPKI = f.Addr, f.SPKI
	before := len(p.Accounts()[0].Users)
	r := trial.Run(t, trial.Config(t, s), automation.Create(trial.Newcomer))
	tr.applied = true
	for _, m := range tr.edits {
		tr.applied = tr.applied && f.Applied(m.Name) > 0
	}
	tr.judge(p, f, r, before)
}

// shortcuts leave out the parts of the way that no mutation changes.
func (tr *redesign) shortcuts() []fixtures.Misbehaviour {
	at := map[mutate.Place]bool{}
	for _, m := range tr.edits {
		at[m.At] = true
	}
	switch {
	case at[mutate.Everywhere], at[mutate.AtMFA]:
		return []fixtures.Misbehaviour{{Name: "captcha-instant"}}
	case at[mutate.AtGCKey]:
		return []fixtures.Misbehaviour{{Name: "captcha-instant"}, {Name: "2fa-off"}}
	}
	return []fixtures.Misbehaviour{{Name: "sso-pass-through"}, {Name: "2fa-off"}}
}

func (tr *redesign) judge(p *fixtures.Portal, f *mutate.Front, r *automation.Result, before int) {
	w := p.Witness()
	users := p.Accounts()[0].Users
	code := automation.Code(trial.Ending(r))
	if r.Error != nil {
		tr.report = fmt.Sprintf("%s at %s: %s", r.Error.Code, r.Error.Page, r.Error.Message)
	}
	fail := func(format string, args ...any) { tr.end, tr.why = wrong, fmt.Sprintf(format, args...) }
	switch {
	case len(w.Clicks) > 0:
		fail("dangerous neighbours were pressed: %+v", w.Clicks)
	case len(f.Sprung()) > 0:
		fail("traps were sprung: %v", f.Sprung())
	case len(w.Strays) > 0 || slices.ContainsFunc(w.Submits, func(s fixtures.Submit) bool { return s.Repeat || !s.Accepted }):
		fail("secrets went astray: %+v %+v", w.Strays, w.Submits)
	case len(w.Creations) > 1 || len(w.Deletions) > 0 || len(users) != before+len(w.Creations):
		fail("%d creations, %d deletions", len(w.Creations), len(w.Deletions))
	case len(w.Creations) == 1 && !tr.asOrdered(w.Creations[0].User):
		fail("the user made is %+v", w.Creations[0].User)
	case code == "created" && len(w.Creations) == 0:
		fail("the client reports a user that was not made")
	case code == "created" && (r.User == nil || r.User.PIN != users[before].PIN):
		fail("the client reports %+v of %+v", r.User, users[before])
	case code == "created" && tr.strict && !tr.readable():
		fail("the client went on where the page no longer says the same")
	case code == "created":
		tr.end = completed
	case r.Error == nil:
		fail("ended as %s", code)
	case len(w.Creations) == 1 && !slices.Contains(doubts, code):
		fail("a user was made, and the client says %s", tr.report)
	case len(w.Creations) == 0 && !tr.mayStop(code):
		fail("ended as %s", tr.report)
	case !tr.named(r.Error):
		fail("the report names nothing of what changed: %s", tr.report)
	default:
		tr.end, tr.why = stopped, tr.report
	}
}

// asOrdered tells whether the user that was made is the one that was ordered, as
// far as the form lets names be typed.
func (tr *redesign) asOrdered(u fixtures.User) bool {
	if strings.Contains(tr.name(), "name-typed-") {
		return strings.EqualFold(u.GivenName, trial.Newcomer.GivenName) && strings.EqualFold(u.FamilyName, trial.Newcomer.FamilyName) && u.Email == trial.Newcomer.Email
	}
	return asOrdered(u)
}

func asOrdered(u fixtures.User) bool {
	return u.GivenName == trial.Newcomer.GivenName && u.FamilyName == trial.Newcomer.FamilyName && u.Email == trial.Newcomer.Email
}

// named tells whether a report names what was changed: a page or an element that a
// mutation says it changes, or for one that says nothing of that, the page on which
// the run stopped. A page that was not recognised is told by the last one that was,
// and by what it is nearest to.
func (tr *redesign) named(e *automation.Failure) bool {
	said := e.Page + " " + e.Element + " " + e.Message
	anywhere := false
	for _, m := range tr.edits {
		if slices.ContainsFunc(m.Names, func(name string) bool { return strings.Contains(said, name) }) {
			return true
		}
		anywhere = anywhere || len(m.Names) == 0
	}
	return anywhere && e.Page != "" && e.Page != "unknown"
}

// score counts the ends of many trials.
type score struct {
	mu     sync.Mutex
	trials []*redesign
}

func (s *score) add(tr *redesign) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trials = append(s.trials, tr)
}

// tell prints the figures, and every redesign that did not complete although the
// page was readable.
func (s *score) tell(t *testing.T, what string) (readable, done int) {
	t.Helper()
	count := map[end]int{}
	unreadable := map[end]int{}
	slices.SortFunc(s.trials, func(a, b *redesign) int { return cmp.Compare(a.name(), b.name()) })
	for _, tr := range s.trials {
		if !tr.readable() {
			unreadable[tr.end]++
			continue
		}
		count[tr.end]++
		if tr.end == stopped {
			t.Logf("stopped on a readable page: %s (seed %d, %s): %s", tr.name(), tr.seed, tr.lang, tr.why)
		}
	}
	readable = count[completed] + count[stopped] + count[wrong]
	t.Logf("%s, readable: %d completed, %d stopped safely, %d wrong, of %d", what, count[completed], count[stopped], count[wrong], readable)
	t.Logf("%s, not readable: %d completed, %d stopped safely, %d wrong, of %d", what, unreadable[completed], unreadable[stopped], unreadable[wrong],
		unreadable[completed]+unreadable[stopped]+unreadable[wrong])
	return readable, count[completed]
}

// try runs a redesign as a subtest and adds it to the score. A mutation that does
// not fit a seed's pages is tried on others.
func (s *score) try(t *testing.T, tr redesign) {
	name := fmt.Sprintf("%s/%s-%d", tr.name(), tr.lang, tr.seed)
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		for range 6 {
			tr.run(t)
			if tr.applied || tr.end == wrong || !tr.strict {
				break
			}
			tr.seed++
		}
		if tr.strict && !tr.applied && tr.end == completed {
			t.Errorf("the mutation changed no page of seeds up to %d", tr.seed)
		}
		if tr.end == wrong {
			t.Errorf("%s (seed %d, %s): %s", tr.name(), tr.seed, tr.lang, tr.why)
		}
		// At once, so that a long run that is stopped has told what it knows.
		t.Logf("ended: %s, readable %t: %s: %s", tr.end, tr.readable(), tr.name(), tr.why)
		s.add(&tr)
	})
}

// TestMutations onboards a user at portals whose pages are changed: by one
// mutation alone, and by random combinations. Without variables it draws a
// sample that fits into a minute or two; the seed of the draw is printed.
//
//	IRCCPIN_TEST_MUTATIONS=all     each mutation alone
//	IRCCPIN_TEST_MUTATIONS=a,b     these mutations, each alone
//	IRCCPIN_TEST_SEEDS=5           each mutation alone, on as many portals in both languages
//	IRCCPIN_TEST_MUTATIONS=1000    as many random combinations of two to four
//	IRCCPIN_TEST_SEED=7            repeats a draw
//
// The large ones take longer than go test allows by itself: -timeout 3h.
func TestMutations(t *testing.T) {
	t.Parallel()
	random := trial.Draw(t)
	combinations, err := strconv.Atoi(os.Getenv("IRCCPIN_TEST_MUTATIONS"))
	large := err == nil
	if !large {
		combinations = 3
	}
	seeds, err := strconv.Atoi(os.Getenv("IRCCPIN_TEST_SEEDS"))
	each := err == nil || os.Getenv("IRCCPIN_TEST_MUTATIONS") == "all"
	named, err := mutate.Named(strings.Split(os.Getenv("IRCCPIN_TEST_MUTATIONS"), ",")...)
	chosen := err == nil

	t.Run("single", func(t *testing.T) {
		var s score
		t.Run("each", func(t *testing.T) {
			if chosen {
				each, combinations = true, 0
			} else {
				named = mutate.All()
			}
			for _, tr := range singles(random, named, each, seeds) {
				s.try(t, tr)
			}
		})
		if readable, done := s.tell(t, "single mutations"); readable >= 50 && done*10 < readable*9 {
			t.Errorf("only %d of %d readable mutations were completed", done, readable)
		}
	})
	t.Run("combined", func(t *testing.T) {
		var s score
		t.Run("each", func(t *testing.T) {
			for range combinations {
				s.try(t, combination(random, large))
			}
		})
		s.tell(t, "combinations")
	})
}

// sample is how many single mutations are drawn by default; each takes two or
// three seconds, and some that stop wait ten for what does not come.
const sample = 3

// singles are the trials of one of some mutations each: a sample, every one, or every
// one on several portals.
func singles(random *rand.Rand, all []mutate.Mutation, each bool, seeds int) []redesign {
	order := random.Perm(len(all))
	if !each {
		order = order[:sample]
	}
	var out []redesign
	for i, n := range order {
		tr := redesign{edits: all[n : n+1], strict: true, seed: random.Uint64N(50), lang: []string{"en", "en", "fr"}[i%3]}
		if seeds == 0 {
			out = append(out, tr)
			continue
		}
		for seed := range seeds {
			for _, lang := range []string{"en", "fr"} {
				tr.seed, tr.lang = uint64(seed), lang
				out = append(out, tr)
			}
		}
	}
	return out
}

// combination draws two mutations, or up to four.
func combination(random *rand.Rand, large bool) redesign {
	all := mutate.All()
	size := 2
	if large {
		size += random.IntN(3)
	}
	tr := redesign{seed: random.Uint64N(1000), lang: []string{"en", "en", "fr"}[random.IntN(3)]}
	paged := false
	for _, i := range random.Perm(len(all)) {
		pager := strings.HasPrefix(all[i].Name, "pager-")
		if pager && paged {
			continue // a table has one pager: two that both turn it leave it standing
		}
		paged = paged || pager
		if tr.edits = append(tr.edits, all[i]); len(tr.edits) == size {
			break
		}
	}
	return tr
}
