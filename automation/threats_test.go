package automation_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreats keeps the README's table of threats honest: each row names tests,
// and each of them is there.
func TestThreats(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "| threat | what stops it | shown by |\n| --- | --- | --- |\n")
	if !found {
		t.Fatal("the README has no table of threats")
	}
	table, _, _ := strings.Cut(rest, "\n\n")
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, name := range declared.FindAllStringSubmatch(string(text), -1) {
			there[name[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(table, "\n")
	if len(rows) < 15 {
		t.Errorf("the table has only %d rows", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "|"), " | ")
		if len(cells) != 3 {
			t.Errorf("a row does not have three cells: %s", row)
			continue
		}
		names := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(cells[2], -1)
		if len(names) == 0 {
			t.Errorf("nothing shows that %q is stopped", strings.TrimSpace(cells[0]))
		}
		for _, name := range names {
			if !there[name[1]] {
				t.Errorf("there is no %s, which is to show that %q is stopped", name[1], strings.TrimSpace(cells[0]))
			}
		}
	}
}
