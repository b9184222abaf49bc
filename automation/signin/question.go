package signin

import (
	"context"
	"errors"
	"strings"

	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/automation/secret"
)

func (r *run) securityQuestion(ctx context.Context, s *page.Snapshot) error {
	if r.answer != nil {
		if err := r.unsent(); err != nil {
			return err
		}
		message := lang.Text("the portal refused the answer to the security question%s", itSays(fresh(r.answer, s)))
		return r.hold(Answer, r.question.Answer, message, lang.Text("Correct %s. The answer is held and will not be tried again until it changes or you run: irccpin credentials release.", r.question.Key))
	}
	question, err := r.match(s.Asked)
	if errors.Is(err, secret.ErrUnknownQuestion) {
		question, err = r.typedAnswer(ctx, s, err)
	}
	if errors.Is(err, errMovedOn) {
		return nil
	}
	if stop := needsHelp(err); stop != nil {
		return r.Ask(page.AskQuestion, stop)
	}
	if err != nil {
		return err
	}
	if err := r.o.Custody.May(ctx, Answer, question.Answer); err != nil {
		return err
	}
	// The page is known on two hosts; the answer goes to the one that asks.
	at := r.o.Catalog.Origin("portal")
	if gccf := r.o.Catalog.Origin("gccf"); "https://"+s.Host == gccf {
		at = gccf
	}
	bound, err := secret.Bind(question.Answer, "answer", at)
	if err != nil {
		return err
	}
	items := []page.Item{{Element: "answer", Secret: &bound}}
	if s.Has("answer-again") {
		items = append(items, page.Item{Element: "answer-again", Secret: &bound})
	}
	if err := r.d.Fill(ctx, s.Page(), items...); err != nil {
		return err
	}
	r.answer, r.question = s, question
	return r.send(ctx, s, Answer, question.Answer, "continue", items...)
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
			return question, r.stop(page.HumanNeeded, lang.Text("two of the configured security questions match the one shown"), lang.Text("Give each question once."))
		case err != nil:
			continue
		case found != nil && found.Key != question.Key:
			return question, r.stop(page.HumanNeeded, lang.Text("two of the configured security questions stand on the page"), lang.Text("Sign in by hand."))
		}
		found = &question
	}
	if found == nil {
		shown := lang.Text("none that could be read")
		if len(asked) > 0 {
			shown = `"` + strings.Trim(asked[0], `"“”«» `) + `"`
		}
		stop := r.stop(page.HumanNeeded, lang.Text("the security question shown is not among the configured ones: %s", shown),
			lang.Text("Add the question, exactly as shown, and its answer as IRCC_QUESTION_n and IRCC_ANSWER_n."))
		stop.Err = secret.ErrUnknownQuestion
		return secret.Question{}, stop
	}
	return *found, nil
}
