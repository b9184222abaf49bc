package automation

import (
	"context"
	"errors"
	"slices"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/automation/portal"
	"irccpin/automation/signin"
)

// Session is a signed-in session at the Employer Portal.
type Session struct {
	portal *Portal
	desk   *portal.Desk
}

// Employer is the account's business, for results.
type Employer struct {
	Name               string `json:"name"`
	LegalName          string `json:"legal_name"`
	BusinessNumber     string `json:"business_number"`
	IRCCEmployerNumber string `json:"ircc_employer_number"`
}

// SignIn opens a tab of its own and signs in. The session that it returns is
// to be closed even when there is an error: closing signs out.
func (p *Portal) SignIn(ctx context.Context) (*Session, error) {
	s := &Session{portal: p}
	s.desk = &portal.Desk{
		Intents: intents{p},
		Return:  s.again,
		Settle:  max(p.config.Settle, 0), PINPatience: pinPatience,
		Clock:   p.ledger.Clock,
		Reserve: p.config.Reserve,
	}
	d, home, err := p.signIn(ctx)
	s.desk.Driver, s.desk.Home = d, home
	if err != nil {
		return s, p.ended(ctx, err)
	}
	settings := p.config.Settings
	if err := portal.CheckEmployer(portal.EmployerOf(home), settings.BusinessNumber, settings.EmployerNumber); err != nil {
		return s, err
	}
	return s, nil
}

// pinPatience is how long a PIN that the portal does not show yet is waited for.
const pinPatience = 20 * time.Second

// signIn makes a driver with a fresh, isolated tab, and leads it home.
func (p *Portal) signIn(ctx context.Context) (*page.Driver, *page.Snapshot, error) {
	d := page.New(page.Options{Catalog: p.catalog, Observer: p.config.Observer, Seal: p.gate.Seal, Patience: p.config.Patience, Keep: p.config.keep, Abroad: p.gate.Open})
	options, err := d.TabOptions()
	if err != nil {
		return d, nil, err
	}
	tab, err := p.newTab(ctx, options)
	if err != nil {
		return d, nil, err
	}
	d.Take(tab)
	if m := p.machine; m.elsewhere != "" && !slices.Contains(p.cautioned, m.elsewhere) {
		p.cautioned = append(p.cautioned, m.elsewhere)
		d.Warn(m.caution())
	}
	known := credentials(p.config)
	if mail := p.passcodeMail(); mail != nil {
		known.Mail = mail
		defer mail.close(ctx)
	}
	p.begun = signin.Begun{}
	home, err := signin.Run(ctx, d, signin.Options{
		Catalog: p.catalog, Credentials: known, Custody: p.custody, Now: clock,
		Provider: p.config.provider(), Attend: p.config.Attend, Begun: &p.begun,
	})
	return d, home, err
}

// newTab opens a tab in a context of its own. A browser that turns out to be
// gone is replaced, once: nothing was opened in it yet.
func (p *Portal) newTab(ctx context.Context, options browser.TabOptions) (*browser.Tab, error) {
	for again := false; ; again = true {
		if closed(p.machine.Done()) {
			next, err := p.host.machine(ctx)
			if err != nil {
				return nil, err
			}
			p.machine = next
		}
		tab, err := p.machine.NewTab(ctx, p.confine(options))
		switch {
		case err == nil:
			p.tabs = append(p.tabs, tab)
			return tab, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case again || !errors.Is(err, browser.ErrBrowserGone):
			return nil, &Error{Code: page.PortalUnavailable, Message: lang.Text("the browser opened no tab: %v", err), Err: err, Hint: lang.Text("Run the command again.")}
		}
		select {
		case <-p.machine.Done(): // its exit status takes a moment
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// tidyTime bounds leaving the old session in good order before a new sign-in.
// It is taken from the time that is kept for reading what came of a click.
const tidyTime = 5 * time.Second

// again signs in anew, for reading after a doubt, in a new browser if the old
// one died. After a failure it may be called once more.
func (s *Session) again(ctx context.Context) (*page.Driver, *page.Snapshot, error) {
	s.leave(ctx)
	warnings := s.desk.Driver.Warnings
	d, home, err := s.portal.signIn(ctx)
	d.Warnings = append(warnings, d.Warnings...)
	s.desk.Driver = d
	return d, home, err
}

// leave ends the session that is open, as well as it can be, so that it does
// not stand in the way of a new one.
func (s *Session) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, tidyTime)
	defer cancel()
	s.signOut(ctx)
	_ = s.desk.Driver.Close(ctx)
}

// signOut signs out by the page's own Logout, or warns that it could not.
func (s *Session) signOut(ctx context.Context) {
	d := s.desk.Driver
	if err := signin.Out(ctx, d, s.portal.catalog, s.portal.begun); err != nil {
		d.Warn(Warning{Code: "not_signed_out", Page: d.Last(), Detail: lang.Text("the session could not be ended by the portal's own Logout, and ends by itself after ten minutes: %v", err)})
	}
}

// ended gives a context's end its meaning: a time-out or an interruption.
func (p *Portal) ended(ctx context.Context, err error) error {
	var stop *Error
	switch {
	case err == nil || errors.As(err, &stop):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: page.PortalUnavailable, Message: lang.Text("the time for this session (%s) is used up", p.config.Timeout), Err: err, Hint: lang.Text("Try again later, or with a longer --timeout.")}
	case errors.Is(err, context.Canceled):
		return &Error{Code: page.Interrupted, Message: lang.Text("interrupted before anything was committed"), Err: err}
	}
	return &Error{Code: Internal, Message: err.Error(), Err: err, Hint: lang.Text("This is a defect of irccpin. Please report it with the run's evidence.")}
}

