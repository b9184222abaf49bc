package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"irccpin/automation/jobs"
	"irccpin/automation/lang"
)

// told finds out what is told in the language of the process: from it, English
// by English, to a place where it is told.
type told map[string]string

func (t told) add(text, place string) {
	if hasWords(text) && t[text] == "" {
		t[text] = place
	}
}

// hasWords tells whether a format has more to it than values and signs, which are
// the same in every language.
func hasWords(format string) bool {
	return strings.ContainsFunc(verbs.ReplaceAllString(format, ""), func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	})
}

// translators are the functions that translate a text which is handed to them,
// and which of their arguments it is. The rest is written lang.Text where it is.
var translators = map[string][]int{
	"lang.Text": {0}, "lang.Errorf": {0}, "lang.NewError": {0}, "lang.Word": {0},
	"usage": {0}, "bad": {0}, "say": {0}, "section": {0}, "plural": {1},
	"valueFlag": {1, 2}, "boolFlag": {1},
	"add": {2},                     // a fault of a roster
	"in":  {1}, "unavailable": {1}, // the queue's database
	"tell":  {0},              // a difference of a capture
	"write": {1}, "read": {1}, // the ledger
}

// sourceFiles parses the product's own files.
func sourceFiles(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	for _, root := range []string{filepath.Join("..", "..", "automation"), "."} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			files[filepath.ToSlash(path)] = file
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// literal is the text of an expression that is one, or names a constant one.
func literal(e ast.Expr, constants map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.Ident:
		text, found := constants[e.Name]
		return text, found
	}
	return "", false
}

// calledAs is the name of a function where it is called: of a method, without
// what it is a method of.
func calledAs(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if of, ok := f.X.(*ast.Ident); ok && of.Name == "lang" {
			return "lang." + f.Sel.Name
		}
		return f.Sel.Name
	}
	return ""
}

// constantsOf are the constant texts of each directory.
func constantsOf(files map[string]*ast.File) map[string]map[string]string {
	constants := map[string]map[string]string{}
	for path, file := range files {
		dir := filepath.Dir(path)
		if constants[dir] == nil {
			constants[dir] = map[string]string{}
		}
		for _, d := range file.Decls {
			declared, ok := d.(*ast.GenDecl)
			if !ok || declared.Tok != token.CONST {
				continue
			}
			for _, s := range declared.Specs {
				s := s.(*ast.ValueSpec)
				for i, name := range s.Names {
					if i >= len(s.Values) {
						continue
					}
					if text, ok := literal(s.Values[i], nil); ok {
						constants[dir][name.Name] = text
					}
				}
			}
		}
	}
	return constants
}

// written collects what the sources hand to the translators.
func (t told) written(files map[string]*ast.File) {
	constants := constantsOf(files)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		var function string
		ast.Inspect(files[path], func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				function = n.Name.Name
			case *ast.ValueSpec:
				// What a person at the window is asked to do.
				if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "Ask" && len(n.Values) > 0 {
					if text, ok := literal(n.Values[0], nil); ok {
						t.add(text, path)
					}
				}
			case *ast.ReturnStmt:
				// Why a ledger cannot be used is a word of its engine.
				if strings.Contains(path, "/ledger/") && function == "unavailable" {
					if text, ok := literal(n.Results[0], nil); ok {
						t.add(text, path)
					}
				}
			case *ast.CallExpr:
				for _, i := range translators[calledAs(n)] {
					if i >= len(n.Args) || calledAs(n) == "tell" && !strings.Contains(path, "/capture/") {
						continue
					}
					if text, ok := literal(n.Args[i], constants[filepath.Dir(path)]); ok && strings.HasPrefix(calledAs(n), "lang.") {
						t[text] = path // even one without words, such as "%s:"
					} else if ok {
						t.add(text, path)
					}
				}
			}
			return true
		})
	}
}

// tellsInTemplate finds what a template tells.
var tellsInTemplate = regexp.MustCompile(`\btell ("(?:[^"\\]|\\.)*")`)

// templated collects what the templates of pages tell.
func (t told) templated(tt *testing.T) {
	tt.Helper()
	pages, err := filepath.Glob(filepath.Join("..", "..", "automation", "*", "*.html"))
	if err != nil || len(pages) == 0 {
		tt.Fatalf("there are no templates: %v", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			tt.Fatal(err)
		}
		for _, hit := range tellsInTemplate.FindAllStringSubmatch(string(text), -1) {
			told, err := strconv.Unquote(hit[1])
			if err != nil {
				tt.Errorf("%s: %v", page, err)
			}
			t[told] = filepath.ToSlash(page)
		}
	}
}

