package jobs

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests know the zones on any machine
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// TestNext goes over the days on which Toronto's clocks change: 8 March 2026 at
// 2:00, and 1 November 2026 at 2:00.
func TestNext(t *testing.T) {
	for name, c := range map[string]struct {
		cron, zone, after string
		want              []string
	}{
		"weekdays in winter": {"0 7 * * 1-5", "America/Toronto", "2026-01-09T12:00:00Z", []string{
			"2026-01-12T12:00:00Z", "2026-01-13T12:00:00Z",
		}},
		"seven stays seven": {"0 7 * * *", "America/Toronto", "2026-03-07T00:00:00Z", []string{
			"2026-03-07T12:00:00Z", "2026-03-08T11:00:00Z", "2026-03-09T11:00:00Z",
		}},
		"and in autumn": {"0 7 * * *", "America/Toronto", "2026-10-31T00:00:00Z", []string{
			"2026-10-31T11:00:00Z", "2026-11-01T12:00:00Z", "2026-11-02T12:00:00Z",
		}},
		"a skipped time comes all the same": {"30 2 * * *", "America/Toronto", "2026-03-07T00:00:00Z", []string{
			"2026-03-07T07:30:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z",
		}},
		"a doubled time comes once": {"30 1 * * *", "America/Toronto", "2026-10-31T00:00:00Z", []string{
			"2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z",
		}},
		"asked between the two": {"30 1 * * *", "America/Toronto", "2026-11-01T06:10:00Z", []string{
			"2026-11-02T06:30:00Z",
		}},
		"every hour is every hour in spring": {"0 * * * *", "America/Toronto", "2026-03-08T05:30:00Z", []string{
			"2026-03-08T06:00:00Z", "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z",
		}},
		"every hour is every hour in autumn": {"0 * * * *", "America/Toronto", "2026-11-01T04:30:00Z", []string{
			"2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z",
		}},
		"two times around a skipped one": {"0,30 2,3 * * *", "America/Toronto", "2026-03-08T06:30:00Z", []string{
			"2026-03-08T07:00:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:00:00Z",
		}},
		"Newfoundland's half hour": {"15 0 * * *", "America/St_Johns", "2026-03-07T12:00:00Z", []string{
			"2026-03-08T03:45:00Z", "2026-03-09T02:45:00Z",
		}},
		"a change at midnight": {"0 0 * * *", "America/Havana", "2026-03-07T12:00:00Z", []string{
			"2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z",
		}},
		"Sunday as seven": {"0 7 * * 5-7/2,3", "", "2026-01-05T00:00:00Z", []string{
			"2026-01-07T07:00:00Z", "2026-01-09T07:00:00Z", "2026-01-11T07:00:00Z",
		}},
		"without a zone": {"0 0 1 1 *", "", "2026-03-07T12:00:00Z", []string{"2027-01-01T00:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := Timing{Cron: c.cron, Zone: c.zone}
			after := at(c.after)
			for _, want := range c.want {
				got := w.Next(after)
				if !got.Equal(at(want)) {
					t.Errorf("after %s comes %s, and %s was wanted", after.Format(time.RFC3339), got.Format(time.RFC3339), want)
				}
				after = got
			}
		})
	}
}

func TestFollowing(t *testing.T) {
	six := Timing{Every: 6 * time.Hour}
	morning := Timing{Cron: "0 7 * * *", Zone: "America/Toronto"}
	for name, c := range map[string]struct {
		timing         Timing
		due, now, want string
	}{
		"in time":                      {six, "2026-01-05T00:00:00Z", "2026-01-05T00:00:03Z", "2026-01-05T06:00:00Z"},
		"late, within the distance":    {six, "2026-01-05T00:00:00Z", "2026-01-05T05:59:00Z", "2026-01-05T06:00:00Z"},
		"three missed are one":         {six, "2026-01-05T00:00:00Z", "2026-01-05T19:00:00Z", "2026-01-06T00:00:00Z"},
		"exactly at the next":          {six, "2026-01-05T00:00:00Z", "2026-01-05T06:00:00Z", "2026-01-05T12:00:00Z"},
		"a clock that was put back":    {six, "2026-01-05T12:00:00Z", "2026-01-05T01:00:00Z", "2026-01-05T18:00:00Z"},
		"a week of mornings is one":    {morning, "2026-01-05T12:00:00Z", "2026-01-12T15:00:00Z", "2026-01-13T12:00:00Z"},
		"a morning over summer's dawn": {morning, "2026-03-07T12:00:00Z", "2026-03-07T12:00:01Z", "2026-03-08T11:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.timing.following(at(c.due), at(c.now)); !got.Equal(at(c.want)) {
				t.Errorf("comes %s, and %s was wanted", got.Format(time.RFC3339), c.want)
			}
		})
	}
}

func TestTimingCheck(t *testing.T) {
	now := at("2026-01-05T00:00:00Z")
	for name, c := range map[string]struct {
		timing Timing
		floor  time.Duration
		want   string // part of the message; "" is none
	}{
		"good":                        {Timing{Every: 6 * time.Hour}, time.Hour, ""},
		"good cron":                   {Timing{Cron: "0 7 * * 1-5", Zone: "America/Toronto"}, time.Hour, ""},
		"neither":                     {Timing{}, 0, "missing"},
		"both":                        {Timing{Every: time.Hour, Cron: "0 7 * * *"}, 0, "exclude"},
		"too often":                   {Timing{Every: time.Minute}, time.Hour, "least"},
		"less than a second":          {Timing{Every: time.Millisecond}, 0, "second"},
		"too often now and then":      {Timing{Cron: "0,10 7 1 * *"}, time.Hour, "twice within 10m"},
		"no such weekday":             {Timing{Cron: "0 7 * * 8"}, 0, "above maximum"},
		"six fields":                  {Timing{Cron: "0 0 7 * * *"}, 0, "five fields"},
		"a word":                      {Timing{Cron: "@daily"}, 0, "five fields"},
		"the zone in the wrong place": {Timing{Cron: "CRON_TZ=America/Toronto 0 7 * * *"}, 0, "--timezone"},
		"never":                       {Timing{Cron: "0 0 30 2 *"}, 0, "never"},
		"no such zone":                {Timing{Cron: "0 7 * * *", Zone: "Canada/Nowhere"}, 0, "time zone"},
		"the machine's own":           {Timing{Cron: "0 7 * * *", Zone: "Local"}, 0, "time zone"},
		"a zone without a clock":      {Timing{Every: time.Hour, Zone: "America/Toronto"}, 0, "goes with --cron"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.timing.Check(c.floor, now)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}
