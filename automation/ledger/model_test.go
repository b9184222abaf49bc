package ledger

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// modelIntent is what the model knows of one intent: a plain account of what happened, without the ledger's tables.
type modelIntent struct {
	id, run string
	slot    string // action and person
	action  Action
	state   State
	since   time.Time // of the click, or of the beginning
	looks   []modelLook
}

type modelLook struct {
	at    time.Time
	found bool
	whole bool
}

// mayBe says by the words of the protocol whether an intent may be resolved so.
func (m *modelIntent) mayBe(result Result, run string, settle time.Duration) error {
	creates := slices.Contains([]Result{Created, Reconciled, Duplicated, NotCreated}, result)
	deletes := slices.Contains([]Result{Deleted, NotDeleted}, result)
	switch {
	case m.state == Closed,
		creates && m.action == Delete, deletes && m.action == Create,
		m.state == Begun && (result == Created || result == Rejected),
		m.state == Clicked && result == Abandoned:
		return ErrWrongState
	case result == Abandoned && run != m.run:
		return ErrNotSettled
	}
	var proof []time.Time // whole looks that show no effect
	effect, row := false, false
	for _, look := range m.looks {
		if !look.at.After(m.since) {
			continue
		}
		row = row || look.found
		switch {
		case m.action == Create && look.found, m.action == Delete && !look.found && look.whole:
			effect = true
		case look.whole:
			proof = append(proof, look.at)
		}
	}
	switch result {
	case Reconciled:
		if !row {
			return ErrNotSettled
		}
	case NotCreated, NotDeleted:
		if effect || len(proof) < 2 {
			return ErrNotSettled
		}
		apart := slices.MaxFunc(proof, time.Time.Compare).Sub(slices.MinFunc(proof, time.Time.Compare))
		if apart == 0 || apart < settle {
			return ErrNotSettled
		}
	}
	return nil
}

// TestModel lets random histories, with restarts in them, run through the ledger and through the model.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "model")
		if err != nil {
			rt.Fatal(err)
		}
		c := newClock()
		reopen := func() *Ledger {
			l, err := Open(t.Context(), Options{Dir: dir, Now: c.now})
			if err != nil {
				rt.Fatal(err)
			}
			return l
		}
		l := reopen()
		defer func() { l.Close() }()
		var all []*modelIntent
		pick := func(rt *rapid.T) *modelIntent {
			if len(all) == 0 {
				rt.Skip("no intent yet") // this step alone: rapid draws another one in its place
			}
			return rapid.SampledFrom(all).Draw(rt, "intent")
		}
		expect := func(rt *rapid.T, err, want error) {
			if !errors.Is(err, want) {
				rt.Fatalf("got %v, want %v", err, want)
			}
		}
		runs := rapid.SampledFrom([]string{"run-1", "run-2"})
		rt.Repeat(map[string]func(*rapid.T){
			"begin": func(rt *rapid.T) {
				in := ada()
				in.Action = rapid.SampledFrom([]Action{Create, Delete}).Draw(rt, "action")
				in.Person.GivenName = rapid.SampledFrom([]string{"Ada", "ADA ", "Zoë", "Zoe\u0308"}).Draw(rt, "name")
				in.RunID = runs.Draw(rt, "run")
				slot := fmt.Sprint(in.Action, normal(in.Person.GivenName))
				id, err := l.Begin(t.Context(), in)
				i := slices.IndexFunc(all, func(m *modelIntent) bool { return m.slot == slot && m.state != Closed })
				if i >= 0 {
					var open *OpenIntentError
					if !errors.As(err, &open) || open.Open.ID != all[i].id {
						rt.Fatalf("got %v, want the open intent %s", err, all[i].id)
					}
					return
				}
				expect(rt, err, nil)
				all = append(all, &modelIntent{id: id, run: in.RunID, slot: slot, action: in.Action, state: Begun, since: c.now()})
			},
			"click": func(rt *rapid.T) {
				m := pick(rt)
				err := l.MarkClicked(t.Context(), m.id)
				if m.state != Begun {
					expect(rt, err, ErrWrongState)
					return
				}
				expect(rt, err, nil)
				m.state, m.since = Clicked, c.now()
			},
			"look": func(rt *rapid.T) {
				m := pick(rt)
				found, whole := rapid.Bool().Draw(rt, "found"), rapid.Bool().Draw(rt, "whole")
				err := l.RecordLook(t.Context(), m.id, Look{At: c.now(), Rows: 3, Found: int(flag(found)), Whole: whole})
				if m.state == Closed {
					expect(rt, err, ErrWrongState)
					return
				}
				expect(rt, err, nil)
				m.looks = append(m.looks, modelLook{c.now(), found, whole})
			},
			"resolve": func(rt *rapid.T) {
				m := pick(rt)
				result := rapid.SampledFrom([]Result{Created, Reconciled, Duplicated, NotCreated, Deleted, NotDeleted, Rejected, Abandoned}).Draw(rt, "result")
				o := Outcome{Result: result, RunID: runs.Draw(rt, "run"), Settle: time.Duration(rapid.IntRange(0, 2).Draw(rt, "settle")) * time.Minute}
				want := m.mayBe(result, o.RunID, o.Settle)
				expect(rt, l.Resolve(t.Context(), m.id, o), want)
				if want == nil {
					m.state = Closed
				}
			},
			"time passes": func(rt *rapid.T) {
				c.advance(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
			},
			"restart": func(rt *rapid.T) {
				if err := l.Close(); err != nil {
					rt.Fatal(err)
				}
				l = reopen()
			},
			"": func(rt *rapid.T) {
				list, err := l.Unresolved(t.Context(), Live, ada().Account)
				expect(rt, err, nil)
				got, want := map[string]State{}, map[string]State{}
				for _, r := range list {
					got[r.ID] = r.State
				}
				for _, m := range all {
					if m.state != Closed {
						want[m.id] = m.state
					}
				}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					rt.Fatalf("unresolved: %v, want %v", got, want)
				}
			},
		})
	})
}
