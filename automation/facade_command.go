package automation

import "irccpin/automation/secret"

// Secret is a value that never shows itself: it prints as [redacted], and only
// its Reveal gives it away.
type Secret = secret.Value

// OwnSecret returns b as a secret and takes b over: the caller must not use it again.
func OwnSecret(b []byte) Secret { return secret.Own(b) }

// SplitCommand splits a command line into words as a shell does, and refuses
// what only a shell could carry out. Its errors never quote the line.
func SplitCommand(line string) ([]string, error) { return secret.SplitCommand(line) }
