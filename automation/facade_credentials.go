package automation

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/ledger"
	"irccpin/automation/secret"
)

// HeldCredential is a credential that the portal refused once. It is not used
// again until its value changes or a person releases it.
type HeldCredential struct {
	ID string `json:"id"`
	// Kind is password, passcode, answer or account.
	Kind string `json:"kind"`
	// Employer is the name that reports give the account; empty when the run
	// that was refused did not get to know it.
	Employer  string    `json:"employer"`
	Since     time.Time `json:"since"`
	Reason    string    `json:"reason"`
	Run       string    `json:"run"`
	Simulated bool      `json:"simulated"`
}

// HeldCredentials lists what is held, live and simulated, oldest first in each.
// The error is state_unavailable or bad_settings.
func HeldCredentials(ctx context.Context, at State) ([]HeldCredential, error) {
	l, err := openState(ctx, at)
	if err != nil {
		return nil, err
	}
	held := []HeldCredential{}
	for _, realm := range []ledger.Realm{ledger.Live, ledger.Simulated} {
		holds, err := l.ListHolds(ctx, realm)
		if err != nil {
			return nil, errors.Join(stateError(err), l.Close())
		}
		for _, h := range holds {
			held = append(held, heldCredential(ctx, l, h))
		}
	}
	return held, stateError(l.Close())
}

// Held counts what is held, live and simulated, in the ledger that the host has
// open anyway. The error is state_unavailable: the ledger cannot be read, so that
// no session could begin.
func (h *Host) Held(ctx context.Context) (int, error) {
	n := 0
	for _, realm := range []ledger.Realm{ledger.Live, ledger.Simulated} {
		holds, err := h.ledger.ListHolds(ctx, realm)
		if err != nil {
			return 0, stateError(err)
		}
		n += len(holds)
	}
	return n, nil
}

func heldCredential(ctx context.Context, l *ledger.Ledger, h ledger.Hold) HeldCredential {
	out := HeldCredential{
		ID: h.ID, Kind: string(h.Kind), Since: h.At, Reason: h.Reason, Run: h.RunID, Simulated: h.Realm == ledger.Simulated,
	}
	// The run may have been pruned since; the hold counts all the same.
	if run, err := l.Run(ctx, h.RunID); err == nil {
		out.Employer = run.Employer
	}
	return out
}

// ReleaseOf says which held credentials to release. Exactly one field is set.
type ReleaseOf struct {
	// ID is one of HeldCredential.
	ID string
	// Username is an account's user name: all that is held of it.
	Username Secret
	// All releases everything.
	All bool
}

// ReleaseCredentials frees held credentials, live and simulated, so that the
// next run tries them again, and returns them; none when nothing fits. The error
// is state_unavailable or bad_settings.
func ReleaseCredentials(ctx context.Context, at State, of ReleaseOf) ([]HeldCredential, error) {
	l, err := openState(ctx, at)
	if err != nil {
		return nil, err
	}
	released := []HeldCredential{}
	for _, realm := range []ledger.Realm{ledger.Live, ledger.Simulated} {
		which := ledger.Selector{Realm: realm, ID: of.ID, All: of.All}
		if !of.Username.IsZero() {
			which.Account = l.Fingerprint("account", of.Username.Reveal())
		}
		holds, err := l.Release(ctx, which)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, errors.Join(stateError(err), l.Close())
		}
		for _, h := range holds {
			released = append(released, heldCredential(ctx, l, h))
		}
	}
	return released, stateError(l.Close())
}

// StoreCredentials checks an employer's settings (keys as in a settings file) and
// puts them into the system's keychain in place of earlier ones. The error is
// bad_settings, with nothing stored.
func StoreCredentials(ctx context.Context, employer string, values map[string]Secret) error {
	document := secret.Document(maps.Clone(values))
	// What is stored must be good to sign in with later: it is checked as it will be read.
	_, err := secret.Load(ctx, secret.LoadOptions{Employer: employer, Keychain: drawer{document}, ProgramKeys: ProgramKeys()})
	if err != nil {
		return settingsError(err)
	}
	err = secret.SystemKeychain().Set(ctx, employer, document)
	switch {
	case err == nil, ctx.Err() != nil:
		return err
	case errors.Is(err, secret.ErrTooBigForKeychain), errors.Is(err, secret.ErrKeychainUnavailable):
		return &Error{Code: BadSettings, Message: err.Error(), Err: err, Hint: lang.Text("Keep them in a settings file instead (chmod 600), and name it with --env-file.")}
	}
	return &Error{Code: BadSettings, Message: lang.Text("the credentials of %q could not be stored: %v", employer, err), Err: err, Hint: lang.Text("Correct the name or the settings; nothing was stored.")}
}

// drawer is a keychain that holds one document.
type drawer struct{ document secret.Document }

// Get implements [secret.Keychain].
func (d drawer) Get(context.Context, string) (secret.Document, error) { return d.document, nil }

// Set implements [secret.Keychain].
func (d drawer) Set(context.Context, string, secret.Document) error {
	return secret.ErrKeychainUnavailable
}

// Delete implements [secret.Keychain].
func (d drawer) Delete(context.Context, string) error { return secret.ErrKeychainUnavailable }

// RefuseExported fails when an employer's settings are in the environment of a
// command that serves several employers: a stray password must never meet
// another account's user name. The error is bad_settings.
func RefuseExported(environ []string) error {
	keys := secret.Exported(environ)
	if len(keys) == 0 {
		return nil
	}
	return &Error{
		Code:    BadSettings,
		Message: lang.Text("an employer's settings are exported in the environment, and this command serves several employers: %s", strings.Join(keys, ", ")),
		Hint:    lang.Text("Put them into that employer's own settings file, and take them out of the environment: unset %s", strings.Join(keys, " ")),
	}
}
