package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"irccpin/automation/browser"
)

// TestArgumentsOfChrome looks at the command lines of a running Chrome and of all
// its helpers, as the system shows them.
func TestArgumentsOfChrome(t *testing.T) {
	for _, kind := range bothBrowsers {
		t.Run(kind.name, func(t *testing.T) {
			root := t.TempDir()
			gate := openGate(t, browser.GateOptions{})
			b := startWith(t, browser.Options{Path: findPath(t, kind.shell), Gate: gate, ProfileRoot: root})
			newTab(t, b, tabOptions())
			profile := filepath.Join(root, entries(t, root)[0])

			line := arguments(t, b.PID())
			for why, want := range map[string]string{
				"commands come over a pipe":            "--remote-debugging-pipe",
				"the profile is a new one":             "--user-data-dir=" + profile + "/data",
				"all traffic goes to the gate":         "--proxy-server=http://" + gate.Addr(),
				"no host goes past it":                 "--proxy-bypass-list=<-loopback>",
				"no name is looked up":                 "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
				"no UDP goes past the gate":            "--disable-quic",
				"WebRTC does not either":               "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
				"passwords are not offered to be kept": "--enable-automation",
				"no keyring is opened":                 "--password-store=basic",
				"no crash is reported":                 "--disable-breakpad",
				"nor by the newer way":                 "--disable-crash-reporter",
				"nothing is sent in the background":    "--disable-background-networking",
				"nothing is updated":                   "--disable-component-update",
				"nothing is synchronised":              "--disable-sync",
				"no extension runs":                    "--disable-extensions",
				"a failed page is not asked for again": "--disable-auto-reload",
			} {
				if !slices.Contains(line, want) {
					t.Errorf("%s: %s is not among %q", why, want, line)
				}
			}
			for _, feature := range []string{"AutofillServerCommunication", "PasswordLeakDetection", "HttpsUpgrades", "OptimizationHints"} {
				if !slices.ContainsFunc(line, func(argument string) bool {
					return strings.HasPrefix(argument, "--disable-features=") && slices.Contains(strings.Split(argument, ","), feature)
				}) {
					t.Errorf("%s is not switched off: %q", feature, line)
				}
			}
			for _, pid := range append(descendants(t, b.PID()), b.PID()) {
				for _, argument := range arguments(t, pid) {
					for why, unwanted := range map[string]string{
						"a port would be open":               "--remote-debugging-port",
						"every certificate would be trusted": "--ignore-certificate-errors",
						"pages could read each other":        "--disable-web-security",
						"what is sent would be written down": "--log-net-log",
						"keys would be written down":         "--ssl-key-log-file",
						"crashes would be sent":              "--url=http",
					} {
						if name, _, _ := strings.Cut(argument, "="); name == unwanted || strings.HasPrefix(argument, unwanted) && strings.HasSuffix(unwanted, "http") {
							t.Errorf("%s: process %d has %s", why, pid, argument)
						}
					}
				}
			}
		})
	}
}

// arguments is the command line of a process; nil when it is gone.
func arguments(t *testing.T, pid int) []string {
	t.Helper()
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
}
