package automation

import "irccpin/automation/page"

// Codes that arise in front of the portal, or in the ledger that guards it.
const (
	HumanNeeded       = page.HumanNeeded
	CredentialRefused = page.CredentialRefused
	CredentialHeld    = page.CredentialHeld
	AccountLocked     = page.AccountLocked
	AccountRevoked    = page.AccountRevoked
	OutcomeUnknown    = page.OutcomeUnknown
	PINPending        = page.PINPending
	PageUnknown       = page.PageUnknown
	PageChanged       = page.PageChanged
	PortalUnavailable = page.PortalUnavailable
	NotCreated        = page.NotCreated
	CredentialBusy    = page.CredentialBusy
	Unsafe            = page.Unsafe
	WrongEmployer     = page.WrongEmployer
	NotPermitted      = page.NotPermitted
	AmbiguousUser     = page.AmbiguousUser
	ConflictingUser   = page.ConflictingUser
	UserNotFound      = page.UserNotFound
	Unencodable       = page.Unencodable
	RejectedByPortal  = page.RejectedByPortal
	StateUnavailable  = page.StateUnavailable
	Interrupted       = page.Interrupted
)
