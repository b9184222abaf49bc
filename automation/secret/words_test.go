package secret

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSplitCommand(t *testing.T) {
	for line, want := range map[string][]string{
		"pass show gckey":                    {"pass", "show", "gckey"},
		"  pass\t show   gckey ":             {"pass", "show", "gckey"},
		`op read "op://Work/My Item/pw"`:     {"op", "read", "op://Work/My Item/pw"},
		`op read op://a/b?attribute=otp`:     {"op", "read", "op://a/b?attribute=otp"},
		`a 'b c'd"e f"g`:                     {"a", "b cde fg"},
		`a '' ""`:                            {"a", "", ""},
		`a \$x \' \" \\ b\ c`:                {"a", "$x", "'", `"`, `\`, "b c"},
		`a "\$x \" \\ \n"`:                   {"a", `$x " \ \n`},
		`a '$(x) | * ; > ~ #'`:               {"a", "$(x) | * ; > ~ #"},
		`a "| ; > * ~ #"`:                    {"a", "| ; > * ~ #"},
		`a *.txt [x] {a,b} x# x~`:            {"a", "*.txt", "[x]", "{a,b}", "x#", "x~"},
		`env NAME=value prog`:                {"env", "NAME=value", "prog"},
		`'C:\Program Files\x.exe' -a`:        {`C:\Program Files\x.exe`, "-a"},
		`secret-tool lookup user émile`:      {"secret-tool", "lookup", "user", "émile"},
		`./get-password --for "O'Brien Ltd"`: {"./get-password", "--for", "O'Brien Ltd"},
	} {
		got, err := SplitCommand(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
	for line, want := range map[string]string{
		"":                  "names no program",
		"   ":               "names no program",
		"''":                "names no program",
		"Sentinel $(x)":     "no shell to substitute",
		"Sentinel `x`":      "no shell to substitute",
		"Sentinel $HOME":    "no shell to substitute",
		`Sentinel "$HOME"`:  "in double quotes",
		`Sentinel "a` + "`": "in double quotes",
		"Sentinel | head":   "no shell to carry that out",
		"Sentinel > x":      "no shell to carry that out",
		"Sentinel && x":     "no shell to carry that out",
		"(Sentinel)":        "no shell to carry that out",
		"Sentinel; x":       "no shell to carry that out",
		"Sentinel 'x":       "single quote is not closed",
		`Sentinel "x`:       "double quote is not closed",
		`Sentinel "x\`:      "double quote is not closed",
		`Sentinel \`:        "ends in a backslash",
		"Sentinel # x":      "comment",
		"~/Sentinel":        "home directory",
		"A=Sentinel x":      "sets a variable",
		"Sentinel\nx":       "more than one line",
	} {
		got, err := SplitCommand(line)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v, want %q", line, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "Sentinel") {
			t.Errorf("%s: the error quotes the line: %v", line, err)
		}
	}
}

// Any words, quoted as one quotes for a shell, come back.
func TestSplitCommandReadsQuotedWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[^\x00]+`), 1, 5).Draw(t, "words")
		var line []string
		for _, word := range words {
			line = append(line, "'"+strings.ReplaceAll(word, "'", `'\''`)+"'")
		}
		got, err := SplitCommand(strings.Join(line, " "))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(words, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
