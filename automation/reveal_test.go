package automation_test

import (
	"go/ast"
	"maps"
	"testing"
)

// TestReveal: a secret becomes text by name alone, and only where there is a
// reason. One more place is one more to look through.
func TestReveal(t *testing.T) {
	places := map[string]string{
		"automation/page/act.go":           "types it into its field",
		"automation/custody.go":            "makes a fingerprint, by which the ledger knows it",
		"automation/facade_credentials.go": "makes a fingerprint of the user name",
		"automation/facade_state.go":       "reads the program's own keys, and what leads to them",
		"automation/notify/webhook.go":     "signs a message with the webhook's key",
		"cmd/irccpin/options.go":           "reads the program's own settings, which share a file with secrets",
		// This package knows what a secret is.
		"automation/secret/command.go":  "runs the command that yields one",
		"automation/secret/dotenv.go":   "compares two readings of a line",
		"automation/secret/keychain.go": "writes into the keychain",
		"automation/secret/settings.go": "checks lengths, and reads settings that are no secrets",
		"automation/secret/totp.go":     "reads the authenticator's key",
	}
	unused := maps.Clone(places)
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok && selector.Sel.Name == "Reveal" {
				if places[s.path] == "" {
					t.Errorf("%s reveals a secret. Find a way without; if there is none, say here why", s.path)
				}
				delete(unused, s.path)
			}
			return true
		})
	}
	for path := range unused {
		t.Errorf("%s reveals nothing any more", path)
	}
}
