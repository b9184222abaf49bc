package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// manPage prints the manual page in the macros of man(7), made from the commands
// as they are.
func (p *program) manPage(app *cli.App) error {
	date := p.now().UTC().Format("2006-01-02")
	if built := automation.Built(); !built.Time.IsZero() {
		date = built.Time.UTC().Format("2006-01-02")
	}
	m := &manual{}
	m.line(`.TH IRCCPIN 1 "%s" "irccpin %s"`, date, roff(automation.Version()))
	// Commands must not be broken: no hyphenation, no spaces between the words.
	m.line(".nh")
	m.line(".ad l")
	m.section("NAME")
	m.line(`%s \- %s`, app.Name, roff(app.Usage))
	m.section("SYNOPSIS")
	m.line(".B %s", app.Name)
	m.line(".I %s", roff(lang.Text("COMMAND")))
	m.line("%s", roff(strings.TrimSpace(lang.Text(" [flags]"))))
	m.section("DESCRIPTION")
	m.line("%s", roff(lang.Text("Signs in to the Employer Portal as an employer's primary user, in a real Chrome, creates secondary users there, and reads their PINs.")))
	m.line(".PP")
	m.text(app.Description)
	common := commonFlags(app.Commands)
	m.section("COMMANDS")
	for _, c := range app.Commands {
		m.command(c, common)
	}
	m.section("FLAGS OF MANY COMMANDS")
	m.flags(common)
	m.section("ENVIRONMENT")
	if err := m.topic("environment"); err != nil {
		return err
	}
	m.section("EXIT STATUS")
	for _, e := range endings() {
		m.line(".TP")
		m.line(".B %d", e.exit)
		m.line("%s", roff(e.meaning))
		if len(e.codes) > 0 {
			var codes []string
			for _, code := range e.codes {
				codes = append(codes, string(code))
			}
			m.line(".br")
			m.line(".I %s", roff(strings.Join(codes, ", ")))
		}
	}
	m.section("A FIRST ONBOARDING")
	if err := m.topic("first-onboarding"); err != nil {
		return err
	}
	_, err := io.WriteString(p.out, m.String())
	return err
}

// manual is a manual page as it is being written.
type manual struct{ strings.Builder }

func (m *manual) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

// section begins a section. Its name is told in the language of the page.
func (m *manual) section(name string) { m.line(".SH %s", roff(lang.Word(name))) }

// text writes a text as it stands: its lines and indents mean something.
func (m *manual) text(text string) {
	if text == "" {
		return
	}
	m.line(".nf")
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		m.line("%s", roff(strings.TrimRight(line, "\n")))
	}
	m.line(".fi")
}

func (m *manual) topic(name string) error {
	body, err := topicText(name)
	m.text(string(body))
	return err
}

// command writes what a command does, and its subcommands.
func (m *manual) command(c *cli.Command, common []cli.Flag) {
	if c.HelpName == "" || len(c.Subcommands) == 0 {
		m.line(".SS %s", roff(synopsis(c)))
		m.line("%s", roff(sentence(c.Usage)))
		if c.Description != "" {
			m.line(".PP")
			m.text(c.Description)
		}
		own, shared := divide(c.Flags, common)
		m.flags(own)
		if len(shared) > 0 {
			m.line(".PP")
			m.line("%s", roff(lang.Text("Also: %s.", strings.Join(shared, ", "))))
		}
	}
	for _, below := range c.Subcommands {
		m.command(below, common)
	}
}

func (m *manual) flags(flags []cli.Flag) {
	for _, e := range flagEntries(flags) {
		m.line(".TP")
		m.line(".B %s", roff(e.word))
		m.line("%s", roff(e.meaning))
	}
}

// commonFlags are those that at least three commands have, with the same meaning:
// they are explained once.
func commonFlags(commands []*cli.Command) []cli.Flag {
	const many = 3
	count := map[entry]int{}
	var common []cli.Flag
	var visit func([]*cli.Command)
	visit = func(commands []*cli.Command) {
		for _, c := range commands {
			for i, e := range flagEntries(c.Flags) {
				if count[e]++; count[e] == many {
					common = append(common, c.Flags[i])
				}
			}
			visit(c.Subcommands)
		}
	}
	visit(commands)
	return common
}

// divide takes the common flags out of a command's, by what they say.
func divide(flags, common []cli.Flag) (own []cli.Flag, shared []string) {
	known := flagEntries(common)
	for i, e := range flagEntries(flags) {
		if slices.Contains(known, e) {
			shared = append(shared, strings.Fields(e.word)[0])
			continue
		}
		own = append(own, flags[i])
	}
	return own, shared
}

// capital gives a text a capital letter; in French it can be one of several bytes.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return capital(s) + "."
}

// roff is a text in which nothing means anything to the formatter. Hyphens are
// those that can be copied to a command line.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}
