//go:build system && linux

package automation_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/trial"
)

// somebody sits at the window: somebody who sees the pages of a real screen, and
// moves its mouse and types on its keyboard, with nothing to do with the
// connection that drives Chrome. What they see is told by a script in each page;
// what they do goes through the X server (xdotool).
type somebody struct {
	t *testing.T

	mu sync.Mutex
	// sees are the pages in view, the newest last; changed wakes whoever waits.
	sees    []view
	changed chan struct{}
	// asked is what irccpin asked for, in order.
	asked []ask
	// pressed is what irccpin pressed by itself.
	pressed []string
	// interrupt is the person's Ctrl-C.
	interrupt func()
}

// ask is one line that a person was told.
type ask struct {
	what string
	left time.Duration
}

// view is a page in view, with what can be pressed on it.
type view struct {
	Page string `json:"page"` // host and path
	// Bottom is where the window ends on the screen.
	Bottom float64 `json:"bottom"`
	Doc    float64 `json:"doc"`
	Items  []item  `json:"items"`
}

// item is something on the screen, by all the names that it has.
type item struct {
	Names []string `json:"names"`
	X     float64  `json:"x"`
	Y     float64  `json:"y"`
}

// look is the person's eye: it stands in every page and tells where things are
// on the screen.
const look = `<script>(function () {
	var doc = Math.random(), last = "", before = "";
	function see() {
		// Nothing is seen before it is painted, and until then Chrome drops what the
		// mouse does.
		if (performance.getEntriesByType("paint").length === 0) { return; }
		var top = window.screenY + window.outerHeight - window.innerHeight, left = window.screenX, items = [];
		if (window !== window.top) { top = 0; left = 0; }
		document.querySelectorAll("a[href],button,input,iframe").forEach(function (el) {
			var box = el.getBoundingClientRect();
			if (box.width < 2 || box.height < 2 || box.left < 0 || getComputedStyle(el).visibility === "hidden") { return; }
			var at = el.tagName === "IFRAME" ? [box.left, box.top] : [box.left + box.width / 2, box.top + box.height / 2];
			items.push({ names: [el.id, el.name || "", el.value || "", el.textContent.trim(), el.title || "", /^(text|tel|number)$/.test(el.type) ? "a field" : ""].filter(Boolean), x: left + at[0], y: top + at[1] });
		});
		var text = JSON.stringify({ page: location.host + location.pathname, doc: doc, bottom: top + window.innerHeight, items: items });
		// Only what holds still can be clicked.
		if (text !== last && text === before) { last = text; new Image().src = "/.seen?" + encodeURIComponent(text); }
		before = text;
	}
	window.addEventListener("load", see);
	window.setInterval(see, 150);
})();</script>`

// atTheWindow puts a person in front of a portal.
func atTheWindow(t *testing.T, s trial.Simulated) (*somebody, trial.Simulated) {
	t.Helper()
	p := &somebody{t: t, changed: make(chan struct{})}
	return p, standBetween(t, s, &between{
		change: func(_ *http.Request, page string) string { return page + look },
		answer: func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			if r.URL.Path != "/.seen" {
				return false
			}
			p.saw(r.URL.RawQuery)
			w.WriteHeader(http.StatusNoContent)
			return true
		},
	})
}

func (p *somebody) saw(query string) {
	var s view
	text, err := url.QueryUnescape(query)
	if err == nil {
		err = json.Unmarshal([]byte(text), &s)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.t.Errorf("the page tells %q: %v", query, err)
		return
	}
	p.sees = append(p.sees, s)
	p.wake()
}

func (p *somebody) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// until waits until something is so.
func (p *somebody) until(what string, so func() bool) {
	p.t.Helper()
	// Far above what anything takes.
	limit := time.After(30 * time.Second)
	for {
		p.mu.Lock()
		done, changed := so(), p.changed
		p.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-limit:
			p.t.Errorf("the person waited in vain for %s; asked: %v; seen last: %+v", what, p.asked, p.sees[max(0, len(p.sees)-2):])
			p.interrupt()
			runtime.Goexit() // of the person's own goroutine
		}
	}
}

// find waits until something is on a page, as it was seen last, and scrolls down
// to it.
func (p *somebody) find(page, name string) (at item) {
	p.t.Helper()
	for from := 0; ; {
		below := false
		p.until(fmt.Sprintf("%q on %s", name, page), func() bool {
			for i := len(p.sees) - 1; i >= from; i-- {
				if !strings.Contains(p.sees[i].Page, page) {
					continue
				}
				found := slices.IndexFunc(p.sees[i].Items, func(it item) bool {
					return slices.ContainsFunc(it.Names, func(n string) bool { return strings.Contains(n, name) })
				})
				if found >= 0 {
					at = p.sees[i].Items[found]
					below, from = at.Y > p.sees[i].Bottom-10, len(p.sees)
				}
				return found >= 0
			}
			return false
		})
		if !below {
			return at
		}
		p.xdotool("mousemove", "500", "500", "click", "--repeat", "4", "5") // the wheel
	}
}

// at moves the mouse to something and clicks it.
func (p *somebody) at(it item) {
	p.t.Helper()
	p.xdotool("mousemove", fmt.Sprint(int(it.X)), fmt.Sprint(int(it.Y)), "click", "1")
}

// click finds something on a page and clicks it.
func (p *somebody) click(page, name string) {
	p.t.Helper()
	p.at(p.find(page, name))
}

// clickInFrame clicks something in a frame of another site, whose own place on
// the page it cannot know.
func (p *somebody) clickInFrame(page, frame, inner, name string) {
	p.t.Helper()
	around, at := p.find(page, frame), p.find(inner, name)
	p.at(item{X: around.X + at.X, Y: around.Y + at.Y})
}

// enter clicks a field and types into it.
func (p *somebody) enter(page, name, text string) {
	p.t.Helper()
	p.click(page, name)
	p.types(text)
}

// types types on the keyboard, wherever that leads.
func (p *somebody) types(text string) {
	p.t.Helper()
	p.xdotool("type", "--delay", "4", text)
}

// press presses keys, such as "Return".
func (p *somebody) press(keys string) {
	p.t.Helper()
	p.xdotool("key", keys)
}

func (p *somebody) xdotool(args ...string) {
	p.t.Helper()
	if out, err := exec.Command("xdotool", args...).CombinedOutput(); err != nil {
		p.t.Errorf("xdotool %s: %v: %s", args[0], err, out)
	}
}

// wasAsked waits until the person is asked for something.
func (p *somebody) wasAsked(what automation.Ask) {
	p.t.Helper()
	p.until("being asked: "+string(what), func() bool {
		return len(p.asked) > 0 && p.asked[len(p.asked)-1].what == string(what)
	})
}

// told is an observer that tells the person what they are asked for.
type told struct {
	automation.Observer
	p *somebody
}

func (o told) Acted(page, element, deed, way string) {
	o.Observer.Acted(page, element, deed, way)
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	o.p.pressed = append(o.p.pressed, element)
	o.p.wake()
}

func (o told) Asked(what string, until time.Time) {
	o.Observer.Asked(what, until)
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	o.p.asked = append(o.p.asked, ask{what, time.Until(until)})
	o.p.wake()
}
