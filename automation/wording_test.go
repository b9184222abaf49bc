package automation_test

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// TestNextSteps: an error that a user meets says what to do next. Those that are
// an interruption need not: the user did it.
func TestNextSteps(t *testing.T) {
	for _, s := range sources(t) {
		if strings.HasPrefix(s.dir, "fixtures") || s.dir == "automation/secret" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if name := typeName(n.Type); name != "Error" && name != "Stop" {
					return true
				}
				fields := map[string]ast.Expr{}
				for _, element := range n.Elts {
					if pair, ok := element.(*ast.KeyValueExpr); ok {
						fields[pair.Key.(*ast.Ident).Name] = pair.Value
					}
				}
				if fields["Code"] == nil || fields["Message"] == nil || fields["Hint"] != nil {
					return true
				}
				// Usage is shown behind a usage error.
				if code := typeName(fields["Code"]); code != "Interrupted" && code != "Usage" && code != "code" {
					t.Errorf("%s: an error says %s and not what to do next", s.path, s.of(fields["Message"]))
				}
			case *ast.CallExpr:
				// The flows' short form: stop(code, message, hint).
				selector, ok := n.Fun.(*ast.SelectorExpr)
				if !ok || selector.Sel.Name != "stop" && selector.Sel.Name != "Stop" || len(n.Args) != 3 {
					return true
				}
				if hint, ok := n.Args[2].(*ast.BasicLit); ok && hint.Kind == token.STRING {
					if text, err := strconv.Unquote(hint.Value); err != nil || text == "" {
						t.Errorf("%s: an error says %s and not what to do next", s.path, s.of(n.Args[1]))
					}
				}
			}
			return true
		})
	}
}

// typeName is the last part of a name: Error of automation.Error.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// of is an expression as it is written in the source.
func (s source) of(e ast.Expr) string {
	base := s.file.FileStart
	return s.text[e.Pos()-base : e.End()-base]
}
