// Package evidence keeps what a run did, so that a person can see afterwards what happened, and can show it to a
// colleague without giving anybody's secrets away.
//
// Each run has a directory of its own, readable by its user alone:
//
//	run.json        what was asked and what came of it ([Record])
//	trace.jsonl     one line per step, with its time ([Event])
//	page-1-NAME.html, .png  a page as it was, redacted, and its picture, masked
//	lock            held while the run lives; its text is the process id
//
// The rule of the house is that evidence is safe to share. Every text passes a redactor that knows the secrets. Of a
// page, its structure is kept and its typed values are not. Of a page that was not recognised, nobody can tell what is
// secret: it keeps no picture, and no text but the wording that the catalog knows.
//
// Evidence never gets in the way: [Run.Step] and [Run.Page] return nothing to be handled in the middle of a flow. What
// could not be written is told by [Run.Finish].
//
// Where to go next: run.go writes a run, read.go lists and loads runs, prune.go forgets old ones, markup.go redacts a
// page, picture.go a screenshot, text.go everything else, and report.go makes the one page for a colleague.
package evidence
