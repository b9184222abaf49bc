package automation_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"irccpin/automation"
)

func TestWebhookKey(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" { // which has no such permissions
		if err := os.WriteFile(filepath.Join(dir, "shown"), []byte("others may read it\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	settings := func(name, value string) map[string]automation.Secret {
		return map[string]automation.Secret{name: automation.OwnSecret([]byte(value))}
	}
	for _, c := range []struct {
		environ  []string
		settings map[string]automation.Secret
		want     string
		fails    bool
	}{
		{environ: []string{"IRCCPIN_LEDGER_KEY=another"}},
		{environ: []string{"IRCCPIN_WEBHOOK_KEY=exported"}, settings: settings("IRCCPIN_WEBHOOK_KEY", "from the settings"), want: "exported"},
		{settings: settings("IRCCPIN_WEBHOOK_KEY", "from the settings"), want: "from the settings"},
		{settings: settings("IRCCPIN_WEBHOOK_KEY_FILE", "key"), want: "from a file"},
		{settings: settings("IRCCPIN_WEBHOOK_KEY_FILE", "gone"), fails: true},
		{settings: settings("IRCCPIN_WEBHOOK_KEY_FILE", "shown"), fails: true},
		{environ: []string{"IRCCPIN_WEBHOOK_KEY=a", "IRCCPIN_WEBHOOK_KEY_COMMAND=b"}, fails: true},
		{environ: []string{"PATH=" + os.Getenv("PATH"), "IRCCPIN_WEBHOOK_KEY_COMMAND=echo from a command"}, want: "from a command"},
	} {
		if runtime.GOOS == "windows" && c.want == "from a command" {
			continue // echo is no program there
		}
		key, err := automation.WebhookKey(t.Context(), c.environ, c.settings, dir)
		if key.Reveal() != c.want || (err != nil) != c.fails || c.fails && !errors.Is(err, &automation.Error{Code: automation.BadSettings}) {
			t.Errorf("%v: %q, %v", c.environ, key.Reveal(), err)
		}
	}
}
