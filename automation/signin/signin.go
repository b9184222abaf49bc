// Package signin leads from the Employer Portal's public page to its signed-in
// home, through GCKey, two-factor authentication, the terms and the security
// question.
//
// The order of the pages varies, so there is no script of steps: Run is a loop
// that asks what is shown and does the one thing that this page wants. Every
// secret is typed at most once in a session. A page that comes back after its
// secret was sent means a refusal, and a refusal ends the session: what was
// refused is handed to the Custody, which keeps it from being tried again.
//
// What needs a person ends the sign-in, unless one is at the window: then they
// are asked, the page is theirs, and the loop goes on when they have brought it
// to another one. With Options.Attend they are asked for the whole sign-in.
//
// Where to go next: this file is the loop and the portal's own pages;
// provider.go says what a sign-in service is and gckey.go is the one that is
// known; credentials.go says what the loop is given; question.go, passcode.go
// and notice.go are the security question, the second factor and the
// announcements of maintenance; out.go signs out.
package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/automation/secret"
	"irccpin/selectors"
)

// Options say how to sign in.
type Options struct {
	Catalog     *selectors.Catalog
	Credentials Credentials
	Custody     Custody
	// Provider is the sign-in service; nil is GCKey.
	Provider Provider
	// Attend leaves the whole sign-in to the person at the window.
	Attend bool
	// Now is the clock that passcodes and maintenance windows go by.
	Now func() time.Time
	// Begun is told what a session may have come of, for [Out]; nil when nobody asks.
	Begun *Begun
}

// maxTurns bounds the loop. The longest known way has eleven pages; a portal
// that sends us round in circles is stopped here.
const maxTurns = 30

// maxVisits bounds how often a page without a secret may come back.
const maxVisits = 3

// Run signs in, from wherever the driver stands, and returns the home page.
// The error is a *page.Stop, or the context's.
func Run(ctx context.Context, d *page.Driver, o Options) (*page.Snapshot, error) {
	r := newRun(d, o)
	if err := d.Open(ctx, o.Catalog.Site.Start["en"]); err != nil {
		return nil, err
	}
	if o.Attend {
		alone := &page.Stop{
			Code: page.HumanNeeded, Ask: page.AskSignIn, Message: lang.Text("a person is to sign in, and nobody is there"),
			Hint: lang.Text("Run the command at a terminal with a display, or without --attend."),
		}
		if err := r.help(ctx, alone); err != nil {
			return nil, err
		}
	}
	waiting := lang.Text("the Employer Portal's public page")
	for range maxTurns {
		shot, err := d.Next(ctx, waiting)
		if judged := r.judge(shot, err); judged != nil {
			return nil, judged
		}
		if err == nil {
			spec, _ := o.Catalog.Page(shot.Page())
			r.o.Begun.inside = r.o.Begun.inside || spec.SignedIn
		}
		if err == nil && shot.Page() == "home" {
			return shot, nil
		}
		if err == nil {
			err = r.turn(ctx, shot)
		}
		if err = r.help(ctx, err); err != nil {
			return nil, err
		}
		waiting = lang.Text("the page after %s", d.Last())
	}
	return nil, r.stop(page.PortalUnavailable, lang.Text("the sign-in went round in circles"), lang.Text("Try again later."))
}

// run is one sign-in under way.
type run struct {
	d      *page.Driver
	o      Options
	visits map[string]int
	// theirs are the pages that were left to a person, and what for. They stay
	// theirs: what a person has begun there is not gone on with by half.
	theirs map[string]page.Ask
	// The pages as they were when their secrets were sent.
	password, code, answer *page.Snapshot
	// sent is the secret that waits for the portal's verdict; nil when none does.
	sent *sent
	// codeKind and question remember what was sent, for the hold.
	codeKind CodeKind
	codeFrom secret.Value
	question secret.Question
	// unsentCode tells that a code was typed once that never left.
	unsentCode bool
}

func newRun(d *page.Driver, o Options) *run {
	if o.Provider == nil {
		o.Provider = GCKey()
	}
	if o.Begun == nil {
		o.Begun = new(Begun)
	}
	return &run{d: d, o: o, visits: map[string]int{}, theirs: map[string]page.Ask{}}
}

func (r *run) stop(code page.Code, message, hint string) *page.Stop {
	return &page.Stop{Code: code, Page: r.d.Last(), Message: message, Hint: hint}
}

// help asks a person at the window for what an error says is needed. The error
// comes back when nobody can help.
func (r *run) help(ctx context.Context, err error) error {
	ask := page.AskOf(err)
	if code := page.CodeOf(err); ask == "" && (code == page.PageUnknown || code == page.PageChanged) {
		ask = page.AskPage
	}
	if ask == "" || !r.d.Attended() {
		return err
	}
	r.theirs[r.d.Last()] = ask
	return r.d.Leave(ctx, ask, func(name string) bool {
		return r.theirs[name] != "" || ask == page.AskSignIn && name != "home"
	})
}

// turn does the one thing that a page wants.
func (r *run) turn(ctx context.Context, s *page.Snapshot) error {
	name := s.Page()
	if stop := r.ending(s); stop != nil {
		return stop
	}
	r.visits[name]++
	spec, _ := r.o.Catalog.Page(name)
	switch {
	case r.theirs[name] != "":
		return r.Ask(r.theirs[name], r.stop(page.HumanNeeded, lang.Text("the page %q was left to a person", name), lang.Text("Run the command again.")))
	case spec.Service == r.o.Provider.Name():
		return r.o.Provider.Turn(ctx, r, s)
	case spec.Service != "":
		return r.Ask(page.AskSignIn, r.stop(page.HumanNeeded, lang.Text("the portal asks to sign in with %s", r.title(spec.Service)), lang.Text("Sign in by hand.")))
	}
	switch name {
	case "landing":
		return r.landing(ctx, s)
	case "terms":
		return r.accept(ctx, s)
	case "identity-validation":
		return r.securityQuestion(ctx, s)
	}
	return r.stop(page.PageUnknown, lang.Text("the page %q was not expected during the sign-in", name), lang.Text("Sign in by hand to see what the portal wants."))
}

