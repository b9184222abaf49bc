package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/text"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// look says how the narrator may speak.
type look struct {
	// live lets a line move; without it each step is a plain line of its own.
	live bool
	// colour lets lines be coloured.
	colour bool
	// marks lets signs beyond ASCII be used.
	marks bool
	// width is the number of columns of the terminal.
	width func() int
}

// narrator tells a person on stderr what happens, step by step. It is the
// observer of a session. It speaks of pages and of what is pressed on them, and
// never learns a value.
type narrator struct {
	out  io.Writer
	now  func() time.Time
	look look
	// title is what a person calls a page.
	title func(page string) string

	mu             sync.Mutex
	quiet, verbose bool
	began          time.Time
	// step is what goes on now, since when; "" is nothing.
	step  string
	since time.Time
	deed  string
	frame int
	// held is what is told while a person is asked for something; nil when nobody
	// is. It is shown afterwards.
	held *bytes.Buffer
	// ticking stops the goroutine that moves the live line.
	ticking chan struct{}
	ended   sync.WaitGroup
}

// beat is how often the live line moves: often enough to look alive, seldom
// enough to cost nothing.
const beat = 125 * time.Millisecond

func newNarrator(out io.Writer, now func() time.Time, l look) *narrator {
	return &narrator{out: out, now: now, look: l, title: func(page string) string { return page }}
}

// talk sets how much is told.
func (n *narrator) talk(quiet, verbose bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.quiet, n.verbose = quiet, verbose
}

// begin tells what goes on from now on. The step before is done.
func (n *narrator) begin(step string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.start(step)
}

func (n *narrator) start(step string) {
	if n.quiet {
		return
	}
	n.finish()
	now := n.now()
	if n.began.IsZero() {
		n.began = now
	}
	n.step, n.since, n.deed = step, now, ""
	if !n.look.live {
		fmt.Fprintf(n.out, "%6.1fs  %s\n", now.Sub(n.began).Seconds(), step)
		return
	}
	if n.ticking == nil {
		stop := make(chan struct{})
		n.ticking = stop
		n.ended.Go(func() { n.tick(stop) })
	}
	n.draw()
}

// finish turns the live line into one that stays.
func (n *narrator) finish() {
	if n.step == "" {
		return
	}
	if n.look.live {
		n.erase()
		fmt.Fprintf(n.out, "%s %s  %s\n", n.paint(text.FgGreen, n.mark("✓", "+")), n.step, n.paint(text.Faint, seconds(n.now().Sub(n.since))))
	}
	n.step = ""
}

// done ends the last step and says how long all took.
func (n *narrator) done(closing string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.finish()
	if !n.quiet && !n.began.IsZero() {
		fmt.Fprintf(n.out, "%s %s\n", closing, n.paint(text.Faint, "("+seconds(n.now().Sub(n.began))+")"))
	}
	n.began = time.Time{}
}

// abandon ends the last step without success.
func (n *narrator) abandon() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.step != "" && n.look.live {
		n.erase()
		fmt.Fprintf(n.out, "%s %s  %s\n", n.paint(text.FgRed, n.mark("✗", "x")), n.step, n.paint(text.Faint, seconds(n.now().Sub(n.since))))
	}
	n.step, n.began = "", time.Time{}
}

// close stops whatever moves. The narrator can still say lines.
func (n *narrator) close() {
	n.abandon()
	n.mu.Lock()
	ticking := n.ticking
	n.ticking = nil
	n.mu.Unlock()
	if ticking != nil {
		close(ticking)
		n.ended.Wait()
	}
}

// say writes a line between the steps, unless all is to be quiet.
func (n *narrator) say(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.quiet {
		n.line(lang.Text(format, args...))
	}
}

// urgent writes a line in any case. An empty one is none.
func (n *narrator) urgent(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if line != "" {
		n.line(n.paint(text.FgYellow, line))
	}
}

// pause leaves the terminal to a question, until resume is called.
func (n *narrator) pause() (resume func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.erase()
	out, held := n.out, new(bytes.Buffer)
	n.out, n.held = held, held
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.out, n.held = out, nil
		_, _ = held.WriteTo(out) // what cannot be told cannot be helped
		n.draw()
	}
}

