package page

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"irccpin/selectors"
)

//go:embed probe.js
var probe string

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
	return fmt.Sprintf("%s(%s, %s);", probe, data, name), nil
}
