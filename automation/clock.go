package automation

import (
	"net/http"
	"strconv"
	"time"

	"irccpin/automation/lang"
)

// ClockReport says how far this computer's clock can be trusted. The codes of an
// authenticator app go by it, 30 seconds each.
type ClockReport struct {
	// By names what it was compared with.
	By string
	// Off is how far the clock is ahead, give or take Within.
	Off, Within time.Duration
	// Unkept tells that nothing keeps the clock right, as the system says.
	Unkept bool
}

// clockTolerance is how far off a clock may certainly be. A service accepts the
// code of the step before or after at best (RFC 6238, 5.2), and the code that is
// typed has some seconds left at least; a third of a step leaves room for both.
const clockTolerance = 10 * time.Second

// Wrong tells whether the clock is too far off for certain.
func (r ClockReport) Wrong() bool { return r.Off.Abs()-r.Within > clockTolerance }

// String says what was found.
func (r ClockReport) String() string {
	within := r.Within.Round(time.Millisecond)
	switch {
	case r.Unkept:
		return lang.Text("%s says that nothing keeps this computer's clock right", r.By)
	case r.Off.Abs() <= r.Within:
		return lang.Text("right to within %s, by %s", within, r.By)
	case r.Off > 0:
		return lang.Text("%s ahead (to within %s), by %s", r.Off.Round(time.Millisecond), within, r.By)
	}
	return lang.Text("%s behind (to within %s), by %s", -r.Off.Round(time.Millisecond), within, r.By)
}

// ErrNoClock happens where there is nothing to compare the clock with.
var ErrNoClock = lang.NewError("nothing here tells whether the clock is right")

// SystemClock asks the system, without a network, whether it keeps its clock
// right, and how well. ErrNoClock where systems do not say.
func SystemClock() (ClockReport, error) { return systemClock() }

// ClockAgainst compares the clock with a server's, by the headers Date and Age of
// an answer. asked and answered are this computer's times of the request and of
// the answer's head. ErrNoClock when the answer does not tell the time.
func ClockAgainst(server string, head http.Header, asked, answered time.Time) (ClockReport, error) {
	date, err := http.ParseTime(head.Get("Date"))
	if err != nil {
		return ClockReport{}, ErrNoClock
	}
	if seconds, err := strconv.Atoi(head.Get("Age")); err == nil && seconds > 0 {
		date = date.Add(time.Duration(seconds) * time.Second) // a store on the way answered
	}
	// The header counts whole seconds, and was written at some time between.
	travel := answered.Sub(asked)
	return ClockReport{
		By:     lang.Text("the clock of %s", server),
		Off:    asked.Add(travel / 2).Sub(date.Add(time.Second / 2)),
		Within: travel/2 + time.Second/2,
	}, nil
}
