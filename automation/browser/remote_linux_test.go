package browser_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"irccpin/automation/browser"
)

// foreign is a Chrome that somebody else started, with a debugging port.
type foreign struct {
	cmd          *exec.Cmd
	port, socket string
}

func startForeign(t *testing.T, flags ...string) *foreign {
	t.Helper()
	dir := t.TempDir()
	flags = append(flags, "--headless", "--remote-debugging-port=0", "--user-data-dir="+dir, "--disable-dev-shm-usage")
	if os.Getuid() == 0 {
		flags = append(flags, "--no-sandbox")
	}
	f := &foreign{cmd: exec.Command(findPath(t, true), append(flags, "about:blank")...)}
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.kill)
	eventually(t, "the foreign Chrome told its port", func() bool {
		text, err := os.ReadFile(filepath.Join(dir, "DevToolsActivePort"))
		lines := strings.Fields(string(text))
		if err != nil || len(lines) < 2 {
			return false
		}
		f.port, f.socket = lines[0], lines[1]
		return true
	})
	return f
}

func (f *foreign) kill() {
	_ = syscall.Kill(-f.cmd.Process.Pid, syscall.SIGKILL)
	_ = f.cmd.Wait()
}

func connect(t *testing.T, address string) *browser.Browser {
	t.Helper()
	endpoint, err := browser.ParseEndpoint(address)
	if err != nil {
		t.Fatal(err)
	}
	b, err := browser.Connect(background(t), browser.ConnectOptions{Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(background(t)); err != nil {
			t.Error(err)
		}
	})
	return b
}

// TestConnect: a browser elsewhere is used beside others who use it, through
// our gate, and goes on afterwards without what was opened in it.
func TestConnect(t *testing.T) {
	f := startForeign(t)
	s := newSite(t, pages{"www.example.com/": `page<script>function more() { open("https://www.example.com/more") }</script>`, "www.example.com/more": "more"})
	other := connect(t, "ws://127.0.0.1:"+f.port+f.socket)
	others := func() *browser.Tab {
		options := tabOptions()
		options.Gate, options.AnyCertificate = openGate(t, browser.GateOptions{Simulator: s.addr}), true
		return newTab(t, other, options)
	}
	before := others()
	load(t, before, "https://www.example.com/")

	for _, address := range []string{"http://127.0.0.1:" + f.port, "ws://localhost:" + f.port + "/", "ws://127.0.0.1:" + f.port + f.socket} {
		b := connect(t, address)
		if reached, err := b.Reaches(background(t)); !reached || err != nil {
			t.Errorf("Reaches: %v, %v", reached, err)
		}
		options := tabOptions()
		options.Gate = openGate(t, browser.GateOptions{Simulator: s.addr})
		if err := newTab(t, b, options).Navigate(background(t), "https://www.example.com/"); err == nil {
			t.Error("an unknown certificate was accepted")
		}
		options.AnyCertificate = true
		tab := newTab(t, b, options)
		nav := load(t, tab, "https://www.example.com/")
		if err := tab.Navigate(background(t), "https://www.example.net/"); err == nil {
			t.Error("a host that the gate refuses was reached")
		}
		nav = load(t, tab, "https://www.example.com/")
		// Popups are ours as well, whatever the others do meanwhile.
		between := others()
		if err := tab.Call(background(t), nav.Doc, `() => { const a = document.createElement("a"); a.href = "/more"; a.target = "_blank"; document.body.append(a); a.click() }`, nil, nil); err != nil {
			t.Fatal(err)
		}
		popup, _ := await[browser.Popup](t, tab, nil)
		await(t, popup.Tab, func(ev browser.Announced) bool { return strings.Contains(ev.Payload, "/more") })
		load(t, between, "https://www.example.com/")
		if err := between.Close(background(t)); err != nil {
			t.Error(err)
		}
		if err := b.Close(background(t)); err != nil {
			t.Error(err)
		}
		load(t, before, "https://www.example.com/") // nobody else was disturbed
		eventually(t, "only the other's context is left", func() bool {
			n, err := other.Contexts(background(t))
			return err == nil && n == 1
		})
	}
}

