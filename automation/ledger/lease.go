package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Lease is the right to be the only session of a credential. It is renewed in the background until released, and expires
// by itself after a crash.
type Lease struct {
	l              *Ledger
	realm          Realm
	account, token string
	ttl            time.Duration

	end  context.CancelFunc // ends the heartbeat
	done chan struct{}      // closed when the heartbeat has ended
	lost chan struct{}
	once sync.Once

	mu      sync.Mutex
	renewed moment // when the last renewal that succeeded was asked for
}

// moment is a time by two clocks: the monotonic one can stand still in a suspended machine, the one on the wall can be set.
type moment struct{ monotonic, wall time.Time }

func now() moment {
	t := time.Now()
	return moment{t, t.Round(0)}
}

// within tells whether less than d has passed since, by both clocks.
func (m moment) within(d time.Duration, now moment) bool {
	return now.monotonic.Sub(m.monotonic) < d && now.wall.Sub(m.wall) < d
}

// Acquire takes the lease on an account (its fingerprint, or another name that excludes). A [*BusyError] tells who has it.
// The holder is a label for people: host, process, run. A third of ttl is the heartbeat; ttl is what others wait for
// after a crash. The context bounds the acquisition, not the lease.
func (l *Ledger) Acquire(ctx context.Context, realm Realm, account, holder string, ttl time.Duration) (*Lease, error) {
	if err := realm.check(); err != nil {
		return nil, err
	}
	if err := need("the account", account, "the holder", holder); err != nil {
		return nil, err
	}
	if ttl < time.Millisecond {
		return nil, fmt.Errorf("%w: a lease of %s", ErrInvalid, ttl)
	}
	lease := &Lease{l: l, realm: realm, account: account, token: rand.Text(), ttl: ttl, done: make(chan struct{}), lost: make(chan struct{})}
	asked := time.Now()
	lease.renewed = now()
	err := l.write(ctx, "taking the lease on the credential", func(t *tx) error {
		for {
			n, err := t.exec(ctx, `INSERT INTO irccpin_leases (realm, account, holder, token, since, expires_at) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (realm, account) DO UPDATE SET holder = excluded.holder, token = excluded.token, since = excluded.since,
				expires_at = excluded.expires_at WHERE irccpin_leases.expires_at <= excluded.since`,
				string(realm), account, clean(holder), lease.token, micros(t.now), micros(t.now.Add(ttl)))
			if err != nil || n == 1 {
				return err
			}
			busy := &BusyError{}
			var since, expires int64
			found, err := t.one(ctx, []any{&busy.Holder, &since, &expires}, `SELECT holder, since, expires_at FROM irccpin_leases
				WHERE realm = ? AND account = ?`, string(realm), account)
			if err != nil {
				return err
			}
			if found { // else it was released between the two statements
				busy.Since, busy.Expires = fromMicros(since), fromMicros(expires)
				return busy
			}
		}
	})
	if err != nil {
		return nil, err
	}
	beat, end := context.WithCancel(context.WithoutCancel(ctx))
	lease.end = end
	if !l.keep(lease) {
		end()
		return nil, errors.New("taking the lease on the credential: the ledger is closed")
	}
	go lease.heartbeat(beat, asked)
	return lease, nil
}

// keep remembers a lease whose heartbeat is about to run, unless the ledger is being closed.
func (l *Ledger) keep(lease *Lease) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.leases[lease] = struct{}{}
	return true
}

// Lost is closed when the lease is no longer certain: somebody else has it, it could not be renewed for its whole time, or
// the ledger was closed. Before a committing click that does not do: see [Lease.Confirm].
func (lease *Lease) Lost() <-chan struct{} { return lease.lost }

// Confirm renews the lease now and thereby proves that it is still held: the last question before an intent is begun.
// [ErrLeaseLost] when it is not.
func (lease *Lease) Confirm(ctx context.Context) error {
	select {
	case <-lease.lost:
		return ErrLeaseLost
	default:
	}
	err := lease.renew(ctx)
	if errors.Is(err, ErrLeaseLost) {
		lease.lose()
	}
	return err
}

// Certain tells, without asking the database, whether the lease was renewed so lately that nobody else can have it. It is
// for the moments between [Lease.Confirm] and the click's way out, in which a process can be stopped, or its machine
// suspended, for as long as others need to take the lease and to find that nothing came of the click. One beat of the time
// is left to them.
func (lease *Lease) Certain() bool {
	select {
	case <-lease.lost:
		return false
	default:
	}
	lease.mu.Lock()
	defer lease.mu.Unlock()
	return lease.renewed.within(lease.ttl-lease.ttl/3, now())
}

// Release gives the lease back and ends its heartbeat. A second call does nothing.
func (lease *Lease) Release(ctx context.Context) error {
	lease.stop()
	return lease.l.write(ctx, "releasing the lease on the credential", func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM irccpin_leases WHERE realm = ? AND account = ? AND token = ?`,
			string(lease.realm), lease.account, lease.token)
		return err
	})
}

// Break takes the lease on an account away from a holder who is known to be gone, such as a killed process of the same
// machine, so that nobody waits for it to expire. A holder who lives after all finds the lease lost at its next renewal,
// and before it clicks. It is no error when somebody else holds the lease by now.
func (l *Ledger) Break(ctx context.Context, realm Realm, account, holder string) error {
	return l.write(ctx, "breaking the lease of a dead holder", func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM irccpin_leases WHERE realm = ? AND account = ? AND holder = ?`,
			string(realm), account, clean(holder))
		return err
	})
}

// stop ends the heartbeat and waits for it.
func (lease *Lease) stop() {
	lease.end()
	<-lease.done
	lease.l.mu.Lock()
	delete(lease.l.leases, lease)
	lease.l.mu.Unlock()
}

func (lease *Lease) lose() { lease.once.Do(func() { close(lease.lost) }) }

// heartbeat renews every third of the lease's time, so that two beats may fail before it is lost. What counts is when the
// last successful renewal was asked for: by then the database's clock had not started to count.
func (lease *Lease) heartbeat(ctx context.Context, renewed time.Time) {
	defer close(lease.done)
	beat := time.NewTicker(lease.ttl / 3)
	defer beat.Stop()
	expiry := time.NewTimer(time.Until(renewed.Add(lease.ttl)))
	defer expiry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-expiry.C:
			lease.lose()
			return
		case <-beat.C:
		}
		asked := time.Now()
		bounded, cancel := context.WithDeadline(ctx, renewed.Add(lease.ttl))
		err := lease.renew(bounded)
		cancel()
		switch {
		case err == nil:
			renewed = asked
			expiry.Reset(time.Until(renewed.Add(lease.ttl)))
		case errors.Is(err, ErrLeaseLost):
			lease.lose()
			return
		}
	}
}

// renew extends the lease if it is still ours. One that has expired and that nobody took is ours: nobody was in between.
func (lease *Lease) renew(ctx context.Context) error {
	asked := now()
	err := lease.l.write(ctx, "renewing the lease on the credential", func(t *tx) error {
		n, err := t.exec(ctx, `UPDATE irccpin_leases SET expires_at = ? WHERE realm = ? AND account = ? AND token = ?`,
			micros(t.now.Add(lease.ttl)), string(lease.realm), lease.account, lease.token)
		if err == nil && n == 0 {
			return ErrLeaseLost
		}
		return err
	})
	if err == nil {
		lease.mu.Lock()
		defer lease.mu.Unlock()
		if asked.monotonic.After(lease.renewed.monotonic) { // the heartbeat and Confirm can pass each other
			lease.renewed = asked
		}
	}
	return err
}
