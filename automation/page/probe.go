package page

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"irccpin/selectors"
)

// The probe is the part of irccpin that lives inside the page.
//
// It is installed once per tab, in an isolated world that the page's own
// scripts can neither see nor change. It evaluates the catalog, watches the
// document, and announces "this is page P, with these elements, these messages"
// whenever that changes. When it is told to act it looks again, checks
// everything a last time in the same breath, and only then acts, so that
// nothing can be swapped between the check and the act.
//
//go:embed probe/*.js
var probe embed.FS

// parts are the probe's files, in the order in which one builds on another. They
// share one scope, a function of the catalog and of the name to announce on.
var parts = []string{
	"start", "text", "document", "tables", "names", "elements", "pages", "snapshot", "announce",
	"fill", "guard", "boxes", "press", "pager", "rows", "inspect", "end",
}

const (
	// world is the isolated world that the probe lives in.
	world = "irccpin"
	// binding is the name that the probe announces on, inside that world.
	binding = "irccpinAnnounce"
)

// script is the probe with its catalog, ready to be installed.
func script(catalog *selectors.Catalog) (string, error) {
	data, err := catalog.JSON()
	if err != nil {
		return "", fmt.Errorf("write the catalog for the page: %w", err)
	}
	name, err := json.Marshal(binding)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	out.WriteString("(function (catalog, binding) {\n'use strict';\n")
	for _, part := range parts {
		text, err := probe.ReadFile("probe/" + part + ".js")
		if err != nil {
			return "", err
		}
		out.Write(text)
	}
	fmt.Fprintf(&out, "})(%s, %s);", data, name)
	return out.String(), nil
}