// appIn is the program as it describes itself in a language.
func appIn(t *testing.T, language string) *cli.App {
	t.Helper()
	defer func() { _ = lang.Use(lang.English) }()
	if err := lang.Use(language); err != nil {
		t.Fatal(err)
	}
	return newProgram(os.Stdin, os.Stdout, os.Stderr, nil, nil).app()
}

// shown collects what the commands say of themselves.
func (t told) shown(app *cli.App) {
	t.add(app.Usage, "app.go")
	t.add(app.UsageText, "app.go")
	t.add(app.Description, "app.go")
	var visit func([]*cli.Command)
	visit = func(commands []*cli.Command) {
		for _, c := range commands {
			for _, text := range []string{c.Usage, c.UsageText, c.ArgsUsage, c.Description} {
				t.add(text, c.HelpName)
			}
			for _, f := range c.Flags {
				t.add(f.(cli.CategorizableFlag).GetCategory(), "flags.go")
			}
			visit(c.Subcommands)
		}
	}
	visit(app.Commands)
}

// spoken collects the words that scripts know and people are told as well.
func (t told) spoken() {
	for _, e := range endings() {
		for _, code := range e.codes {
			t.add(strings.ReplaceAll(string(code), "_", " "), "exit.go")
		}
	}
	for _, word := range []string{
		"created", "already exists", "found", "listed", "deleted", "not present", "dry run", // results
		"failed", "not started", // of rows
		"page", "act", "wait", "warning", // steps of runs
		"running", "finished", "broken off", "damaged", // of runs
		"pressed", "filled", "ticked", // deeds
		"browser", "settings", "state", "selectors", "clock", // of doctor
		"password", "app code", "passcode", "answer", "account", "mailbox password", // kinds of credentials
		"minute", "minutes", "second", "seconds", // that are left
		"single", "double", // quotes
		"user name",                                    // what is bound to an address
		"missing", "ambiguous", "disagree", "disabled", // elements of a page
		"active", "paused", "done", // schedules
		"capture", "drift", "evidence", "ledger", "name changed", "not signed out", "pin not noted", "put away", "remote browser", "unresolved", // warnings
	} {
		t.add(word, "words")
	}
}

func everythingTold(t *testing.T) told {
	t.Helper()
	all := told{}
	all.written(sourceFiles(t))
	all.templated(t)
	all.shown(appIn(t, lang.English))
	all.spoken()
	return all
}

// TestFrenchIsComplete holds fr.yaml to what is told: nothing is missing, nothing
// is left over, and both languages tell the same values.
func TestFrenchIsComplete(t *testing.T) {
	list, err := lang.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	french := map[string]string{}
	for _, each := range list {
		french[each.English] = each.French
	}
	all := everythingTold(t)
	for text, place := range all {
		if french[text] == "" {
			t.Errorf("%s: no French for %q", place, text)
		}
	}
	for english, french := range french {
		if all[english] == "" {
			t.Errorf("nothing tells this any more: %q", english)
		}
		if a, b := valuesOf(english), valuesOf(french); !maps.Equal(a, b) {
			t.Errorf("the values differ: %v in %q, %v in %q", a, english, b, french)
		}
		if got := unspaced.FindString(french); got != "" {
			t.Errorf("%q in %q needs a no-break space", got, french)
		}
	}
}

// TestFrenchKeepsTheForm checks what programs or terminals read of a text.
func TestFrenchKeepsTheForm(t *testing.T) {
	list, err := lang.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	edge := func(s string) (string, string) {
		inner := strings.Trim(s, " \n")
		before, after, _ := strings.Cut(s, inner)
		return before, after
	}
	for _, each := range list {
		before, after := edge(each.English)
		if b, a := edge(each.French); b != before || a != after {
			t.Errorf("the space around a text differs: %q, %q", each.English, each.French)
		}
		for _, flag := range flagLike.FindAllString(each.English, -1) {
			if !strings.Contains(each.French, flag) {
				t.Errorf("%q is missing in %q", flag, each.French)
			}
		}
	}
	for _, name := range topicNames() {
		if _, err := topics.ReadFile("help/fr/" + name + ".txt"); err != nil {
			t.Error(err)
		}
	}
}

// verbs find the values in a format.
var verbs = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0]*[\d*]*(?:\.\d+)?([a-zA-Z%])`)

// unspaced finds French punctuation without its space.
var unspaced = regexp.MustCompile("« |« | »|[^\u00a0]»| : ")

// flagLike finds what is typed as it stands: flags, variables, commands.
var flagLike = regexp.MustCompile(`--[a-z][a-z-]+|\b(?:GCKEY|IRCC|IRCCPIN|HTTPS)_[A-Z_]+|irccpin (?:batch|credentials|ledger|runs|schedule) [a-z]+|https?://`)

