// Package ledger remembers, on disk and across processes and machines, what must not happen twice: a committing click, a
// try of a refused secret, a one-time code, two sessions of one credential. "Create account" cannot be taken back, and
// the portal gives no token to make it idempotent; the ledger and the table of users together make it exactly-once.
//
// It knows nothing of browsers, pages or secrets: credentials and PINs arrive as keyed fingerprints ([Ledger.Fingerprint]).
// One code runs on SQLite, in the state directory, and on PostgreSQL, for a team.
//
// # The protocol
//
// Under a lease ([Ledger.Acquire]) a session first resolves what [Ledger.Unresolved] lists, then reads the table. When
// the person is not in it: [Ledger.Begin] (on disk before anything else), [Lease.Confirm], [Ledger.MarkClicked] (the permission
// to click, which holds while [Lease.Certain] does), the click, the confirmation page or the table, [Ledger.Resolve]. After any doubt there is only reading: each reading
// is kept by [Ledger.RecordLook] until the table has told. Nothing here ever permits a second click for one intent, and no
// second intent of a person begins while the first is unresolved.
//
//	step            doubt                                      what is done
//	--------------  -----------------------------------------  ---------------------------------------------------------
//	read the table  not readable                               nothing was begun: read again or give up; safe to repeat
//	Begin           earlier intent unresolved                  no click; that intent is resolved first, by looks
//	Begin           ledger locked, full, gone                  no click, state_unavailable; an intent that reached the
//	                                                           disk all the same is "begun" and resolved by looks
//	Begin done      page changed, interrupt, lease lost        no click; Resolve(Abandoned) by the same run
//	Begin done      process or Chrome killed                   "begun": the next run resolves by looks, without clicking
//	MarkClicked     ledger fails, or intent resolved           no click; resolved by looks, if it is not yet
//	                meanwhile by another run
//	MarkClicked     process stopped or machine suspended       no click, nor does its post leave, once the lease is no
//	done            for longer than the lease                  longer certain; Resolve(Rejected)
//	click           Chrome refuses it, page has no button      "clicked" counts as clicked: only looks resolve it
//	click           the portal's validation says no            Resolve(Rejected)
//	after click     no answer, error page, session lost,       sign in again, read the table, RecordLook:
//	                Chrome gone or hung, time-out                one row of the person    → Resolve(Reconciled)
//	                                                             several rows             → Resolve(Duplicated)
//	                                                             none, two whole readings
//	                                                             far enough apart         → Resolve(NotCreated)
//	                                                             not readable             → outcome_unknown, unresolved
//	after click     process killed, machine lost               the lease expires; the next run, anywhere, looks as above
//	after click     lease lost                                 reading goes on; whoever is first to Resolve has, the other
//	                                                           gets a StateError and reports what the ledger says
//	Resolve         ledger locked, full, gone                  the user is reported with what was read; the intent stays
//	                                                           unresolved; the next run finds the row → Reconciled
//	Delete, any     as above                                   row gone → Resolve(Deleted); row still there in two whole
//	                                                           readings → Resolve(NotDeleted)
//	any             an older ledger was put back               the table is read before every Begin: it has the user
//
// # Where to go next
//
// intent.go and resolve.go hold the state machine, look.go the rule of when absence counts, lease.go, hold.go and step.go
// the three locks, try.go the count of tries that were never judged, migrations/ the schema, sqlite.go and postgres.go all
// that differs between the two.
package ledger
