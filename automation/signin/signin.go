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
// Where to go next: this file is the loop, credentials.go says what it is
// given, passcode.go and notice.go are the second factor and the announcements
// of maintenance. Another sign-in service would be a package beside this one.
package signin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"irccpin/automation/page"
	"irccpin/automation/secret"
	"irccpin/selectors"
)

// Options say how to sign in.
type Options struct {
	Catalog     *selectors.Catalog
	Credentials Credentials
	Custody     Custody
	// Now is the clock that passcodes and maintenance windows go by.
	Now func() time.Time
}

// maxTurns bounds the loop. The longest known way has eleven pages; a portal
// that sends us round in circles is stopped here.
const maxTurns = 30

// maxVisits bounds how often a page without a secret may come back.
const maxVisits = 3

// Run signs in, from wherever the driver stands, and returns the home page.
// The error is a *page.Stop, or the context's.
func Run(ctx context.Context, d *page.Driver, o Options) (*page.Snapshot, error) {
	r := &run{d: d, o: o, visits: map[string]int{}}
	if err := d.Open(ctx, o.Catalog.Site.Start["en"]); err != nil {
		return nil, err
	}
	waiting := "the Employer Portal's public page"
	for range maxTurns {
		shot, err := d.Next(ctx, waiting)
		if err != nil {
			return nil, r.judge(err)
		}
		if shot.Page() == "home" {
			return shot, nil
		}
		if err := r.turn(ctx, shot); err != nil {
			return nil, err
		}
		waiting = "the page after " + shot.Page()
	}
	return nil, r.stop(page.PortalUnavailable, "the sign-in went round in circles", "Try again later.")
}

// run is one sign-in under way.
type run struct {
	d      *page.Driver
	o      Options
	visits map[string]int
	// sent is the page as it was when its secret was sent, by page name.
	password, code, answer *page.Snapshot
	// codeKind and question remember what was sent, for the hold.
	codeKind CodeKind
	codeFrom secret.Value
	question secret.Question
}

func (r *run) stop(code page.Code, message, hint string) *page.Stop {
	return &page.Stop{Code: code, Page: r.d.Last(), Message: message, Hint: hint}
}

// judge gives an unexpected end of the wait its meaning at this point.
func (r *run) judge(err error) error { return err }

// turn does the one thing that a page wants.
func (r *run) turn(ctx context.Context, s *page.Snapshot) error {
	name := s.Page()
	if stop := r.ending(s); stop != nil {
		return stop
	}
	r.visits[name]++
	switch name {
	case "gckey-sign-in":
		return r.signIn(ctx, s)
	case "mfa-code":
		return r.passcode(ctx, s)
	case "identity-validation":
		return r.securityQuestion(ctx, s)
	}
	if r.visits[name] > maxVisits {
		return r.stop(page.PortalUnavailable, fmt.Sprintf("the page %q came back again and again", name), "Try again later.")
	}
	switch name {
	case "landing":
		return r.landing(ctx, s)
	case "gckey-skip":
		return r.d.Press(ctx, name, "skip")
	case "gckey-welcome", "mfa-success":
		return r.d.Press(ctx, name, "continue")
	case "terms":
		return r.accept(ctx, s)
	}
	return r.stop(page.PageUnknown, fmt.Sprintf("the page %q was not expected during the sign-in", name), "Sign in by hand to see what the portal wants.")
}

