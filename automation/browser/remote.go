package browser

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/chromedp/chromedp/remote"

	"irccpin/automation/lang"
)

const (
	// discoveryTime bounds asking a Chrome elsewhere for its websocket, and
	// opening that. A host that drops packets answers nothing.
	discoveryTime = 10 * time.Second
	// longestDiscovery bounds the answer; Chrome's has some 500 bytes.
	longestDiscovery = 64 << 10
	// probeTime bounds one request to our own gate, which is near.
	probeTime = 10 * time.Second
)

// Endpoint is the address of a Chrome that runs already.
type Endpoint struct{ url *url.URL }

// ParseEndpoint reads ws://… or wss://…, the address of Chrome's websocket, or
// http://HOST:PORT or https://HOST:PORT, whose /json/version names it; so does a
// websocket's without a path. The error does not quote the address, which can
// hold a token.
func ParseEndpoint(address string) (Endpoint, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "":
		return Endpoint{}, lang.NewError("the address of a running browser looks like ws://HOST:PORT/devtools/browser/ID or http://HOST:PORT")
	case u.Scheme != "ws" && u.Scheme != "wss" && u.Scheme != "http" && u.Scheme != "https":
		return Endpoint{}, lang.Errorf("the address of a running browser begins with ws://, wss://, http:// or https://, not %s://", u.Scheme)
	case u.User != nil:
		return Endpoint{}, lang.NewError("a user name in the address of a running browser is not supported")
	}
	return Endpoint{u}, nil
}

// String names the endpoint without what may be a token: no path, no query.
func (e Endpoint) String() string { return e.url.Scheme + "://" + e.url.Host }

// Loopback tells that the address is one of this machine: that is what it says,
// a name but "localhost" could be anything. A Chrome behind a tunnel or in a
// container looks the same; see Browser.Reaches.
func (e Endpoint) Loopback() bool {
	ip := net.ParseIP(e.url.Hostname())
	return e.url.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// Encrypted tells that what is said on the way there cannot be read.
func (e Endpoint) Encrypted() bool { return e.url.Scheme == "wss" || e.url.Scheme == "https" }

// ConnectOptions say how a Chrome that runs elsewhere is used.
type ConnectOptions struct {
	Endpoint Endpoint
	// Heartbeat, Patience and Log are those of Options.
	Heartbeat, Patience time.Duration
	Log                 *slog.Logger
}

// Connect uses a Chrome that runs elsewhere and may serve others as well: their
// tabs are left alone, and it goes on when the connection is closed. Its flags,
// profile and sandbox are as whoever started it chose; of the walls that this
// package puts around Chrome only those of [TabOptions] stand. ctx bounds the
// connecting alone.
func Connect(ctx context.Context, options ConnectOptions) (*Browser, error) {
	b, err := connect(ctx, options)
	if err != nil {
		return nil, lang.Errorf("the browser at %s: %w", options.Endpoint, err)
	}
	return b, nil
}

func connect(ctx context.Context, options ConnectOptions) (*Browser, error) {
	limited, cancel := context.WithTimeout(ctx, discoveryTime)
	defer cancel()
	address, err := options.Endpoint.discover(limited)
	if err != nil {
		return nil, plain(err)
	}
	// Not with the logging option of the connection: it prints what is typed.
	conn, err := remote.DialContext(limited, address)
	if err != nil {
		return nil, plain(err)
	}
	b := newBrowser(conn, options.Heartbeat, options.Patience, cmp.Or(options.Log, slog.New(slog.DiscardHandler)))
	return b, b.run(limited)
}

// plain takes addresses out of an error: they can hold a token.
func plain(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// discover finds the address of the websocket.
func (e Endpoint) discover(ctx context.Context) (string, error) {
	u := *e.url
	secure := e.Encrypted()
	if !secure {
		// Chrome answers only those who call it by an address, or localhost.
		host, err := numeric(ctx, u.Hostname())
		if err != nil {
			return "", err
		}
		u.Host = net.JoinHostPort(host, cmp.Or(u.Port(), "80"))
	}
	if (u.Scheme == "ws" || u.Scheme == "wss") && u.Path != "" && u.Path != "/" {
		return u.String(), nil
	}
	u.Scheme = map[bool]string{false: "http", true: "https"}[secure]
	u.Path = "/json/version"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", err
	}
	client := http.Client{
		// Straight there: proxies of the environment are for the web.
		Transport: &http.Transport{DisableKeepAlives: true},
		// And nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var version struct {
		URL string `json:"webSocketDebuggerUrl"`
	}
	if response.StatusCode != http.StatusOK {
		return "", lang.Errorf("asked for its version it answered %s", response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, longestDiscovery)).Decode(&version); err != nil {
		return "", lang.NewError("asked for its version it gave an answer that is not Chrome's")
	}
	socket, err := url.Parse(version.URL)
	if err != nil || socket.Path == "" {
		return "", lang.NewError("it names no websocket")
	}
	// Only the path is taken: where we were told to go is where we go.
	u.Scheme = map[bool]string{false: "ws", true: "wss"}[secure]
	u.Path = socket.Path
	return u.String(), nil
}

// numeric is an address of a host; "localhost" stays.
func numeric(ctx context.Context, host string) (string, error) {
	if host == "localhost" || net.ParseIP(host) != nil {
		return host, nil
	}
	found, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return "", err
	}
	return found[0].IP.String(), nil
}

// Reaches tells whether Chrome's requests come to a gate of this process, by
// making one: a Chrome in a container or behind a tunnel has another loopback
// than ours. The error is about the attempt, not its outcome.
func (b *Browser) Reaches(ctx context.Context) (bool, error) {
	// Names ending in ".invalid" exist nowhere.
	const nowhere = "irccpin-gate.invalid"
	came := make(chan struct{}, 1)
	gate, err := OpenGate(GateOptions{
		Allow: func(string) bool { return false },
		OnRefused: func(target string) {
			if target != nowhere+":443" {
				return
			}
			select {
			case came <- struct{}{}:
			default:
			}
		},
	})
	if err != nil {
		return false, err
	}
	defer gate.Close()
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	tab, err := b.NewTab(ctx, TabOptions{Gate: gate})
	if err != nil {
		return false, err
	}
	// The navigation fails either way; where its request came to is what counts.
	_ = tab.Navigate(ctx, "https://"+nowhere+"/")
	err = tab.Close(ctx)
	select {
	case <-came:
		return true, err
	default:
		return false, err
	}
}
