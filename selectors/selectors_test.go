package selectors

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func load(t *testing.T) *Catalog {
	t.Helper()
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lay writes one file into a directory of corrected selectors.
func lay(t *testing.T, name, content string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

const goodPage = `page: landing
title: {en: Landing, fr: Accueil}
kind: step
facts: A corrected file.
hosts: [landing]
marks:
  - heading: {en: [welcome], fr: [bienvenue]}
`

func TestLoadLaysFilesOver(t *testing.T) {
	dir := lay(t, "landing.yaml", goodPage)
	c, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := c.Page("landing")
	if !ok || p.Facts != "A corrected file." || p.File != filepath.Join(dir, "landing.yaml") {
		t.Errorf("the page is %+v", p)
	}
	if len(c.Overridden) != 1 || c.Overridden[0] != "landing.yaml" {
		t.Errorf("overridden: %v", c.Overridden)
	}
	if len(c.Pages) != len(load(t).Pages) {
		t.Errorf("%d pages", len(c.Pages))
	}
}

// A page of its own: a redesign that is half rolled out stands beside the old one.
func TestLoadAddsPages(t *testing.T) {
	c, err := Load(lay(t, "landing-new.yaml", strings.Replace(goodPage, "page: landing", "page: landing-new", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Page("landing-new"); !ok || len(c.Pages) != len(load(t).Pages)+1 {
		t.Errorf("%d pages", len(c.Pages))
	}
}

func TestLoadIsStrict(t *testing.T) {
	element := func(rest string) string { return goodPage + "elements:\n  go:\n    role: action\n    " + rest + "\n" }
	table := func(rest string) string {
		return goodPage + "tables:\n  users:\n    columns: {given: {en: [a]}}\n    " + rest + "\n"
	}
	for name, c := range map[string]struct {
		content string
		// what the error must say, besides the file: the line, where there is one, and what is wrong
		line int
		says string
	}{
		"unknown key":             {goodPage + "colour: red\n", 8, "colour"},
		"unknown key deep down":   {goodPage + "elements:\n  go:\n    role: action\n    wording: {en: [go]}\n", 11, "wording"},
		"not YAML":                {goodPage + "marks: [", 8, "yaml"},
		"wrong type":              {strings.Replace(goodPage, "kind: step", "kind: [step]", 1), 3, "cannot unmarshal"},
		"two documents":           {goodPage + "---\n" + goodPage, 0, "more than one document"},
		"empty":                   {"", 0, ""},
		"another page's name":     {strings.Replace(goodPage, "page: landing", "page: home", 1), 1, "must agree"},
		"unknown kind":            {strings.Replace(goodPage, "kind: step", "kind: steps", 1), 3, "steps"},
		"unknown host":            {strings.Replace(goodPage, "[landing]", "[elsewhere]", 1), 5, "elsewhere"},
		"no French title":         {strings.Replace(goodPage, ", fr: Accueil", "", 1), 2, "title"},
		"no facts":                {strings.Replace(goodPage, "facts: A corrected file.\n", "", 1), 1, "facts"},
		"no marks":                {strings.Split(goodPage, "marks:")[0], 1, "marks"},
		"a mark of two things":    {strings.Replace(goodPage, "  - heading", "  - path: x\n    heading", 1), 7, "one thing"},
		"a mark of nothing":       {strings.Replace(goodPage, "heading: {en: [welcome], fr: [bienvenue]}", "css: ''", 1), 7, "one thing"},
		"a mark among others":     {goodPage + "  - two:\n      - path: x\n      - path: '('\n", 10, "missing closing"},
		"bad path":                {goodPage + "paths: [x, '(']\n", 8, "missing closing"},
		"bad expression":          {strings.Replace(goodPage, "[welcome]", "['~(']", 1), 7, "missing closing"},
		"accents never match":     {strings.Replace(goodPage, "[bienvenue]", "['~é']", 1), 7, "accents"},
		"empty wording":           {strings.Replace(goodPage, "[welcome]", "['\u200b']", 1), 7, "empty"},
		"third language":          {strings.Replace(goodPage, "fr: [bienvenue]", "de: [willkommen]", 1), 7, "neither en nor fr"},
		"missing element":         {goodPage + "  - element: nothing\n", 8, "nothing"},
		"missing table":           {goodPage + "  - table: nothing\n", 8, "nothing"},
		"unknown role":            {goodPage + "elements:\n  go: {role: knob, label: {en: [go]}}\n", 9, "knob"},
		"no way to be found":      {goodPage + "elements:\n  go: {role: action}\n", 9, "no way"},
		"commits without words":   {element("commits: true\n    css: ['#go']"), 11, "wording"},
		"company of nobody":       {element("css: ['#go']\n    with: nobody"), 12, "nobody"},
		"unknown danger":          {element("css: ['#go']\n    danger: lions"), 12, "lions"},
		"bad unlike":              {element("css: ['#go']\n    unlike:\n      en:\n        - go\n        - '~['"), 15, "unlike"},
		"flags of Go's":           {element("label: {en: ['~(?i)go']}"), 11, "(?i)"},
		"a group named as in Go":  {element("label: {en: ['~(?P<what>go)']}"), 11, "(?P<what>"},
		"bad selector":            {element("css: ['#go', 'a[href']"), 11, "not closed"},
		"bad shape":               {element("shape: 'input[type=text], only, a >'"), 11, "shape"},
		"bad inside":              {element("css: ['#go']\n    inside: ':contains(x)'"), 12, ":contains"},
		"bad mark by selector":    {goodPage + "  - visible: '..'\n", 8, "selector"},
		"bad detail":              {goodPage + "details:\n  number: {en: ['~\\pL']}\n", 9, `\p`},
		"bad facet":               {goodPage + "facets:\n  sour: {nothing: 'p)'}\n", 9, "sour"},
		"table without columns":   {goodPage + "tables:\n  users: {required: [pin]}\n", 9, "columns"},
		"column not described":    {table("required: [pin]"), 11, "pin"},
		"column never found":      {goodPage + "tables:\n  users:\n    columns:\n      given: {en: ['~\\Aa']}\n", 11, `\A`},
		"bad count":               {table("count: ['(?P<page>[0-9]+) (?i)of']"), 11, "(?i)"},
		"a pager's bad selectors": {table("disabled: ['.off', '.']"), 11, "disabled"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := lay(t, "landing.yaml", c.content)
			_, err := Load(dir)
			if err == nil {
				t.Fatal("it was accepted")
			}
			if file := filepath.Join(dir, "landing.yaml"); !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error names not the file and %q: %v", c.says, err)
			}
			if line := fmt.Sprintf("line %d:", c.line); c.line > 0 && !strings.Contains(err.Error(), line) {
				t.Errorf("the error names not %s %v", line, err)
			}
		})
	}
}

// The other kinds of files are checked as pages are.
func TestLoadIsStrictElsewhere(t *testing.T) {
	site, err := embedded.ReadFile("catalog/site.yaml")
	if err != nil {
		t.Fatal(err)
	}
	variant := "page: home\nvariant: cards\ntitle: {en: Home, fr: Accueil}\nfacts: A redesign.\nmarks:\n  - css: '.cards'\n"
	for name, c := range map[string]struct{ file, content, says string }{
		"a message box":       {"site.yaml", strings.Replace(string(site), "- '.actionError'", "- '.actionError('", 1), "messages: selector"},
		"a notice":            {"site.yaml", string(site) + "    - '('\n", "passcode_mail"},
		"noise of labels":     {"site.yaml", strings.Replace(string(site), "- '^[*\\s]+'", "- '(?i)^x'", 1), "label_noise"},
		"a danger":            {"site.yaml", strings.Replace(string(site), "css: ['#revokeLink']", "css: ['#1']", 1), `danger "revoke"`},
		"a variant's mark":    {"home@cards.yaml", strings.Replace(variant, ".cards", ".cards >", 1), "line 6: mark"},
		"a variant's not":     {"home@cards.yaml", variant + "not:\n  - css: a\n  - css: '[a'\n", "line 9: mark"},
		"a variant of nobody": {"house@cards.yaml", strings.Replace(variant, "page: home", "page: house", 1), `line 1: there is no page "house"`},
		"a variant's host":    {"home@cards.yaml", variant + "hosts: [portal]\n", "line 7: kind, hosts"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := lay(t, c.file, c.content)
			_, err := Load(dir)
			if err == nil {
				t.Fatal("it was accepted")
			}
			if !strings.Contains(err.Error(), filepath.Join(dir, c.file)+": line ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error names not the file, a line and %q: %v", c.says, err)
			}
		})
	}
}

func TestLoadDirectories(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a missing directory was accepted")
	}
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("an empty directory was accepted")
	}
	if _, err := Load(lay(t, "landing.yml", goodPage)); err == nil {
		t.Error("a directory without a file that counts was accepted")
	}
	if _, err := Load(lay(t, "site.yaml", "hosts: []\n")); err == nil {
		t.Error("a site without hosts was accepted")
	}
}