// ending is the stop that a page means by itself; nil for a page with
// something to do on it.
func (r *run) ending(s *page.Snapshot) error {
	said := ""
	if len(s.Messages) > 0 {
		said = fmt.Sprintf("; the portal says: %q", strings.Join(s.Messages, " / "))
	}
	switch s.Page() {
	case "mfa-choose-method":
		return r.stop(page.HumanNeeded, "the account has no two-factor authentication yet, and the portal asks to set it up",
			"Sign in once by hand and choose a method. With an authenticator app, put its secret into GCKEY_TOTP_SECRET.")
	case "canada-login":
		return r.stop(page.HumanNeeded, "the portal asks to sign in with CanadaLogin, which this program does not know", "Sign in by hand. A newer version of irccpin may know CanadaLogin.")
	case "captcha-refused":
		return r.stop(page.HumanNeeded, "the sign-in was refused over its captcha; the password was not judged"+said, "Run the command where a person can see the window: with --show, at a terminal.")
	case "account-locked":
		return r.refused(page.AccountLocked, "the account is locked"+said, "Only GCKey's or IRCC's help desk can tell how to unlock it. Do not try again.")
	case "account-revoked":
		return r.refused(page.AccountRevoked, "the GCKey is revoked"+said, "It cannot be used any more. The employer must deal with GCKey's help desk.")
	case "not-authorized":
		return r.stop(page.NotPermitted, "the account is not enrolled in the Employer Portal"+said, "Check that this is the GCKey that the employer enrolled with.")
	case "session-expired":
		return r.stop(page.PortalUnavailable, "the portal says that the session has expired", "Run the command again.")
	case "maintenance":
		stop := r.stop(page.PortalUnavailable, "the portal is closed for maintenance"+said, "Try again later.")
		stop.RetryAfter = r.d.RetryAfter()
		return stop
	case "page-error":
		stop := r.stop(page.PortalUnavailable, "the portal shows an error page"+said, "Try again later.")
		stop.RetryAfter = r.d.RetryAfter()
		return stop
	case "signed-out":
		return r.stop(page.PortalUnavailable, "the portal ended the session during the sign-in", "Run the command again.")
	}
	return nil
}

// refused is ending for a page on which the last secret is to be held as well:
// a locked account must not be tried again by a schedule.
func (r *run) refused(code page.Code, message, hint string) error {
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
		stop := r.stop(page.PortalUnavailable, "the portal announces maintenance for this very time: "+notice.Text, "Try again after "+until.Format("15:04 on 2 January 2006, MST")+".")
		stop.RetryAfter = until.Sub(r.o.Now()).Round(time.Second)
		return stop
	}
	if s.Has("gckey") {
		return r.d.Press(ctx, s.Page(), "gckey")
	}
	if err := r.d.Press(ctx, s.Page(), "sign-in"); err != nil {
		return err
	}
	// The newer layout opens its choice of sign-in services below the button.
	return r.d.Await(ctx, "the choice of sign-in services", 30*time.Second, func(now *page.Snapshot) bool { return now.Has("gckey") || now.Page() != "landing" })
}

func (r *run) signIn(ctx context.Context, s *page.Snapshot) error {
	if r.password != nil {
		return r.afterPassword(s)
	}
	if notice, until, ok := closedNow(s.Notices, r.o.Now()); ok {
		stop := r.stop(page.PortalUnavailable, "GCKey announces maintenance for this very time: "+notice.Text, "Try again later.")
		stop.RetryAfter = until.Sub(r.o.Now()).Round(time.Second)
		return stop
	}
	c := r.o.Credentials
	if c.Username.IsZero() || c.Password.IsZero() {
		return r.stop(page.HumanNeeded, "there is no user name and password to sign in with", "Set GCKEY_USERNAME and GCKEY_PASSWORD.")
	}
	if err := r.o.Custody.May(ctx, Password, c.Password); err != nil {
		return err
	}
	if c.Mail != nil { // the password may make the portal send a passcode
		if err := c.Mail.Mark(ctx); err != nil {
			return err
		}
	}
	origin := r.o.Catalog.Origin("gckey")
	username, err := secret.Bind(c.Username, "user name", origin)
	if err != nil {
		return err
	}
	password, err := secret.Bind(c.Password, "password", origin)
	if err != nil {
		return err
	}
	items := []page.Item{{Element: "username", Secret: &username}, {Element: "password", Secret: &password}}
	if err := r.d.Fill(ctx, s.Page(), items...); err != nil {
		return err
	}
	r.password = s
	return r.d.Submit(ctx, s.Page(), "sign-in", items...)
}

