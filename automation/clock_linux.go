package automation

import (
	"time"

	"golang.org/x/sys/unix"

	"irccpin/automation/lang"
)

// systemClock reads the state of the kernel's clock, which every time service
// keeps up to date. Reading needs no rights.
func systemClock() (ClockReport, error) {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return ClockReport{}, ErrNoClock
	}
	return ClockReport{
		By: lang.Text("the system's time service"), Within: time.Duration(t.Maxerror) * time.Microsecond,
		Unkept: t.Status&unix.STA_UNSYNC != 0,
	}, nil
}
