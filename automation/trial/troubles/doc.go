// Package troubles tries what goes wrong on the way: portals that misbehave, faults
// of the wire at every step, killed processes and browsers, deletions in doubt. It
// is nothing but tests.
//
// Where to go next: misbehave_test.go is the table of misbehaviours, faults_test.go
// the matrix of faults, teeth_test.go shows that the matrix bites, soak_test.go is
// the random soak.
package troubles
