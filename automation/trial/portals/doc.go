// Package portals tries whole runs and single looks against portals of every
// shape: drawn from seeds, of a second author, with pagers and boxes of all kinds.
// It is nothing but tests.
//
// Where to go next: recognition_test.go holds every page against every rule,
// second_test.go tries another author's portal.
package portals
