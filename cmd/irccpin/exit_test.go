package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"irccpin/automation"
)

// TestExitCodes pins what scripts rely on.
func TestExitCodes(t *testing.T) {
	for code, want := range map[automation.Code]int{
		"internal": 1,
		"usage":    2, "bad_settings": 2, "no_browser": 2,
		"human_needed":       4,
		"credential_refused": 5, "credential_held": 5,
		"account_locked": 6, "account_revoked": 6,
		"outcome_unknown": 7,
		"pin_pending":     8,
		"page_unknown":    9, "page_changed": 9,
		"portal_unavailable": 10, "not_created": 10,
		"credential_busy": 11,
		"unsafe":          12, "wrong_employer": 12,
		"not_permitted":  13,
		"ambiguous_user": 14, "conflicting_user": 14, "user_not_found": 14, "unencodable": 14, "rejected_by_portal": 14,
		"state_unavailable": 15,
		"delivery_failed":   16,
		"interrupted":       130,
		"never heard of":    1,
	} {
		if got := exitCode(code); got != want {
			t.Errorf("%s ends with %d, and %d was wanted", code, got, want)
		}
	}
}

// TestEveryCodeHasAnExitCode finds a code of the library that the table of exit
// codes does not know.
func TestEveryCodeHasAnExitCode(t *testing.T) {
	known := map[automation.Code]bool{}
	for _, e := range endings() {
		for _, code := range e.codes {
			if known[code] {
				t.Errorf("%s has two exit codes", code)
			}
			known[code] = true
		}
	}
	found := 0
	for _, file := range []string{"automation.go", filepath.Join("page", "stop.go")} {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "automation", file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			typ, isCode := spec.Type.(*ast.Ident)
			value, isText := spec.Values[0].(*ast.BasicLit)
			if !isCode || typ.Name != "Code" || !isText {
				return true
			}
			code, err := strconv.Unquote(value.Value)
			if err != nil {
				t.Fatal(err)
			}
			found++
			if !known[automation.Code(code)] {
				t.Errorf("%s (%s) has no exit code", spec.Names[0].Name, code)
			}
			return true
		})
	}
	if found != len(known) {
		t.Errorf("the library has %d codes, and the table %d", found, len(known))
	}
}
