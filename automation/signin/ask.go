package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/automation/secret"
)

// askTime is how long a person is waited for. The portal's own pages end after
// ten minutes without a sign of life.
const askTime = 8 * time.Minute

// errMovedOn happens when the page moves on while a person is asked: somebody
// answered in the window.
var errMovedOn = lang.NewError("the page moved on by itself")

// ask asks a person, and watches the page meanwhile. Without a person, or an
// answer in time, the end is missing. What was asked for is never asked twice in
// a session: that is for the callers to see to.
func (r *run) ask(ctx context.Context, s *page.Snapshot, q Question, missing *page.Stop) (secret.Value, error) {
	ask := r.o.Credentials.Ask
	if ask == nil {
		return secret.Value{}, missing
	}
	q.Until = time.Now().Add(askTime)
	if limit, ok := ctx.Deadline(); ok && limit.Before(q.Until) {
		q.Until = limit
	}
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		value secret.Value
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		value, err := ask(asking, q)
		answered <- answer{value, err}
		cancel()
	}()
	// The answer ends the watching, and the page that moves on the asking.
	watch := r.d.Follow(asking, "a person", askTime, func(now *page.Snapshot) bool { return now.Doc != s.Doc })
	cancel()
	got := <-answered
	switch {
	case ctx.Err() != nil:
		return secret.Value{}, ctx.Err()
	case watch == nil:
		return secret.Value{}, errMovedOn
	case got.err == nil:
		return got.value, nil
	case !errors.Is(watch, context.Canceled) && time.Now().Before(q.Until):
		return secret.Value{}, watch // the page or the browser is in trouble
	case errors.Is(watch, context.Canceled) && errors.Is(got.err, context.Canceled):
		return secret.Value{}, context.Canceled // the person interrupted
	}
	stop := *missing
	stop.Message += lang.Text("; a person was asked and did not answer")
	return secret.Value{}, &stop
}

// typedAnswer asks a person for the answer to a question that is not in the
// settings. It is used once, and a refusal holds it like any other.
func (r *run) typedAnswer(ctx context.Context, s *page.Snapshot, unknown error) (secret.Question, error) {
	var missing *page.Stop
	if !errors.As(unknown, &missing) || len(s.Asked) == 0 {
		return secret.Question{}, unknown
	}
	shown := strings.Trim(s.Asked[0], `"“”«» `)
	answer, err := r.ask(ctx, s, Question{Why: lang.Text("The portal asks a security question that is not in the settings: “%s”", shown), What: lang.Text("Answer")}, missing)
	return secret.Question{Key: lang.Text("the answer"), Text: shown, Answer: answer}, err
}
