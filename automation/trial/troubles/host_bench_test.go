package troubles_test

import (
	"testing"

	"irccpin/fixtures"
)

// BenchmarkOnboarding is one onboarding after another in a running browser, at
// a portal without latency.
//
//	go test ./automation/trial/troubles -run '^$' -bench Onboarding -benchtime 20x
func BenchmarkOnboarding(b *testing.B) {
	f := farmWith(b, fixtures.Options{}, b.N+1, nil)
	f.check(b, f.accounts[b.N], f.onboard(b, f.accounts[b.N], nil)) // the browser runs
	b.ResetTimer()
	for i := range b.N {
		if r := f.onboard(b, f.accounts[i], nil); r.Error != nil {
			b.Fatalf("%+v", r.Error)
		}
	}
	b.StopTimer()
}
