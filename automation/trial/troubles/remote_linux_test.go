package troubles_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/browser"
	"irccpin/automation/page"
	"irccpin/fixtures"
)

// foreignChrome starts a Chrome as somebody else would, and returns the address
// of its debugging port.
func foreignChrome(t *testing.T) (address string) {
	t.Helper()
	found, err := browser.Find(browser.FindOptions{Headless: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args := []string{"--headless", "--remote-debugging-port=0", "--user-data-dir=" + dir, "--disable-dev-shm-usage"}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox")
	}
	cmd := exec.Command(found.Path, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	for range 200 {
		text, err := os.ReadFile(filepath.Join(dir, "DevToolsActivePort"))
		if port, _, ok := strings.Cut(string(text), "\n"); err == nil && ok {
			return "http://127.0.0.1:" + port
		}
		time.Sleep(50 * time.Millisecond) // no event tells of the file
	}
	t.Fatal("the foreign Chrome told no port")
	return ""
}

// tabsOf lists the pages that a Chrome shows.
func tabsOf(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get(address + "/json/list")
	if err != nil {
		t.Fatalf("the foreign Chrome is gone: %v", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRemoteBrowsers: sessions are spread over browsers that run elsewhere, a
// dead one is passed over, and what they cannot be made to do is said. The
// portal makes each user and drops the connection if it was used before: behind
// our gate no post is repeated there either.
func TestRemoteBrowsers(t *testing.T) {
	f := newFarm(t, 4, nil)
	f.close(t) // its own browser
	err := f.p.Fault(fixtures.Fault{
		Kind: fixtures.FaultDrop, Page: fixtures.PageCreate, Method: "POST", Acted: true, Reused: true, Times: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	one, two := foreignChrome(t), foreignChrome(t)
	c := automation.HostConfig{
		Simulator: &automation.Simulator{Addr: f.p.Addr, SPKI: f.p.SPKI}, StateDir: f.state, Environ: []string{},
		BrowserURLs: []string{one, "ws://127.0.0.1:1/devtools/browser/t0ken", two},
	}
	if _, err := automation.OpenHost(t.Context(), c); page.CodeOf(err) != page.Unsafe || !strings.Contains(err.Error(), "flags, extensions and sandbox") {
		t.Errorf("without trust: %v", err)
	}
	c.BrowserURLs = append(c.BrowserURLs, "http://192.0.2.1:9222")
	if _, err := automation.OpenHost(t.Context(), c); page.CodeOf(err) != page.Unsafe || !strings.Contains(err.Error(), "in clear") || !strings.Contains(err.Error(), "send a post again") {
		t.Errorf("without trust, on another machine: %v", err)
	}
	c.BrowserURLs, c.TrustRemoteBrowser = c.BrowserURLs[:3], true
	if f.host, err = automation.OpenHost(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	var workers sync.WaitGroup
	var mu sync.Mutex
	used := map[string]int{}
	for half := range slices.Chunk(f.accounts, 2) {
		workers.Go(func() {
			for _, a := range half {
				r := f.onboard(t, a, nil)
				f.check(t, a, r)
				for _, w := range r.Warnings {
					if w.Code != "remote_browser" {
						continue
					}
					mu.Lock()
					for _, address := range []string{one, two} {
						if strings.Contains(w.Detail, address) {
							used[address]++
						}
					}
					mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	if used[one] == 0 || used[two] == 0 || used[one]+used[two] != len(f.accounts) {
		t.Errorf("sessions by browser: %v", used)
	}
	if w := f.p.Witness(); len(w.Creations) != len(f.accounts) {
		t.Errorf("%d users were made", len(w.Creations))
	}
	f.close(t)
	for _, address := range []string{one, two} {
		if left := tabsOf(t, address); strings.Contains(left, "gc.ca") || strings.Contains(left, "canada.ca") {
			t.Errorf("left in the browser elsewhere: %s", left)
		}
	}

	// None that answers, and a simulated portal that is not the one named.
	for want, change := range map[string]func(*automation.HostConfig){
		"connection refused": func(c *automation.HostConfig) { c.BrowserURLs = c.BrowserURLs[1:2] },
		"another public key": func(c *automation.HostConfig) {
			c.Simulator = &automation.Simulator{Addr: f.p.Addr, SPKI: strings.Repeat("A", 43) + "="}
		},
	} {
		broken := c
		change(&broken)
		h, err := automation.OpenHost(t.Context(), broken)
		if err != nil {
			t.Fatal(err)
		}
		f.host = h
		r := f.onboard(t, f.accounts[0], nil)
		if r.Error == nil || r.Error.Code != automation.NoBrowser || !strings.Contains(r.Error.Message, want) || strings.Contains(r.Error.Message, "t0ken") {
			t.Errorf("want %q: %+v", want, r.Error)
		}
		if err := h.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
}