// valuesOf are the values that a format tells, by their place among the arguments.
func valuesOf(format string) map[int]string {
	values, next := map[int]string{}, 1
	for _, v := range verbs.FindAllStringSubmatch(format, -1) {
		if v[2] == "%" {
			continue
		}
		if v[1] != "" {
			next, _ = strconv.Atoi(v[1])
		}
		values[next] = v[2]
		next++
	}
	return values
}

// TestHelpIsFrench looks for flags that are explained in English only.
func TestHelpIsFrench(t *testing.T) {
	meanings := func(language string) map[string]string {
		all := map[string]string{}
		var visit func(string, []cli.Flag, []*cli.Command)
		visit = func(command string, flags []cli.Flag, below []*cli.Command) {
			for _, f := range flags {
				all[command+" --"+f.Names()[0]] = f.(cli.DocGenerationFlag).GetUsage()
			}
			for _, c := range below {
				visit(command+" "+c.Name, c.Flags, c.Subcommands)
			}
		}
		app := appIn(t, language)
		visit(app.Name, app.Flags, app.Commands)
		return all
	}
	french := meanings(lang.French)
	for flag, english := range meanings(lang.English) {
		if french[flag] == english {
			t.Errorf("%s is explained in English only: %q", flag, english)
		}
	}
}

// TestMessagesAreTold finds messages and hints that are made of plain English.
func TestMessagesAreTold(t *testing.T) {
	for path, file := range sourceFiles(t) {
		check := func(name string, value ast.Expr) {
			if name != "Message" && name != "Hint" {
				return
			}
			ast.Inspect(value, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && calledAs(call) != "Sprintf" {
					return false
				}
				if part, ok := n.(ast.Expr); ok {
					if text, ok := literal(part, nil); ok && hasWords(text) {
						t.Errorf("%s: a %s is told in English only: %q; write lang.Text", path, strings.ToLower(name), text)
					}
				}
				return true
			})
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok {
					check(key.Name, n.Value)
				}
			case *ast.AssignStmt:
				for i, to := range n.Lhs {
					if field, ok := to.(*ast.SelectorExpr); ok && len(n.Rhs) == len(n.Lhs) {
						check(field.Sel.Name, n.Rhs[i])
					}
				}
			}
			return true
		})
	}
}

// TestNoticesInFrench: a worker tells people in its own language what happened;
// the word that scripts go by stays.
func TestNoticesInFrench(t *testing.T) {
	defer func() { _ = lang.Use(lang.English) }()
	for language, want := range map[string]string{lang.English: "The PIN is there, and was delivered.", lang.French: "Le NIP est là, et a été remis."} {
		if err := lang.Use(language); err != nil {
			t.Fatal(err)
		}
		if e := noticeEvent(jobs.Notice{Kind: jobs.PINAppeared}); e.Message != want || e.Kind != "pin_appeared" {
			t.Errorf("%s: it tells %q of %q", language, e.Message, e.Kind)
		}
	}
}

// TestLanguage checks which language is chosen.
func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		words, environ []string
		want           string
		wrong          bool
	}{
		{nil, nil, "en", false},
		{nil, []string{"LANG=fr_CA.UTF-8"}, "fr", false},
		{nil, []string{"LANG=fr_CA.UTF-8", "LC_ALL=C.UTF-8"}, "en", false},
		{nil, []string{"LANG=C.UTF-8", "LC_MESSAGES=fr_CA"}, "fr", false},
		{nil, []string{"LC_ALL=en_CA.UTF-8", "IRCCPIN_LANG=fr"}, "fr", false},
		{nil, []string{"LANG=frr_DE.UTF-8"}, "en", false}, // North Frisian
		{[]string{"list", "--lang", "fr"}, nil, "fr", false},
		{[]string{"list", "--lang=en"}, []string{"LANG=fr_CA.UTF-8"}, "en", false},
		{[]string{"completion", "--", "--lang=fr"}, nil, "en", false},
		{[]string{"list", "--lang=de"}, []string{"LANG=fr_CA.UTF-8"}, "fr", true},
	} {
		p := &program{environ: c.environ}
		if err := p.chooseLanguage(c.words); (err != nil) != c.wrong || lang.Current() != c.want {
			t.Errorf("%q with %q: %q, %v", c.words, c.environ, lang.Current(), err)
		}
	}
	if err := lang.Use(lang.English); err != nil {
		t.Error(err)
	}
}