// afterPassword tells a refusal from a portal that merely went in a circle: a
// refused password says so, a circle shows the very same page again.
func (r *run) afterPassword(s *page.Snapshot) error {
	news := fresh(r.password, s)
	if len(news) == 0 && s.Wording == r.password.Wording {
		return r.stop(page.PortalUnavailable, "GCKey showed its sign-in page again without saying why; the password was sent once and is not sent again",
			"Try again later. If it happens again, sign in by hand.")
	}
	message := "GCKey refused the user name and password"
	if len(news) > 0 {
		message += fmt.Sprintf("; it says: %q", strings.Join(news, " / "))
	}
	return r.hold(Password, r.o.Credentials.Password, message, "Correct the user name or password. This password is held and will not be tried again until it changes or you run: irccpin credentials release.")
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

// hold ends the session over a refused secret and keeps it from being tried again.
func (r *run) hold(kind Kind, v secret.Value, message, hint string) error {
	stop := r.stop(page.CredentialRefused, message, hint)
	// The portal has said no, whatever happens to this process: the refusal is
	// written even when the command is being interrupted.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := r.o.Custody.Refused(ctx, kind, v, message); err != nil {
		stop.Err = err
		stop.Hint += " The refusal could not be recorded: do not run the command again before the value is corrected."
	}
	return stop
}

func (r *run) securityQuestion(ctx context.Context, s *page.Snapshot) error {
	if r.answer != nil {
		message := "the portal refused the answer to the security question"
		if news := fresh(r.answer, s); len(news) > 0 {
			message += fmt.Sprintf("; it says: %q", strings.Join(news, " / "))
		}
		return r.hold(Answer, r.question.Answer, message, fmt.Sprintf("Correct %s. The answer is held and will not be tried again until it changes or you run: irccpin credentials release.", r.question.Key))
	}
	question, err := r.match(s.Asked)
	if errors.Is(err, secret.ErrUnknownQuestion) {
		question, err = r.typedAnswer(ctx, s, err)
	}
	if errors.Is(err, errMovedOn) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := r.o.Custody.May(ctx, Answer, question.Answer); err != nil {
		return err
	}
	bound, err := secret.Bind(question.Answer, "answer", r.o.Catalog.Origin("portal"))
	if err != nil {
		return err
	}
	item := page.Item{Element: "answer", Secret: &bound}
	if err := r.d.Fill(ctx, s.Page(), item); err != nil {
		return err
	}
	r.answer, r.question = s, question
	return r.d.Submit(ctx, s.Page(), "continue", item)
}

// match finds the one configured question among the texts that stand by the
// answer's field. None, or two different ones, needs a person: an answer is
// never guessed.
func (r *run) match(asked []string) (secret.Question, error) {
	var found *secret.Question
	for _, text := range asked {
		question, err := r.o.Credentials.Questions.Answer(text)
		switch {
		case errors.Is(err, secret.ErrAmbiguousQuestion):
			return question, r.stop(page.HumanNeeded, "two of the configured security questions match the one shown", "Give each question once.")
		case err != nil:
			continue
		case found != nil && found.Key != question.Key:
			return question, r.stop(page.HumanNeeded, "two of the configured security questions stand on the page", "Sign in by hand.")
		}
		found = &question
	}
	if found == nil {
		shown := "none that could be read"
		if len(asked) > 0 {
			shown = `"` + strings.Trim(asked[0], `"“”«» `) + `"`
		}
		stop := r.stop(page.HumanNeeded, "the security question shown is not among the configured ones: "+shown,
			"Add the question, exactly as shown, and its answer as IRCC_QUESTION_n and IRCC_ANSWER_n.")
		stop.Err = secret.ErrUnknownQuestion
		return secret.Question{}, stop
	}
	return *found, nil
}
