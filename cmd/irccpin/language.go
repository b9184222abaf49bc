package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// langFlag is the flag of every command that chooses the language.
func langFlag() cli.Flag {
	return valueFlag("lang", "LANG", "tell everything in en (English) or fr (French); as the environment says unless told [$IRCCPIN_LANG, $LANG]", catOutput)
}

// chooseLanguage settles in which language people are told what happens, before
// anything is told. The words of the command line are not known to be good yet:
// what is wrong with them is to be told in that language as well.
func (p *program) chooseLanguage(words []string) error {
	if err := lang.Use(p.locale()); err != nil {
		return err
	}
	tag, wanted := wantedLanguage(words)
	if wanted && lang.Use(tag) != nil {
		return usage("--lang is neither en nor fr: %q", tag)
	}
	return nil
}

// locale is the language of the environment. The first variable that is set
// counts, in gettext's order, with ours before the others.
func (p *program) locale() string {
	for _, name := range []string{"IRCCPIN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := p.variable(name); value != "" {
			return lang.OfLocale(value)
		}
	}
	return lang.English
}

// languageOfFile heeds IRCCPIN_LANG in the settings file of a command that has
// one: it counts less than the flag and the variable, and more than the system's
// language. A file that cannot be read is told of when it is needed.
func (p *program) languageOfFile(c *cli.Context) {
	if findFlag(c.Command.Flags, "env-file") == nil || c.IsSet("lang") || p.variable("IRCCPIN_LANG") != "" {
		return
	}
	settings, err := automation.ProgramSettings(sources{c: c, p: p, environ: p.environ}.settingsFrom())
	if chosen := settings["IRCCPIN_LANG"]; err == nil && !chosen.IsZero() {
		_ = lang.Use(lang.OfLocale(chosen.Reveal())) // OfLocale knows only languages that there are
	}
}

// wantedLanguage is the value of --lang, and whether there is one.
func wantedLanguage(words []string) (tag string, wanted bool) {
	for i, word := range words {
		if word == "--" {
			break
		}
		name, value, joined := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-"), "=")
		switch {
		case name != "lang" || !strings.HasPrefix(word, "-"):
		case joined:
			return value, true
		case i+1 < len(words):
			return words[i+1], true
		}
	}
	return "", false
}

// translate puts what the commands say of themselves into the language. What
// their flags say is put into it where each is made.
func translate(app *cli.App) {
	app.Usage, app.UsageText, app.Description = lang.Word(app.Usage), lang.Word(app.UsageText), lang.Word(app.Description)
	var visit func([]*cli.Command)
	visit = func(commands []*cli.Command) {
		for _, c := range commands {
			c.Usage, c.UsageText = lang.Word(c.Usage), lang.Word(c.UsageText)
			c.ArgsUsage, c.Description = lang.Word(c.ArgsUsage), lang.Word(c.Description)
			visit(c.Subcommands)
		}
	}
	visit(app.Commands)
}
