package automation

import (
	"fmt"
	"os"
	"strings"
)

// holder says who has a lease, for people and for the next run on the same
// machine.
type holder struct {
	command, host string
	pid           int
	run           string
}

// holderFormat can be read back: each word in it ends with a space, or the text.
const holderFormat = "%s on %s (process %d) in run %s"

func newHolder(command, run string) holder {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return holder{command: strings.ReplaceAll(command, " ", "-"), host: strings.ReplaceAll(host, " ", "-"), pid: os.Getpid(), run: run}
}

func (h holder) String() string {
	return fmt.Sprintf(holderFormat, h.command, h.host, h.pid, h.run)
}

// dead tells whether the holder of a lease, as its label names it, was a
// process of this machine that is gone: killed, or lost with the power. Its
// lease need not be waited for. A process number that is in use again counts
// as alive, and the lease then expires by itself.
func (h holder) dead(label string) bool {
	var other holder
	if _, err := fmt.Sscanf(label, holderFormat, &other.command, &other.host, &other.pid, &other.run); err != nil {
		return false
	}
	return other.host == h.host && other.pid != h.pid && !processAlive(other.pid)
}
