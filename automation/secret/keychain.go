package secret

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/zalando/go-keyring"

	"irccpin/automation/lang"
)

// KeychainService is the service name under which the system's keychain keeps the documents.
const KeychainService = "irccpin"

var (
	// ErrKeychainUnavailable happens when this system has no keychain, or it is locked and nobody unlocks it.
	ErrKeychainUnavailable = lang.NewError("the system's keychain is not available")
	// ErrNotInKeychain happens when the keychain has nothing under the employer's name.
	ErrNotInKeychain = lang.NewError("the system's keychain has no such employer")
	// ErrTooBigForKeychain happens when the keychain refuses a document for its size (macOS and Windows allow some 2.5
	// kilobytes).
	ErrTooBigForKeychain = lang.NewError("the settings are too long for the system's keychain")
)

// Document is what the keychain holds for one employer: settings keys (see [Keys]) and their values.
type Document map[string]Value

// Keychain stores the settings of employers. Names are exact.
type Keychain interface {
	// Get returns the document of an employer, or [ErrNotInKeychain] or [ErrKeychainUnavailable].
	Get(ctx context.Context, employer string) (Document, error)
	// Set stores the document of an employer in place of an earlier one, or returns [ErrTooBigForKeychain] or
	// [ErrKeychainUnavailable].
	Set(ctx context.Context, employer string, document Document) error
	// Delete removes the document of an employer, or returns [ErrNotInKeychain] or [ErrKeychainUnavailable].
	Delete(ctx context.Context, employer string) error
}

// SystemKeychain returns the keychain of the operating system: Secret Service on Linux, Keychain on macOS, Credential
// Manager on Windows.
func SystemKeychain() Keychain { return systemKeychain{systemRing{}} }

// ring is the part of go-keyring that is used; tests put a map behind it.
type ring interface {
	Get(service, user string) (string, error)
	Set(service, user, password string) error
	Delete(service, user string) error
}

type systemRing struct{}

func (systemRing) Get(service, user string) (string, error) { return keyring.Get(service, user) }
func (systemRing) Set(service, user, password string) error {
	return keyring.Set(service, user, password)
}
func (systemRing) Delete(service, user string) error { return keyring.Delete(service, user) }

type systemKeychain struct{ ring ring }

func (k systemKeychain) Get(ctx context.Context, employer string) (Document, error) {
	var text string
	err := patiently(ctx, func() (err error) {
		text, err = k.ring.Get(KeychainService, employer)
		return err
	})
	if err != nil {
		return nil, keychainError(employer, err)
	}
	var clear map[string]string
	if json.Unmarshal([]byte(text), &clear) != nil {
		// The decoder's error can quote the text.
		return nil, lang.Errorf("what the system's keychain holds for %q was not written by this program", employer)
	}
	document := Document{}
	for key, value := range clear {
		document[key] = New(value)
	}
	return document, nil
}

func (k systemKeychain) Set(ctx context.Context, employer string, document Document) error {
	clear := map[string]string{}
	for key, value := range document {
		clear[key] = value.Reveal()
	}
	text, err := json.Marshal(clear)
	if err != nil {
		return err
	}
	err = patiently(ctx, func() error { return k.ring.Set(KeychainService, employer, string(text)) })
	return keychainError(employer, err)
}

func (k systemKeychain) Delete(ctx context.Context, employer string) error {
	err := patiently(ctx, func() error { return k.ring.Delete(KeychainService, employer) })
	return keychainError(employer, err)
}

// patiently runs work until it is done or ctx ends. A keychain may wait for a person to unlock it and cannot be
// called off; work then goes on alone until the keychain answers or the program ends.
func patiently(ctx context.Context, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func keychainError(employer string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return fmt.Errorf("%w: %q", ErrNotInKeychain, employer)
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return ErrTooBigForKeychain
	}
	return fmt.Errorf("%w: %w", ErrKeychainUnavailable, err)
}
