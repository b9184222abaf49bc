package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// usageError is a command line that cannot be carried out. It alone shows usage.
type usageError struct{ stop *automation.Error }

func (e *usageError) Error() string { return e.stop.Error() }
func (e *usageError) Unwrap() error { return e.stop }

func usage(format string, args ...any) error {
	return &usageError{&automation.Error{Code: automation.Usage, Message: lang.Text(format, args...)}}
}

// wantsJSON tells whether a failure is to be told as JSON. It is asked before
// the command line is known to be good.
func wantsJSON(words []string) bool {
	wanted := false
	for _, word := range words {
		if word == "--" {
			break
		}
		name, value, given := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-"), "=")
		if name != "json" || !strings.HasPrefix(word, "-") {
			continue
		}
		on, err := strconv.ParseBool(value)
		wanted = !given || err != nil || on
	}
	return wanted
}

// arrange checks the words of a command line and returns them with the flags of
// the command before its arguments. The parser behind it would take a flag that
// follows an argument for another argument, a flag for the value of the one
// before, and the last of two values without a word. The command is the last one
// that was recognised.
//
// Help is asked for in two ways, and both become the command for it.
func arrange(app *cli.App, words []string) (arranged []string, command *cli.Command, err error) {
	a := arrangement{flags: app.Flags, commands: app.Commands}
	rest := words
	for len(rest) > 0 && a.err == nil {
		rest = a.take(rest)
	}
	if a.err == nil && a.help {
		return append([]string{"help", "--"}, a.names...), a.command, nil
	}
	if a.err == nil {
		a.err = a.complete()
	}
	if a.err != nil {
		return nil, a.command, usage("%v", a.err)
	}
	out := append(a.path, a.given...)
	if len(a.arguments) > 0 {
		out = append(append(out, "--"), a.arguments...)
	}
	return out, a.command, nil
}

// arrangement is a command line that is being read.
type arrangement struct {
	// flags and commands are those that can come next; command is the one read last.
	flags    []cli.Flag
	commands []*cli.Command
	command  *cli.Command

	// names are the words of the command so far; path has the flags between them as
	// well.
	names, path            []string
	given, arguments, seen []string
	help                   bool
	err                    error
}

// take reads one word, with its value if it is a flag that has one, and returns
// the rest.
func (a *arrangement) take(words []string) []string {
	word, rest := words[0], words[1:]
	switch {
	case word == "--":
		a.arguments = append(a.arguments, rest...)
		return nil
	case strings.HasPrefix(word, "-") && word != "-":
		return a.flag(word, rest)
	case a.command == nil || len(a.commands) > 0:
		a.descend(word)
	default:
		a.arguments = append(a.arguments, word)
	}
	return rest
}

func (a *arrangement) flag(word string, rest []string) []string {
	name, _, joined := strings.Cut(strings.TrimPrefix(word[1:], "-"), "=")
	if word == "-h" || name == "help" {
		a.help = true
		return rest
	}
	f := findFlag(a.flags, name)
	if f == nil {
		a.err = a.unknownFlag(name)
		return nil
	}
	_, repeatable := f.(*cli.StringSliceFlag)
	if slices.Contains(a.seen, f.Names()[0]) && !repeatable {
		a.err = lang.Errorf("--%s is given twice", name)
		return nil
	}
	a.seen = append(a.seen, f.Names()[0])
	a.given = append(a.given, word)
	if _, bare := f.(*cli.BoolFlag); bare || joined {
		return rest
	}
	if len(rest) == 0 || len(rest[0]) > 1 && strings.HasPrefix(rest[0], "-") {
		a.err = lang.Errorf("--%s needs a value", name)
		if len(rest) > 0 && rest[0] != "--" {
			a.err = lang.Errorf("--%s needs a value, and %s follows; a value that begins with a dash is written --%s=VALUE", name, rest[0], name)
		}
		return nil
	}
	a.given = append(a.given, rest[0])
	return rest[1:]
}

func (a *arrangement) unknownFlag(name string) error {
	if a.command == nil || len(a.commands) > 0 {
		for _, c := range a.commands {
			if findFlag(c.Flags, name) != nil {
				return lang.Errorf("--%s goes after the command", name)
			}
		}
	}
	var names []string
	for _, f := range a.flags {
		names = append(names, f.Names()[0])
	}
	return lang.Errorf("there is no flag --%s%s", name, didYouMean("--", name, names))
}

// descend takes a word for the name of a command.
func (a *arrangement) descend(word string) {
	for _, c := range a.commands {
		if c.HasName(word) {
			a.names, a.path = append(a.names, word), append(append(a.path, a.given...), word)
			a.given, a.command, a.commands, a.flags = nil, c, c.Subcommands, c.Flags
			return
		}
	}
	var names []string
	for _, c := range a.commands {
		names = append(names, c.Name)
	}
	a.err = lang.Errorf("there is no command %q%s", strings.Join(append(slices.Clone(a.names), word), " "), didYouMean("", word, names))
}

// didYouMean suggests the name that is at most two slips away; three already
// turn most short words into any other.
func didYouMean(prefix, word string, names []string) string {
	best, slips := "", 3
	for _, name := range names {
		if d := distance(word, name); d < slips {
			best, slips = name, d
		}
	}
	if best == "" {
		return ""
	}
	return lang.Text("; did you mean %s%s?", prefix, best)
}

// distance is Levenshtein's, in bytes: names of commands and flags are ASCII.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// complete checks the number of arguments against what the command says it
// takes: "NAME" is needed, "[NAME]" may be left out.
func (a *arrangement) complete() error {
	if a.command == nil {
		return nil
	}
	takes := strings.Fields(a.command.ArgsUsage)
	if len(a.arguments) > len(takes) {
		return lang.Errorf("%q is not expected after %q", a.arguments[len(takes)], strings.Join(a.names, " "))
	}
	for i, given := range a.arguments {
		if given == "" { // an unset variable of a script, most likely
			return lang.Errorf("%s is empty after %q", strings.Trim(takes[i], "[]"), strings.Join(a.names, " "))
		}
	}
	for _, missing := range takes[len(a.arguments):] {
		if !strings.HasPrefix(missing, "[") {
			return lang.Errorf("%s is missing after %q", missing, strings.Join(a.names, " "))
		}
	}
	return nil
}

func findFlag(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}
