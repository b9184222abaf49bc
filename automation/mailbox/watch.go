package mailbox

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"irccpin/automation/lang"
	"irccpin/automation/secret"
)

const (
	// rhythm is how often the mailbox is looked at: a mail takes seconds to
	// come, and servers do not mind this much.
	rhythm = 2 * time.Second
	// clockSlack is how far the clocks of this computer and of the sender may be
	// apart. A mail that was written earlier than this before the mark is an old
	// one that was long on its way, and its code is no good any more.
	clockSlack = 2 * time.Minute
)

// ErrNothing happens when no mail with a passcode came in time.
var ErrNothing = lang.NewError("no mail with a passcode came")

// ErrUnclear happens when what came does not say for certain which number is the
// passcode.
var ErrUnclear = lang.NewError("the mail does not say for certain what the passcode is")

// Watch is a mailbox whose end was marked.
type Watch struct {
	account  Account
	validity uint32
	next     imap.UID
	at       time.Time
}

// Mark opens the mailbox and remembers where it ends, at the moment now. What
// came by then is never read. The error is ErrRefused, or says why the mailbox
// cannot be used.
func Mark(ctx context.Context, a Account, now time.Time) (*Watch, error) {
	c, folder, err := open(ctx, a)
	if err != nil {
		return nil, err
	}
	leave(c)
	return &Watch{account: a, validity: folder.UIDValidity, next: folder.UIDNext, at: now}, nil
}

// Code waits for the passcode until ctx ends. The error is ErrNothing or
// ErrUnclear with what was seen instead, or says why the mailbox cannot be used.
// log gets the domains of the mails that were passed over; nil is nowhere.
func (w *Watch) Code(ctx context.Context, rule Rule, log *slog.Logger) (secret.Value, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c, folder, err := open(ctx, w.account)
	if err != nil {
		return secret.Value{}, err
	}
	defer leave(c)
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if folder.UIDValidity != w.validity {
		return secret.Value{}, lang.Errorf("the mail server %s numbered its mails anew, so that new ones cannot be told from old ones", w.account.Host)
	}
	ticker := time.NewTicker(rhythm)
	defer ticker.Stop()
	seen := sighting{told: map[imap.UID]bool{}}
	for {
		code, err := w.look(c, rule, &seen, log)
		switch {
		case ctx.Err() != nil:
			return secret.Value{}, fmt.Errorf("%w; %s", ErrNothing, seen)
		case err != nil:
			return secret.Value{}, err
		case !code.IsZero():
			return code, nil
		}
		select {
		case <-ctx.Done():
			return secret.Value{}, fmt.Errorf("%w; %s", ErrNothing, seen)
		case <-ticker.C:
		}
	}
}

// sighting counts what came and was not it.
type sighting struct {
	strangers, old, codeless int
	told                     map[imap.UID]bool
}

func (s sighting) String() string {
	switch {
	case s.old > 0:
		return lang.Text("%d came that were written before it was asked for, or this computer's clock is wrong", s.old)
	case s.codeless > 0:
		return lang.Text("%d came from the expected sender, with no number that can be one", s.codeless)
	case s.strangers > 0:
		return lang.Text("%d came from other senders than expected", s.strangers)
	}
	return lang.Text("nothing new came at all")
}

// look looks at what is new. Several mails with different codes are unclear: a
// second one was asked for by somebody else, or an old one came late.
func (w *Watch) look(c *imapclient.Client, rule Rule, seen *sighting, log *slog.Logger) (secret.Value, error) {
	if err := c.Noop().Wait(); err != nil {
		return secret.Value{}, unreachable(w.account, err)
	}
	var newer imap.UIDSet
	newer.AddRange(w.next, 0) // to the end
	mails, err := c.Fetch(newer, &imap.FetchOptions{UID: true, Envelope: true}).Collect()
	if err != nil {
		return secret.Value{}, unreachable(w.account, err)
	}
	var fitting imap.UIDSet
	seen.strangers, seen.old, seen.codeless = 0, 0, 0
	for _, m := range mails {
		// A range to the end holds the last mail, however old.
		if m.UID < w.next || m.Envelope == nil {
			continue
		}
		domain := sender(m.Envelope)
		switch {
		case !rule.from(domain):
			seen.strangers++
			if !seen.told[m.UID] {
				log.Info("a mail came from another sender than expected", "domain", domain)
			}
			seen.told[m.UID] = true
		case m.Envelope.Date.Before(w.at.Add(-clockSlack)):
			seen.old++
		default:
			fitting.AddNum(m.UID)
		}
	}
	if len(fitting) == 0 {
		return secret.Value{}, nil
	}
	return w.read(c, fitting, rule, seen)
}

// read reads the mails that may be it, without marking them as read.
func (w *Watch) read(c *imapclient.Client, which imap.UIDSet, rule Rule, seen *sighting) (secret.Value, error) {
	whole := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: maxLetter}}
	mails, err := c.Fetch(which, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
	if err != nil {
		return secret.Value{}, unreachable(w.account, err)
	}
	var codes []string
	for _, m := range mails {
		code, err := rule.code(m.FindBodySection(whole))
		switch {
		case err != nil:
			return secret.Value{}, fmt.Errorf("%w: %w", ErrUnclear, err)
		case code == "":
			seen.codeless++
		case !slices.Contains(codes, code):
			codes = append(codes, code)
		}
	}
	switch len(codes) {
	case 0:
		return secret.Value{}, nil
	case 1:
		return secret.New(codes[0]), nil
	}
	return secret.Value{}, lang.Errorf("%w: %d mails came, with different passcodes", ErrUnclear, len(codes))
}

// sender is the domain of the one address that a mail says it comes from.
func sender(e *imap.Envelope) string {
	if len(e.From) != 1 {
		return ""
	}
	return strings.ToLower(e.From[0].Host)
}

// leaveTime bounds saying goodbye; nothing depends on the answer.
const leaveTime = 2 * time.Second

func leave(c *imapclient.Client) {
	timer := time.AfterFunc(leaveTime, func() { _ = c.Close() })
	defer timer.Stop()
	_ = c.Logout().Wait()
	_ = c.Close()
}
