// Package automation is the front door of the library: it signs in to the IRCC
// Employer Portal as an employer's primary user, in a real Chrome, and
// creates, lists and finds the account's secondary users and their PINs.
//
//	portal, err := automation.Open(ctx, automation.Config{Settings: settings, StateDir: dir, …})
//	if err != nil { … }
//	defer portal.Close(ctx)
//	session, err := portal.SignIn(ctx)
//	if err != nil { … }
//	defer session.Close(ctx)
//	outcome, err := session.CreateSecondaryUser(ctx, automation.NewUser{…})
//
// Every error that a user can meet is an *[Error] with a [Code]; the command
// line gives each its exit code.
//
// A [Host] carries many such sessions, of many employers, in one browser.
//
// Where to go next: host.go holds what sessions share, browser and ledger;
// engine.go keeps the browser running; portal.go opens an employer's place on
// the host; session.go signs in and out; custody.go and intents.go tie the flows
// to the ledger; result.go is the document that the commands print. The rooms
// behind the door are page (what is shown), signin and portal (the flows),
// browser, secret, ledger and evidence.
package automation

import (
	"irccpin/automation/page"
	"irccpin/automation/portal"
)

// Error is how everything ends that does not end well.
type Error = page.Stop

// Code is the one word for an Error; scripts rely on it.
type Code = page.Code

// Codes that arise before the portal is opened or after it was left. Those of
// the portal itself are the constants of package page.
const (
	Internal       Code = "internal"
	Usage          Code = "usage"
	BadSettings    Code = "bad_settings"
	BadRoster      Code = "bad_roster"
	SomeFailed     Code = "some_failed"
	NoBrowser      Code = "no_browser"
	DeliveryFailed Code = "delivery_failed"
)

// User is one secondary user of the account, a row of "Manage access".
type User = portal.User

// Person is who a command is about.
type Person = portal.Person

// NewUser is a secondary user to be created.
type NewUser = portal.Order

// Outcome is what came of an order.
type Outcome = portal.Outcome

// Warning is something that a reader of the result should know.
type Warning = page.Warning

// Observer is told what happens, for live views.
type Observer = page.Observer
