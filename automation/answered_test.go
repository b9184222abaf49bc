package automation

import (
	"fmt"
	"testing"

	"irccpin/automation/browser"
)

func TestPortalAnswered(t *testing.T) {
	crashed := fmt.Errorf("%w: the page crashed", browser.ErrTabClosed)
	for name, c := range map[string]struct {
		end             *Error // nil is well
		answered, known bool
	}{
		"well":                         {nil, true, true},
		"no connection":                {&Error{Code: PortalUnavailable}, false, true},
		"an error of the server's":     {&Error{Code: PortalUnavailable, Page: "home"}, false, true},
		"the browser crashed":          {&Error{Code: PortalUnavailable, Page: "home", Err: crashed}, false, false},
		"the browser was lost":         {&Error{Code: PortalUnavailable, Err: browser.ErrBrowserHung}, false, false},
		"a refusal":                    {&Error{Code: CredentialRefused, Page: "gckey-sign-in"}, true, true},
		"held, and not opened":         {&Error{Code: CredentialHeld}, false, false},
		"another run has it":           {&Error{Code: CredentialBusy}, false, false},
		"no browser":                   {&Error{Code: NoBrowser}, false, false},
		"no ledger":                    {&Error{Code: StateUnavailable}, false, false},
		"the ledger failed on the way": {&Error{Code: StateUnavailable, Page: "home"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Result{}
			if c.end != nil {
				r.fail(c.end)
			}
			if answered, known := r.PortalAnswered(); answered != c.answered || known != c.known {
				t.Errorf("answered: %t, known: %t", answered, known)
			}
		})
	}
}
