package notify

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Schema is the version of what is sent.
const Schema = 1

// Kind is what happened.
type Kind string

// The kinds of events.
const (
	// PINAppeared: a user who had no PIN has one.
	PINAppeared Kind = "pin_appeared"
	// PINChanged: the PIN is another one than before.
	PINChanged Kind = "pin_changed"
	// PersonNeeded: a captcha, a passcode, an unknown question; the row is parked.
	PersonNeeded Kind = "person_needed"
	// CredentialHeld: the portal refused a credential; it is not tried again.
	CredentialHeld Kind = "credential_held"
	// PortalUnavailable: no session has reached the portal for an hour, or it says
	// that it is closed for longer; told once until one reaches it again.
	PortalUnavailable Kind = "portal_unavailable"
	// ScheduleFinished: every row of a schedule has its PIN, and none is asked for again.
	ScheduleFinished Kind = "schedule_finished"
)

// Event is what is told. It has no place for a PIN, a password or an answer, and
// its texts are to come from where such things are never put.
type Event struct {
	Schema int `json:"schema"`
	// ID tells events apart; Notify makes one when it is empty.
	ID   string    `json:"id"`
	Kind Kind      `json:"event"`
	Time time.Time `json:"time"`
	// Simulated tells that the portal was a simulated one.
	Simulated bool   `json:"simulated"`
	Schedule  string `json:"schedule"`
	Employer  string `json:"employer"`
	User      *User  `json:"user,omitempty"`
	Run       string `json:"run"`
	// Code is the error's, where one is the reason.
	Code string `json:"code"`
	// Message says what happened, and Hint what to do.
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// User is whom an event is about.
type User struct {
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Email      string `json:"email"`
}

// document completes an event and makes its JSON text.
func (e Event) document(now time.Time) ([]byte, error) {
	e.Schema = Schema
	if e.ID == "" {
		id := make([]byte, 16)
		_, _ = rand.Read(id) // never fails
		e.ID = hex.EncodeToString(id)
	}
	if e.Time.IsZero() {
		e.Time = now
	}
	e.Time = e.Time.UTC()
	return json.Marshal(e)
}
