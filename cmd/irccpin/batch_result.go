package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"irccpin/automation/lang"
	"irccpin/automation/roster"
)

// tell prints what came of every row, and on stderr what to do about those that
// failed.
func (b *batchRun) tell(doc roster.Document, show func(string) string) error {
	t := newTable()
	t.AppendHeader(table.Row{lang.Text("Row"), lang.Text("Employer"), lang.Text("User"), lang.Text("Result"), lang.Text("PIN")})
	todo := newTable()
	todo.AppendHeader(table.Row{lang.Text("Row"), lang.Text("Employer"), lang.Text("What happened"), lang.Text("What to do")})
	failed := 0
	for place, row := range b.list.Rows {
		o := b.results.Outcome(place)
		pin := o.PIN
		if pin != "" && show != nil {
			pin = show(pin)
		}
		t.AppendRow(table.Row{row.Number, printable(row.Label()), printable(personLabel(row)), outcomeWord(o), pin})
		if o.Code != "" || o.Result == "" {
			failed++
			hint := b.hints[place]
			if o.Result == "" && o.Code == "" {
				hint = lang.Text("Run the same batch again.")
			}
			todo.AppendRow(table.Row{row.Number, printable(row.Label()), b.p.sentence(o.Message), b.p.sentence(hint)})
		}
	}
	if failed > 0 {
		fmt.Fprintln(b.p.err)
		if err := printTable(b.p.err, todo); err != nil {
			return err
		}
		fmt.Fprintln(b.p.err)
	}
	if b.delivery != nil {
		b.p.narrator.say("The results went to %s, with every PIN that was read.", b.delivery.where())
	}
	b.p.narrator.say("%s", countsLine(doc))
	return printTable(b.p.out, t)
}

// sentence is a text broken for a column of a table of what to do, of which two
// stand beside names.
func (p *program) sentence(s string) string {
	return text.WrapSoft(printable(s), min(max((p.columns()-30)/2, 30), 70))
}

func personLabel(r roster.Row) string {
	name := strings.TrimSpace(r.GivenName + " " + r.FamilyName)
	if name == "" {
		return r.Email
	}
	return name
}

// outcomeWord is how a row ended, in a word or two.
func outcomeWord(o roster.Outcome) string {
	switch {
	case o.Code != "":
		return spoken(string(o.Code))
	case o.Result == "":
		return lang.Text("not started")
	}
	return spoken(o.Result)
}

// countsLine tells the counts of a batch in a sentence.
func countsLine(doc roster.Document) string {
	var parts []string
	for _, word := range []string{"created", "already_exists", "found", roster.Failed, roster.NotStarted} {
		if n := doc.Counts[word]; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+spoken(word))
		}
	}
	return plural(len(doc.Rows), "row") + ": " + strings.Join(parts, ", ") + "."
}

// plural is a number with its noun, which may be left out.
func plural(n int, noun string) string {
	switch {
	case noun == "":
		return strconv.Itoa(n)
	case n == 1:
		return "1 " + lang.Word(noun)
	}
	return strconv.Itoa(n) + " " + lang.Word(noun) + "s"
}
