package capture

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"irccpin/automation/lang"
)

const (
	// manifest describes the pages of a capture; it lies beside them.
	manifest = "capture.json"
	// keptWords lists every word that was not made up, for the person who looks
	// the capture over before sending it.
	keptWords = "words-kept.txt"
	// schema is the version of the manifest.
	schema = 1
)

// Capture is what a folder holds.
type Capture struct {
	Schema int `json:"schema"`
	// Made is the day of the capture, UTC. The hour is nobody's business.
	Made string `json:"made"`
	// Command is what was done while the pages were met.
	Command   string `json:"command"`
	Simulated bool   `json:"simulated"`
	// Program and Browser are versions.
	Program string `json:"program"`
	Browser string `json:"browser"`
	// Pages are in the order in which they were met.
	Pages []Page `json:"pages"`
}

// Page is one page of a capture.
type Page struct {
	// File is the page's HTML, beside the manifest.
	File string `json:"file"`
	// URL is origin and path.
	URL    string `json:"url"`
	Status int    `json:"status,omitempty"`
	Title  string `json:"title"`
	Lang   string `json:"lang"`
	// Headings are those of a page that was not recognised.
	Headings []string `json:"headings,omitempty"`
	// Seen is what the catalog made of the page when it was captured.
	Seen Sighting `json:"seen"`
}

// Name is the page as it was recognised, with its variant; empty when it was not.
func (p Page) Name() string { return p.Seen.name() }

// Load reads a capture. An error says what is not as it should be.
func Load(dir string) (Capture, error) {
	var c Capture
	data, err := os.ReadFile(filepath.Join(dir, manifest))
	if errors.Is(err, fs.ErrNotExist) {
		return c, lang.Errorf("%s is no capture: it holds no %s", dir, manifest)
	}
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, lang.Errorf("%s of %s cannot be read: %w", manifest, dir, err)
	}
	if c.Schema != schema {
		return c, lang.Errorf("%s was written by another version of this program (schema %d, known is %d)", dir, c.Schema, schema)
	}
	for _, p := range c.Pages {
		if p.File == "" || p.File != filepath.Base(p.File) || filepath.Ext(p.File) != ".html" {
			return c, lang.Errorf("%s of %s names a page %q outside its folder", manifest, dir, p.File)
		}
	}
	return c, nil
}

// HTML reads one page of a capture.
func (c Capture) HTML(dir string, p Page) ([]byte, error) {
	return os.ReadFile(filepath.Join(dir, p.File))
}

// Reserve makes the folder of a capture, for its owner alone, or finds it empty.
func Reserve(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.MkdirAll(dir, 0o700)
	case err != nil:
		return err
	case len(entries) > 0:
		return lang.Errorf("%s is not empty; a capture gets a folder of its own", dir)
	}
	return nil
}

// write puts a capture into its folder.
func (c Capture) write(dir string, pages [][]byte, kept map[string]bool) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for i, p := range c.Pages {
		if err := os.WriteFile(filepath.Join(dir, p.File), pages[i], 0o600); err != nil {
			return err
		}
	}
	var words []string
	for w := range kept {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int {
		return strings.Compare(strings.ToLower(a)+a, strings.ToLower(b)+b)
	})
	if len(words) > 0 {
		if err := os.WriteFile(filepath.Join(dir, keptWords), []byte(strings.Join(words, "\n")+"\n"), 0o600); err != nil {
			return err
		}
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	// Last, so that a folder with a manifest is whole.
	return os.WriteFile(filepath.Join(dir, manifest), append(data, '\n'), 0o600)
}

// CopyTo writes a capture into another folder, with what today's catalog makes
// of its pages as what is expected of them from now on.
func (c Capture) CopyTo(from, to string, today []Sighting) error {
	if err := Reserve(to); err != nil {
		return err
	}
	c.Pages = slices.Clone(c.Pages)
	var pages [][]byte
	for i, p := range c.Pages {
		data, err := c.HTML(from, p)
		if err != nil {
			return err
		}
		pages = append(pages, data)
		c.Pages[i].Seen = today[i]
	}
	return c.write(to, pages, nil)
}

// today is the day that a capture is marked with.
func today(now time.Time) string { return now.UTC().Format(time.DateOnly) }
