package page

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
	"irccpin/selectors"
)

// questions answers the boxes that the browser itself shows for a page: alert,
// confirm, prompt. Such a box blocks its page until it is answered, so it is
// answered at once, by the tab's own goroutine; what was asked is told to the
// Driver afterwards.
type questions struct {
	catalog *selectors.Catalog

	mu sync.Mutex
	// pressed is the element that was pressed last.
	pressed string
	// about, when set, tells whether a question can be about what was pressed.
	about func(text string) bool
}

// pressing notes what is about to be pressed.
func (q *questions) pressing(element string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pressed = element
}

// Expect says which questions of the browser's own boxes can be about what is
// pressed from now on; nil ends that. about is called from other goroutines.
func (d *Driver) Expect(about func(text string) bool) {
	d.questions.mu.Lock()
	defer d.questions.mu.Unlock()
	d.questions.about = about
}

// Unanswered is the question in a box of the browser's own that was not answered
// with OK since the last press; empty when there was none.
func (d *Driver) Unanswered() string { return d.unanswered.text }

// answer decides about a box. An alert has one button, and a page that asks
// whether it may be left is left on purpose. A question is answered with OK only
// where that means what was pressed: "This user exists already. Create anyway?"
// is a person's to decide. A prompt wants a text that nobody gave.
func (q *questions) answer(dialog browser.Dialog) bool {
	switch dialog.Kind {
	case browser.DialogAlert, browser.DialogBeforeUnload:
		return true
	case browser.DialogConfirm:
	default:
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.catalog.Site.Agrees(q.pressed, dialog.Message) && (q.about == nil || q.about(dialog.Message))
}

// asked notes a box that was answered.
func (d *Driver) asked(e browser.DialogAnswered) {
	text := strings.TrimSpace(spaces.ReplaceAllString(e.Dialog.Message, " "))
	if runes := []rune(text); len(runes) > mostAsked {
		text = string(runes[:mostAsked]) + "…"
	}
	switch {
	case d.theirs:
		// A person reads and answers what comes up in their window; the policy
		// answered first, and there is nothing to stop for.
	case e.Dialog.Kind == browser.DialogAlert:
		d.at.alert(text, time.Now())
	case e.Accepted || d.options.Catalog.Site.Over.Concerns(text):
	case d.left == nil || d.left.Doc != d.at.doc:
		// Nothing was pressed on this page: the question is its own affair.
		d.Warn(Warning{Code: "put_away", Page: d.Last(), Detail: lang.Text("the page asked in a box of the browser's own, which was closed with Cancel: %q", text)})
	default:
		d.unanswered = unanswered{text, &Stop{
			Code: PageChanged, Page: d.Last(),
			Message: lang.Text("the page %q asked in a box of the browser's own, and what was pressed does not answer it: %q", d.Says(d.Last(), ""), text),
			Hint:    lang.Text("The box was closed with Cancel. Look at the page by hand, and answer there."),
		}}
	}
}

// unanswered is a question that was answered with Cancel, and the stop for it.
type unanswered struct {
	text string
	stop *Stop
}

// alert adds what a page said in a box to the messages that it shows.
func (v *view) alert(text string, now time.Time) {
	v.alerts, v.alerted, v.changed = append(v.alerts, text), now, now
	if v.shot != nil {
		shot := *v.shot
		shot.Messages = append(slices.Clone(shot.Messages), text)
		v.shot = &shot
	}
}

var spaces = regexp.MustCompile(`\s+`)

// mostAsked is how many characters of a box are told.
const mostAsked = 300
