package automation_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"irccpin/selectors"
)

// source is one Go file of the project that is not a test.
type source struct {
	path string // from the top of the tree, with slashes
	dir  string
	file *ast.File
	text string
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("..", path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		out = append(out, source{path: rel, dir: filepath.ToSlash(filepath.Dir(rel)), file: file, text: string(text)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestBorders holds the house's walls: which room may know of which.
func TestBorders(t *testing.T) {
	may := map[string][]string{
		"cmd/irccpin":         {"automation", "automation/jobs", "automation/metrics", "automation/notify", "automation/roster", "fixtures"},
		"automation":          {"automation/browser", "automation/page", "automation/signin", "automation/portal", "automation/secret", "automation/ledger", "automation/evidence", "automation/capture", "automation/mailbox", "automation/prompt", "selectors"},
		"automation/browser":  {},
		"automation/page":     {"automation/browser", "automation/secret", "selectors"},
		"automation/signin":   {"automation/page", "automation/secret", "selectors"},
		"automation/portal":   {"automation/page"},
		"automation/secret":   {},
		"automation/ledger":   {},
		"automation/mailbox":  {"automation/secret"},
		"automation/prompt":   {"automation/secret"},
		"automation/evidence": {"automation/markup", "automation/secret"},
		"automation/roster":   {"automation"},
		"automation/notify":   {"automation/secret"},
		"automation/lang":     {},
		"automation/metrics":  {},
		"automation/jobs":     {"automation", "automation/roster"},
		"automation/capture":  {"automation/markup", "automation/page", "automation/secret", "selectors"},
		"automation/markup":   {},
		"selectors":           {},
		// A mail server for tests.
		"automation/mailbox/mailtest": {},
		// What tests of whole runs have in common, and where they stand.
		"automation/trial":           {"automation", "automation/browser", "automation/ledger", "automation/page", "fixtures", "selectors"},
		"automation/trial/deletions": {},
		"automation/trial/endings":   {},
		"automation/trial/portals":   {},
		"automation/trial/redesigns": {},
		"automation/trial/troubles":  {},
		// The yardsticks measure the client, and are no part of the portal.
		"fixtures/peers":       {"automation", "fixtures", "fixtures/peers/floor"},
		"fixtures/peers/floor": {"fixtures"},
	}
	for _, s := range sources(t) {
		for _, spec := range s.file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(path, "github.com/chromedp/") && s.dir != "automation/browser" {
				t.Errorf("%s imports %s: only automation/browser speaks to Chrome", s.path, path)
			}
			room, ours := strings.CutPrefix(path, "irccpin/")
			if !ours {
				continue
			}
			if strings.HasPrefix(s.dir, "fixtures") && !strings.HasPrefix(s.dir, "fixtures/peers") {
				if !strings.HasPrefix(room, "fixtures") {
					t.Errorf("%s imports %s: the simulated portal knows nothing of the client", s.path, path)
				}
				continue
			}
			if room == "automation/lang" && s.dir != "selectors" {
				continue // every room tells people something
			}
			allowed, known := may[s.dir]
			if !known {
				t.Errorf("%s: the room %s has no border yet; give it one here", s.path, s.dir)
			}
			if !slices.Contains(allowed, room) {
				t.Errorf("%s imports %s, which %s may not know of", s.path, path, s.dir)
			}
		}
	}
}

// TestManners finds what has no place in the program: waiting by the clock, and
// exits from below.
func TestManners(t *testing.T) {
	for _, s := range sources(t) {
		if strings.HasPrefix(s.dir, "fixtures") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := selector.X.(*ast.Ident)
			if !ok {
				return true
			}
			switch name := x.Name + "." + selector.Sel.Name; name {
			case "time.Sleep":
				t.Errorf("%s calls %s: wait for what happens", s.path, name)
			case "os.Exit", "log.Fatal", "log.Fatalf":
				if s.path != "cmd/irccpin/main.go" {
					t.Errorf("%s calls %s: only main exits", s.path, name)
				}
			}
			return true
		})
	}
}

// cssLike finds what looks like a selector for one page's markup.
var cssLike = regexp.MustCompile(`"[^"]*(#[a-zA-Z_][\w-]{3,}|\[[a-z-]+[*^$~|]?=|//\*?\[@)[^"]*"`)

// TestPageKnowledge checks that selectors and the portal's wordings stand in
// the catalog alone: "a label changed" is a change to one file.
func TestPageKnowledge(t *testing.T) {
	catalog, err := selectors.Default()
	if err != nil {
		t.Fatal(err)
	}
	var wordings []string
	for _, p := range catalog.Pages {
		for _, e := range p.Elements {
			for _, list := range e.Label {
				for _, text := range list {
					// A word or two, such as "sign in", is everybody's.
					if !strings.HasPrefix(text, "~") && strings.Count(text, " ") > 1 {
						wordings = append(wordings, selectors.Normalise(text))
					}
				}
			}
		}
	}
	wordings = append(wordings, "create account", "create a secondary user for this account", "view manage access", "confirm create user", "i authorize the secondary user")
	for _, s := range sources(t) {
		if strings.HasPrefix(s.dir, "fixtures") || s.dir == "selectors" || strings.HasPrefix(s.dir, "cmd/") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			if cssLike.MatchString(literal.Value) && s.dir != "automation/browser" && s.dir != "automation/evidence" {
				t.Errorf("%s holds a selector: %s", s.path, literal.Value)
			}
			for _, wording := range wordings {
				if strings.Contains(selectors.Normalise(literal.Value), wording) {
					t.Errorf("%s holds wording of the portal (%q): %s", s.path, wording, literal.Value)
				}
			}
			return true
		})
	}
}
