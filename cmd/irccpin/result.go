package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// envelope is what every JSON document begins with that is not the result of a
// session.
type envelope struct {
	Schema int                 `json:"schema"`
	Result *string             `json:"result"`
	Error  *automation.Failure `json:"error"`
}

func ended(result string) envelope { return envelope{Schema: automation.Schema, Result: &result} }

// mask stands for a PIN that is not to be shown. Its length tells nothing.
const mask = "******"

// masked is a copy of a result that shows no PIN. One that the portal does not
// show yet stays empty: that is worth knowing.
func masked(r *automation.Result) *automation.Result {
	out := *r
	if r.User != nil {
		user := hidePIN(*r.User)
		out.User = &user
	}
	out.Users = slices.Clone(r.Users)
	for i, u := range out.Users {
		out.Users[i] = hidePIN(u)
	}
	return &out
}

func hidePIN(u automation.User) automation.User {
	if u.PIN != "" {
		u.PIN = mask
	}
	return u
}

// document is the JSON text of a result, on one line.
func document(v any) ([]byte, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	// Names are for people to read: no \u003c in what never meets HTML.
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return []byte(b.String()), err
}

// printJSON prints one document: on one line for programs, indented for people.
func (p *program) printJSON(v any) error {
	doc, err := document(v)
	if err != nil {
		return err
	}
	if p.outTTY {
		var indented strings.Builder
		encoder := json.NewEncoder(&indented)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(v); err != nil {
			return err
		}
		doc = []byte(indented.String())
	}
	_, err = p.out.Write(doc)
	return err
}

// explain tells a person on stderr what went wrong and what to do.
func (p *program) explain(r *automation.Result, err error) {
	p.warn(r)
	failure := r.Error
	fmt.Fprintf(p.err, "%s %s\n", p.narrator.paint(text.FgRed, lang.Text("Error:")), printable(failure.Message))
	if failure.Hint != "" {
		fmt.Fprintf(p.err, "%s %s\n", p.narrator.paint(text.Bold, lang.Text("What to do:")), printable(failure.Hint))
	}
	if r.RunDir != "" {
		fmt.Fprintln(p.err, lang.Text("What was seen is kept in %s", r.RunDir))
	}
	p.showUsage(err)
}

// warn tells a person what else should be known, such as a name that the portal
// changed; being quiet is no reason to keep that back. A page that looks a little
// different is no news for who wants a PIN: of that, one line is enough.
func (p *program) warn(r *automation.Result) {
	drifts := 0
	for _, w := range r.Warnings {
		if w.Code == "drift" {
			drifts++
			continue
		}
		p.narrator.urgent(p.narrator.warning(w))
	}
	switch {
	case drifts == 1:
		p.narrator.say("Note: one thing on the portal's pages was found in its second-best way; --verbose tells which.")
	case drifts > 1:
		p.narrator.say("Note: %d things on the portal's pages were found in their second-best ways; --verbose tells which.", drifts)
	}
}

// tellOrder prints what came of an order for one user. The PIN is the last line.
func tellOrder(out io.Writer, r *automation.Result) error {
	var b strings.Builder
	u := automation.User{}
	if r.User != nil {
		u = *r.User
	}
	name, employer := fullName(u), employerName(r)
	switch *r.Result {
	case "created":
		fmt.Fprintln(&b, lang.Text("%s is now a secondary user of %s.", name, employer))
		if r.Reconciled {
			b.WriteString(lang.Text("An earlier run had made this user already; nobody was created now.\n"))
		}
	case "already_exists":
		fmt.Fprintln(&b, lang.Text("%s is already a secondary user of %s. Nobody was created.", name, employer))
	case "dry_run":
		fmt.Fprintln(&b, lang.Text("Dry run: the form for %s was filled in at %s, and left without pressing \"Create account\". Nobody was created.", name, employer))
	}
	width := 14 // as wide as the widest label
	if lang.Current() == lang.French {
		width = 18
	}
	for _, line := range []struct{ label, value string }{
		{lang.Text("E-mail"), u.Email},
		{lang.Text("Status"), u.AdministrativeStatus},
		{lang.Text("User type"), u.UserType},
		{lang.Text("Authorized by"), r.AuthorizedBy},
		{lang.Text("Run"), r.Run},
	} {
		if line.value != "" {
			fmt.Fprintf(&b, "  %-*s %s\n", width, line.label, line.value)
		}
	}
	body := printable(b.String())
	if u.PIN != "" {
		body += lang.Text("PIN:") + "\n" + u.PIN + "\n"
	}
	_, err := io.WriteString(out, body)
	return err
}

// tellList prints the users of an account as a table.
func tellList(out io.Writer, r *automation.Result) error {
	if len(r.Users) == 0 {
		_, err := fmt.Fprintln(out, printable(lang.Text("%s has no secondary users.", employerName(r))))
		return err
	}
	t := newTable()
	t.AppendHeader(table.Row{lang.Text("Given name(s)"), lang.Text("Family name"), lang.Text("PIN"), lang.Text("E-mail address"), lang.Text("Status"), lang.Text("User type")})
	for _, u := range r.Users {
		t.AppendRow(table.Row{printable(u.GivenName), printable(u.FamilyName), u.PIN, printable(u.Email), printable(u.AdministrativeStatus), printable(u.UserType)})
	}
	return printTable(out, t)
}

// newTable makes a table without lines: good to read, to copy, and to cut.
func newTable() table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleDefault)
	style := t.Style()
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	return t
}

func printTable(out io.Writer, t table.Writer) error {
	lines := strings.Split(t.Render(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	_, err := io.WriteString(out, strings.Join(lines, "\n")+"\n")
	return err
}

// spoken is a word that scripts know, such as an error's code, as people are told it.
func spoken(word string) string { return lang.Word(strings.ReplaceAll(word, "_", " ")) }

// fullName is what a user is called; who is known by an address alone, by that.
func fullName(u automation.User) string {
	if name := strings.TrimSpace(u.GivenName + " " + u.FamilyName); name != "" {
		return name
	}
	return u.Email
}

// employerName is what a report calls the employer. Simulated ones are never
// taken for real.
func employerName(r *automation.Result) string {
	name := r.Employer.Name
	if name == "" {
		name = lang.Text("the employer")
	}
	if r.Simulated {
		name += lang.Text(" (simulated)")
	}
	return name
}
