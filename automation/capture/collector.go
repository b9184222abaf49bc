package capture

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"irccpin/automation/page"
	"irccpin/automation/secret"
)

// Collector gathers the pages of one run. They stay in memory until all of them
// are there: what one page shows as somebody's name is a name on all others.
// It is not safe for concurrent use.
type Collector struct {
	about Capture
	dir   string
	red   *redactor
	pages []page.Specimen
}

// Options say what is captured.
type Options struct {
	// Dir is the folder; it must not exist, or be empty.
	Dir string
	// Command is what is done while the pages are met.
	Command   string
	Simulated bool
	// Program is its version.
	Program string
	Now     time.Time
	// Secrets are looked for in everything that is written.
	Secrets *secret.Redactor
	// Private are values of the settings that may stand on a page: names,
	// addresses, numbers, questions.
	Private []string
}

// maxPages bounds a capture; the longest known way has fifteen pages.
const maxPages = 200

// Begin makes the folder. The error tells why it cannot be used.
func Begin(o Options) (*Collector, error) {
	if err := Reserve(o.Dir); err != nil {
		return nil, err
	}
	c := &Collector{dir: o.Dir, red: newRedactor(o.Secrets), about: Capture{
		Schema: schema, Made: today(o.Now), Command: o.Command, Simulated: o.Simulated, Program: o.Program, Pages: []Page{},
	}}
	for _, value := range o.Private {
		c.red.learn(value)
	}
	return c, nil
}

// Add keeps a page as it is now. The same page as before, seen again, is kept
// once, in its newest state.
func (c *Collector) Add(s page.Specimen) {
	if s.Shot == nil || s.HTML == "" {
		return
	}
	for _, value := range s.Private {
		c.red.learn(value)
	}
	if n := len(c.pages); n > 0 && c.pages[n-1].Shot.Doc == s.Shot.Doc && slices.Equal(c.pages[n-1].Shot.Messages, s.Shot.Messages) {
		c.pages[n-1] = s
		return
	}
	if len(c.pages) < maxPages {
		c.pages = append(c.pages, s)
	}
}

// Finish makes the pages up anew and writes them, with the version of the
// browser that showed them. It returns how many there are.
func (c *Collector) Finish(browser string) (int, error) {
	c.about.Browser = browser
	for _, s := range c.pages {
		if err := c.red.gather(s.HTML); err != nil {
			return 0, fmt.Errorf("the page %s: %w", s.Shot.URL, err)
		}
	}
	var written [][]byte
	for i, s := range c.pages {
		// Of a page that is not known, and of one that asks a person's own
		// question, nobody knows which words are whose.
		strict := s.Shot.Page() == "" || len(s.Shot.Asked) > 0
		data, err := c.red.page(s.HTML, strict)
		if err != nil {
			return 0, fmt.Errorf("the page %s: %w", s.Shot.URL, err)
		}
		written = append(written, data)
		p := Page{
			File: fmt.Sprintf("%02d-%s.html", i+1, c.fileName(s.Shot)), URL: c.red.bare(s.Shot.URL), Status: s.Shot.Status,
			Title: c.red.text(s.Shot.Title, prose, strict), Lang: c.red.identifier(s.Shot.Lang), Seen: Sight(s.Inspection),
		}
		for _, heading := range s.Shot.Headings {
			p.Headings = append(p.Headings, c.red.text(heading, prose, strict))
		}
		c.about.Pages = append(c.about.Pages, p)
	}
	c.pages = nil
	return len(written), c.about.write(c.dir, written, c.red.kept)
}

func (c *Collector) fileName(s *page.Snapshot) string {
	name := s.Page()
	if name == "" {
		return "unknown"
	}
	if s.Variant != "" {
		name += "-" + s.Variant
	}
	return strings.ToLower(name)
}
