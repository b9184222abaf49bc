package selectors

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// placed is an error about something in a file of the catalog.
type placed struct {
	error
	// path leads there: keys, and numbers in lists.
	path []string
}

func (p *placed) Unwrap() error { return p.error }

// under says where in a file an error belongs; what it says of that already is
// below.
func under(err error, path ...string) error {
	var below *placed
	if errors.As(err, &below) {
		path = slices.Concat(path, below.path)
	}
	return &placed{err, path}
}

// fault is an error about a file, with the file and the line of what is wrong.
func (t tree) fault(name string, err error) error {
	f := t[name]
	var at *placed
	if errors.As(err, &at) {
		if line := f.line(at.path); line > 0 {
			return fmt.Errorf("%s: line %d: %w", f.shown, line, err)
		}
	}
	return fmt.Errorf("%s: %w", f.shown, err)
}

// line is where in a file something stands, or what it would stand in; 0 when
// that is not to be told.
func (f file) line(path []string) int {
	var document yaml.Node
	if err := yaml.Unmarshal(f.data, &document); err != nil || len(document.Content) == 0 {
		return 0
	}
	here := document.Content[0]
	line := here.Line
	for _, step := range path {
		for here.Kind == yaml.AliasNode {
			here = here.Alias
		}
		next, at := below(here, step)
		if next == nil {
			break
		}
		here, line = next, at
	}
	return line
}

// below finds a key's value, or the element of a list, and its line.
func below(n *yaml.Node, step string) (*yaml.Node, int) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1], n.Content[i].Line
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i < len(n.Content) {
			return n.Content[i], n.Content[i].Line
		}
	}
	return nil, 0
}
