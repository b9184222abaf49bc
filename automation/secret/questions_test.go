package secret

import (
	"errors"
	"strings"
	"testing"
)

func TestAnswer(t *testing.T) {
	questions := Questions{
		{Key: "IRCC_ANSWER_1", Text: "What is your pet's name?", Answer: New("Sentinel-one")},
		{Key: "IRCC_ANSWER_2", Text: "What is your first pet's name?", Answer: New("Sentinel-two")},
		{Key: "IRCC_ANSWER_3", Text: "Quel est le prénom de votre grand-mère ?", Answer: New("Sentinel-three")},
		{Key: "IRCC_ANSWER_4", Text: `Who said "hello"`, Answer: New("Sentinel-four")},
	}
	for shown, want := range map[string]string{
		"What is your pet's name?":                            "IRCC_ANSWER_1",
		`"What is your pet's name?"`:                          "IRCC_ANSWER_1",
		"“What is your pet’s name?”":                          "IRCC_ANSWER_1",
		" «\u00a0What is your pet´s  name\u00a0?\u00a0» ":     "IRCC_ANSWER_1",
		"WHAT IS\n\tYOUR PET`S NAME?":                         "IRCC_ANSWER_1",
		`"What is your pet's name?":`:                         "IRCC_ANSWER_1",
		"Ｗhat is your pet's na\u200bme\u00ad?":                "IRCC_ANSWER_1",
		"What is your first pet's name?":                      "IRCC_ANSWER_2",
		"Quel est le pre\u0301nom de votre grand-mère\u202f?": "IRCC_ANSWER_3",
		"quel est le prénom de votre grand-mère?":             "IRCC_ANSWER_3",
		"Who said “hello”":                                    "IRCC_ANSWER_4",
	} {
		got, err := questions.Answer(shown)
		if err != nil || got.Key != want {
			t.Errorf("%q: %q, %v, want %q", shown, got.Key, err, want)
		}
	}
	for _, shown := range []string{
		"", `""`, "?", "What is your pet's name", "What is your pets name?", "What is your second pet's name?",
		"What is your pet's name? And your age?", "Quel est le prenom de votre grand-mere ?",
	} {
		_, err := questions.Answer(shown)
		if !errors.Is(err, ErrUnknownQuestion) {
			t.Errorf("%q: %v", shown, err)
		}
		if err != nil && strings.Contains(err.Error(), "Sentinel") {
			t.Errorf("the error shows an answer: %v", err)
		}
	}
	twice := append(questions, Question{Key: "IRCC_ANSWER_5", Text: "what is  your pet’s name?", Answer: New("Sentinel-five")})
	_, err := twice.Answer("What is your pet's name?")
	var question *QuestionError
	if !errors.Is(err, ErrAmbiguousQuestion) || !errors.As(err, &question) || question.Shown != "What is your pet's name?" {
		t.Errorf("ambiguous: %v", err)
	}
	if strings.Contains(err.Error(), "Sentinel") {
		t.Errorf("the error shows an answer: %v", err)
	}
}

func FuzzNormalQuestion(f *testing.F) {
	for _, seed := range []string{`"a"`, "''", `"'a'".`, "É ?", "ﬁ", "´"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// A question always matches itself, however it is quoted.
		if once := normalQuestion(text); normalQuestion("  “"+text+"” ") != normalQuestion(`"`+text+`"`) || normalQuestion(text) != once {
			t.Fatalf("%q is not matched by itself in quotes", text)
		}
	})
}
