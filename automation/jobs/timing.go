package jobs

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"irccpin/automation/lang"
)

// Timing says when a schedule runs: at equal distances, or by a cron expression
// on the clocks of a time zone.
type Timing struct {
	// Every is the distance; 0 with Cron.
	Every time.Duration
	// Cron has the five fields of crontab(5): minute, hour, day of the month,
	// month, day of the week.
	Cron string
	// Zone is the name of the time zone that Cron is read in, such as
	// "America/Toronto". Empty is UTC.
	Zone string
}

// Words is how people read it, in the language of the process.
func (w Timing) Words() string {
	if w.Every > 0 {
		return lang.Text("every %s", plainDuration(w.Every))
	}
	return w.String()
}

// String is how scripts read it.
func (w Timing) String() string {
	if w.Every > 0 {
		return "every " + plainDuration(w.Every)
	}
	return fmt.Sprintf("%s (%s)", w.Cron, w.zoneName())
}

func (w Timing) zoneName() string {
	if w.Zone == "" {
		return "UTC"
	}
	return w.Zone
}

// plainDuration leaves out the zeros that Go prints: 6h, not 6h0m0s.
func plainDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Check tells what is wrong with a timing, in words that follow a flag's name;
// floor is the least distance between two runs that is allowed.
func (w Timing) Check(floor time.Duration, from time.Time) error {
	switch {
	case w.Every > 0 && w.Cron != "":
		return lang.Errorf("--every and --cron exclude each other")
	case w.Every == 0 && w.Cron == "":
		return lang.Errorf("--every or --cron is missing")
	case w.Every > 0 && w.Zone != "":
		return lang.Errorf("--timezone goes with --cron")
	case w.Every > 0 && w.Every < time.Second:
		return lang.Errorf("--every %s is less than a second", w.Every)
	case w.Every > 0 && w.Every < floor:
		return lang.Errorf("--every %s is less than %s, the least that is allowed", plainDuration(w.Every), plainDuration(floor))
	case w.Every > 0:
		return nil
	}
	if _, _, err := w.parse(); err != nil {
		return err
	}
	// The runs of a year show every distance that such an expression has, but for
	// odd days of the month, which lie far apart in any case.
	end := from.AddDate(1, 0, 1)
	at := w.Next(from)
	if at.IsZero() {
		return lang.Errorf("--cron %q never comes", w.Cron)
	}
	for floor > 0 && at.Before(end) {
		next := w.Next(at)
		if next.IsZero() {
			return nil
		}
		if next.Sub(at) < floor {
			return lang.Errorf("--cron %q runs twice within %s, and %s is the least that is allowed", w.Cron, plainDuration(next.Sub(at)), plainDuration(floor))
		}
		at = next
	}
	return nil
}

func (w Timing) parse() (cron.Schedule, *time.Location, error) {
	zone, err := time.LoadLocation(w.Zone)
	if err != nil || w.Zone == "Local" {
		// "Local" would be another zone on each worker.
		return nil, nil, lang.Errorf("--timezone %q is not a time zone such as America/Toronto", w.Zone)
	}
	if strings.Contains(w.Cron, "=") {
		return nil, nil, lang.Errorf("--cron %q: the time zone goes into --timezone", w.Cron)
	}
	if strings.HasPrefix(w.Cron, "@") {
		return nil, nil, lang.Errorf("--cron %q is not five fields: minute hour day month weekday", w.Cron)
	}
	plan, err := cron.ParseStandard(withSunday(w.Cron))
	if err != nil {
		return nil, nil, lang.Errorf("--cron %q cannot be read as five fields, minute hour day month weekday: %w", w.Cron, err)
	}
	return plan, zone, nil
}

// withSunday writes Sunday as 0 where an expression has it as 7, which crontab(5)
// knows and the library does not.
func withSunday(expression string) string {
	fields := strings.Fields(expression)
	if len(fields) != 5 {
		return expression
	}
	items := strings.Split(fields[4], ",")
	for i, item := range items {
		span, stepped, _ := strings.Cut(item, "/")
		first, last, isSpan := strings.Cut(span, "-")
		from, err := strconv.Atoi(first)
		to, err2 := from, error(nil)
		if isSpan {
			to, err2 = strconv.Atoi(last)
		}
		step, err3 := strconv.Atoi(cmp.Or(stepped, "1"))
		if errors.Join(err, err2, err3) != nil || to != 7 || from < 0 || from > to || step < 1 {
			continue
		}
		var days []string
		for day := from; day <= to; day += step {
			days = append(days, strconv.Itoa(day%7))
		}
		items[i] = strings.Join(days, ",")
	}
	fields[4] = strings.Join(items, ",")
	return strings.Join(fields, " ")
}

// Next is the first time after a moment at which an expression is due; the zero
// time is never.
//
// Where clocks change, it holds what people expect of crontab: a time of day that
// is skipped in spring comes at the same distance from midnight all the same,
// which clocks then show an hour later, and one that comes twice in autumn counts
// once, the first time. An expression that leaves the hour open ("*" or "*/2")
// means every hour that passes, and follows no clock's jump.
func (w Timing) Next(after time.Time) time.Time {
	plan, zone, err := w.parse()
	if err != nil {
		return time.Time{} // it was checked when the schedule was added
	}
	if fields := strings.Fields(w.Cron); strings.HasPrefix(fields[1], "*") {
		return plan.Next(after.In(zone)).UTC()
	}
	// The expression is asked on a clock that never jumps, which shows what the
	// zone's clocks show.
	wall := face(after.In(zone))
	for {
		wall = plan.Next(wall)
		if wall.IsZero() {
			return time.Time{}
		}
		if at := instant(wall, zone); at.After(after) {
			return at
		}
	}
}

// face is what a clock shows, as a time of a zone without jumps.
func face(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant is when a zone's clocks first show a face, or would show it had they
// not jumped: reckoned with the offset that was in force before.
func instant(wall time.Time, zone *time.Location) time.Time {
	// No zone has changed its clocks twice within a day.
	_, before := wall.Add(-24 * time.Hour).In(zone).Zone()
	early := wall.Add(-time.Duration(before) * time.Second)
	if face(early.In(zone)).Equal(wall) {
		return early
	}
	// The change lies behind: the offset now in force is the right one, unless this
	// face was skipped.
	_, now := early.In(zone).Zone()
	if late := wall.Add(-time.Duration(now) * time.Second); face(late.In(zone)).Equal(wall) {
		return late
	}
	return early
}

// following is when a schedule runs after the run that was due at a time. Runs
// that were missed since are made up by that one run, and not one by one: the
// next is the first of the grid that lies ahead.
func (w Timing) following(due, now time.Time) time.Time {
	if w.Every == 0 {
		return w.Next(latest(due, now))
	}
	next := due.Add(w.Every)
	if behind := now.Sub(next); behind >= 0 {
		next = next.Add((behind/w.Every + 1) * w.Every)
	}
	return next
}

// first is when a new schedule runs first: one with a distance at once, since
// nothing says otherwise.
func (w Timing) first(now time.Time) time.Time {
	if w.Every > 0 {
		return now
	}
	return w.Next(now)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
