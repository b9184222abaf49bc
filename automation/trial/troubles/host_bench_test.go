package troubles_test

import (
	"testing"
	"time"

	"irccpin/automation/page"
	"irccpin/fixtures"
)

// BenchmarkOnboarding is one onboarding after another in a running browser, at
// a portal without latency. It tells how much of the time passes between a page that
// is recognised and what is done on it (ours-ms/op), and how much from there to the
// next page (pages-ms/op), which is the portal's and Chrome's.
//
//	go test ./automation/trial/troubles -run '^$' -bench Onboarding -benchtime 20x
func BenchmarkOnboarding(b *testing.B) {
	f := farmWith(b, fixtures.Options{}, b.N+1, nil)
	f.check(b, f.accounts[b.N], f.onboard(b, f.accounts[b.N], nil)) // the browser runs
	var all split
	b.ResetTimer()
	for i := range b.N {
		s := split{last: time.Now()}
		if r := f.onboard(b, f.accounts[i], &s); r.Error != nil {
			b.Fatalf("%+v", r.Error)
		}
		all.ours, all.pages, all.met = all.ours+s.ours, all.pages+s.pages, all.met+s.met
	}
	b.StopTimer()
	b.ReportMetric(float64(all.ours.Milliseconds())/float64(b.N), "ours-ms/op")
	b.ReportMetric(float64(all.pages.Milliseconds())/float64(b.N), "pages-ms/op")
	b.ReportMetric(float64(all.met)/float64(b.N), "pages/op")
}

// split parts the time of a session by what it is told.
type split struct {
	last        time.Time
	ours, pages time.Duration
	met         int
}

func (s *split) Recognised(*page.Snapshot) {
	s.pages += s.lap()
	s.met++
}

func (s *split) Acted(_, _, _, _ string) { s.ours += s.lap() }
func (*split) Warned(page.Warning)       {}
func (*split) Asked(string, time.Time)   {}
func (*split) Waiting(string, time.Time) {}

func (s *split) lap() time.Duration {
	now := time.Now()
	took := now.Sub(s.last)
	s.last = now
	return took
}
