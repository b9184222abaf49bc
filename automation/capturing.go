package automation

import (
	"irccpin/automation/capture"
	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// collecting returns a configuration whose pages are handed to keep as well.
func (c Config) collecting(keep func(page.Specimen)) Config {
	if before := c.keep; before != nil {
		c.keep = func(s page.Specimen) { before(s); keep(s) }
	} else {
		c.keep = keep
	}
	return c
}

// beginCapture makes the folder that the configuration names, and collects
// pages from now on; nil when it names none. The error is usage.
func (c *Config) beginCapture() (*capture.Collector, error) {
	if c.Capture == "" {
		return nil, nil
	}
	s := c.Settings
	private := []string{s.Username.Reveal(), s.Employer, s.BusinessNumber, s.EmployerNumber}
	for _, q := range s.Questions {
		private = append(private, q.Text)
	}
	collector, err := capture.Begin(capture.Options{
		Dir: c.Capture, Command: c.Command, Simulated: c.Simulator != nil, Program: Version(), Now: clock(),
		Secrets: c.redactor, Private: append(private, c.Private...),
	})
	if err != nil {
		return nil, &Error{Code: Usage, Message: lang.Text("the pages cannot be captured: %v", err), Err: err, Hint: lang.Text("Name a new folder. The portal was not opened.")}
	}
	*c = c.collecting(collector.Add)
	return collector, nil
}

// finishCapture writes what was collected. That it fails changes nothing about
// how a run ended.
func finishCapture(collector *capture.Collector, dir, browser string, r *Result) {
	if collector == nil {
		return
	}
	n, err := collector.Finish(browser)
	if err != nil {
		r.Warnings = append(r.Warnings, Warning{Code: "capture", Detail: lang.Text("the captured pages were not written: %v", err)})
		return
	}
	r.Captured = &Captured{Dir: dir, Pages: n}
}

// Captured tells of the pages that a run kept.
type Captured struct {
	// Dir is the folder, and Pages how many pages are in it.
	Dir   string `json:"dir"`
	Pages int    `json:"pages"`
}

func (c Captured) String() string { return lang.Text("%d pages in %s", c.Pages, c.Dir) }
