//go:build system && linux

package page_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"irccpin/automation/browser"
)

// nameServer is the only one that Chrome's machine knows of. It finds nothing
// and remembers what it was asked.
type nameServer struct {
	mu    sync.Mutex
	asked []string
}

func startNameServer(t *testing.T) *nameServer {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { packets.Close() })
	s := &nameServer{}
	go func() {
		for buffer := make([]byte, 2048); ; {
			n, from, err := packets.ReadFrom(buffer)
			if err != nil {
				return
			}
			s.answer(packets, from, buffer[:n])
		}
	}()
	return s
}

func (s *nameServer) answer(packets net.PacketConn, from net.Addr, query []byte) {
	var m dnsmessage.Message
	if m.Unpack(query) != nil {
		return
	}
	s.mu.Lock()
	for _, q := range m.Questions {
		s.asked = append(s.asked, q.Name.String())
	}
	s.mu.Unlock()
	m.Response, m.RCode = true, dnsmessage.RCodeNameError
	if packed, err := m.Pack(); err == nil {
		_, _ = packets.WriteTo(packed, from)
	}
}

func (s *nameServer) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// TestNoNameIsAskedFor starts Chrome where the only name server is the test's
// own, and lets a page try to have names looked up. Nobody asks: the gate is
// given names and Chrome resolves none.
func TestNoNameIsAskedFor(t *testing.T) {
	server := startNameServer(t)
	dir := t.TempDir()
	// Another resolv.conf for what is started this way, and for nothing else.
	wrap := func(program string) string {
		config, wrapper := filepath.Join(dir, "resolv.conf"), filepath.Join(dir, "elsewhere")
		text := "#!/bin/sh\nexec unshare --mount sh -c 'mount --bind " + config + " /etc/resolv.conf && exec " + program + " \"$@\"' sh \"$@\"\n"
		for path, text := range map[string]string{config: "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n", wrapper: text} {
			if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		return wrapper
	}
	if out, err := exec.Command(wrap("getent"), "hosts", "control.example").CombinedOutput(); !slices.Contains(server.names(), "control.example.") {
		t.Fatalf("the test shows nothing: %v: %s", err, out)
	}

	found, err := browser.Find(browser.FindOptions{Headless: true})
	if err != nil {
		t.Fatal(err)
	}
	var wall exhibit
	s := newStage(t, &wall, browser.Options{LoadImages: true, Path: wrap(found.Path)})
	wall.put(homeWith("<script>window.addEventListener('load', () => {" + fmt.Sprintf(escapes, "evil.example", "stun.evil.example:3478") + "});</script>"))
	d := s.open(t, home, nil)
	defer func() { _ = d.Close(background(t)) }()
	if _, err := d.Next(background(t), "the home page"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	<-ctx.Done()
	if refused := strings.Join(s.gate.Refused(), " "); !strings.Contains(refused, "evil.example:443") {
		t.Errorf("the page did not try: %s", refused)
	}
	for _, name := range server.names() {
		if name != "control.example." {
			t.Errorf("the name server was asked for %s", name)
		}
	}
}
