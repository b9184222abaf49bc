package evidence

import "time"

// Schema is the version of run.json and trace.jsonl. It grows when a field changes its meaning or goes.
const Schema = 1

// State tells how far a run came, as seen from its directory.
type State string

const (
	// Finished runs have their whole record.
	Finished State = "finished"
	// Running runs are held by a living process.
	Running State = "running"
	// BrokenOff runs began and their process ended without a word: killed, or the machine stopped.
	BrokenOff State = "broken off"
	// Damaged runs have a record that cannot be read; [Record.Fault] says why.
	Damaged State = "damaged"
)

// Record is one run: what was asked, and what came of it. Its texts follow the results that the commands print.
type Record struct {
	Schema    int       `json:"schema"`
	ID        string    `json:"id"`
	Command   string    `json:"command"`
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended,omitzero"` // zero while it runs, and after a kill
	Simulated bool      `json:"simulated"`
	Employer  string    `json:"employer"` // its label, never its account
	// Result is the word for what was done, empty when the run failed; Code is the word for why it failed.
	Result  string `json:"result"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
	// Page is the last page recognised, or "unknown".
	Page     string    `json:"page"`
	Warnings []Warning `json:"warnings,omitempty"`
	Versions Versions  `json:"versions"`
	// Steps is the number of events in the trace.
	Steps int `json:"steps"`

	// State, PID and Fault are what [List] and [Load] saw; they are not stored.
	State State `json:"-"`
	// PID is the process of a running run, when it can be told.
	PID int `json:"-"`
	// Fault says what of the run cannot be read.
	Fault string `json:"-"`
}

// Warning is something that did not stop the run and should be known.
type Warning struct {
	Code    string `json:"code"`
	Page    string `json:"page"`
	Element string `json:"element"`
	Detail  string `json:"detail"`
}

// Versions tell which program drove which browser.
type Versions struct {
	Program string `json:"program"`
	Browser string `json:"browser"`
}

// Event is one step of a run. It holds names from the catalog and never what was typed or read. An event is recorded
// when its step is over: the time since the event before it is what the step took.
type Event struct {
	// Time and ElapsedMS, milliseconds since the run began, are set by [Run.Step].
	Time      time.Time `json:"time"`
	ElapsedMS int64     `json:"ms"`
	// Kind is the sort of event, such as "page", "fill", "click", "wait" or "stop".
	Kind    string `json:"kind"`
	Page    string `json:"page,omitempty"`
	Element string `json:"element,omitempty"`
	// Deed is what was done with the element; Way is how the element was found.
	Deed string `json:"deed,omitempty"`
	Way  string `json:"way,omitempty"`
	// Outcome is what came of it: empty means that it was done, anything else is shown as trouble.
	Outcome string `json:"outcome,omitempty"`
	Detail  string `json:"detail,omitempty"`
	// Saved is the page that was kept; set by [Run.Page].
	Saved *Saved `json:"saved,omitempty"`
}

// Saved tells what was kept of a page.
type Saved struct {
	URL        string `json:"url"` // without query and fragment
	Title      string `json:"title"`
	Lang       string `json:"lang"`
	Recognised bool   `json:"recognised"`
	// HTML and Screenshot are the names of files in the run's directory; empty when there is none.
	HTML       string `json:"html,omitempty"`
	Screenshot string `json:"screenshot,omitempty"`
}
