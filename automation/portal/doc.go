// Package portal does the work inside the Employer Portal: it reads the
// "Manage access" table, creates a secondary user, and deletes one.
//
// Creating cannot be undone and is not idempotent: nothing known stops a
// second identical user. So Create follows one protocol. Read the table; if
// the person is there, done. Write the intent into the ledger, synced. Press
// "Create account" once, in the one line of the program that may (commit.go).
// Read what came of it, from the confirmation page and the table. After any
// doubt there is only reading, until the table has told; package ledger holds
// the table of doubts and what is done about each.
//
// Where to go next: users.go reads the table and decides who is the same
// person, create.go is the protocol, commit.go its one click, reconcile.go
// what happens after a doubt, delete.go the way out.
package portal
