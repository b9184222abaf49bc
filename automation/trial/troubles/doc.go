// Package troubles tries what goes wrong on the way: faults of the wire at every
// step, killed processes and browsers, held credentials, browsers that are shared or
// run elsewhere. It is nothing but tests.
//
// Where to go next: faults_test.go is the matrix of faults, teeth_test.go shows that
// the matrix bites, soak_test.go is the random soak.
package troubles
