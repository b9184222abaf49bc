package automation

import (
	"cmp"

	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/automation/signin"
)

// Provider is a sign-in service: see [signin.Provider]. Hands and LoginForm are
// what it works with.
type (
	Provider  = signin.Provider
	Hands     = signin.Hands
	LoginForm = signin.LoginForm
)

// Ask is what a person at the window is asked to do. An Observer is told it, in
// English; Asks lists all there are.
type Ask = page.Ask

// Asks lists everything that a person can be asked for.
func Asks() []Ask { return page.Asks() }

// checkAttended finds what an attended sign-in lacks: a window, somebody in
// front of it, and a name that the employer's doubts are filed under.
func (c Config) checkAttended() error {
	switch {
	case !c.Attend:
		return nil
	case c.Headless:
		return &Error{Code: Usage, Message: lang.Text("a person is to sign in in the window, and the browser is to be hidden"), Hint: lang.Text("Leave one of the two out.")}
	case c.Patience <= 0:
		return &Error{Code: Usage, Message: lang.Text("a person is to sign in in the window, and is given no time for it"), Hint: lang.Text("Set Config.Patience.")}
	case c.accountName() == "":
		return &Error{
			Code: BadSettings, Message: lang.Text("there is no user name, and no employer's name or number either, to tell this account from others"),
			Hint: lang.Text("Set IRCC_EMPLOYER or IRCC_BUSINESS_NUMBER."),
		}
	}
	return nil
}

// accountName tells accounts apart in the ledger. Without a GCKey, as at a
// Sign-In Partner, an account is known by its employer.
func (c Config) accountName() string {
	s := c.Settings
	if !s.Username.IsZero() {
		return s.Username.Reveal()
	}
	if name := cmp.Or(s.BusinessNumber, s.EmployerNumber, s.Employer); name != "" {
		return "employer\x00" + name
	}
	return ""
}

// provider is a new one for a sign-in; nil is the usual one.
func (c Config) provider() Provider {
	if c.Provider == nil {
		return nil
	}
	return c.Provider()
}
