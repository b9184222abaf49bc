// Package portals tries whole runs and single looks against portals of every
// shape: drawn from seeds, of a second author, redesigned by mutations, with pagers
// and boxes of all kinds. It is nothing but tests.
//
// Where to go next: recognition_test.go holds every page against every rule,
// mutated_pages_test.go and mutation_test.go try redesigns, second_test.go another
// author's portal.
package portals
