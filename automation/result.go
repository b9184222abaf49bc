package automation

import (
	"errors"
	"time"

	"irccpin/automation/browser"
)

// Schema is the version of Result. It changes when a field changes its
// meaning; new fields do not change it.
const Schema = 1

// Result is the document that a command ends with. Scripts rely on its fields.
type Result struct {
	Schema int `json:"schema"`
	// Result is how it ended; nil when it failed.
	Result *string  `json:"result"`
	Error  *Failure `json:"error"`
	// Simulated tells that the portal was a simulated one.
	Simulated bool `json:"simulated"`
	// Reconciled tells that an earlier doubtful click made this user.
	Reconciled bool     `json:"reconciled"`
	Employer   Employer `json:"employer"`
	// User is who it is about; nil for list, and where nobody was named.
	User *User `json:"user"`
	// Users is set by list; an account without users has an empty one.
	Users        []User `json:"users,omitzero"`
	AuthorizedBy string `json:"authorized_by"`
	Run          string `json:"run"`
	RunDir       string `json:"run_dir"`
	// Captured tells of the pages that were kept, when that was asked for.
	Captured  *Captured `json:"captured,omitempty"`
	ElapsedMS int64     `json:"elapsed_ms"`
	Warnings  []Warning `json:"warnings"`
}

// Failure is an Error as a Result tells it.
type Failure struct {
	Code Code `json:"code"`
	// ExitCode is the process's; the command line fills it in.
	ExitCode int    `json:"exit_code"`
	Message  string `json:"message"`
	// Page is the last page recognised, or "unknown".
	Page string `json:"page"`
	// Element is what was missing or different there, by its name in the catalog;
	// absent when it was no element.
	Element string `json:"element,omitempty"`
	Hint    string `json:"hint"`
	// RetryAfter is in seconds; absent when not known.
	RetryAfter int64 `json:"retry_after,omitempty"`

	// browserLost tells that it was the browser that failed, which says nothing of
	// the portal.
	browserLost bool
}

// The endings of a Result that belong to no outcome of an order.
const (
	Listed = "listed"
	Found  = "found"
)

// about notes who it is about, if anything names them.
func (r *Result) about(u User) {
	if u.GivenName+u.FamilyName+u.Email != "" {
		r.User = &u
	}
}

func (r *Result) end(result string) { r.Result = &result }

// fail notes how it failed.
func (r *Result) fail(err *Error) {
	page := err.Page
	if page == "" {
		page = "unknown"
	}
	r.Result = nil
	r.Error = &Failure{
		Code: err.Code, Message: err.Error(), Page: page, Element: err.Element, Hint: err.Hint,
		RetryAfter:  int64(err.RetryAfter.Round(time.Second) / time.Second),
		browserLost: errors.Is(err.Err, browser.ErrTabClosed) || errors.Is(err.Err, browser.ErrBrowserGone),
	}
}

// PortalAnswered tells whether the portal answered in this run: it did when one of
// its pages was recognised, and did not when it was found unavailable. known is
// false when the run says nothing of it: it ended before the portal was opened, or
// its browser was lost.
func (r *Result) PortalAnswered() (answered, known bool) {
	switch e := r.Error; {
	case e == nil:
		return true, true
	case e.Code == PortalUnavailable:
		return false, !e.browserLost
	default:
		answered = e.Page != "" && e.Page != "unknown"
		return answered, answered
	}
}