// Employer is the business that the account belongs to.
func (s *Session) Employer() Employer {
	out := Employer{Name: s.portal.config.Settings.Employer}
	if s.desk.Home != nil {
		e := portal.EmployerOf(s.desk.Home)
		out.LegalName, out.BusinessNumber, out.IRCCEmployerNumber = e.LegalName, e.BusinessNumber, e.IRCCEmployerNumber
	}
	if out.Name == "" {
		out.Name = out.LegalName
	}
	return out
}

// Users reads all secondary users of the account.
func (s *Session) Users(ctx context.Context) ([]User, error) {
	users, err := s.users(ctx)
	return users, s.portal.ended(ctx, err)
}

// users reads the table, and lets it tell what came of the clicks that earlier
// sessions left in doubt.
func (s *Session) users(ctx context.Context) ([]User, error) {
	users, err := portal.Users(ctx, s.desk.Driver, s.desk.Home)
	s.portal.config.learn(users...)
	if err == nil {
		s.notice(ctx, users)
	}
	return users, err
}

// Find returns the one user that a person tells apart, with the PIN, which is
// waited for a while if it is not shown yet.
func (s *Session) Find(ctx context.Context, p Person) (User, error) {
	user, err := s.find(ctx, p)
	s.portal.config.learn(user)
	return user, s.portal.ended(ctx, err)
}

func (s *Session) find(ctx context.Context, p Person) (User, error) {
	users, err := s.users(ctx)
	if err != nil {
		return User{}, err
	}
	user, err := portal.Lookup(users, p)
	if err != nil {
		return User{}, err
	}
	return s.desk.AwaitPIN(ctx, user)
}

// CreateSecondaryUser creates a user, exactly once. Doubts that earlier
// sessions left are resolved first.
func (s *Session) CreateSecondaryUser(ctx context.Context, o NewUser) (Outcome, error) {
	out, err := s.create(ctx, o)
	s.portal.config.learn(out.User)
	return out, s.portal.ended(ctx, err)
}

func (s *Session) create(ctx context.Context, o NewUser) (out Outcome, err error) {
	if o.DryRun {
		return s.desk.Create(ctx, o)
	}
	found, err := s.resolve(ctx, portal.Creation, o.Person)
	if err != nil {
		return Outcome{}, err
	}
	if found == nil {
		return s.desk.Create(ctx, o)
	}
	found.User, err = s.desk.AwaitPIN(ctx, found.User)
	return *found, err
}

// Page is the last page recognised, or "unknown".
func (s *Session) Page() string {
	if s.desk.Driver == nil {
		return "unknown"
	}
	return s.desk.Driver.Last()
}

// Warnings are what was not as expected and did not stop the session.
func (s *Session) Warnings() []Warning {
	if s.desk.Driver == nil {
		return nil
	}
	return s.desk.Driver.Warnings
}

// Driver is the session's page driver, for evidence.
func (s *Session) Driver() *page.Driver { return s.desk.Driver }

// Close signs out by the page's own Logout and closes the tab.
func (s *Session) Close(ctx context.Context) error {
	d := s.desk.Driver
	if d == nil {
		return nil
	}
	s.signOut(ctx)
	return d.Close(ctx)
}
