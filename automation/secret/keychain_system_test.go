//go:build system && linux

package secret

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// inSession tells the test binary that it runs in a bus session of its own.
const inSession = "IRCCPIN_TEST_BUS_SESSION"

// ownSession runs a test once more in a session with a bus and a home of its
// own, and reports whether this is that second run.
func ownSession(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inSession) == t.Name() {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	// From the packages dbus and gnome-keyring on Debian.
	cmd := exec.CommandContext(t.Context(), "dbus-run-session", "--", self, "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "XDG_DATA_HOME=" + home + "/data", "LANG=C.UTF-8",
		"TMPDIR=" + t.TempDir(), inSession + "=" + t.Name(),
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("in a session of its own: %v\n%s", err, out)
	}
	return false
}

// startSecretService starts GNOME's keyring. An empty password leaves it locked.
func startSecretService(t *testing.T, password string) {
	t.Helper()
	args := []string{"--foreground", "--components=secrets"}
	if password != "" {
		args = append(args, "--unlock")
	}
	daemon := exec.Command("gnome-keyring-daemon", args...)
	daemon.Stdin = strings.NewReader(password)
	var said strings.Builder
	daemon.Stdout, daemon.Stderr = &said, &said
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	// It says nothing when it is ready.
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		// Asked of the bus: asking the keyring would start one of the bus's own.
		out, err := exec.Command("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets").Output()
		if err == nil && strings.Contains(string(out), "boolean true") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the keyring did not come up")
		}
	}
}

// TestSecretService stores an employer's settings in a real Secret Service,
// loads them from there as a command with --employer does, and removes them.
func TestSecretService(t *testing.T) {
	if !ownSession(t) {
		return
	}
	startSecretService(t, "the keyring's own password")
	chain := SystemKeychain()
	want := Document{
		"GCKEY_USERNAME": New("RosaDelgado77"), "GCKEY_PASSWORD": New(`Zq7"&<x>%+ w\rd$ é`),
		"IRCC_QUESTION_1": New("What was the name of your first pet?"), "IRCC_ANSWER_1": New("Banditö 'n' \"co\" — 7"),
	}
	if err := chain.Set(t.Context(), "Maple & Co", want); err != nil {
		t.Fatal(err)
	}
	s, err := Load(t.Context(), LoadOptions{Employer: "Maple & Co", Keychain: chain})
	if err != nil {
		t.Fatal(err)
	}
	if s.Source != SourceKeychain || !s.Username.Equal(want["GCKEY_USERNAME"]) || !s.Password.Equal(want["GCKEY_PASSWORD"]) ||
		len(s.Questions) != 1 || !s.Questions[0].Answer.Equal(want["IRCC_ANSWER_1"]) {
		t.Error("the settings did not come back as they were stored")
	}

	// It lies under the program's name, and no other.
	for _, service := range []string{KeychainService, "another"} {
		_, err := chain.(systemKeychain).ring.Get(service, "Maple & Co")
		if (err == nil) != (service == KeychainService) {
			t.Errorf("under %q: %v", service, err)
		}
	}
	want["GCKEY_PASSWORD"] = New("changed")
	if err := chain.Set(t.Context(), "Maple & Co", want); err != nil {
		t.Fatal(err)
	}
	if got, err := chain.Get(t.Context(), "Maple & Co"); err != nil || !got["GCKEY_PASSWORD"].Equal(want["GCKEY_PASSWORD"]) {
		t.Errorf("stored again: %v, %v", got, err)
	}

	// A stray exported secret must not meet another account's.
	_, err = Load(t.Context(), LoadOptions{Employer: "Maple & Co", Keychain: chain, Environ: []string{"GCKEY_PASSWORD=stray"}})
	if err == nil || !strings.Contains(err.Error(), "more than one place") || strings.Contains(err.Error(), "stray") {
		t.Errorf("two sources: %v", err)
	}
	if err := chain.Delete(t.Context(), "Maple & Co"); err != nil {
		t.Error(err)
	}
	if _, err := Load(t.Context(), LoadOptions{Employer: "Maple & Co", Keychain: chain}); !errors.Is(err, ErrNotInKeychain) {
		t.Errorf("after it was removed: %v", err)
	}
}

// TestLockedSecretService: a keyring that is locked, with nobody there to unlock
// it, does not hold a command for ever.
func TestLockedSecretService(t *testing.T) {
	if !ownSession(t) {
		return
	}
	startSecretService(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err := SystemKeychain().Set(ctx, "Maple & Co", Document{"GCKEY_USERNAME": New("x")})
	if !errors.Is(err, ErrKeychainUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("locked: %v", err)
	}
	t.Logf("a locked keyring ends with: %v", err)
}
