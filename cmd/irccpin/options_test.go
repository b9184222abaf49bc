package main

import (
	"path/filepath"
	"testing"
)

func TestDefaultStateDir(t *testing.T) {
	root := t.TempDir() // absolute on every system
	for _, c := range []struct {
		goos      string
		variables map[string]string
		want      string
	}{
		{"linux", map[string]string{"HOME": root}, filepath.Join(root, ".local", "state", "irccpin")},
		{"linux", map[string]string{"HOME": root, "XDG_STATE_HOME": filepath.Join(root, "x")}, filepath.Join(root, "x", "irccpin")},
		{"linux", map[string]string{"HOME": root, "XDG_STATE_HOME": "relative"}, filepath.Join(root, ".local", "state", "irccpin")},
		{"freebsd", map[string]string{"HOME": root}, filepath.Join(root, ".local", "state", "irccpin")},
		{"darwin", map[string]string{"HOME": root}, filepath.Join(root, "Library", "Application Support", "irccpin")},
		{"windows", map[string]string{"LocalAppData": root}, filepath.Join(root, "irccpin")},
		{"linux", nil, ""},
		{"darwin", nil, ""},
		{"windows", map[string]string{"HOME": root}, ""},
	} {
		got, err := defaultStateDir(func(name string) string { return c.variables[name] }, c.goos)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s with %v: %q, %v", c.goos, c.variables, got, err)
		}
	}
}
