package jobs

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// Realm keeps what is done at a simulated portal apart from what is done at the
// live one: they share no limit, no schedule and no row.
type Realm string

// The two realms.
const (
	Live      Realm = "live"
	Simulated Realm = "simulated"
)

// Limits are how politely the portal is visited. They hold for all processes
// that share the database; each process goes by its own.
type Limits struct {
	// Sessions is how many may be open at once; 0 is any number.
	Sessions int
	// Pause is the least time between the starts of two sessions; 0 is none.
	Pause time.Duration
	// Interval is the least time between two runs of a schedule; 0 is any.
	Interval time.Duration
	// Backoff is the wait before a row that found the portal unavailable is tried
	// again. It doubles with each try. 0 is none.
	Backoff time.Duration
}

// DefaultLimits are what a portal is visited with that nobody here owns. A
// person at a keyboard signs in about as often; nobody at the portal has been
// asked, so that they stay on the careful side.
func DefaultLimits() Limits {
	return Limits{Sessions: 2, Pause: 10 * time.Second, Interval: time.Hour, Backoff: 30 * time.Second}
}

// backoff is how long to wait after a number of tries: doubling, at most half an
// hour, and spread by half so that rows which failed together do not come back
// together.
func (l Limits) backoff(tries int) time.Duration {
	d := min(l.Backoff<<min(tries-1, 10), 30*time.Minute)
	if d <= 0 {
		return 0
	}
	return d/2 + rand.N(d/2+1)
}

const (
	// slotTime is how long the place of a killed process stays taken.
	slotTime = 30 * time.Second
	// fullPause is how often a full house is asked again.
	fullPause = 250 * time.Millisecond
)

// closing says that the portal asked not to be visited for a while.
type closing struct {
	Until time.Time
	Why   string
}

// slot is the right to have one session open.
type slot struct {
	store         *Store
	token, holder string
	realm         Realm
	stop          context.CancelFunc
	done          sync.WaitGroup
}

// admission is the answer to who wants to open a session: a slot, or how long to
// wait before asking again, and whether the portal is closed meanwhile.
type admission struct {
	slot   *slot
	wait   time.Duration
	closed *closing
}

// clockPutBack is how far ahead a start must lie to say that the clock was put
// back: far longer than a transaction waits for its turn.
const clockPutBack = time.Minute

// admit asks for a place among the sessions of a realm.
func (s *Store) admit(ctx context.Context, realm Realm, l Limits, holder string) (admission, error) {
	var a admission
	token := newID("slot")
	err := s.in(ctx, "asking for a session's place", func(t *tx) error {
		a = admission{}
		if _, err := t.exec(ctx, `UPDATE irccpin_gates SET realm = realm WHERE realm = ?`, string(realm)); err != nil {
			return err // this made others wait for us
		}
		var started, until int64
		var why string
		if _, err := t.one(ctx, []any{&started, &until, &why}, `SELECT started_at, closed_until, closed_why FROM irccpin_gates WHERE realm = ?`, string(realm)); err != nil {
			return err
		}
		if end := fromMicros(until); end.After(t.now) {
			a.closed, a.wait = &closing{end, why}, end.Sub(t.now)
			return nil
		}
		// The last start can lie a little ahead of this transaction's clock, which
		// was read before it waited for its turn. A clock that was put back must
		// not keep everybody waiting.
		last := fromMicros(started)
		if next := last.Add(l.Pause); next.After(t.now) && last.Sub(t.now) < clockPutBack {
			a.wait = min(next.Sub(t.now), l.Pause)
			return nil
		}
		if l.Sessions > 0 {
			if _, err := t.exec(ctx, `DELETE FROM irccpin_slots WHERE expires_at <= ?`, micros(t.now)); err != nil {
				return err
			}
			var taken int64
			if _, err := t.one(ctx, []any{&taken}, `SELECT count(*) FROM irccpin_slots WHERE realm = ?`, string(realm)); err != nil {
				return err
			}
			if taken >= int64(l.Sessions) {
				a.wait = fullPause
				return nil
			}
		}
		a.slot = &slot{store: s, token: token, realm: realm, holder: holder}
		if _, err := t.exec(ctx, `UPDATE irccpin_gates SET started_at = ? WHERE realm = ?`, micros(t.now), string(realm)); err != nil {
			return err
		}
		return a.slot.renew(ctx, t)
	})
	if err != nil {
		return admission{}, err
	}
	if a.slot != nil {
		a.slot.keep(ctx)
	}
	return a, nil
}

// keep renews the slot until it is released. One that expires all the same,
// since the database could not be reached for a while, is taken again: its session
// is still open.
func (p *slot) keep(ctx context.Context) {
	ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	p.done.Go(func() {
		beat := time.NewTicker(slotTime / 3)
		defer beat.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-beat.C:
				_ = p.store.in(ctx, "keeping a session's place", func(t *tx) error { return p.renew(ctx, t) })
			}
		}
	})
}

func (p *slot) renew(ctx context.Context, t *tx) error {
	_, err := t.exec(ctx, `INSERT INTO irccpin_slots (token, realm, holder, expires_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (token) DO UPDATE SET expires_at = excluded.expires_at`, p.token, string(p.realm), p.holder, micros(t.now.Add(slotTime)))
	return err
}

// release gives the place back.
func (p *slot) release(ctx context.Context) error {
	p.stop()
	p.done.Wait()
	return p.store.in(ctx, "giving a session's place back", func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM irccpin_slots WHERE token = ?`, p.token)
		return err
	})
}

// closeGate keeps all sessions of a realm away from the portal for a while. It
// never shortens a closing.
func (s *Store) closeGate(ctx context.Context, realm Realm, d time.Duration, why string) error {
	return s.in(ctx, "noting that the portal is closed", func(t *tx) error {
		until := micros(t.now.Add(d))
		_, err := t.exec(ctx, `UPDATE irccpin_gates SET closed_until = ?, closed_why = ? WHERE realm = ? AND closed_until < ?`, until, clean(why), string(realm), until)
		return err
	})
}

// noteVisit notes whether a session reached the portal: since when none has, and
// when one last tried.
func (s *Store) noteVisit(ctx context.Context, realm Realm, answered bool) error {
	return s.in(ctx, "noting whether the portal answered", func(t *tx) error {
		var err error
		if answered {
			_, err = t.exec(ctx, `UPDATE irccpin_gates SET unavailable_since = 0, unavailable_last = 0, unavailable_told = 0 WHERE realm = ? AND unavailable_since <> 0`, string(realm))
		} else {
			_, err = t.exec(ctx, `UPDATE irccpin_gates SET unavailable_since = CASE unavailable_since WHEN 0 THEN ? ELSE unavailable_since END, unavailable_last = ? WHERE realm = ?`,
				micros(t.now), micros(t.now), string(realm))
		}
		return err
	})
}

// closedError is what happens to a row that is not visited because of a closing.
func (c *closing) closedError(now time.Time) *automation.Error {
	return &automation.Error{
		Code:       automation.PortalUnavailable,
		Message:    lang.Text("not opened: the portal is closed until %s: %s", c.Until.Local().Format("2006-01-02 15:04"), c.Why),
		Hint:       lang.Text("Run it again after that; what is done is not done again."),
		RetryAfter: c.Until.Sub(now),
	}
}
