//go:build !linux

package troubles_test

// Processes are found and limited in the way of Linux alone; elsewhere the
// matrix has the troubles of the wire.
var localTroubles []string

func localTrouble(name, state string) { panic("there is no trouble " + name) }

func chromes(state string) []int { return nil }

func measure(string) footprint { return footprint{} }
