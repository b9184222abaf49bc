//go:build !windows

package browser

// registered finds nothing: only Windows has a registry.
func registered(string) string { return "" }
