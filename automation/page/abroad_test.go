package page

import (
	"testing"
)

// TestAbroad: other hosts are reachable from the moment that a person left for a
// bank until they are back, and at no other time.
func TestAbroad(t *testing.T) {
	const bank = "https://secure.bank.example/signin"
	opened := 0
	p := newPolicy(t)
	p.abroad = func() func() {
		opened++
		return func() { opened-- }
	}
	closed := func(when string) {
		t.Helper()
		judged(t, p, document("GET", bank), "does not belong")
		if p.isAbroad() || opened != 0 {
			t.Errorf("%s: the way is open", when)
		}
	}
	closed("nobody is there")
	if p.depart("landing") {
		t.Error("left although the window was in nobody's hands")
	}
	p.watch(true)
	closed("nobody left")

	// The request can come before the news of the click that made it.
	verdict := make(chan error, 1)
	go func() { verdict <- p.judge(document("GET", bank)) }()
	if !p.depart("landing") || p.depart("landing") {
		t.Error("did not leave, or left twice")
	}
	if err := <-verdict; err != nil {
		t.Error(err)
	}
	judged(t, p, document("POST", bank), "")
	for address, want := range map[string]string{
		"http://secure.bank.example/":      "without https",
		"https://secure.bank.example:8443": "unusual port",
		"https://me@secure.bank.example/":  "user name",
		"https://router/":                  "does not belong",
	} {
		judged(t, p, document("GET", address), want)
	}
	p.comeBack()
	closed("back")
	if !p.depart("landing") {
		t.Error("nobody leaves twice in one session")
	}
	p.watch(false)
	closed("the window is ours again")

	// Not with a stored secret on the page.
	p.watch(true)
	p.carry([]string{"https://clegc-gckey.gc.ca"}, []string{"hunter2"})
	if p.depart("gckey-sign-in") {
		t.Error("left from a page that holds a stored secret")
	}
}
