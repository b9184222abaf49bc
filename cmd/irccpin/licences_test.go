package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// accepted are the licences that go with this program's own, each with words
// that no other one has. All of them allow use, change and sale; the Mozilla
// licence wants changes to its own files published, and none is changed here.
var accepted = map[string][]string{
	"MIT":          {"permission is hereby granted, free of charge, to any person obtaining a copy"},
	"ISC":          {"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted"},
	"BSD-3-Clause": {"redistribution and use in source and binary forms", "neither the name"},
	"BSD-2-Clause": {"redistribution and use in source and binary forms", "this list of conditions"},
	"Apache-2.0":   {"apache license", "version 2.0, january 2004"},
	"MPL-2.0":      {"mozilla public license", "version 2.0", "covered software"},
	"SQLite":       {"dedicated to the public domain", "sqlite"},
}

// notLicences are files that are called so and are none; a new version of their
// module has to be looked at again.
var notLicences = map[string]string{
	"modernc.org/memory v1.12.1/LICENSE-LOGO":         "says where a picture comes from that is no part of the code",
	"modernc.org/sqlite v1.60.1/LICENSE-3RD-PARTY.md": "lists the modules that this list has as well, and the code of SQLite and sqlite-vec, whose licences lie beside it",
}

// unwelcome are words of licences that would bind this program.
var unwelcome = []string{"gnu general public license", "gnu affero", "gnu lesser general", "server side public license", "business source license", "commons clause"}

// listed is the list of all licences, for readers; IRCCPIN_UPDATE_LICENCES=1 lets
// the test write it.
const listed = "licences.txt"

// TestLicences lists what the program, its tests and its tools are built of, on
// every system that it is built for, and finds what may not go with it.
func TestLicences(t *testing.T) {
	modules := map[string]string{} // "path version" and directory
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, what := range [][]string{{"-test", "irccpin/..."}, {"tool"}} {
			args := append([]string{"list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}"}, what...)
			cmd := exec.Command("go", args...)
			cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("go %s: %v", strings.Join(args, " "), err)
			}
			for line := range strings.Lines(string(out)) {
				if module, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
					modules[module] = dir
				}
			}
		}
	}
	if len(modules) < 20 {
		t.Fatalf("only %d modules were listed", len(modules))
	}
	list := ""
	for _, module := range slices.Sorted(maps.Keys(modules)) {
		licences, err := licencesIn(module, modules[module])
		switch {
		case err != nil:
			t.Errorf("%s: %v", module, err)
		case len(licences) == 0:
			t.Errorf("%s has no licence file in %s: nobody may use it; take another module", module, modules[module])
		case slices.Contains(licences, ""):
			t.Errorf("%s has a licence that is not among the accepted ones: read it in %s. If it goes with MIT, add words of it to accepted; otherwise take another module", module, modules[module])
		default:
			path, _, _ := strings.Cut(module, " ")
			list += fmt.Sprintf("%-50s %s\n", path, strings.Join(licences, ", "))
		}
	}
	if t.Failed() {
		return
	}
	if os.Getenv("IRCCPIN_UPDATE_LICENCES") != "" {
		if err := os.WriteFile(listed, []byte(list), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(listed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(old), list); diff != "" {
		t.Errorf("the modules have changed. Look at the new ones, then run: IRCCPIN_UPDATE_LICENCES=1 go test ./cmd/irccpin -run TestLicences\n%s", diff)
	}
}

var licenceFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying)([-._].*)?$`)

// licencesIn names the licences of a module; "" is one that is not accepted.
func licencesIn(module, dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, entry := range entries {
		if entry.IsDir() || !licenceFile.MatchString(entry.Name()) || filepath.Ext(entry.Name()) == ".go" || notLicences[module+"/"+entry.Name()] != "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, licenceOf(string(text)))
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// licenceOf names the licence that a text is; "" when it is none of the accepted.
func licenceOf(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, words := range unwelcome {
		// The Mozilla licence names those it can be combined with.
		if strings.Contains(text, words) && !strings.Contains(text, "mozilla public license") {
			return ""
		}
	}
	for _, name := range []string{"Apache-2.0", "MPL-2.0", "MIT", "ISC", "BSD-3-Clause", "BSD-2-Clause", "SQLite"} {
		if !slices.ContainsFunc(accepted[name], func(words string) bool { return !strings.Contains(text, words) }) {
			return name
		}
	}
	return ""
}

// TestLicenceOf: what is not accepted is noticed.
func TestLicenceOf(t *testing.T) {
	for text, want := range map[string]string{
		"MIT License\n\nPermission is hereby granted, free of charge, to any person\nobtaining a copy of": "MIT",
		"GNU GENERAL PUBLIC LICENSE Version 3": "",
		"Permission is hereby granted, free of charge, to any person obtaining a copy, as if under the GNU Affero": "",
		"All rights reserved.":        "",
		"":                            "",
		"Business Source License 1.1": "",
		"Permission is hereby granted, free of charge, to any person obtaining a copy. “Commons Clause” License Condition": "",
	} {
		if got := licenceOf(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
