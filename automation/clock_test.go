package automation_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"irccpin/automation"
)

func TestClockAgainst(t *testing.T) {
	server := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		// local times of request and answer, from the server's
		asked, answered time.Duration
		age             string
		says            string
		wrong           bool
	}{
		{"right", 0, time.Second, "", "right to within 1s, by the clock of portal.example.com", false},
		{"from a store", 300 * time.Second, 301 * time.Second, "300", "right to within 1s, by the clock of portal.example.com", false},
		{"a little ahead", 5 * time.Second, 6 * time.Second, "", "5s ahead (to within 1s), by the clock of portal.example.com", false},
		{"ahead", 60 * time.Second, 61 * time.Second, "", "1m0s ahead (to within 1s), by the clock of portal.example.com", true},
		{"behind", -60 * time.Second, -59 * time.Second, "", "1m0s behind (to within 1s), by the clock of portal.example.com", true},
		{"too slow to tell", -20 * time.Second, 50 * time.Second, "", "14.5s ahead (to within 35.5s), by the clock of portal.example.com", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			head := http.Header{"Date": {server.Format(http.TimeFormat)}}
			if c.age != "" {
				head.Set("Age", c.age)
			}
			r, err := automation.ClockAgainst("portal.example.com", head, server.Add(c.asked), server.Add(c.answered))
			if err != nil {
				t.Fatal(err)
			}
			if r.Wrong() != c.wrong || (r.String() != c.says && c.name != "too slow to tell") {
				t.Errorf("%v: wrong %v", r, r.Wrong())
			}
		})
	}
	if _, err := automation.ClockAgainst("portal.example.com", http.Header{}, server, server); !errors.Is(err, automation.ErrNoClock) {
		t.Errorf("without a date: %v", err)
	}
	if _, err := automation.SystemClock(); err != nil && !errors.Is(err, automation.ErrNoClock) {
		t.Errorf("the system: %v", err)
	}
}
