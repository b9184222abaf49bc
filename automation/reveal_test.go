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
		"automation/page/fill.go":          "types it into its field",
		"automation/custody.go":            "makes a fingerprint, by which the ledger knows it",
		"automation/facade_credentials.go": "makes a fingerprint of the user name",
		"automation/facade_state.go":       "reads the program's own keys, and what leads to them",
		"automation/attend.go":             "names the account that a lease is for, where a person signs in",
		"automation/capturing.go":          "lists what may stand in no captured page",
		"automation/jobs/crew.go":          "makes a digest, by which two rows of one account are told",
		"automation/jobs/settings.go":      "compares an address that is no secret",
		"automation/mailbox/connect.go":    "signs in to the mailbox",
		"automation/prompt/prompt.go":      "shortens a user name, for its owner to know it by",
		"automation/signin/passcode.go":    "looks whether it can be a passcode before it is sent",
		"automation/notify/webhook.go":     "signs a message with the webhook's key",
		"cmd/irccpin/language.go":          "reads the language, which shares a file with secrets",
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
