package main

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// testProgram is a program that says nothing, away from any terminal.
func testProgram(environ ...string) *program {
	p := &program{out: io.Discard, err: io.Discard, environ: environ, now: time.Now, columns: func() int { return 80 }}
	p.narrator = newNarrator(io.Discard, time.Now, look{width: p.columns})
	return p
}

func TestArrange(t *testing.T) {
	for _, c := range []struct {
		words   string
		want    string
		failure string
	}{
		{words: "", want: ""},
		{words: "list --quiet", want: "list --quiet"},
		{words: "credentials release hold_1 --all --state-dir x", want: "credentials release --all --state-dir x -- hold_1"},
		{words: "credentials release --state-dir=x -- --odd", want: "credentials release --state-dir=x -- --odd"},
		{words: "create --encrypt-to a --encrypt-to b", want: "create --encrypt-to a --encrypt-to b"},
		{words: "create --given-name=--odd", want: "create --given-name=--odd"},
		{words: "create -h", want: "help -- create"},
		{words: "credentials list --help", want: "help -- credentials list"},
		{words: "--lang fr credentials list --help", want: "help -- credentials list"},
		{words: "help credentials list", want: "help -- credentials list"},
		{words: "list extra", failure: `"extra" is not expected`},
		{words: "list --given-name", failure: "no flag --given-name"},
		{words: "create --given-name -x", failure: "needs a value"},
		{words: "create --given-name --", failure: "needs a value"},
		{words: "create --json --json", failure: "given twice"},
		{words: "--state-dir x list", failure: "goes after the command"},
		{words: "credentials --json list", failure: "goes after the command"},
		{words: "credentials nothing", failure: `no command "credentials nothing"`},
		{words: "--lang fr nothing", failure: `no command "nothing"`},
		{words: "completion", failure: "SHELL is missing"},
	} {
		t.Run(c.words, func(t *testing.T) {
			got, _, err := arrange(testProgram().app(), strings.Fields(c.words))
			switch {
			case c.failure != "":
				if err == nil || !strings.Contains(err.Error(), c.failure) {
					t.Errorf("the error is %v, and %q was wanted", err, c.failure)
				}
			case err != nil:
				t.Error(err)
			default:
				if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// TestFlagsAreNeverArguments mixes flags and arguments in any order: what is
// accepted has the same flags and the same arguments, each in its order.
func TestFlagsAreNeverArguments(t *testing.T) {
	app := testProgram().app()
	rapid.Check(t, func(t *rapid.T) {
		flags := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"--all", "--json", "--quiet", "--state-dir=x", "--env-file=y"}), 0, 5, rapid.ID).Draw(t, "flags")
		at := rapid.IntRange(0, len(flags)).Draw(t, "at")
		words := slices.Concat([]string{"credentials", "release"}, flags[:at], []string{"hold_1"}, flags[at:])
		got, _, err := arrange(app, words)
		want := slices.Concat([]string{"credentials", "release"}, flags, []string{"--", "hold_1"})
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q became %q (%v)", words, got, err)
		}
	})
}

func TestWantsJSON(t *testing.T) {
	for words, want := range map[string]bool{
		"":                     false,
		"list":                 false,
		"list --json":          true,
		"--json list":          true,
		"list -json":           true,
		"list --json=true":     true,
		"list --json=false":    false,
		"list --json=perhaps":  true,
		"list --nonsense json": false,
		"list -- --json":       false,
	} {
		if got := wantsJSON(strings.Fields(words)); got != want {
			t.Errorf("%q: %t", words, got)
		}
	}
}
