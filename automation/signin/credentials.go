package signin

import (
	"context"
	"time"

	"irccpin/automation/secret"
)

// Credentials are what one employer's primary user signs in with.
type Credentials struct {
	Username, Password secret.Value
	// TOTP makes the codes of the authenticator app; zero when there is none.
	TOTP secret.TOTP
	// TOTPSecret is what TOTP was made from: a refused code holds it.
	TOTPSecret secret.Value
	// Command prints the current passcode, of the app or of an e-mail; nil
	// when there is none.
	Command func(ctx context.Context) (secret.Value, error)
	// Mail reads e-mailed passcodes from a mailbox; nil when none is set.
	Mail Mail
	// Questions are the account's security questions and answers.
	Questions secret.Questions
	// Ask asks a person for what is missing; nil when nobody is there. It
	// returns when the question's time is over or ctx ends.
	Ask func(ctx context.Context, q Question) (secret.Value, error)
}

// Question is one thing that a person is asked for.
type Question struct {
	// Why says in a sentence why it is asked.
	Why string
	// What names what is to be typed.
	What string
	// Until is when it is too late.
	Until time.Time
}

// Mail is a mailbox that receives the passcodes.
type Mail interface {
	// Mark remembers where the mailbox ends. It is called before anything is
	// sent that makes the portal send a mail. A mailbox that cannot be used now
	// is no error yet: the portal may not ask for a mail.
	Mark(ctx context.Context) error
	// Code waits, for a bounded time, for the passcode in a mail that came since.
	Code(ctx context.Context) (secret.Value, error)
}

// Kind is what kind of secret the portal judged.
type Kind string

// The kinds of secret that a portal can refuse.
const (
	Password Kind = "password"
	// AppCode is a code of the authenticator app: refusing it holds the app's secret.
	AppCode Kind = "app code"
	// Account is everything that an account can be known by when the value
	// itself is used up: an e-mailed passcode, a lock.
	Account Kind = "account"
	Answer  Kind = "answer"
	// MailPassword opens the mailbox; the mail server refuses it, not the portal.
	MailPassword Kind = "mailbox password"
)

// Custody keeps refused secrets from being tried again, across runs and
// machines. Its errors end the session; a *page.Stop passes as it is.
type Custody interface {
	// May is asked before a secret is typed.
	May(ctx context.Context, kind Kind, v secret.Value) error
	// Sending counts the try, before the secret leaves.
	Sending(ctx context.Context, kind Kind, v secret.Value) error
	// Accepted records that the portal went on after it.
	Accepted(ctx context.Context, kind Kind, v secret.Value) error
	// NotJudged records that the secret did not leave, or that the portal answered
	// that it cannot judge anything now.
	NotJudged(ctx context.Context, kind Kind, v secret.Value) error
	// Refused records that the portal refused it, and what it said.
	Refused(ctx context.Context, kind Kind, v secret.Value, said string) error
	// UseStep claims a time step of the authenticator app, so that no code is
	// sent twice. It tells false when the step was used before.
	UseStep(ctx context.Context, totp secret.Value, step uint64) (bool, error)
	// UseCode claims a passcode that comes from elsewhere, likewise.
	UseCode(ctx context.Context, code secret.Value) (bool, error)
}
