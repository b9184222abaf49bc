package ledger

import (
	"time"

	"irccpin/automation/lang"
)

var (
	// ErrUnavailable happens when the database cannot be read or written: locked by another process for longer than
	// [Options.Wait], full, unreadable, damaged, or its server cannot be reached. The error wraps the cause.
	ErrUnavailable = lang.NewError("the ledger is unavailable")

	// ErrNewerVersion happens when a newer program has already migrated the database. Nothing was touched.
	ErrNewerVersion = lang.NewError("the ledger belongs to a newer version of irccpin")

	// ErrKeyMissing happens when a shared database is opened without a fingerprint key: fingerprints made with different
	// keys would not find each other, and a refused password would be tried again from the next machine.
	ErrKeyMissing = lang.NewError("a shared ledger needs its fingerprint key: set IRCCPIN_LEDGER_KEY, or _FILE or _COMMAND")

	// ErrKeyTooShort happens when the fingerprint key has less than [KeySize] bytes. PINs are short: a weak key would
	// let anyone who reads the database try them all.
	ErrKeyTooShort = lang.NewError("the ledger's fingerprint key has fewer than %d bytes", KeySize)

	// ErrWrongKey happens when the database, or a backup, was written with another fingerprint key.
	ErrWrongKey = lang.NewError("the fingerprint key is not the one that this was written with: put that one back")

	// ErrInvalid happens when a record lacks what makes it a record. It is a defect of the caller.
	ErrInvalid = lang.NewError("the ledger does not take this record")

	// ErrNotFound happens when no record has the given id.
	ErrNotFound = lang.NewError("the ledger has no such record")

	// ErrOpenIntent is what every [*OpenIntentError] is.
	ErrOpenIntent = lang.NewError("an earlier click is not resolved yet")

	// ErrWrongState is what every [*StateError] is.
	ErrWrongState = lang.NewError("the intent is not in a state that allows this")

	// ErrNotSettled happens when an intent is to be resolved as without effect, and the recorded looks do not show it.
	ErrNotSettled = lang.NewError("the table has not told yet what came of the click")

	// ErrStepUsed is what every [*StepUsedError] is.
	ErrStepUsed = lang.NewError("this passcode was used before")

	// ErrBusy is what every [*BusyError] is.
	ErrBusy = lang.NewError("another run is using this credential")

	// ErrLeaseLost happens when a lease expired and somebody else took it, or when it could not be renewed in time.
	ErrLeaseLost = lang.NewError("the lease on this credential was lost")

	// ErrNotEmpty happens when a backup is to be restored into a ledger that already holds records.
	ErrNotEmpty = lang.NewError("a backup is restored into an empty ledger only")

	// ErrBadBackup happens when a backup is cut off, damaged, or of a format that this version does not know.
	ErrBadBackup = lang.NewError("this is not a whole ledger backup")
)

// UnavailableError says why the database could not be used. It is [ErrUnavailable].
type UnavailableError struct {
	Where string // the file, or the server's host and database; never a password
	Why   string
	Cause error
}

func (e *UnavailableError) Error() string {
	return lang.Text("the ledger %s is unavailable: %s: %v", e.Where, lang.Word(e.Why), e.Cause)
}

func (e *UnavailableError) Unwrap() error        { return e.Cause }
func (e *UnavailableError) Is(target error) bool { return target == ErrUnavailable }

// VersionError tells which schema was found and which is the newest that this program knows. It is [ErrNewerVersion].
type VersionError struct {
	Where        string
	Found, Known int
}

func (e *VersionError) Error() string {
	return lang.Text("the ledger %s has schema %d and this irccpin knows none after %d: use the newer irccpin", e.Where, e.Found, e.Known)
}

func (e *VersionError) Is(target error) bool { return target == ErrNewerVersion }

// OpenIntentError carries the unresolved intent that stands in the way of a new one. It is [ErrOpenIntent].
type OpenIntentError struct{ Open Record }

func (e *OpenIntentError) Error() string {
	return lang.Text("%s of %s, begun %s by run %s, is not resolved yet: read the table first",
		e.Open.Action, e.Open.Person, e.Open.BegunAt.Format(time.RFC3339), e.Open.RunID)
}

func (e *OpenIntentError) Is(target error) bool { return target == ErrOpenIntent }

// StateError tells that a transition was refused, or that somebody else was faster. It is [ErrWrongState].
type StateError struct {
	ID     string
	State  State
	Result Result // how it was resolved, when it is closed
	Wanted string // the transition that was asked for
}

func (e *StateError) Error() string {
	state := string(e.State)
	if e.Result != "" {
		state += " as " + string(e.Result)
	}
	return lang.Text("intent %s is %s: it cannot be %s", e.ID, state, e.Wanted)
}

func (e *StateError) Is(target error) bool { return target == ErrWrongState }

// StepUsedError tells the last time step whose code was sent. It is [ErrStepUsed].
type StepUsedError struct{ Step, Last int64 }

func (e *StepUsedError) Error() string {
	return lang.Text("the passcode of time step %d must not be sent: the one of step %d was", e.Step, e.Last)
}

func (e *StepUsedError) Is(target error) bool { return target == ErrStepUsed }

// BusyError tells who holds the lease, since when, and when it expires unless renewed. It is [ErrBusy].
type BusyError struct {
	Holder         string
	Since, Expires time.Time
}

func (e *BusyError) Error() string {
	return lang.Text("this credential is in use by %s since %s; unless renewed, its lease expires at %s",
		e.Holder, e.Since.Format(time.RFC3339), e.Expires.Format(time.RFC3339))
}

func (e *BusyError) Is(target error) bool { return target == ErrBusy }
