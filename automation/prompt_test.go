package automation_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/secret"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// person answers what a prompter asks.
type person struct {
	mu     sync.Mutex
	asked  []automation.Question
	answer func(ctx context.Context, q automation.Question) (string, error)
}

func (p *person) Ask(ctx context.Context, q automation.Question) (automation.Secret, error) {
	p.mu.Lock()
	p.asked = append(p.asked, q)
	p.mu.Unlock()
	answer, err := p.answer(ctx, q)
	return secret.New(answer), err
}

// mailing is a portal whose one account gets its passcodes by e-mail.
func mailing(t *testing.T, o fixtures.Options) (*fixtures.Portal, trial.Simulated) {
	t.Helper()
	account := fixtures.DefaultAccount("en")
	account.TwoFactor = fixtures.TwoFactorEmail
	o.Accounts = []fixtures.Account{account}
	return trial.Portal(t, o)
}

func TestPasscodeTyped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		answers []string // the last one again and again; "code" is the right one
		declare error
		want    string
		asked   int
		codes   int
	}{
		{"right", []string{"code"}, nil, "listed", 1, 1},
		{"right at last", []string{"12345", "no idea", "code"}, nil, "listed", 3, 1},
		{"never a passcode", []string{"no idea"}, nil, "human_needed", 3, 0},
		{"wrong", []string{"000000"}, nil, "credential_refused", 1, 1},
		{"declined", []string{""}, automation.ErrDeclined, "human_needed", 1, 0},
		{"interrupted", []string{""}, context.Canceled, "interrupted", 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, s := mailing(t, fixtures.Options{Seed: 3})
			username := p.Accounts()[0].Username
			who := &person{}
			who.answer = func(context.Context, automation.Question) (string, error) {
				answer := c.answers[min(len(who.asked), len(c.answers))-1]
				if answer == "code" {
					code := p.Passcode(username)
					answer = code[:3] + " " + code[3:]
				}
				return answer, c.declare
			}
			config := trial.Config(t, s)
			config.Prompter = who
			r := trial.Run(t, config, automation.List())
			if got := trial.Ending(r); got != c.want || len(who.asked) != c.asked || len(p.Witness().SubmitsOf(fixtures.SecretPasscode, "")) != c.codes {
				t.Errorf("ended as %s after %d questions and %d passcodes: %+v", got, len(who.asked), len(p.Witness().SubmitsOf(fixtures.SecretPasscode, "")), r.Error)
			}
			q := who.asked[0]
			if q.Employer != "employer.env" || !strings.Contains(q.Why, "e-mail") || q.What != "Passcode" || time.Until(q.Until) > 10*time.Minute {
				t.Errorf("the question was %+v", q)
			}
			if strings.Contains(q.About(), username) || !strings.Contains(q.About(), username[:2]) {
				t.Errorf("it is about %q", q.About())
			}
			if c.want != "credential_refused" {
				return
			}
			// Nobody is asked for what could not be used.
			if r := trial.Run(t, config, automation.List()); trial.Ending(r) != "credential_held" || len(who.asked) != 1 {
				t.Errorf("a second run ended as %s, after %d questions", trial.Ending(r), len(who.asked))
			}
		})
	}
}

func TestAnswerTyped(t *testing.T) {
	t.Parallel()
	for _, right := range []bool{true, false} {
		t.Run(fmt.Sprintf("right %v", right), func(t *testing.T) {
			t.Parallel()
			p, s := trial.Portal(t, fixtures.Options{Seed: 8})
			account := p.Accounts()[0]
			// The settings know none of the questions.
			text, err := os.ReadFile(s.Env)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for line := range strings.Lines(string(text)) {
				if !strings.HasPrefix(line, "IRCC_QUESTION") && !strings.HasPrefix(line, "IRCC_ANSWER") {
					lines = append(lines, line)
				}
			}
			if err := os.WriteFile(s.Env, []byte(strings.Join(lines, "")), 0o600); err != nil {
				t.Fatal(err)
			}
			who := &person{answer: func(_ context.Context, q automation.Question) (string, error) {
				for _, known := range account.Questions {
					if right && strings.Contains(q.Why, known.Text) {
						return known.Answer, nil
					}
				}
				return "Wrong Thing", nil
			}}
			config := trial.Config(t, s)
			config.Prompter = who
			r := trial.Run(t, config, automation.List())
			want := map[bool]string{true: "listed", false: "credential_refused"}[right]
			if got := trial.Ending(r); got != want || len(who.asked) != 1 || len(p.Witness().SubmitsOf(fixtures.SecretAnswer, "")) != 1 {
				t.Errorf("ended as %s after %+v, and %d answers: %+v", got, who.asked, len(p.Witness().SubmitsOf(fixtures.SecretAnswer, "")), r.Error)
			}
			if r.Error != nil && strings.Contains(r.Error.Message+r.Error.Hint, "Wrong Thing") {
				t.Errorf("the error repeats the answer: %+v", r.Error)
			}
		})
	}
}

// TestNobodyAnswers: the session's time is the person's as well.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	_, s := mailing(t, fixtures.Options{Seed: 5})
	config := trial.Config(t, s)
	config.Timeout = 8 * time.Second // a sign-in takes one or two
	config.Prompter = &person{answer: func(ctx context.Context, q automation.Question) (string, error) {
		<-ctx.Done() // as a real one, it gives up with its context
		return "", ctx.Err()
	}}
	r := trial.Run(t, config, automation.List())
	if got := trial.Ending(r); got != "portal_unavailable" || !strings.Contains(r.Error.Message, "time for this session") {
		t.Errorf("ended as %s: %+v", got, r.Error)
	}
}
