package automation

import (
	"context"
	"time"

	"irccpin/automation/ledger"
)

// Sighting tells how a PIN that was read compares with what was seen before.
type Sighting struct {
	// Fingerprint stands for the PIN where it must not be kept: equal PINs have
	// equal ones, and without the ledger's key it tells nothing.
	Fingerprint string
	// Changed tells that the same person had another PIN before.
	Changed bool
	// Since is when this PIN was first seen.
	Since time.Time
}

// Remember notes a user's PIN in the ledger, by its keyed fingerprint alone. A
// user without a PIN is not noted. The error is state_unavailable.
func (s *Session) Remember(ctx context.Context, u User) (Sighting, error) {
	if u.PIN == "" {
		return Sighting{}, nil
	}
	p := s.portal
	p.config.learn(u)
	print := p.ledger.Fingerprint("pin", u.PIN)
	seen, err := p.ledger.NotePIN(ctx, ledger.PIN{
		Realm: p.config.realm(), Account: p.custody.account,
		Person: ledger.Person(u.Person()), Fingerprint: print, RunID: p.config.RunID,
	})
	return Sighting{Fingerprint: print, Changed: seen.Changed, Since: seen.Since}, stateError(err)
}
