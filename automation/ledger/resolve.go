package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Result is what came of an intent.
type Result string

// The results. Each says which intents it can resolve; any other use is a [*StateError].
const (
	Created    Result = "created"     // a clicked creation whose user was confirmed, by page or table, without a doubt
	Reconciled Result = "reconciled"  // a creation in doubt whose user a recorded look found
	Duplicated Result = "duplicated"  // a creation after which the table has several rows of the person
	NotCreated Result = "not_created" // a creation in doubt that, the looks say, made no user
	Deleted    Result = "deleted"     // a deletion whose user is gone from the table
	NotDeleted Result = "not_deleted" // a deletion in doubt that, the looks say, left the user
	Rejected   Result = "rejected"    // a click that the portal's validation answered with no
	Abandoned  Result = "abandoned"   // never clicked; only the run that began the intent can know
)

// Outcome resolves an intent.
type Outcome struct {
	Result Result
	RunID  string // the run that knows
	Detail string // what the portal said, redacted
	// Settle is how long absence must last for NotCreated, persistence for NotDeleted; see [Ledger.Settled].
	Settle time.Duration
	// AdministrativeStatus and UserType are the user's row, PINFingerprint the keyed fingerprint of the PIN in it; all may
	// be empty.
	AdministrativeStatus, UserType, PINFingerprint string
}

// resolutions says which action and which states a result can resolve.
var resolutions = map[Result]struct {
	action Action // empty: both
	from   []State
}{
	Created:    {Create, []State{Clicked}},
	Reconciled: {Create, []State{Begun, Clicked}},
	Duplicated: {Create, []State{Begun, Clicked}},
	NotCreated: {Create, []State{Begun, Clicked}},
	Deleted:    {Delete, []State{Begun, Clicked}},
	NotDeleted: {Delete, []State{Begun, Clicked}},
	Rejected:   {"", []State{Clicked}},
	Abandoned:  {"", []State{Begun}},
}

// Resolve writes what came of an intent and closes it, once: a second call, or one that meets a change by another
// process, is a [*StateError]. [ErrNotSettled] when the recorded looks do not bear the result out. The PIN's fingerprint,
// when there is one, is remembered as [Ledger.NotePIN] does; later sightings are compared with it.
func (l *Ledger) Resolve(ctx context.Context, id string, o Outcome) error {
	rule, ok := resolutions[o.Result]
	if !ok {
		return fmt.Errorf("%w: result %q", ErrInvalid, o.Result)
	}
	if err := need("the run", o.RunID); err != nil {
		return err
	}
	return l.write(ctx, "resolving the intent", func(t *tx) error {
		r, revision, err := t.record(ctx, id)
		if err != nil {
			return err
		}
		refused := &StateError{ID: id, State: r.State, Result: r.Outcome.Result, Wanted: "resolved as " + string(o.Result)}
		if !slices.Contains(rule.from, r.State) || rule.action != "" && rule.action != r.Action {
			return refused
		}
		if err := t.borneOut(ctx, r, o); err != nil {
			return err
		}
		args := append([]any{micros(t.now)}, cleaned(o.RunID, string(o.Result), o.Detail, o.AdministrativeStatus, o.UserType,
			o.PINFingerprint)...)
		n, err := t.exec(ctx, `UPDATE irccpin_intents SET state = 'closed', closed_at = ?, closed_by = ?, result = ?,
			detail = ?, administrative_status = ?, user_type = ?, pin_fingerprint = ?, revision = revision + 1
			WHERE id = ? AND revision = ?`, append(args, id, revision)...)
		if err != nil {
			return err
		}
		if n == 0 {
			return t.stateError(ctx, id, refused.Wanted)
		}
		if o.PINFingerprint == "" {
			return nil
		}
		_, err = t.notePIN(ctx, PIN{Realm: r.Realm, Account: r.Account, Person: r.Person, Fingerprint: o.PINFingerprint, RunID: o.RunID})
		return err
	})
}

// borneOut checks a result against what is recorded.
func (t *tx) borneOut(ctx context.Context, r Record, o Outcome) error {
	switch o.Result {
	case NotCreated, NotDeleted, Reconciled:
	case Abandoned:
		if o.RunID != r.RunID {
			return fmt.Errorf("%w: only run %s knows that it did not click", ErrNotSettled, r.RunID)
		}
		return nil
	default:
		return nil
	}
	looks, err := t.looks(ctx, r.ID)
	if err != nil {
		return err
	}
	if o.Result == Reconciled {
		if !slices.ContainsFunc(r.after(looks), func(look Look) bool { return look.Found > 0 }) {
			return fmt.Errorf("%w: no recorded look shows the user", ErrNotSettled)
		}
		return nil
	}
	if !r.without(looks, o.Settle) {
		return fmt.Errorf("%w: %s needs two whole looks %s apart", ErrNotSettled, o.Result, o.Settle)
	}
	return nil
}
