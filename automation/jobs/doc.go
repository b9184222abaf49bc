// Package jobs does for many employers what package automation does for one: at
// once, or again and again, on one machine or on many.
//
// It exists because the hundred-and-first employer is not the hard one; the hard
// ones are the worker that is killed in the middle, the portal that closes for
// the night, the credential that stands in two rows, and the second machine that
// wants to help. The answers are few:
//
//   - A row of a roster is one job. The queue (river, on SQLite or PostgreSQL) may
//     hand it out twice; the ledger makes of that one user. Nothing here repeats a
//     click or a secret: another try is a whole new run, which reads the table
//     first.
//   - A job's arguments are ids. The row is in tables of ours, without any secret:
//     a settings file is named by its path, and read by the worker that runs the
//     row. A PIN is never in the database; whoever read it delivers it.
//   - What people are to be told is written down together with what it tells of,
//     and sent from there (outbox.go): at least once, to a webhook, for a day; a
//     command is run once.
//   - How politely the portal is visited is decided in one place for all processes
//     that share the database (politeness.go).
//   - The version of what is queued is in the names of queues and kinds of jobs, so
//     that an older or newer program leaves alone what it does not know.
//
// Where to go next: crew.go works one row from beginning to end; batch.go lets
// one process do a roster in the foreground; schedule.go keeps rosters that recur,
// timing.go says when, occurrence.go makes the rows of one run; worker.go is the
// long-running process, enrolment.go looks after what the dead left and the queue
// lost. store.go is the database, sqlite.go and postgres.go what
// differs, migrations the tables.
package jobs
