package signin

import (
	"context"
	"errors"
	"slices"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/automation/secret"
)

// sent is a secret on its way: it was counted as a try, and the portal has not
// told yet whether it is right.
type sent struct {
	kind  Kind
	value secret.Value
	page  string
}

// called is what a secret is in a sentence.
func (s *sent) called() string {
	switch s.kind {
	case Password:
		return lang.Text("the user name and password")
	case Answer:
		return lang.Text("the answer to the security question")
	}
	return lang.Text("the passcode")
}

// send submits a form that carries a secret which can be refused. The try is
// counted before it is made: one that is never judged, because the answer is
// lost, this process killed, or the form shown again without a word, may have
// been a wrong one, and a schedule must not repeat it for ever.
func (r *run) send(ctx context.Context, s *page.Snapshot, kind Kind, v secret.Value, button string, items ...page.Item) error {
	if err := r.o.Custody.Sending(ctx, kind, v); err != nil {
		return err
	}
	r.sent = &sent{kind, v, s.Page()}
	err := r.d.Submit(ctx, s.Page(), button, items...)
	if err != nil && !r.d.Sent() {
		return errors.Join(err, r.verdict(r.o.Custody.NotJudged))
	}
	return err
}

// judge tells what the page after a secret means for it. A page of the way on
// accepts it, the portal's own error did not look at it, and what tells nothing
// leaves the try counted.
func (r *run) judge(s *page.Snapshot, err error) error {
	if r.sent == nil {
		return nil
	}
	if err != nil {
		var stop *page.Stop
		if errors.As(err, &stop) && stop.Status >= 500 {
			return r.verdict(r.o.Custody.NotJudged)
		}
		if shot := r.d.Shot(); page.CodeOf(err) == page.PageUnknown && shot != nil && shot.Refusal != "" && r.d.Sent() {
			return r.hold(r.sent.kind, r.sent.value, lang.Text("the portal refused %s on a page that is not known; it says: %q", r.sent.called(), shot.Refusal),
				lang.Text("Sign in by hand to see what it wants. What was sent is held and will not be tried again until it changes or you run: irccpin credentials release."))
		}
		return nil
	}
	switch name := s.Page(); {
	case name == r.sent.page && !r.d.Sent():
		return r.verdict(r.o.Custody.NotJudged)
	case slices.Contains([]string{"page-error", "maintenance", "captcha-refused"}, name):
		return r.verdict(r.o.Custody.NotJudged)
	case name == r.sent.page, slices.Contains([]string{"landing", "canada-login", "signed-out", "session-expired", "account-locked", "account-revoked"}, name):
		return nil
	}
	return r.verdict(r.o.Custody.Accepted)
}

// unsent is the stop for a page that came back although nothing had left it: its
// own script drew it anew, or did not take the press. That is no refusal. Nil means
// that the secret was sent.
func (r *run) unsent() error {
	if r.d.Sent() {
		return nil
	}
	return r.stop(page.PageChanged, lang.Text("the page came back without having sent what was typed"), lang.Text("Nothing was sent. Run the command again. If it happens again, sign in by hand to see what the page does."))
}

// verdict records it, also while the command is being interrupted.
func (r *run) verdict(record func(context.Context, Kind, secret.Value) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s := r.sent
	r.sent = nil
	return record(ctx, s.kind, s.value)
}