func TestNormalise(t *testing.T) {
	for in, want := range map[string]string{
		"  Given\u00a0name(s)\n\t(required) ": "given name(s) (required)",
		"Pre\u0301nom":                        "prenom",
		"Prénom":                              "prenom",
		"L’accès « ici »":                     `l'acces " ici "`,
		"Cœur – ÆON":                          "coeur - aeon",
		"Fam\u200bily\u00ad Na\ufeffme":       "family name",
		"ﬁrst ｎａｍｅ":                           "first name",
		"\u2003\u2009":                        "",
	} {
		if got := Normalise(in); got != want {
			t.Errorf("Normalise(%q) = %q, want %q", in, got, want)
		}
	}
}

// Every expression is written over normalised text, so it holds nothing that
// normalising takes away, and compiles in both of the languages that read it.
func TestExpressionsAreNormal(t *testing.T) {
	folded := regexp.MustCompile(`[A-Z]`)
	for _, p := range load(t).Pages {
		for name, e := range p.Elements {
			for _, texts := range []Texts{e.Label, e.Unlike} {
				for _, list := range texts {
					for _, s := range list {
						if re, ok := strings.CutPrefix(s, "~"); ok && folded.MatchString(regexp.MustCompile(`\\[A-Z]`).ReplaceAllString(re, "")) {
							t.Errorf("%s: %s: %q has capitals, which normalised text has not", p.Name, name, s)
						}
					}
				}
			}
		}
	}
}

// Languages stand side by side: what has English words has French ones.
func TestBothLanguages(t *testing.T) {
	for _, p := range load(t).Pages {
		for name, e := range p.Elements {
			if len(e.Label) > 0 && (len(e.Label["en"]) == 0 || len(e.Label["fr"]) == 0) {
				t.Errorf("%s: %s has a label in one language only", p.Name, name)
			}
		}
		for name, table := range p.Tables {
			for column, texts := range table.Columns {
				if len(texts["en"]) == 0 || len(texts["fr"]) == 0 {
					t.Errorf("%s: %s: column %s has a title in one language only", p.Name, name, column)
				}
			}
		}
	}
}

// What commits says so, and is none of the dangers by its wording.
func TestCommits(t *testing.T) {
	c := load(t)
	for page, name := range map[string]string{"create-user": "create-account", "delete-confirmation": "confirm-delete"} {
		p, _ := c.Page(page)
		if e := p.Elements[name]; !e.Commits || !e.Required {
			t.Errorf("%s: %s must commit and be required", page, name)
		}
	}
}
