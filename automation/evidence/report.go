package evidence

import (
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"
	"time"

	"irccpin/automation/lang"
)

//go:embed report.html
var reportPage string

// maxSource bounds the HTML of one saved page in a report, in bytes: enough for every page of the portal, and no load for
// a browser or a mail.
const maxSource = 512 << 10

// WriteHTML writes a run as one page that needs nothing else: no script, no other file, no network. files are the run's
// own, from [Files]; a file that is missing is said to be. The page holds what the run's files hold, which is redacted; what
// it adds is in the language of the process.
func WriteHTML(w io.Writer, record Record, events []Event, files fs.FS) error {
	page, err := template.New("report").Funcs(template.FuncMap{"tell": lang.Text, "spoken": spoken}).Parse(reportPage)
	if err == nil {
		err = page.Execute(w, newReport(record, events, files))
	}
	if err != nil {
		return fmt.Errorf("writing the report of the run %s: %w", record.ID, err)
	}
	return nil
}

// report is what the template shows.
type report struct {
	Lang     string
	Record   Record
	Verdict  string // one word
	Tone     string // good, bad or open
	Started  string
	Duration string
	Visits   []visit
	Pages    []picture
}

// visit is a stretch of events on one page.
type visit struct {
	Page  string
	Steps []reportStep
}

type reportStep struct {
	Event
	At, Took string
	// Left and Width place the step on the time line, in per cent of the run.
	Left, Width float64
	// Trouble marks what did not go as it should; Slow is one of the longest.
	Trouble, Slow bool
	// Number is the number of the page that was saved, 0 when none was.
	Number int
}

// picture is a page that was saved.
type picture struct {
	Saved
	Number int
	Page   string
	At     string
	Image  template.URL
	Source string
	// Missing says what of it is not there.
	Missing string
}

const (
	// leastWidth keeps the shortest step visible on the time line, in per cent.
	leastWidth = 0.6
	// slowShare is the share of the run from which a step stands out.
	slowShare = 0.2
	// slowLeast is the time below which no step is slow, whatever its share.
	slowLeast = time.Second
)

func newReport(record Record, events []Event, files fs.FS) report {
	r := report{Lang: lang.Current(), Record: record, Started: record.Started.UTC().Format(lang.Word("2 January 2006, 15:04:05 UTC"))}
	switch {
	case record.State == Running:
		r.Verdict, r.Tone = string(Running), "open"
	case record.State != Finished:
		r.Verdict, r.Tone = string(record.State), "bad"
	case record.Code != "":
		r.Verdict, r.Tone = record.Code, "bad"
	default:
		r.Verdict, r.Tone = record.Result, "good"
	}
	r.Verdict = spoken(r.Verdict)

	total := int64(1) // never divided by zero
	if !record.Ended.IsZero() {
		elapsed := record.Ended.Sub(record.Started)
		r.Duration, total = spell(elapsed), max(total, elapsed.Milliseconds())
	}
	for _, e := range events {
		total = max(total, e.ElapsedMS)
	}
	before := int64(0)
	for _, e := range events {
		if len(r.Visits) == 0 || e.Page != "" && e.Page != r.Visits[len(r.Visits)-1].Page {
			r.Visits = append(r.Visits, visit{Page: e.Page})
		}
		took := time.Duration(e.ElapsedMS-before) * time.Millisecond
		share := float64(e.ElapsedMS-before) / float64(total)
		step := reportStep{
			Event: e, At: spell(time.Duration(e.ElapsedMS) * time.Millisecond), Took: spell(took),
			Width: max(leastWidth, 100*share), Trouble: e.Outcome != "", Slow: share >= slowShare && took >= slowLeast,
		}
		step.Left = min(100*float64(before)/float64(total), 100-step.Width)
		if e.Saved != nil {
			step.Number = len(r.Pages) + 1
			r.Pages = append(r.Pages, newPicture(e, step, files))
		}
		last := &r.Visits[len(r.Visits)-1]
		last.Steps = append(last.Steps, step)
		before = e.ElapsedMS
	}
	return r
}

func newPicture(e Event, step reportStep, files fs.FS) picture {
	p := picture{Saved: *e.Saved, Number: step.Number, Page: e.Page, At: step.At}
	var faults []error
	if p.Screenshot != "" {
		data, err := fs.ReadFile(files, p.Screenshot)
		if err == nil {
			data, err = barePNG(data)
		}
		if err == nil {
			// What barePNG lets pass is a picture, and base64 holds nothing that ends an attribute.
			p.Image = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(data))
		}
		faults = append(faults, err)
	}
	if p.HTML != "" {
		data, err := fs.ReadFile(files, p.HTML)
		faults = append(faults, err)
		p.Source = string(data)
		if len(data) > maxSource {
			p.Source = strings.ToValidUTF8(string(data[:maxSource]), "") + "\n" + lang.Text("… (the rest is in the run's directory)")
		}
	}
	if err := errors.Join(faults...); err != nil {
		p.Missing = err.Error()
	}
	return p
}

// spoken is a word of the evidence as people say it.
func spoken(word string) string { return lang.Word(strings.ReplaceAll(word, "_", " ")) }

// spell writes a duration as a person says it.
func spell(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
}
