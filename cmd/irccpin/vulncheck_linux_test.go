package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestVulnerabilityCheck: what the check of the continuous integration makes of
// a database that cannot be had, of one that knows a flaw in a dependency, and of
// one that knows none.
func TestVulnerabilityCheck(t *testing.T) {
	database := func(entry string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "GO-2026-9999.json"), []byte(entry), 0o600); err != nil {
			t.Fatal(err)
		}
		return "file://" + dir
	}
	// An entry without its address lets govulncheck panic while it prints, and then
	// end with any code.
	flaw := func(module string) string {
		return `{"schema_version":"1.3.1","id":"GO-2026-9999","modified":"2026-01-01T00:00:00Z","published":"2026-01-01T00:00:00Z","details":"An invented flaw.",
"database_specific":{"url":"https://example.com/GO-2026-9999"},
"affected":[{"package":{"name":"` + module + `","ecosystem":"Go"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],"ecosystem_specific":{}}]}`
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	answering := func(status int) string {
		return newServer(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodHead { // by which an address that is not the usual one is tried
				w.WriteHeader(status)
			}
			_, _ = w.Write([]byte("<html>Please sign in"))
		})
	}
	// The usual database is asked through a proxy, others directly.
	for name, c := range map[string]struct {
		proxy, database, says string
		passes                bool
	}{
		"nobody there":         {nobody, "", "NOT CHECKED", true},
		"a proxy refuses":      {answering(http.StatusForbidden), "", "NOT CHECKED", true},
		"a server in trouble":  {"", answering(http.StatusServiceUnavailable), "NOT CHECKED", true},
		"none at its place":    {"", answering(http.StatusNotFound), "404", false},
		"another page":         {"", answering(http.StatusOK), "gzip", false},
		"not a database":       {"", "file:///nowhere", "nowhere", false},
		"a flaw":               {"", database(flaw("filippo.io/age")), "GO-2026-9999", false},
		"a flaw of a stranger": {"", database(flaw("example.com/stranger")), "No vulnerabilities found", true},
	} {
		t.Run(name, func(t *testing.T) {
			// Modules alone: the calls of the whole program take ten times as long.
			cmd := exec.Command("../../.ci/vulncheck", "-C", "cmd/irccpin", "-scan", "module")
			cmd.Env = append(os.Environ(), "NO_PROXY=", "no_proxy=")
			if c.database != "" {
				cmd.Args = append(cmd.Args, "-db", c.database)
			} else {
				cmd.Env = append(cmd.Env, "HTTPS_PROXY="+c.proxy)
			}
			said, err := cmd.CombinedOutput()
			if (err == nil) != c.passes || !strings.Contains(string(said), c.says) {
				t.Errorf("%v:\n%s", err, said)
			}
			if strings.Contains(string(said), "NOT CHECKED") != (c.says == "NOT CHECKED") {
				t.Errorf("it says what is not so:\n%s", said)
			}
		})
	}
}

func newServer(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
