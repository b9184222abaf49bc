package page

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"irccpin/automation/lang"
)

// Code says in one word how a command ended when it did not end well. Scripts
// rely on these words and on the exit codes that belong to them.
type Code string

// The reasons to stop that arise in front of the portal.
const (
	// HumanNeeded: captcha, passcode, enrolment, unknown question or sign-in service.
	HumanNeeded Code = "human_needed"
	// CredentialRefused: the portal refused the password, passcode or answer.
	CredentialRefused Code = "credential_refused"
	// CredentialHeld: refused earlier, and not tried again.
	CredentialHeld Code = "credential_held"
	// AccountLocked and AccountRevoked: a person must deal with the account.
	AccountLocked  Code = "account_locked"
	AccountRevoked Code = "account_revoked"
	// OutcomeUnknown: the committing button was pressed and what came of it
	// could not be read.
	OutcomeUnknown Code = "outcome_unknown"
	// PINPending: the user exists and the portal shows no PIN yet.
	PINPending Code = "pin_pending"
	// PageUnknown and PageChanged: a page, or an element on it, was not
	// recognised or not unique.
	PageUnknown Code = "page_unknown"
	PageChanged Code = "page_changed"
	// PortalUnavailable: maintenance, 5xx, no connection, time-out.
	PortalUnavailable Code = "portal_unavailable"
	// NotCreated: a doubtful click that, the table says twice, made no user.
	NotCreated Code = "not_created"
	// CredentialBusy: another run is using this credential.
	CredentialBusy Code = "credential_busy"
	// Unsafe: a safety rule refused.
	Unsafe Code = "unsafe"
	// WrongEmployer: the account belongs to another employer than expected.
	WrongEmployer Code = "wrong_employer"
	// NotPermitted: not a primary user, or not enrolled in this portal.
	NotPermitted Code = "not_permitted"
	// AmbiguousUser, ConflictingUser, UserNotFound: what the table says.
	AmbiguousUser   Code = "ambiguous_user"
	ConflictingUser Code = "conflicting_user"
	UserNotFound    Code = "user_not_found"
	// Unencodable: a character that the portal's charset cannot hold.
	Unencodable Code = "unencodable"
	// RejectedByPortal: the portal's own validation said no.
	RejectedByPortal Code = "rejected_by_portal"
	// StateUnavailable: the ledger cannot be read or written.
	StateUnavailable Code = "state_unavailable"
	// Interrupted: SIGINT or SIGTERM before anything was committed.
	Interrupted Code = "interrupted"
)

// Stop is the reason why a flow ended early, in terms a representative
// understands. It never holds a value that was typed.
type Stop struct {
	Code Code
	// Page is the last page recognised, by its name in the catalog.
	Page string
	// Element is what was missing, ambiguous or different, if an element was.
	Element string
	// Message says what failed and what was seen.
	Message string
	// Hint says what to do.
	Hint string
	// Ask is what a person at the window can do about it; empty when nobody can
	// help there.
	Ask Ask
	// RetryAfter is how long to wait before it makes sense to try again, when known.
	RetryAfter time.Duration
	// Status is the HTTP status of the error that the portal answered with; 0 for any other ending.
	Status int
	// Err is the cause, for the trace.
	Err error
}

func (s *Stop) Error() string {
	if s.Err != nil && s.Message == "" {
		return fmt.Sprintf("%s: %v", s.Code, s.Err)
	}
	return s.Message
}

func (s *Stop) Unwrap() error { return s.Err }

// Is matches another Stop with the same code, so that errors.Is(err,
// &Stop{Code: PageChanged}) asks for a kind of ending.
func (s *Stop) Is(target error) bool {
	other, ok := target.(*Stop)
	return ok && other.Code == s.Code && other.Message == ""
}

// CodeOf is the code of the first Stop in err's chain; empty when there is none.
func CodeOf(err error) Code {
	var stop *Stop
	if errors.As(err, &stop) {
		return stop.Code
	}
	return ""
}

// changed is the stop for an element that was not found as the catalog says.
func (d *Driver) changed(page, element, status string, candidates []string) *Stop {
	seen := map[string]string{
		"missing":   lang.Text("was not found"),
		"ambiguous": lang.Text("was found more than once"),
		"disagree":  lang.Text("is found in two ways that do not agree"),
		"disabled":  lang.Text("cannot be used: it stays disabled"),
		"covered":   lang.Text("is covered by something else"),
		"moved":     lang.Text("is not where it was"),
		"not kept":  lang.Text("did not keep what was typed"),
		"focus":     lang.Text("did not take the keyboard"),
		"masked":    lang.Text("is hidden behind a button, and a person must look at it"),
		"odd row":   lang.Text("has a row that does not fit its headers"),
	}[status]
	if seen == "" {
		seen = lang.Text("is not as expected (%s)", status)
	}
	message := lang.Text("on the page %q, %q %s", d.Says(page, ""), d.named(page, element), seen)
	if len(candidates) > 0 {
		message += lang.Text("; seen: %s", strings.Join(candidates, ", "))
	}
	hint := lang.Text("Nothing was pressed on it. Run the command again. If it happens again, look at the page by hand.")
	switch status {
	case "missing", "ambiguous", "disagree":
		// What the catalog says of the page is what does not fit.
		hint = lang.Text("The portal's page has changed. Nothing was pressed on it. A corrected catalog file can be laid over the built-in one with --selectors.")
	case "covered":
		hint = lang.Text("Nothing was pressed on it. Sign in by hand to see what lies over the page, and answer it there.")
	}
	return &Stop{Code: PageChanged, Page: page, Element: element, Message: message, Hint: hint}
}

// named is what a person calls an element, or a part of a table: "users next".
func (d *Driver) named(page, element string) string {
	table, part, _ := strings.Cut(element, " ")
	switch name := d.Says(page, table); part {
	case "next":
		return lang.Text("the next page of %s", name)
	case "previous":
		return lang.Text("the previous page of %s", name)
	case "delete":
		return lang.Text("the deletion in %s", name)
	}
	return d.Says(page, element)
}