// ending is the stop that a page means by itself; nil for a page with
// something to do on it.
func (r *run) ending(s *page.Snapshot) error {
	switch s.Page() {
	case "canada-login":
		return r.stop(page.HumanNeeded, lang.Text("the portal asks to sign in with CanadaLogin, which this program does not know"), lang.Text("Sign in by hand. A newer version of irccpin may know CanadaLogin."))
	case "account-locked":
		return r.Refused(page.AccountLocked, lang.Text("the account is locked%s", said(s)), lang.Text("Only GCKey's or IRCC's help desk can tell how to unlock it. Do not try again."))
	case "not-authorized":
		return r.stop(page.NotPermitted, lang.Text("the account is not enrolled in the Employer Portal%s", said(s)), lang.Text("Check that this is the GCKey that the employer enrolled with."))
	case "session-expired":
		return r.stop(page.PortalUnavailable, lang.Text("the portal says that the session has expired"), lang.Text("Run the command again."))
	case "maintenance":
		stop := r.stop(page.PortalUnavailable, lang.Text("the portal says that it is not available now%s", said(s)), lang.Text("Try again later."))
		stop.RetryAfter = r.d.RetryAfter()
		return stop
	case "page-error":
		stop := r.stop(page.PortalUnavailable, lang.Text("the portal shows an error page%s", said(s)), lang.Text("Try again later."))
		stop.RetryAfter = r.d.RetryAfter()
		return stop
	case "signed-out":
		return r.stop(page.PortalUnavailable, lang.Text("the portal ended the session during the sign-in"), lang.Text("Run the command again."))
	}
	return nil
}

// said is what a page's messages say, to be put behind a message of ours.
func said(s *page.Snapshot) string {
	if len(s.Messages) == 0 {
		return ""
	}
	return lang.Text("; the portal says: %q", strings.Join(s.Messages, " / "))
}

// Refused implements Hands.
func (r *run) Refused(code page.Code, message, hint string) error {
	stop := r.stop(code, message, hint)
	if r.password == nil {
		return stop
	}
	if err := r.o.Custody.Refused(context.Background(), Account, r.o.Credentials.Username, message); err != nil {
		stop.Err = err
	}
	return stop
}

func (r *run) landing(ctx context.Context, s *page.Snapshot) error {
	if notice, until, ok := closedNow(s.Notices, r.o.Now()); ok {
		return r.closed(lang.Text("the portal"), notice, until)
	}
	if len(r.theirs) > 0 {
		// Whoever was asked for help came back here to sign in by themselves.
		return r.Ask(page.AskSignIn, r.stop(page.HumanNeeded, lang.Text("the sign-in began anew"), lang.Text("Run the command again.")))
	}
	link := r.o.Provider.Name()
	if s.Has(link) {
		return r.Press(ctx, s, link)
	}
	if !s.Has("sign-in") {
		// Recognised by an announcement alone: what leads on may still come. If it does
		// not, the press below says what is missing.
		so := func(now *page.Snapshot) bool { return now.Has(link) || now.Has("sign-in") || now.Page() != "landing" }
		if came, err := r.d.Settles(ctx, so); err != nil || came {
			return err
		}
	}
	if err := r.Press(ctx, s, "sign-in"); err != nil {
		return err
	}
	// The newer layout opens its choice of sign-in services below the button.
	return r.d.Await(ctx, lang.Text("the choice of sign-in services"), 30*time.Second, func(now *page.Snapshot) bool { return now.Has(link) || now.Page() != "landing" })
}

// closed is the stop for an announcement of maintenance that is about now.
func (r *run) closed(who string, notice page.Notice, until time.Time) error {
	stop := r.stop(page.PortalUnavailable, lang.Text("%s announces maintenance for this very time: %s", who, notice.Text), lang.Text("Try again after %s.", until.Format("2006-01-02 15:04 MST")))
	stop.RetryAfter = until.Sub(r.o.Now()).Round(time.Second)
	return stop
}

// fresh lists the messages that were not there before.
func fresh(before, now *page.Snapshot) []string {
	old := map[string]bool{}
	for _, text := range before.Messages {
		old[text] = true
	}
	var news []string
	for _, text := range now.Messages {
		if !old[text] {
			news = append(news, text)
		}
	}
	return news
}

// itSays quotes the news of a refusal.
func itSays(news []string) string {
	if len(news) == 0 {
		return ""
	}
	return lang.Text("; it says: %q", strings.Join(news, " / "))
}

// needsHelp is the stop that says that a person is needed; nil for any other
// error.
func needsHelp(err error) *page.Stop {
	var stop *page.Stop
	if errors.As(err, &stop) && stop.Code == page.HumanNeeded {
		return stop
	}
	return nil
}

// hold ends the session over a refused secret and keeps it from being tried again.
func (r *run) hold(kind Kind, v secret.Value, message, hint string) error {
	stop := r.stop(page.CredentialRefused, message, hint)
	// The portal has said no, whatever happens to this process: the refusal is
	// written even when the command is being interrupted.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := r.o.Custody.Refused(ctx, kind, v, message); err != nil {
		stop.Err = err
		stop.Hint += lang.Text(" The refusal could not be recorded: do not run the command again before the value is corrected.")
	}
	return stop
}
