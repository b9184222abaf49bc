package signin

import (
	"context"

	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/automation/secret"
)

// Provider is a sign-in service that stands between the public page and the
// portal, as GCKey does. A further one is a type with these two methods, and a
// folder of the catalog with its pages, its hosts and the link that leads to it.
//
// A Provider lives as long as one sign-in and keeps no secrets: they pass through
// the Hands, which send each at most once.
type Provider interface {
	// Name is that of the service's folder in the catalog.
	Name() string
	// Turn does the one thing that a page of the service wants, or returns the
	// *page.Stop that the page means.
	Turn(ctx context.Context, h Hands, s *page.Snapshot) error
}

// Hands are what a Provider acts with.
type Hands interface {
	// Press presses a button or link. A page on which that changes nothing, again
	// and again, ends the sign-in.
	Press(ctx context.Context, s *page.Snapshot, element string) error
	// LogIn sends user name and password. Called for a page that came back after
	// that, it tells a refusal from a circle, and holds what was refused.
	LogIn(ctx context.Context, s *page.Snapshot, f LoginForm) error
	// Passcode sends the code of the second factor, in the same manner.
	Passcode(ctx context.Context, s *page.Snapshot) error
	// Stop is the error that ends a sign-in on the page that is shown.
	Stop(code page.Code, message, hint string) *page.Stop
	// Refused is a Stop that holds the account as well, if anything was sent: a
	// locked account must not be tried again by a schedule.
	Refused(code page.Code, message, hint string) error
	// Ask is a Stop for which a person at the window is asked instead, if one is
	// there. The page shown, and further ones, are theirs from then on.
	Ask(ask page.Ask, stop *page.Stop, further ...string) error
}

// LoginForm says where user name and password are typed.
type LoginForm struct {
	// Host is the service's host, by its name in the catalog: the one origin that
	// the two may be typed at and sent to.
	Host string
	// Username, Password and Button are elements of the page.
	Username, Password, Button string
}

// title is what a person calls a sign-in service.
func (r *run) title(service string) string {
	if s, ok := r.o.Catalog.Service(service); ok {
		return s.Title[lang.Current()]
	}
	return service
}

// Press implements Hands.
func (r *run) Press(ctx context.Context, s *page.Snapshot, element string) error {
	if r.visits[s.Page()] > maxVisits {
		return r.stop(page.PortalUnavailable, lang.Text("the page \"%s\" came back again and again", s.Page()), lang.Text("Try again later."))
	}
	return r.d.Press(ctx, s.Page(), element)
}

// Passcode implements Hands.
func (r *run) Passcode(ctx context.Context, s *page.Snapshot) error {
	err := r.passcode(ctx, s)
	if stop := needsHelp(err); stop != nil {
		return r.Ask(page.AskPasscode, stop)
	}
	return err
}

// Stop implements Hands.
func (r *run) Stop(code page.Code, message, hint string) *page.Stop {
	return r.stop(code, message, hint)
}

// Ask implements Hands.
func (r *run) Ask(ask page.Ask, stop *page.Stop, further ...string) error {
	stop.Ask = ask
	for _, name := range further {
		r.theirs[name] = ask
	}
	return stop
}

// LogIn implements Hands.
func (r *run) LogIn(ctx context.Context, s *page.Snapshot, f LoginForm) error {
	service := r.title(r.o.Provider.Name())
	if r.password != nil {
		if err := r.unsent(); err != nil {
			return err
		}
		return r.afterPassword(s, service)
	}
	if notice, until, ok := closedNow(s.Notices, r.o.Now()); ok {
		return r.closed(service, notice, until)
	}
	c := r.o.Credentials
	if c.Mail != nil { // the password may make the portal send a passcode
		if err := c.Mail.Mark(ctx); err != nil {
			return err
		}
	}
	if c.Username.IsZero() || c.Password.IsZero() {
		return r.Ask(page.AskByHand, r.stop(page.HumanNeeded, lang.Text("there is no user name and password to sign in with"), lang.Text("Set GCKEY_USERNAME and GCKEY_PASSWORD.")))
	}
	if err := r.o.Custody.May(ctx, Password, c.Password); err != nil {
		return err
	}
	origin := r.o.Catalog.Origin(f.Host)
	username, err := secret.Bind(c.Username, "user name", origin)
	if err != nil {
		return err
	}
	password, err := secret.Bind(c.Password, "password", origin)
	if err != nil {
		return err
	}
	items := []page.Item{{Element: f.Username, Secret: &username}, {Element: f.Password, Secret: &password}}
	if err := r.d.Fill(ctx, s.Page(), items...); err != nil {
		return err
	}
	r.password, r.o.Begun.sent = s, s
	return r.send(ctx, s, Password, c.Password, f.Button, items...)
}

// afterPassword tells a refusal from a service that merely went in a circle: a
// refused password says so, if in the title alone, a circle shows the very same page
// again.
func (r *run) afterPassword(s *page.Snapshot, service string) error {
	news := fresh(r.password, s)
	if len(news) == 0 && s.Wording == r.password.Wording && s.Title == r.password.Title {
		return r.stop(page.PortalUnavailable, lang.Text("%s showed its sign-in page again without saying why; the password was sent once and is not sent again", service),
			lang.Text("Try again later. If it happens again, sign in by hand."))
	}
	return r.hold(Password, r.o.Credentials.Password, lang.Text("%s refused the user name and password%s", service, itSays(news)),
		lang.Text("Correct the user name or password. This password is held and will not be tried again until it changes or you run: irccpin credentials release."))
}
