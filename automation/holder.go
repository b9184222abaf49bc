package automation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// holder says who has a lease, for people and for the next run on the same
// machine.
type holder struct {
	command string
	// host is the machine's name, and behind it, where that can be told, a digest
	// of what process numbers count in there: see processPlace.
	host   string
	placed bool // host has it
	pid    int
	run    string
}

// holderFormat can be read back: each word in it ends with a space, or the text.
const holderFormat = "%s on %s (process %d) in run %s"

func newHolder(command, run string) holder {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	h := holder{command: strings.ReplaceAll(command, " ", "-"), host: strings.ReplaceAll(host, " ", "-"), pid: os.Getpid(), run: run}
	if place := processPlace(); place != "" {
		sum := sha256.Sum256([]byte(place))
		h.host += "/" + hex.EncodeToString(sum[:6]) // short: people read it
		h.placed = true
	}
	return h
}

func (h holder) String() string {
	return fmt.Sprintf(holderFormat, h.command, h.host, h.pid, h.run)
}

// dead tells whether the holder of a lease, as its label names it, was a
// process of this machine that is gone, such as a killed one. Its lease need
// not be waited for. The name of the machine alone proves nothing: clones and
// containers can share it, and their processes are not seen from here. Whatever
// cannot be told counts as alive, as do a process number that is in use again
// and the label of a version that wrote the name alone. The lease then expires
// by itself.
func (h holder) dead(label string) bool {
	var other holder
	if _, err := fmt.Sscanf(label, holderFormat, &other.command, &other.host, &other.pid, &other.run); err != nil {
		return false
	}
	return h.placed && other.host == h.host && other.pid != h.pid && !processAlive(other.pid)
}
