package automation

import (
	"context"
	"errors"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/ledger"
	"irccpin/automation/page"
)

// cleanUp bounds what follows a job: signing out, ending the browser, giving
// the lease back.
const cleanUp = 40 * time.Second

// Job is what is to be done in a signed-in session. It fills in the result.
type Job func(ctx context.Context, s *Session, r *Result) error

// Run does a job from beginning to end: it opens the portal, signs in, does
// the job, signs out, and closes everything, whatever happens. It never fails:
// how it ended is in the result.
//
// ctx is for interruptions; once the committing click may have happened they
// are heeded only after the outcome is read.
func Run(ctx context.Context, c Config, job Job) *Result {
	return perform(ctx, c, job, Open)
}

// opener opens the portal: on a host of its own, or on one that is shared.
type opener func(context.Context, Config) (*Portal, error)

// perform is Run, on any host.
func perform(ctx context.Context, c Config, job Job, open opener) *Result {
	began := time.Now()
	c = c.withDefaults()
	r := &Result{Schema: Schema, Simulated: c.Simulator != nil, Run: c.RunID, Warnings: []Warning{}}
	r.Employer.Name = c.Settings.Employer
	if err := run(ctx, c, job, open, r); err != nil {
		r.fail(cleanError(c.redactor, coded(err)))
	}
	for i, w := range r.Warnings {
		r.Warnings[i] = cleanWarning(c.redactor, w)
	}
	r.ElapsedMS = time.Since(began).Milliseconds()
	return r
}

func run(ctx context.Context, c Config, job Job, open opener, r *Result) error {
	limited, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	collector, err := c.beginCapture()
	if err != nil {
		return err
	}
	p, err := open(limited, c)
	if err != nil {
		return (&Portal{config: c}).ended(limited, err)
	}
	// What follows happens also after an interruption, and takes a bounded time.
	defer func() {
		after, stop := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
		defer stop()
		if err := p.Close(after); err != nil {
			c.Log.Warn("closing the browser", "error", err)
		}
	}()
	rec, err := record(c, p.catalog, p.machine.Version())
	if err != nil {
		return err
	}
	r.RunDir = rec.run.Dir()
	p.config.Observer = rec
	failure := coded(attend(ctx, limited, p, rec, job, r))
	finishCapture(collector, c.Capture, p.machine.Version(), r)
	if err := rec.finish(r, failure); err != nil {
		c.Log.Warn("keeping the evidence", "error", err)
		r.Warnings = append(r.Warnings, Warning{Code: "evidence", Detail: err.Error()})
	}
	if failure == nil {
		return nil
	}
	return failure
}

// attend signs in, does the job and signs out.
func attend(ctx, limited context.Context, p *Portal, rec *recorder, job Job, r *Result) error {
	c := p.config
	err := p.ledger.StartRun(limited, ledger.Run{ID: c.RunID, Realm: c.realm(), Command: c.Command, Employer: c.Settings.Employer})
	if err != nil {
		return stateError(err)
	}
	s, err := p.SignIn(limited)
	if err == nil {
		err = job(limited, s, r)
	}
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer stop()
	failure := coded(err)
	r.Employer = s.Employer()
	code, result := "", ""
	switch {
	case failure != nil:
		if failure.Page == "" {
			failure.Page = s.Page()
		}
		code = string(failure.Code)
		if kept := rec.keepPage(after, s); kept != "" && (failure.Code == page.PageUnknown || failure.Code == page.PageChanged) {
			failure.Hint += lang.Text(" The page is kept, with all data covered, in %s.", kept)
		}
	case r.Result != nil:
		result = *r.Result
	}
	if err := s.Close(after); err != nil {
		c.Log.Warn("closing the session", "error", err)
	}
	r.Warnings = append(r.Warnings, s.Warnings()...)
	if err := p.ledger.EndRun(after, c.RunID, r.Employer.Name, result, code); err != nil {
		c.Log.Warn("recording the run's end", "error", err)
	}
	if err := p.ledger.Tidy(after); err != nil {
		c.Log.Warn("removing old personal data from the ledger", "error", err)
	}
	if failure == nil {
		return nil
	}
	return failure
}

// coded gives every error a code; nil stays nil.
func coded(err error) *Error {
	if err == nil {
		return nil
	}
	var stop *Error
	if errors.As(err, &stop) {
		return stop
	}
	if errors.Is(err, context.Canceled) {
		return &Error{Code: page.Interrupted, Message: lang.Text("interrupted before anything was committed"), Err: err}
	}
	return &Error{Code: Internal, Message: lang.Text("a defect of irccpin: %v", err), Err: err, Hint: lang.Text("Please report it with the run's evidence.")}
}

// Create is the job that creates a secondary user.
func Create(o NewUser) Job {
	return func(ctx context.Context, s *Session, r *Result) error {
		r.AuthorizedBy = o.AuthorizedBy
		out, err := s.CreateSecondaryUser(ctx, o)
		r.Reconciled = out.Reconciled
		r.about(out.User)
		if err != nil {
			return err
		}
		r.end(string(out.Result))
		return nil
	}
}

// List is the job that lists the account's secondary users.
func List() Job {
	return func(ctx context.Context, s *Session, r *Result) error {
		users, err := s.Users(ctx)
		if err != nil {
			return err
		}
		r.Users = append([]User{}, users...)
		r.end(Listed)
		return nil
	}
}

// FindPIN is the job that reads the PIN of one existing user.
func FindPIN(p Person) Job {
	return func(ctx context.Context, s *Session, r *Result) error {
		user, err := s.Find(ctx, p)
		r.about(user)
		if err != nil {
			return err
		}
		r.end(Found)
		return nil
	}
}
