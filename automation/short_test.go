package automation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// TestShortAnswer: an answer of two letters is too short to be looked for by its
// value, since it stands in half of all words. What was typed is nowhere all the
// same, also where a page brings it back in its fields: of those no value is ever
// kept.
func TestShortAnswer(t *testing.T) {
	t.Parallel()
	const short = "Qz"
	account := fixtures.DefaultAccount("en")
	for i := range account.Questions {
		account.Questions[i].Answer = short
	}
	p, s := trial.Portal(t, fixtures.Options{Seed: 11, Accounts: []fixtures.Account{account}})
	if err := p.Misbehave(fixtures.Misbehaviour{Name: "wrong-answer"}); err != nil {
		t.Fatal(err)
	}
	brought := 0
	b := &between{change: func(_ *http.Request, page string) string {
		if !strings.Contains(page, `id="answer"`) {
			return page
		}
		brought++
		page = strings.Replace(page, `id="answer"`, `id="answer" value="`+short+`" data-was="`+short+`" onfocus="was('`+short+`')"`, 1)
		return strings.Replace(page, "</form>", fmt.Sprintf(`<input type="hidden" name="previous" value="%[1]s"><input type="hidden" name="answer" value=%[1]s>
<textarea hidden>%[1]s</textarea><script type="application/json">{"answer":%[1]q,"was":%[1]q}</script><!-- %[1]s --><a href="/mycic/askSecurityQuestion?answer=%[1]s&was=%[1]s#%[1]s" hidden></a></form>`, short), 1)
	}}
	c := trial.Config(t, standBetween(t, s, b))
	c.Capture = filepath.Join(t.TempDir(), "pages")
	var logged bytes.Buffer
	c.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r := trial.Run(t, c, automation.List())
	if trial.Ending(r) != "credential_refused" || len(p.Witness().SubmitsOf(fixtures.SecretAnswer, "")) != 1 || brought < 2 {
		t.Fatalf("ended as %s after %d answers, which %d pages brought back: %+v", trial.Ending(r), len(p.Witness().SubmitsOf(fixtures.SecretAnswer, "")), brought, r.Error)
	}

	alone := regexp.MustCompile(`(?i)\b` + short + `\b`)
	look := func(place string, text []byte) {
		if at := alone.FindIndex(text); at != nil {
			t.Errorf("%s holds the answer: %q", place, text[max(0, at[0]-60):min(len(text), at[1]+60)])
		}
	}
	result, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	look("the result", result)
	look("the log", logged.Bytes())
	look("what the observer was told", []byte(c.Observer.(*trial.Teller).String()))
	pages := 0
	for _, dir := range []string{c.StateDir, c.Capture} {
		err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := os.ReadFile(name)
			switch filepath.Ext(name) {
			case ".html":
				if bytes.Contains(text, []byte(`name="answer"`)) {
					pages++
				}
				look(name, text)
			case ".json", ".jsonl", ".txt", ".db":
				look(name, text)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// One of the evidence, and those of the capture: else there was nothing to find.
	if pages < 2 {
		t.Errorf("the page with the answer was kept %d times", pages)
	}
}
