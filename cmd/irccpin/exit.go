package main

import (
	"slices"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// ending is one exit code of the process, and the error codes that belong to it.
type ending struct {
	exit    int
	codes   []automation.Code
	meaning string
}

// endings is the table of `irccpin help exit-codes`. Scripts rely on it.
func endings() []ending {
	return []ending{
		{0, nil, lang.Text("done, or already so")},
		{1, []automation.Code{automation.Internal}, lang.Text("a defect of the program")},
		{
			2,
			[]automation.Code{automation.Usage, automation.BadSettings, automation.BadRoster, automation.NoBrowser},
			lang.Text("wrong flags, settings or roster, or no browser; the portal was not opened"),
		},
		{3, []automation.Code{automation.SomeFailed}, lang.Text("a batch ended, and some of its rows failed")},
		{
			4,
			[]automation.Code{automation.HumanNeeded},
			lang.Text("a person is needed: captcha, passcode, two-factor enrolment, unknown question, Sign-In Partner, unknown sign-in service"),
		},
		{
			5,
			[]automation.Code{automation.CredentialRefused, automation.CredentialHeld},
			lang.Text("the portal refused the password, passcode or answer; it is held now and was not tried again"),
		},
		{
			6,
			[]automation.Code{automation.AccountLocked, automation.AccountRevoked},
			lang.Text("a person must deal with the account"),
		},
		{
			7,
			[]automation.Code{automation.OutcomeUnknown},
			lang.Text("\"Create account\" was clicked and what came of it could not be read; the next run finds out first"),
		},
		{8, []automation.Code{automation.PINPending}, lang.Text("the user exists and the portal shows no PIN yet")},
		{
			9,
			[]automation.Code{automation.PageUnknown, automation.PageChanged},
			lang.Text("a page, or something on it, was not recognised"),
		},
		{
			10,
			[]automation.Code{automation.PortalUnavailable, automation.NotCreated},
			lang.Text("the portal is down or slow, or a doubtful click made no user; safe to try later"),
		},
		{11, []automation.Code{automation.CredentialBusy}, lang.Text("another run is using this credential")},
		{
			12,
			[]automation.Code{automation.Unsafe, automation.WrongEmployer},
			lang.Text("a safety rule refused: unexpected address, missing authorization, no sandbox, another employer's account"),
		},
		{
			13,
			[]automation.Code{automation.NotPermitted},
			lang.Text("the account is not a primary user's, or not enrolled in this portal"),
		},
		{
			14,
			[]automation.Code{automation.AmbiguousUser, automation.ConflictingUser, automation.UserNotFound, automation.Unencodable, automation.RejectedByPortal},
			lang.Text("the table of users, or the portal's own check of the form, says no"),
		},
		{
			15,
			[]automation.Code{automation.StateUnavailable},
			lang.Text("ledger or state directory cannot be read or written; nothing was clicked"),
		},
		{
			16,
			[]automation.Code{automation.DeliveryFailed},
			lang.Text("the user exists and the PIN was read, and it could not be delivered"),
		},
		{130, []automation.Code{automation.Interrupted}, lang.Text("interrupted before anything was committed; signed out, browser closed")},
	}
}

// exitCode is the process's exit code for the code of an error. A code that is
// in no row is a defect.
func exitCode(code automation.Code) int {
	for _, e := range endings() {
		if slices.Contains(e.codes, code) {
			return e.exit
		}
	}
	return 1
}
