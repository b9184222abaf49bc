// Package portal does what an employer's primary user does in the Employer
// Portal: reads the table of secondary users, creates one, deletes one. It has no
// wording and no selectors; those are the catalog's. What it must remember
// across sessions it hands to [Intents].
//
// "Create account" commits at once, cannot be taken back, and nothing known stops
// a second identical user. So a creation is one committing click between two
// readings of the table, and after any doubt there is only reading:
//
//	what follows the click                     what is done
//	-----------------------------------------  ------------------------------------------------------------
//	the confirmation page, then the table      one new row: created
//	  with the new row
//	the table with the new row at once         created
//	the form, with a message that is new, and  rejected_by_portal
//	  a table without a new row
//	the form, with a message that something    doubt, as below
//	  failed for technical reasons
//	the same page with a message, where a      two whole looks; then rejected_by_portal
//	  script of it had sent something
//	a box of the browser's own that asks for   Cancel, quoted; doubt
//	  more than what was pressed
//	the form without a word; an error page;    doubt: look at the table, signing in again where the page
//	  another page; no answer; an answer that    shown is not a home page that can be loaded anew
//	  hangs; a session that ended; a browser
//	  that died; anything not known
//
//	what a look shows                          what is done
//	-----------------------------------------  ------------------------------------------------------------
//	one new row that the order can have made   created, reconciled
//	several                                    ambiguous_user, both named, never created
//	none, in two whole looks Settle apart      not_created, intent closed
//	none but one of that name with quite       created where the portal had confirmed, with a warning;
//	  another address                            else conflicting_user
//	none, and the portal had confirmed         outcome_unknown; after a day: made, and removed since
//	none, and an earlier look had seen it      made, and removed since; intent closed
//	no table                                   up to three sign-ins, none after one that ended where a
//	                                             secret was given; then outcome_unknown
//	a new row, and the ledger cannot be        created all the same, with a warning; the next session
//	  written                                    finds the open intent, and the row
//	no new row, and the ledger cannot be       outcome_unknown
//	  written, or no time for a second look
//
// Interruptions are heeded up to the click, and after it once the outcome is
// read. A deletion goes the same way, with the row gone for the row new.
//
// Where to go next: create.go is the way to the click, commit.go the click and
// what follows it, reconcile.go the looks, delete.go the deletion, pin.go the
// wait for a PIN, users.go the table, intents.go what the ledger is asked for.
package portal