// line writes one line where the live line is, which moves down.
func (n *narrator) line(line string) {
	n.erase()
	fmt.Fprintln(n.out, line)
	n.draw()
}

// Write lets logs and other programs' output through, between the steps, when
// much is to be told.
func (n *narrator) Write(lines []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.erase()
	written, err := n.out.Write(lines)
	n.draw()
	return written, err
}

// Recognised implements [automation.Observer].
func (n *narrator) Recognised(s *automation.Snapshot) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if title := n.title(s.Page()); title != n.step {
		n.start(title)
	}
}

// Acted implements [automation.Observer].
func (n *narrator) Acted(_, element, deed, way string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.quiet:
	case n.verbose:
		n.line(n.paint(text.Faint, lang.Text("         %s %s (found by %s)", lang.Word(deed), element, way)))
	default:
		n.deed = lang.Word(deed) + " " + strings.ReplaceAll(element, "-", " ")
		n.draw()
	}
}

// Warned implements [automation.Observer]. Warnings are told with the result,
// and at once only when much is to be told.
func (n *narrator) Warned(w automation.Warning) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.verbose {
		n.line(n.paint(text.FgYellow, "         "+n.warning(w)))
	}
}

// Asked implements [automation.Observer]. It is told in any case: without the
// person nothing goes on.
func (n *narrator) Asked(what string, until time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.line(n.paint(text.FgYellow, lang.Text("%s; %s left", what, timeLeft(until.Sub(n.now())))))
}

// Waiting implements [automation.Observer].
func (n *narrator) Waiting(what string, until time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.quiet {
		n.line(lang.Text("%s; %s left", what, timeLeft(until.Sub(n.now()))))
	}
}

// timeLeft is a time that somebody has, as they would say it.
func timeLeft(d time.Duration) string {
	count, unit := int(d.Round(time.Minute).Minutes()), "minute"
	if d < 2*time.Minute {
		count, unit = max(0, int(d.Seconds())), "second"
	}
	if count != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", count, lang.Word(unit))
}

// warning is a warning in a line.
func (n *narrator) warning(w automation.Warning) string {
	where := ""
	switch {
	case w.Page != "" && w.Element != "":
		where = lang.Text(" (%s on %q)", w.Element, n.title(w.Page))
	case w.Page != "":
		where = lang.Text(" (on %q)", n.title(w.Page))
	}
	return printable(lang.Text("Warning: %s%s: %s", spoken(w.Code), where, w.Detail))
}

// tick moves the live line until stop is closed.
func (n *narrator) tick(stop <-chan struct{}) {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			n.mu.Lock()
			n.frame++
			n.draw()
			n.mu.Unlock()
		}
	}
}

// draw writes the live line anew.
func (n *narrator) draw() {
	if !n.look.live || n.step == "" || n.held != nil {
		return
	}
	frames := []string{"-", "\\", "|", "/"}
	if n.look.marks {
		frames = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}
	}
	line := fmt.Sprintf("%s %s  %s", frames[n.frame%len(frames)], n.step, seconds(n.now().Sub(n.since)))
	if n.deed != "" {
		line += "  " + n.deed
	}
	// A line as wide as the terminal would wrap, and could not be erased.
	n.erase()
	fmt.Fprint(n.out, text.Trim(line, n.look.width()-1))
}

// erase takes the live line away.
func (n *narrator) erase() {
	if n.look.live && n.step != "" && n.held == nil {
		fmt.Fprint(n.out, "\r"+text.EraseLine.Sprint())
	}
}

func (n *narrator) paint(c text.Color, s string) string {
	if !n.look.colour {
		return s
	}
	return c.EscapeSeq() + s + text.Reset.EscapeSeq()
}

func (n *narrator) mark(sign, plain string) string {
	if n.look.marks {
		return sign
	}
	return plain
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// printable is a text that came from a page, fit for a terminal: nothing in it
// can move the cursor or colour what follows.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
