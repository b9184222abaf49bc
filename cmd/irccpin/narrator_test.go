package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irccpin/automation"
)

// watch is a clock that is moved by hand.
type watch struct{ at time.Time }

func (w *watch) now() time.Time { return w.at }

func (w *watch) pass(d time.Duration) { w.at = w.at.Add(d) }

func newTestNarrator(l look) (*narrator, *bytes.Buffer, *watch) {
	var out bytes.Buffer
	clock := &watch{at: time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)}
	l.width = func() int { return 40 }
	n := newNarrator(&out, clock.now, l)
	n.title = func(page string) string { return map[string]string{"home": "Employer Portal home"}[page] }
	return n, &out, clock
}

func TestNarratorInALog(t *testing.T) {
	n, out, clock := newTestNarrator(look{})
	n.begin("Starting the browser")
	clock.pass(1200 * time.Millisecond)
	n.Recognised(&automation.Snapshot{Pages: []string{"home"}})
	n.Acted("home", "create-secondary-user", "pressed", "text")
	n.Warned(automation.Warning{Code: "drift", Page: "home", Element: "x", Detail: "y"})
	n.Waiting("Waiting for the e-mail with the passcode", clock.now().Add(3*time.Minute))
	clock.pass(time.Second)
	n.done("Done")
	want := "   0.0s  Starting the browser\n   1.2s  Employer Portal home\nWaiting for the e-mail with the passcode; 3 minutes left\nDone (2.2 s)\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestNarratorTellsMore(t *testing.T) {
	n, out, _ := newTestNarrator(look{})
	n.talk(false, true)
	n.Acted("home", "create-secondary-user", "pressed", "text")
	n.Warned(automation.Warning{Code: "not_signed_out", Page: "home", Detail: "the session ends by itself"})
	want := "         pressed create-secondary-user (found by text)\n" +
		"         Warning: not signed out (on \"Employer Portal home\"): the session ends by itself\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestNarratorIsQuiet: what a person must know is told all the same.
func TestNarratorIsQuiet(t *testing.T) {
	n, out, clock := newTestNarrator(look{})
	n.talk(true, false)
	n.begin("Starting the browser")
	n.Recognised(&automation.Snapshot{Pages: []string{"home"}})
	n.Acted("home", "x", "pressed", "text")
	n.say("nothing")
	n.Waiting("Waiting for the e-mail with the passcode", clock.now().Add(3*time.Minute))
	n.done("Done")
	if out.Len() > 0 {
		t.Errorf("said %q", out)
	}
	n.Asked("Solve the captcha in the window", clock.now().Add(18*time.Minute))
	n.urgent("Interrupted.")
	n.urgent("")
	if got := strings.Count(out.String(), "\n"); got != 2 || !strings.Contains(out.String(), "Solve the captcha in the window; 18 minutes left\n") {
		t.Errorf("said %q", out)
	}
}

func TestNarratorOnATerminal(t *testing.T) {
	n, out, clock := newTestNarrator(look{live: true, colour: true, marks: true})
	n.begin("Starting the browser")
	clock.pass(time.Second)
	n.Recognised(&automation.Snapshot{Pages: []string{"home"}})
	n.Acted("home", "create-secondary-user", "pressed", "text")
	n.say("A line between.")
	n.Waiting("Waiting for the e-mail", clock.now().Add(3*time.Minute))
	n.close()
	shown := screen(out.String())
	want := []string{
		"\x1b[32m✓\x1b[0m Starting the browser  \x1b[2m1.0 s\x1b[0m",
		"A line between.",
		"Waiting for the e-mail; 3 minutes left",
		"\x1b[31m✗\x1b[0m Employer Portal home  \x1b[2m0.0 s\x1b[0m",
		"",
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
	for _, line := range strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\r' || r == '\n' }) {
		line = strings.TrimPrefix(line, "\x1b[K")
		if !strings.Contains(line, "\x1b") && len([]rune(line)) > 39 {
			t.Errorf("a moving line is as wide as the terminal: %q", line)
		}
	}
}

func TestNarratorWithoutColours(t *testing.T) {
	n, out, _ := newTestNarrator(look{live: true})
	n.begin("Starting the browser")
	n.done("Done")
	n.close()
	if rest := strings.ReplaceAll(out.String(), "\x1b[K", ""); strings.Contains(rest, "\x1b") {
		t.Errorf("there are colours in %q", rest)
	}
}

// screen is what stays on a terminal: a carriage return followed by an erasure
// takes the line away.
func screen(written string) []string {
	lines := strings.Split(written, "\n")
	for i, line := range lines {
		if at := strings.LastIndex(line, "\r\x1b[K"); at >= 0 {
			lines[i] = line[at+len("\r\x1b[K"):]
		}
	}
	return lines
}

func TestPrintable(t *testing.T) {
	if got := printable("Zoé\x1b[2J\x07 \u009b1m\nNguyễn"); got != "Zoé\ufffd[2J\ufffd \ufffd1m\nNguyễn" {
		t.Errorf("%q", got)
	}
}

// TestNarratorPauses: nothing moves or is written while a person is asked.
func TestNarratorPauses(t *testing.T) {
	n, out, clock := newTestNarrator(look{live: true})
	defer n.close()
	n.begin("Two-factor authentication: the code")
	resume := n.pause()
	before := out.String()
	n.Acted("mfa-code", "passcode", "filled", "label")
	n.urgent("Interrupted.")
	n.begin("Next")
	if out.String() != before {
		t.Errorf("it wrote %q while paused", strings.TrimPrefix(out.String(), before))
	}
	clock.pass(time.Minute)
	resume()
	n.begin("Last")
	shown := strings.Join(screen(out.String()), "\n")
	for _, wanted := range []string{"Interrupted.\n", "+ Two-factor authentication: the code", "+ Next  60.0 s\n"} {
		if !strings.Contains(shown, wanted) {
			t.Errorf("it did not show %q afterwards:\n%s", wanted, shown)
		}
	}
}
