package signin

import (
	"testing"
	"time"

	"irccpin/automation/page"
)

func TestClosedNow(t *testing.T) {
	eastern, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	// The wordings as the probe hands them on: normalised, in groups.
	english := page.Notice{From: "2:30 a.m.", To: "5:30 a.m.", Day: " eastern time, on tuesday june 4, 2019"}
	afternoon := page.Notice{From: "1:00 p.m.", To: "4 p.m.", Day: " sunday, november 22, 2026"}
	french := page.Notice{From: "2 h 30", To: "5 h 30", Day: ", heure de l'est, le mardi 4 juin 2019"}
	midnight := page.Notice{From: "11:00 p.m.", To: "2:00 a.m.", Day: " on saturday, november 21, 2026"}
	undated := page.Notice{From: "2:30 a.m.", To: "5:30 a.m."}
	at := func(year int, month time.Month, day, hour, minute int) time.Time {
		return time.Date(year, month, day, hour, minute, 0, 0, eastern)
	}
	for _, c := range []struct {
		name   string
		notice page.Notice
		now    time.Time
		until  time.Time // zero: not closed
	}{
		{"inside", english, at(2019, 6, 4, 3, 0), at(2019, 6, 4, 5, 30)},
		{"at its end", english, at(2019, 6, 4, 5, 30), time.Time{}},
		{"years ago", english, at(2026, 11, 22, 3, 0), time.Time{}},
		{"told in another zone", english, at(2019, 6, 4, 3, 0).UTC(), at(2019, 6, 4, 5, 30)},
		{"afternoon", afternoon, at(2026, 11, 22, 15, 59), at(2026, 11, 22, 16, 0)},
		{"before it begins", afternoon, at(2026, 11, 22, 12, 59), time.Time{}},
		{"french", french, at(2019, 6, 4, 2, 30), at(2019, 6, 4, 5, 30)},
		{"over midnight", midnight, at(2026, 11, 22, 1, 0), at(2026, 11, 22, 2, 0)},
		{"without a day", undated, at(2019, 6, 4, 3, 0), time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, until, ok := closedNow([]page.Notice{{From: "?", To: "?"}, c.notice}, c.now)
			if ok != !c.until.IsZero() || (ok && !until.Equal(c.until)) {
				t.Errorf("closed %v until %v, want %v", ok, until, c.until)
			}
		})
	}
}
