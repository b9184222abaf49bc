package automation

import (
	"context"
	"errors"
	"io"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/ledger"
	"irccpin/automation/page"
)

// RetainPersonal is the age at which personal data leaves the ledger by itself;
// the record of who authorized whom stays.
const RetainPersonal = ledger.RetainPersonal

// Pruned counts what [PruneLedger] took.
type Pruned = ledger.Pruned

// BackupLedger writes all that the ledger knows, as JSON lines. It holds names
// and e-mail addresses, and neither PINs nor the key of the fingerprints. The
// error is state_unavailable or bad_settings, or one of w.
func BackupLedger(ctx context.Context, at State, w io.Writer) error {
	return withLedger(ctx, at, func(l *ledger.Ledger) error {
		return stateError(l.Export(ctx, w))
	})
}

// RestoreLedger puts a backup into an empty ledger of the same key, all of it
// or nothing. An older backup cannot cause a second creation, since the table
// is read before any click. Errors: usage for what is no backup,
// state_unavailable for a ledger that is not empty or a newer backup,
// bad_settings for another key.
func RestoreLedger(ctx context.Context, at State, r io.Reader) error {
	return withLedger(ctx, at, func(l *ledger.Ledger) error {
		err := l.Restore(ctx, r)
		stop := &Error{Err: err}
		switch {
		case errors.Is(err, ledger.ErrBadBackup):
			stop.Code, stop.Hint = Usage, lang.Text("Name a file that \"irccpin ledger backup\" wrote. Nothing was changed.")
		case errors.Is(err, ledger.ErrWrongKey):
			stop.Code, stop.Hint = BadSettings, lang.Text("A backup goes with the key it was written with: put the same ledger.key into the state directory, or set the same IRCCPIN_LEDGER_KEY. Nothing was changed.")
		case errors.Is(err, ledger.ErrNotEmpty):
			stop.Code, stop.Hint = page.StateUnavailable, lang.Text("A backup goes into an empty ledger: name another --state-dir, or move the old ledger away. Nothing was changed.")
		default:
			return stateError(err)
		}
		stop.Message = lang.Text("the backup cannot be restored: %v", err)
		return stop
	})
}

// PruneLedger removes personal data that is older than an age. What stays is
// the record of who was created or deleted for whom on whose authority. The
// error is state_unavailable or bad_settings.
func PruneLedger(ctx context.Context, at State, age time.Duration) (gone Pruned, err error) {
	err = withLedger(ctx, at, func(l *ledger.Ledger) error {
		gone, err = l.Prune(ctx, age)
		return stateError(err)
	})
	return gone, err
}

func withLedger(ctx context.Context, at State, do func(*ledger.Ledger) error) error {
	l, err := openState(ctx, at)
	if err != nil {
		return err
	}
	return errors.Join(do(l), stateError(l.Close()))
}
