package main

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/urfave/cli/v2"

	"irccpin/automation/lang"
)

// topics are the texts of `irccpin help TOPIC`.
//
//go:embed help
var topics embed.FS

// topicNames lists the topics in the order in which a newcomer needs them.
func topicNames() []string {
	return []string{"first-onboarding", "roster", "environment", "exit-codes"}
}

func (p *program) helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "tell about a command or a topic: " + strings.Join(topicNames(), ", "),
		ArgsUsage: "[COMMAND-OR-TOPIC] [SUBCOMMAND]",
		UsageText: "irccpin help [COMMAND | TOPIC]",
		Description: `The manual page, to be read at once or installed:

   irccpin help --man | man -l -
   irccpin help --man > ~/.local/share/man/man1/irccpin.1`,
		Flags:  []cli.Flag{boolFlag("man", "print the manual page, in the macros of man(7)", "")},
		Action: p.help,
	}
}

func (p *program) help(c *cli.Context) error {
	words := c.Args().Slice()
	if c.Bool("man") {
		if len(words) > 0 {
			return usage("the manual page is about all commands; --man goes without %q", words[0])
		}
		return p.manPage(c.App)
	}
	if len(words) == 0 {
		return p.tellProgram(c.App)
	}
	if slices.Contains(topicNames(), words[0]) {
		if len(words) > 1 {
			return usage("%q is not expected after %q", words[1], words[0])
		}
		return p.topic(words[0])
	}
	var command *cli.Command
	commands, names := c.App.Commands, topicNames()
	for i, word := range words {
		at := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(word) })
		if at < 0 {
			for _, c := range commands {
				names = append(names, c.Name)
			}
			return usage("there is no command and no topic %q%s", strings.Join(words[:i+1], " "), didYouMean("", word, names))
		}
		command, names = commands[at], nil
		commands = command.Subcommands
	}
	return p.tellCommand(command)
}

// tellProgram prints what the program is and which commands it has.
func (p *program) tellProgram(app *cli.App) error {
	var b strings.Builder
	fmt.Fprintln(&b, lang.Text("%s: %s\n\nUsage: %s\n\nCommands:", app.Name, app.Usage, app.UsageText))
	p.tellEntries(&b, commandEntries(app.Commands))
	fmt.Fprint(&b, lang.Text("\nFlags:\n"))
	p.tellEntries(&b, flagEntries(app.Flags))
	fmt.Fprintf(&b, "\n%s\n", app.Description)
	_, err := io.WriteString(p.out, b.String())
	return err
}

// tellCommand prints what a command does and which flags it takes.
func (p *program) tellCommand(c *cli.Command) error {
	var b strings.Builder
	fmt.Fprintln(&b, lang.Text("%s: %s\n\nUsage: %s", c.HelpName, c.Usage, synopsis(c)))
	if c.Description != "" {
		fmt.Fprintf(&b, "\n%s\n", c.Description)
	}
	if len(c.Subcommands) > 0 {
		b.WriteString(lang.Text("\nCommands:\n"))
		p.tellEntries(&b, commandEntries(c.Subcommands))
	}
	for _, group := range grouped(c.Flags) {
		fmt.Fprint(&b, lang.Text("\n%s:\n", group.name))
		p.tellEntries(&b, flagEntries(group.flags))
	}
	_, err := io.WriteString(p.out, b.String())
	return err
}

// synopsis is how a command is called.
func synopsis(c *cli.Command) string {
	line := c.UsageText
	if line == "" {
		line = strings.TrimSpace(c.HelpName + " " + c.ArgsUsage)
		if len(c.Subcommands) > 0 {
			line += lang.Text(" COMMAND")
		}
	}
	if len(c.Flags) > 0 {
		line += lang.Text(" [flags]")
	}
	return line
}

// group is the flags of one category.
type group struct {
	name  string
	flags []cli.Flag
}

// grouped puts flags into their categories, in the order of their first ones.
func grouped(flags []cli.Flag) []group {
	var groups []group
	for _, f := range flags {
		name := lang.Text("Flags")
		if c, ok := f.(cli.CategorizableFlag); ok && c.GetCategory() != "" {
			name = lang.Word(c.GetCategory())
		}
		at := slices.IndexFunc(groups, func(g group) bool { return g.name == name })
		if at < 0 {
			at, groups = len(groups), append(groups, group{name: name})
		}
		groups[at].flags = append(groups[at].flags, f)
	}
	return groups
}

// entry is a word and what it means.
type entry struct{ word, meaning string }

func commandEntries(commands []*cli.Command) []entry {
	var entries []entry
	for _, c := range commands {
		entries = append(entries, entry{c.Name, c.Usage})
	}
	return entries
}

func flagEntries(flags []cli.Flag) []entry {
	var entries []entry
	for _, f := range flags {
		word, meaning := "--"+f.Names()[0], f.(cli.DocGenerationFlag).GetUsage()
		if strings.HasPrefix(meaning, "`") {
			var value string
			value, meaning, _ = strings.Cut(meaning[1:], "`")
			word, meaning = word+" "+value, strings.TrimPrefix(strings.TrimSpace(meaning), ": ")
		}
		entries = append(entries, entry{word, strings.TrimPrefix(meaning, ": ")})
	}
	return entries
}

// tellEntries prints words with their meanings beside them.
func (p *program) tellEntries(b *strings.Builder, entries []entry) {
	widest := 0
	for _, t := range entries {
		widest = max(widest, len(t.word))
	}
	// Lines of more than 100 letters are hard to follow, and of less than 30 in
	// the second column hard to read.
	room := max(min(p.columns(), 100)-widest-6, 30)
	for _, t := range entries {
		for i, line := range strings.Split(text.WrapSoft(t.meaning, room), "\n") {
			word := t.word
			if i > 0 {
				word = ""
			}
			b.WriteString(strings.TrimRight(fmt.Sprintf("  %-*s   %s", widest, word, line), " ") + "\n")
		}
	}
}

// topicText is a topic in the language of the process.
func topicText(name string) ([]byte, error) {
	dir := "help/"
	if lang.Current() == lang.French {
		dir = "help/fr/"
	}
	return topics.ReadFile(dir + name + ".txt")
}

// topic prints a text. That of the exit codes is made from the table that
// decides them.
func (p *program) topic(name string) error {
	body, err := topicText(name)
	if err != nil {
		return err
	}
	if _, err := p.out.Write(body); err != nil {
		return err
	}
	if name != "exit-codes" {
		return nil
	}
	return tellEndings(p.out)
}

// tellEndings prints the exit codes with the error codes that belong to them.
func tellEndings(out io.Writer) error {
	var b strings.Builder
	for _, e := range endings() {
		var codes []string
		for _, code := range e.codes {
			codes = append(codes, string(code))
		}
		fmt.Fprintf(&b, "%5d  %s\n", e.exit, e.meaning)
		if len(codes) > 0 {
			fmt.Fprintf(&b, "       %s\n", strings.Join(codes, ", "))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}
