package page

import (
	"strings"
	"time"

	"irccpin/automation/browser"
)

// hearing is how long a request to a foreign host waits for the news that a
// person pressed what leads there. Both come from the same click, by different
// ways, within milliseconds.
const hearing = time.Second

// away is the part of the policy that lets a person sign in through a bank:
// while they are abroad, hosts are reachable that nobody can list. It begins
// with a person's own press, while the window is theirs and no stored secret is
// on the page; it ends when the portal's own pages are back.
type away struct {
	// watching tells that the window is in a person's hands.
	watching bool
	// heard is closed when they have left for a bank; nil while nobody can.
	heard chan struct{}
	// back ends the journey; nil while nobody is abroad.
	back func()
	// from is the document that they left from.
	from browser.DocID
}

// watch notes whether the window is in a person's hands.
func (p *policy) watch(on bool) {
	p.mu.Lock()
	p.away.watching, p.away.heard = on, nil
	if on {
		p.away.heard = make(chan struct{})
	}
	p.mu.Unlock()
	if !on {
		p.comeBack()
	}
}

// depart opens the way abroad and tells whether it was opened.
func (p *policy) depart(from browser.DocID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.away.watching || p.away.back != nil || p.abroad == nil || p.origins != nil {
		return false
	}
	p.away.back, p.away.from = p.abroad(), from
	close(p.away.heard)
	return true
}

// comeBack ends the journey, if there is one: the list of hosts holds again.
func (p *policy) comeBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away.back == nil {
		return
	}
	p.away.back()
	p.away.back = nil
	if p.away.watching {
		p.away.heard = make(chan struct{})
	}
}

func (p *policy) isAbroad() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.away.back != nil
}

func (p *policy) departedFrom() browser.DocID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.away.from
}

// lets tells whether a host outside the catalog may be reached now. A host
// without a dot is a name of somebody's own network and no bank's.
func (p *policy) lets(host string) bool {
	p.mu.Lock()
	heard := p.away.heard
	p.mu.Unlock()
	if heard == nil || !strings.Contains(host, ".") {
		return false
	}
	timer := time.NewTimer(hearing)
	defer timer.Stop()
	select {
	case <-heard:
		return p.isAbroad()
	case <-timer.C:
		return false
	}
}
