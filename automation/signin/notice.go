package signin

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"irccpin/automation/page"
)

// closedNow tells whether one of the announcements is about this very moment,
// and until when. Old announcements stay on the pages for years and mean
// nothing; one whose day cannot be read is not acted upon.
func closedNow(notices []page.Notice, now time.Time) (notice page.Notice, until time.Time, ok bool) {
	eastern, err := time.LoadLocation("America/Toronto") // announcements are in Eastern time (seen on the landing page)
	if err != nil {
		return notice, until, false
	}
	for _, n := range notices {
		from, to, ok := window(n, eastern)
		if ok && !now.Before(from) && now.Before(to) {
			return n, to, true
		}
	}
	return notice, until, false
}

// window reads the beginning and end of an announcement.
func window(n page.Notice, where *time.Location) (from, to time.Time, ok bool) {
	year, month, day, ok := date(n.Day)
	if !ok {
		return from, to, false
	}
	h1, m1, ok1 := clock(n.From)
	h2, m2, ok2 := clock(n.To)
	if !ok1 || !ok2 {
		return from, to, false
	}
	from = time.Date(year, month, day, h1, m1, 0, 0, where)
	to = time.Date(year, month, day, h2, m2, 0, 0, where)
	if !to.After(from) {
		to = to.AddDate(0, 0, 1) // over midnight
	}
	return from, to, true
}

var (
	clockTime = regexp.MustCompile(`([0-9]{1,2})(?: ?[h:] ?([0-9]{2}))?(?: ?h)? ?([ap])?`)
	dayMonth  = regexp.MustCompile(`([a-z]+) ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})`)
	monthDay  = regexp.MustCompile(`([0-9]{1,2})(?:er)? ([a-z]+),? ([0-9]{4})`)
)

// months by the first letters of their normalised names, English and French.
var months = []struct {
	prefix string
	month  time.Month
}{
	{"jan", 1},
	{"fe", 2},
	{"mar", 3},
	{"ap", 4},
	{"av", 4},
	{"may", 5},
	{"mai", 5},
	{"jun", 6},
	{"juin", 6},
	{"jul", 7},
	{"juil", 7},
	{"au", 8},
	{"ao", 8},
	{"se", 9},
	{"oc", 10},
	{"no", 11},
	{"de", 12},
}

func date(s string) (year int, month time.Month, day int, ok bool) {
	name, digits, years := "", "", ""
	if hit := dayMonth.FindStringSubmatch(s); hit != nil {
		name, digits, years = hit[1], hit[2], hit[3]
	} else if hit := monthDay.FindStringSubmatch(s); hit != nil {
		digits, name, years = hit[1], hit[2], hit[3]
	}
	for _, m := range months {
		if strings.HasPrefix(name, m.prefix) && name != "" {
			day, _ = strconv.Atoi(digits)
			year, _ = strconv.Atoi(years)
			return year, m.month, day, day > 0
		}
	}
	return 0, 0, 0, false
}

// clock reads "2:30 a.m." and "14 h 30".
func clock(s string) (hour, minute int, ok bool) {
	hit := clockTime.FindStringSubmatch(strings.TrimSpace(s))
	if hit == nil {
		return 0, 0, false
	}
	hour, _ = strconv.Atoi(hit[1])
	minute, _ = strconv.Atoi(hit[2])
	switch {
	case hit[3] == "p" && hour < 12:
		hour += 12
	case hit[3] == "a" && hour == 12:
		hour = 0
	}
	return hour, minute, hour < 24 && minute < 60
}