// TestHostsWithoutGate: where no gate is, a page's requests are asked about one
// by one.
func TestHostsWithoutGate(t *testing.T) {
	var mu sync.Mutex
	var came []string
	s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		came = append(came, r.Host+r.URL.Path)
		mu.Unlock()
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<img src="https://www.example.net/pixel"><img src="https://www.example.org/pixel"><img src="data:,">
			<script>fetch("https://www.example.net/get").catch(() => {})</script>`)
	}))
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	f := startForeign(t, "--host-resolver-rules=MAP * 127.0.0.1:"+port)
	options := tabOptions()
	options.Hosts, options.AnyCertificate = allowExample, true
	tab := newTab(t, connect(t, "http://127.0.0.1:"+f.port), options)
	visit(t, tab, "https://www.example.com/")
	want := map[string]bool{"https://www.example.net/pixel": true, "https://www.example.net/get": true}
	await(t, tab, func(ev browser.Refused) bool {
		delete(want, ev.Request.URL)
		return len(want) == 0
	})
	eventually(t, "the allowed picture was fetched", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return strings.Contains(strings.Join(came, " "), "www.example.org/pixel")
	})
	mu.Lock()
	defer mu.Unlock()
	if all := strings.Join(came, " "); strings.Contains(all, "example.net") {
		t.Errorf("the server was asked for %s", all)
	}
}

// TestForeignGone: a browser elsewhere that dies, or whose line goes dead, is
// gone like one of ours.
func TestForeignGone(t *testing.T) {
	for _, end := range []string{"killed", "hung"} {
		t.Run(end, func(t *testing.T) {
			f := startForeign(t)
			endpoint, err := browser.ParseEndpoint("http://127.0.0.1:" + f.port)
			if err != nil {
				t.Fatal(err)
			}
			b, err := browser.Connect(background(t), browser.ConnectOptions{Endpoint: endpoint, Heartbeat: 20 * time.Millisecond, Patience: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			tab := newTab(t, b, tabOptions())
			want := browser.ErrBrowserGone
			if end == "killed" {
				f.kill()
			} else {
				want = browser.ErrBrowserHung
				_ = syscall.Kill(-f.cmd.Process.Pid, syscall.SIGSTOP)
			}
			<-b.Done()
			if err := b.Err(); !errors.Is(err, want) {
				t.Errorf("Err() = %v", err)
			}
			if closed, _ := await[browser.Closed](t, tab, nil); closed.Reason != browser.ClosedBrowserGone {
				t.Errorf("Closed = %+v", closed)
			}
			if err := b.Close(background(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestEndpoints: what an address may be, and that none is quoted whole.
func TestEndpoints(t *testing.T) {
	for address, good := range map[string]bool{
		"ws://127.0.0.1:9222/devtools/browser/x": true, "wss://browsers.example.com/?token=t0ken": true, "http://[::1]:9222": true,
		"": false, "127.0.0.1:9222": false, "ftp://127.0.0.1/t0ken": false, "http:///t0ken": false, "http://t0ken:t0ken@host:1": false, "http://%zz/t0ken": false,
	} {
		_, err := browser.ParseEndpoint(address)
		if (err == nil) != good || err != nil && strings.Contains(err.Error(), "t0ken") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for address, loopback := range map[string]bool{"http://127.0.0.1:1": true, "ws://[::1]:1": true, "ws://localhost:1": true, "ws://10.0.0.1": false, "ws://local.example.com": false} {
		if e, err := browser.ParseEndpoint(address); err != nil || e.Loopback() != loopback {
			t.Errorf("%s: %v, %v", address, e.Loopback(), err)
		}
	}
	answers := map[string]string{"not JSON": "<html>t0ken", "no socket": `{"Browser":"t0ken"}`, "elsewhere": `{"webSocketDebuggerUrl":"ws://10.255.255.1/nowhere"}`}
	for name, answer := range answers {
		server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, answer) })}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go server.Serve(listener)
		endpoint, err := browser.ParseEndpoint("http://" + listener.Addr().String() + "/?token=t0ken")
		if err != nil {
			t.Fatal(err)
		}
		_, err = browser.Connect(background(t), browser.ConnectOptions{Endpoint: endpoint})
		if err == nil || errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "t0ken") {
			t.Errorf("%s: %v", name, err)
		}
		server.Close()
	}
}
