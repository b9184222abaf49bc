package automation

import (
	"context"
	"path/filepath"
	"time"

	"irccpin/automation/evidence"
	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/automation/secret"
	"irccpin/selectors"
)

// runsDir is where the runs are kept, in the state directory.
const runsDir = "runs"

// recorder keeps the evidence of a run while it passes on what it is told. What
// a page or the system said can repeat a secret, and is cleaned on the way.
type recorder struct {
	next     Observer
	run      *evidence.Run
	redactor *secret.Redactor
}

// record begins the evidence of a run.
func record(c Config, catalog *selectors.Catalog, browserVersion string) (*recorder, error) {
	run, err := evidence.Open(evidence.Options{
		Dir: filepath.Join(c.StateDir, runsDir), ID: c.RunID, Redactor: c.redactor,
		Known: known(catalog), Keep: c.Keep, Command: c.Command, Simulated: c.Simulator != nil, Employer: c.Settings.Employer,
		Versions: evidence.Versions{Program: Version(), Browser: browserVersion},
	})
	if err != nil {
		return nil, &Error{Code: page.StateUnavailable, Message: err.Error(), Err: err, Hint: lang.Text("Check the state directory's disk and permissions.")}
	}
	return &recorder{next: c.Observer, run: run, redactor: c.redactor}, nil
}

// known tells whether a text is wording of the catalog, which may be kept of a
// page that was not recognised.
func known(catalog *selectors.Catalog) func(string) bool {
	words := map[string]bool{}
	for _, p := range catalog.Pages {
		for _, e := range p.Elements {
			for _, list := range e.Label {
				for _, text := range list {
					words[selectors.Normalise(text)] = true
				}
			}
		}
	}
	return func(text string) bool { return words[selectors.Normalise(text)] }
}

// Recognised implements Observer.
func (r *recorder) Recognised(s *page.Snapshot) {
	r.run.Step(evidence.Event{Kind: "page", Page: s.Page(), Detail: s.URL})
	r.next.Recognised(s)
}

// Acted implements Observer.
func (r *recorder) Acted(page, element, deed, way string) {
	r.run.Step(evidence.Event{Kind: "act", Page: page, Element: element, Deed: deed, Way: way})
	r.next.Acted(page, element, deed, way)
}

// Warned implements Observer.
func (r *recorder) Warned(w page.Warning) {
	r.run.Step(evidence.Event{Kind: "warning", Page: w.Page, Element: w.Element, Outcome: w.Code, Detail: w.Detail})
	r.next.Warned(cleanWarning(r.redactor, w))
}

// Asked implements Observer.
func (r *recorder) Asked(what string, until time.Time) {
	r.run.Step(evidence.Event{Kind: "wait", Detail: what})
	r.next.Asked(r.redactor.String(what), until)
}

// Waiting implements Observer.
func (r *recorder) Waiting(what string, until time.Time) {
	r.run.Step(evidence.Event{Kind: "wait", Detail: what})
	r.next.Waiting(r.redactor.String(what), until)
}

// cleanWarning returns a warning without secrets.
func cleanWarning(r *secret.Redactor, w Warning) Warning {
	w.Element, w.Detail = r.String(w.Element), r.String(w.Detail)
	return w
}

// cleanError returns an error without secrets in what it says. Its cause stays,
// for code to look at.
func cleanError(r *secret.Redactor, err *Error) *Error {
	clean := *err
	clean.Message, clean.Hint, clean.Element = r.String(err.Error()), r.String(err.Hint), r.String(err.Element)
	return &clean
}

// keepPage keeps the page that a session ended on, as a picture that can be
// shown to a colleague. It returns the path of its HTML; "" when there is none.
func (r *recorder) keepPage(ctx context.Context, s *Session) string {
	if s.desk.Driver == nil {
		return ""
	}
	picture, err := s.desk.Driver.TakePicture(ctx, r.redactor.String)
	if err != nil || picture.Snapshot == nil {
		return "" // the page is gone, which the error that ended the session tells
	}
	shot := picture.Snapshot
	return r.run.Page(evidence.Snapshot{
		Name: shot.Page(), URL: shot.URL, Title: shot.Title, Lang: shot.Lang,
		HTML: picture.HTML, Screenshot: picture.Screenshot, Recognised: shot.Page() != "",
	})
}

// finish writes the run's record.
func (r *recorder) finish(result *Result, failure *Error) error {
	rec := evidence.Record{Employer: result.Employer.Name}
	if result.Result != nil {
		rec.Result = *result.Result
	}
	if failure != nil {
		rec.Code, rec.Message, rec.Hint, rec.Page = string(failure.Code), failure.Error(), failure.Hint, failure.Page
	}
	for _, w := range result.Warnings {
		rec.Warnings = append(rec.Warnings, evidence.Warning{Code: w.Code, Page: w.Page, Element: w.Element, Detail: w.Detail})
	}
	return r.run.Finish(rec)
}
