package automation

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/capture"
	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/automation/secret"
	"irccpin/selectors"
)

// ReplayedPage is a recorded page as today's catalog sees it.
type ReplayedPage struct {
	// File is the page's HTML in the capture's folder, and URL where it was met.
	File string `json:"file"`
	URL  string `json:"url"`
	// Seen is what today's catalog makes of it.
	Seen capture.Sighting `json:"seen"`
	// Differences say what was recorded otherwise; none when all is the same.
	Differences []string `json:"differences"`
}

// ReplayOptions say what is replayed.
type ReplayOptions struct {
	// Dir holds the capture.
	Dir string
	// Fixture is a folder that gets the capture's pages together with what
	// today's catalog makes of them, as a case for the tests; empty for none.
	Fixture string
}

// Replay shows the pages of a capture to today's catalog, in a browser without
// a network. The error is usage, no_browser, bad_settings or internal; that
// pages are seen otherwise than they were is no error.
func Replay(ctx context.Context, c Config, o ReplayOptions) ([]ReplayedPage, error) {
	recorded, err := capture.Load(o.Dir)
	if err != nil {
		return nil, &Error{Code: Usage, Message: err.Error(), Err: err, Hint: lang.Text("Name the folder of a capture: irccpin capture --to DIR makes one.")}
	}
	if c.Settings == nil {
		c.Settings = new(secret.Settings)
	}
	c = c.withDefaults()
	c.Headless = true
	catalog, err := selectors.Load(c.Selectors)
	if err != nil {
		return nil, &Error{Code: BadSettings, Message: lang.Text("the selectors cannot be used: %v", err), Hint: lang.Text("Correct the file, or leave --selectors out."), Err: err}
	}
	limited, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	t := &theatre{config: c, catalog: catalog}
	defer t.close(context.WithoutCancel(ctx))
	if err := t.open(limited); err != nil {
		return nil, err
	}
	out := []ReplayedPage{}
	var today []capture.Sighting
	for _, p := range recorded.Pages {
		body, err := recorded.HTML(o.Dir, p)
		if err != nil {
			return nil, &Error{Code: Usage, Message: lang.Text("a page of the capture cannot be read: %v", err), Err: err, Hint: lang.Text("The folder must hold all that capture wrote.")}
		}
		seen, err := t.show(limited, p.URL, body)
		if err != nil {
			return nil, t.failed(limited, filepath.Join(o.Dir, p.File), err)
		}
		today = append(today, seen)
		out = append(out, ReplayedPage{File: p.File, URL: p.URL, Seen: seen, Differences: append([]string{}, p.Seen.Differences(seen)...)})
	}
	if o.Fixture != "" {
		if err := recorded.CopyTo(o.Dir, o.Fixture, today); err != nil {
			return out, &Error{Code: Usage, Message: lang.Text("the fixture was not written: %v", err), Err: err, Hint: lang.Text("Name a new folder.")}
		}
	}
	return out, nil
}

// theatre is a browser that sees recorded pages at their own addresses and
// reaches nothing else.
type theatre struct {
	config  Config
	catalog *selectors.Catalog
	stage   *capture.Stage
	portal  *Portal
	tab     *browser.Tab
}

func (t *theatre) open(ctx context.Context) error {
	var hosts []string
	for _, h := range t.catalog.Site.Hosts {
		hosts = append(hosts, h.Host)
	}
	var err error
	if t.stage, err = capture.OpenStage(hosts); err != nil {
		return &Error{Code: Internal, Message: err.Error(), Err: err, Hint: lang.Text("This is a defect of irccpin. Please report it.")}
	}
	// Nothing is typed, and no real page is shown: the rules for credentials and
	// sandboxes have nothing to guard.
	t.config.Simulator = &Simulator{Addr: t.stage.Addr, SPKI: t.stage.SPKI}
	if t.portal, err = openWithoutAccount(ctx, t.config); err != nil {
		return err
	}
	options, err := page.New(page.Options{Catalog: t.catalog}).TabOptions()
	if err != nil {
		return err
	}
	t.tab, err = t.portal.newTab(ctx, options)
	return err
}

func (t *theatre) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, cleanUp)
	defer cancel()
	if t.portal != nil {
		if err := t.portal.Close(ctx); err != nil {
			t.config.Log.Warn("closing the browser", "error", err)
		}
	}
	if t.stage != nil {
		if err := t.stage.Close(); err != nil {
			t.config.Log.Warn("closing the stage", "error", err)
		}
	}
}

// toShow bounds showing one recorded page. It lies on this machine.
const toShow = 20 * time.Second

// show returns what the catalog makes of a recorded page once it is loaded.
func (t *theatre) show(ctx context.Context, address string, body []byte) (capture.Sighting, error) {
	ctx, cancel := context.WithTimeout(ctx, toShow)
	defer cancel()
	if err := t.stage.Show(address, body); err != nil {
		return capture.Sighting{}, err
	}
	if err := t.tab.Navigate(ctx, address); err != nil {
		return capture.Sighting{}, err
	}
	var doc browser.DocID
	for {
		select {
		case <-ctx.Done():
			return capture.Sighting{}, lang.Errorf("%s was not shown: %w", address, ctx.Err())
		case event, ok := <-t.tab.Events():
			if !ok {
				return capture.Sighting{}, browser.ErrBrowserGone
			}
			switch event := event.(type) {
			case browser.Navigated:
				doc = event.Doc
			case browser.Announced:
				if event.Doc != doc || event.Frame != "" || !loaded(event.Payload) {
					continue
				}
				var in page.Inspection
				if err := t.tab.Call(ctx, doc, page.Inspector, nil, &in); err != nil {
					return capture.Sighting{}, err
				}
				return capture.Sight(in), nil
			}
		}
	}
}

// loaded tells whether an announcement is of a page that is complete.
func loaded(payload string) bool {
	var said struct {
		Page *page.Snapshot `json:"page"`
	}
	return json.Unmarshal([]byte(payload), &said) == nil && said.Page != nil && said.Page.Loaded == "complete"
}

func (t *theatre) failed(ctx context.Context, file string, err error) error {
	if ctx.Err() != nil || errors.Is(err, browser.ErrBrowserGone) {
		return t.portal.ended(ctx, errors.Join(err, ctx.Err()))
	}
	return &Error{Code: Usage, Message: lang.Text("%s cannot be shown: %v", file, err), Err: err, Hint: lang.Text("Is it a page that irccpin captured?")}
}
