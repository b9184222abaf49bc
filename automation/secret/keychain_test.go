package secret

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"
)

// fakeRing is a keychain of the system with one drawer.
type fakeRing struct {
	held map[string]string
	err  error
}

func (r fakeRing) Get(service, user string) (string, error) {
	if r.err != nil {
		return "", r.err
	}
	text, there := r.held[service+"/"+user]
	if !there {
		return "", keyring.ErrNotFound
	}
	return text, nil
}

func (r fakeRing) Set(service, user, text string) error {
	if r.err == nil {
		r.held[service+"/"+user] = text
	}
	return r.err
}

func (r fakeRing) Delete(service, user string) error {
	if _, err := r.Get(service, user); err != nil {
		return err
	}
	delete(r.held, service+"/"+user)
	return nil
}

func TestKeychain(t *testing.T) {
	ring := fakeRing{held: map[string]string{}}
	chain := systemKeychain{ring}
	want := Document{"GCKEY_USERNAME": New("user"), "GCKEY_PASSWORD": New(`Sentinel "<&é`)}
	if err := chain.Set(t.Context(), "Maple & Co", want); err != nil {
		t.Fatal(err)
	}
	if len(ring.held) != 1 || !strings.Contains(ring.held["irccpin/Maple & Co"], `"GCKEY_USERNAME":"user"`) {
		t.Error("not stored as one JSON document of the service")
	}
	got, err := chain.Get(t.Context(), "Maple & Co")
	if err != nil || len(got) != 2 || !got["GCKEY_PASSWORD"].Equal(want["GCKEY_PASSWORD"]) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := chain.Delete(t.Context(), "Maple & Co"); err != nil {
		t.Error(err)
	}
	if err := chain.Delete(t.Context(), "Maple & Co"); !errors.Is(err, ErrNotInKeychain) {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := chain.Get(t.Context(), "Maple & Co"); !errors.Is(err, ErrNotInKeychain) || !strings.Contains(err.Error(), `"Maple & Co"`) {
		t.Errorf("gone: %v", err)
	}
	ring.held["irccpin/Other"] = "Sentinel"
	if _, err := chain.Get(t.Context(), "Other"); err == nil || strings.Contains(err.Error(), "Sentinel") {
		t.Errorf("foreign text: %v", err)
	}
	for cause, want := range map[error]error{
		keyring.ErrSetDataTooBig:               ErrTooBigForKeychain,
		keyring.ErrUnsupportedPlatform:         ErrKeychainUnavailable,
		errors.New("dbus: connection refused"): ErrKeychainUnavailable,
	} {
		if err := (systemKeychain{fakeRing{err: cause}}).Set(t.Context(), "x", Document{}); !errors.Is(err, want) {
			t.Errorf("%v: %v", cause, err)
		}
	}
}

// waitingRing waits for a person who never comes.
type waitingRing struct {
	fakeRing
	until chan struct{}
}

func (r waitingRing) Get(string, string) (string, error) {
	<-r.until
	return "", errors.New("too late")
}

func TestKeychainIsNotWaitedForForEver(t *testing.T) {
	ring := waitingRing{until: make(chan struct{})}
	defer close(ring.until)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (systemKeychain{ring}).Get(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting ended with %v", err)
	}
}

// Without a session bus the system's keychain says at once that it is not there.
func TestNoSystemKeychain(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
	_, err := Load(t.Context(), LoadOptions{Employer: "irccpin test", Keychain: SystemKeychain()})
	if !errors.Is(err, ErrKeychainUnavailable) && !errors.Is(err, ErrNotInKeychain) {
		t.Errorf("no bus: %v", err)
	}
}
