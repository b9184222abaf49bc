//go:build system && linux

package browser_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"irccpin/automation/browser"
)

// squid is a real corporate proxy: squid, from the Debian package of that name.
// It wants a user name and a password, and finds every host on this machine.
type squid struct {
	url *url.URL
	log string
}

func startSquid(t *testing.T, hosts ...string) squid {
	t.Helper()
	dir := t.TempDir()
	// Started as root, squid goes on as another user.
	for path, mode := range map[string]os.FileMode{filepath.Dir(dir): 0o711, dir: 0o777} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	in := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		if err := os.WriteFile(in(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var names strings.Builder
	for _, host := range hosts {
		fmt.Fprintf(&names, "127.0.0.1 %s\n", host)
	}
	write("hosts", names.String())
	// squid hands user name and password to a helper, escaped.
	write("auth.sh", "#!/bin/sh\nwhile read -r user password; do if [ \"$user $password\" = 'clerk s3cret%20word' ]; then echo OK; else echo ERR; fi; done\n")
	if err := os.Chmod(in("auth.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	write("squid.conf", strings.Join([]string{
		"http_port " + addr,
		"pid_filename " + in("pid"),
		"hosts_file " + in("hosts"),
		"dns_nameservers 127.0.0.1", // nothing else is found, and nobody is asked
		"access_log stdio:" + in("access.log") + " squid",
		"cache_log " + in("cache.log"),
		"cache deny all",
		"logfile_rotate 0",
		"pinger_enable off",
		"shutdown_lifetime 0 seconds",
		"coredump_dir " + dir,
		"auth_param basic program " + in("auth.sh"),
		"auth_param basic children 1",
		"acl known proxy_auth REQUIRED",
		"http_access allow known",
		"http_access deny all",
	}, "\n")+"\n")
	cmd := exec.Command("/usr/sbin/squid", "-N", "-f", in("squid.conf"))
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(in("cache.log"))
			t.Logf("%s\n%s", &said, log)
		}
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	return squid{url: &url.URL{Scheme: "http", User: url.UserPassword("clerk", "s3cret word"), Host: addr}, log: in("access.log")}
}

// tunnels lists what the proxy was asked for, each once, with its answer.
func (s squid) tunnels(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(s.log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		// time elapsed client result/status bytes method URL user …
		if fields[5] == "-" {
			continue // a connection that asked for nothing: whether it listens
		}
		if entry := fields[5] + " " + fields[6]; len(out) == 0 || out[len(out)-1] != entry {
			out = append(out, entry)
		}
	}
	return out
}

// standAt443 lets a site be reached at the port that every host has.
func standAt443(t *testing.T, site string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:443")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", site)
			if err != nil {
				near.Close()
				continue
			}
			join := func(to, from net.Conn) {
				_, _ = io.Copy(to, from)
				to.Close()
				from.Close()
			}
			go join(near, far)
			go join(far, near)
		}
	}()
}

// TestRealProxy goes through a real proxy, and shows that the list of hosts
// holds there too: what is not on it is not even asked of the proxy, which would
// find it.
func TestRealProxy(t *testing.T) {
	proxy := startSquid(t, "a.example.com", "b.example.com", "a.example.net", "evil.example.net")
	site := newSite(t, pages{
		"a.example.com/": `<p>here</p><img src="https://evil.example.net/image"><script>
			fetch("https://evil.example.net/fetch").catch(() => {});
			fetch("https://127.0.0.1/fetch").catch(() => {});
			new WebSocket("wss://evil.example.net/");
		</script><iframe src="https://a.example.net/frame"></iframe><iframe src="https://b.example.com/"></iframe>`,
		"b.example.com/":      `<p>there</p>`,
		"a.example.net/frame": `<p>a frame of a foreign host</p>`,
		"evil.example.net/":   `<p>somewhere else</p>`,
	})
	standAt443(t, site.addr)
	gate := openGate(t, browser.GateOptions{Upstream: proxy.url})
	b := startWith(t, browser.Options{Gate: gate, TrustSPKI: []string{site.spki}})
	tab := newTab(t, b, tabOptions())
	load(t, tab, "https://a.example.com/")
	await(t, tab, func(ev browser.Announced) bool {
		return strings.Contains(ev.Payload, "b.example.com") && strings.Contains(ev.Payload, "interactive")
	})
	if err := tab.Navigate(background(t), "https://evil.example.net/"); err == nil {
		t.Error("a foreign host was shown")
	}
	await[browser.NavigationFailed](t, tab, nil)

	for _, entry := range proxy.tunnels(t) {
		if entry != "CONNECT a.example.com:443" && entry != "CONNECT b.example.com:443" {
			t.Errorf("the proxy was asked for %q", entry)
		}
	}
	refused := strings.Join(gate.Refused(), " ")
	for _, want := range []string{"evil.example.net:443", "a.example.net:443", "127.0.0.1:443"} {
		if !strings.Contains(refused, want) {
			t.Errorf("%s was not refused, only %s", want, refused)
		}
	}
	if err := b.Close(background(t)); err != nil {
		t.Error(err)
	}
	// Who does not pass the gate gets there: the proxy itself forbids nothing.
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy.url), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	if response, err := client.Get("https://evil.example.net/"); err != nil {
		t.Errorf("the test shows nothing: %v", err)
	} else {
		response.Body.Close()
	}
	if got := proxy.tunnels(t); len(got) < 2 {
		t.Errorf("the proxy was passed by: %q", got)
	}
}

// TestRealProxyRefuses: a proxy that wants another password is named, without
// the one that was tried.
func TestRealProxyRefuses(t *testing.T) {
	proxy := startSquid(t, "a.example.com")
	wrong := *proxy.url
	wrong.User = url.UserPassword("clerk", "Zq7-wrong-password")
	why := make(chan error, 20)
	gate := openGate(t, browser.GateOptions{Upstream: &wrong, OnUnreachable: func(_ string, err error) { why <- err }})
	b := startWith(t, browser.Options{Gate: gate})
	tab := newTab(t, b, tabOptions())
	if err := tab.Navigate(background(t), "https://a.example.com/"); err == nil {
		t.Error("the page was shown")
	}
	if err := <-why; !strings.Contains(err.Error(), "407") || strings.Contains(err.Error(), "Zq7") {
		t.Errorf("the reason is %v", err)
	}
}
