package page

import (
	"slices"
	"strings"
	"testing"
)

// TestParts: no file of the probe is forgotten, or put in twice.
func TestParts(t *testing.T) {
	entries, err := probe.ReadDir("probe")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		files = append(files, strings.TrimSuffix(e.Name(), ".js"))
	}
	if named := slices.Sorted(slices.Values(parts)); !slices.Equal(named, files) {
		t.Errorf("the probe is made of %q, and these are there: %q", named, files)
	}
}
