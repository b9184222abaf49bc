package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"irccpin/automation/jobs"
	"irccpin/automation/roster"
)

// TestCourierMissesPINs: a results file that a spreadsheet saved holds a PIN no
// more that looks like a number. The worker learns of it with the next row that it
// writes, and keeps what is beyond doubt.
func TestCourierMissesPINs(t *testing.T) {
	out := filepath.Join(t.TempDir(), "pins.csv")
	data, err := json.Marshal(packed{Name: "roster.csv", Data: []byte("employer,email\nAlpha,ana@example.com\nBeta,ben@example.com\nGamma,cleo@example.com\n")})
	if err != nil {
		t.Fatal(err)
	}
	to, err := json.Marshal(way{Out: out})
	if err != nil {
		t.Fatal(err)
	}
	s := jobs.Schedule{Plan: jobs.Plan{Name: "spring", Command: jobs.PINs, Roster: data, Delivery: to}}
	r := &courier{}
	write := func(place int, pin string, want ...int) {
		t.Helper()
		e := &jobs.Ending{Place: place, Outcome: roster.Outcome{Result: "found", PIN: pin}}
		if pin == "" {
			e.Outcome = roster.Outcome{Code: "pin_pending"}
		}
		lost, err := r.Write(t.Context(), s, e)
		if err != nil || !slices.Equal(lost, want) {
			t.Errorf("writing row %d: lost %v (%v), and %v were wanted", place, lost, err, want)
		}
	}
	save := func() {
		t.Helper()
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		saved := strings.ReplaceAll(strings.ReplaceAll(string(text), `"`, ""), "012345", "12345")
		if err := os.WriteFile(out, []byte(saved), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(0, "012345")
	write(1, "B6dens")
	write(2, "")
	save()
	write(2, "", 0)
	write(2, "")
	write(0, "012345")
	save()
	write(0, "012345") // it is back with that
	text, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(text), `"012345"`) || !strings.Contains(string(text), `"B6dens"`) {
		t.Errorf("in the end it holds (%v):\n%s", err, text)
	}
}
