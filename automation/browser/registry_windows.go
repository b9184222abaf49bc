package browser

import (
	"strings"

	"golang.org/x/sys/windows/registry"
)

// registered is the program that an installer registered under a name.
func registered(program string) string {
	for _, root := range []registry.Key{registry.CURRENT_USER, registry.LOCAL_MACHINE} {
		key, err := registry.OpenKey(root, `SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\`+program, registry.QUERY_VALUE)
		if err != nil {
			continue
		}
		path, _, err := key.GetStringValue("")
		key.Close()
		if err == nil && path != "" {
			return strings.Trim(path, `"`)
		}
	}
	return ""
}
