package portal

import (
	"context"
	"time"

	"irccpin/automation/page"
)

// Deed is what a committing click does.
type Deed string

// The two deeds that cannot be taken back.
const (
	Creation Deed = "create"
	Deletion Deed = "delete"
)

// Intent is a committing click that is about to happen.
type Intent struct {
	Deed Deed
	// Person is who is to be created, or who is to be deleted as the table
	// tells them.
	Person Person
	// AuthorizedBy and Attestation belong to a creation: on whose word which
	// statement is ticked.
	AuthorizedBy, Attestation string
	Employer                  Employer
	// Before is the table as it was read before the click.
	Before []User
}

// Known is what is on record of an intent.
type Known struct {
	Deed   Deed
	Person Person
	// Before are the digests of the table's rows before the click.
	Before []string
	// Confirmed is when the portal said that the user is created; zero when it
	// did not.
	Confirmed time.Time
	// Seen tells that the table has shown the click's effect since.
	Seen bool
}

// Permission is asked in the last moments of a click that was permitted, before
// it is sent and before its request leaves: a process can be stopped, and a
// machine suspended, for so long that others had to take the click for one that
// came to nothing. It returns soon, and from any goroutine; nil lets the click
// happen.
type Permission func() *page.Stop

// Intents is what the protocol needs of the ledger. A method that writes
// returns only after its record is on disk.
type Intents interface {
	// Begin writes that a click is about to be committed.
	Begin(ctx context.Context, in Intent) (id string, err error)
	// MayClick is the permission to click, asked for immediately before. A nil
	// Permission does not run out.
	MayClick(ctx context.Context, id string) (Permission, error)
	// Abandon closes an intent whose click was not permitted.
	Abandon(ctx context.Context, id, why string) error
	// Close writes what came of it.
	Close(ctx context.Context, id string, c Closing) error
	// Digest tells rows apart without holding what they say.
	Digest(u User) string
	// Known reads what is on record.
	Known(ctx context.Context, id string) (Known, error)
	// Confirmed writes that the portal said the user is created.
	Confirmed(ctx context.Context, id string, at time.Time) error
	// Looked writes one whole reading of the table after a doubt, which began
	// at at and showed found rows of the person.
	Looked(ctx context.Context, id string, at time.Time, rows, found int) error
	// Settled tells whether the readings have shown for long enough that the
	// click had no effect.
	Settled(ctx context.Context, id string) (bool, error)
}

// Closing is what came of an intent.
type Closing struct {
	Ending Ending
	User   User
	Detail string
}

// Ending says in one word what came of an intent.
type Ending string

// The endings.
const (
	// EndCreated and EndDeleted: seen without a doubt.
	EndCreated Ending = "created"
	EndDeleted Ending = "deleted"
	// EndReconciled: a creation in doubt that the table was found to hold.
	EndReconciled Ending = "reconciled"
	// EndDuplicated: several new rows after one click.
	EndDuplicated Ending = "duplicated"
	// EndNotCreated and EndNotDeleted: the table says that nothing came of it.
	EndNotCreated Ending = "not_created"
	EndNotDeleted Ending = "not_deleted"
	// EndRejected: the portal's validation said no.
	EndRejected Ending = "rejected"
	// EndNotPressed: the click was permitted and did not happen.
	EndNotPressed Ending = "not_pressed"
)
