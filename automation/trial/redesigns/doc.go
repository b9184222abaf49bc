// Package redesigns tries portals whose pages are redesigned while they are used, by
// the mutations of package fixtures/mutate: each on the pages that it changes
// (mutated_pages_test.go), and in whole runs, alone and combined
// (mutation_test.go). It is nothing but tests.
package redesigns
