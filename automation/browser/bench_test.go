package browser_test

import (
	"os"
	"testing"

	"irccpin/automation/browser"
)

// BenchmarkContext is what a session waits for before its first page: an
// isolated context with a gate and a guarded tab, and its disposal.
func BenchmarkContext(b *testing.B) {
	gate, err := browser.OpenGate(browser.GateOptions{Allow: allowExample})
	if err != nil {
		b.Fatal(err)
	}
	defer gate.Close()
	chrome, err := browser.Start(b.Context(), browser.Options{
		Path: findPath(b, true), Headless: true, NoSandbox: os.Getuid() == 0, Gate: gate, ProfileRoot: b.TempDir(),
	})
	if err != nil {
		b.Fatal(err)
	}
	defer chrome.Close(b.Context())
	for b.Loop() {
		own, err := browser.OpenGate(browser.GateOptions{Allow: allowExample})
		if err != nil {
			b.Fatal(err)
		}
		options := tabOptions()
		options.Gate = own
		tab, err := chrome.NewTab(b.Context(), options)
		if err != nil {
			b.Fatal(err)
		}
		if err := tab.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
		own.Close()
	}
}
