package browser

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"irccpin/automation/lang"
)

// dialer opens a connection to HOST:PORT.
type dialer func(ctx context.Context, hostport string) (net.Conn, error)

// newDialer chooses where the gate's connections go: the simulator, the
// upstream proxy, or the host itself.
func newDialer(options GateOptions) (dialer, error) {
	direct := new(net.Dialer)
	switch {
	case options.Simulator != "":
		if !loopback(options.Simulator) {
			return nil, lang.Errorf("the simulator's address %q is not a loopback address with a port, such as 127.0.0.1:8443", options.Simulator)
		}
		return func(ctx context.Context, _ string) (net.Conn, error) {
			return direct.DialContext(ctx, "tcp", options.Simulator)
		}, nil

	case options.Upstream != nil:
		if err := checkProxy(options.Upstream); err != nil {
			return nil, err
		}
		config := httpproxy.Config{HTTPSProxy: options.Upstream.String(), NoProxy: options.NoProxy}
		proxyFor := config.ProxyFunc()
		return func(ctx context.Context, hostport string) (net.Conn, error) {
			proxy, err := proxyFor(&url.URL{Scheme: "https", Host: hostport})
			if err != nil {
				return nil, lang.NewError("the proxy's address cannot be read")
			}
			if proxy == nil {
				return direct.DialContext(ctx, "tcp", hostport)
			}
			return dialThrough(ctx, proxy, hostport)
		}, nil

	default:
		return func(ctx context.Context, hostport string) (net.Conn, error) {
			return direct.DialContext(ctx, "tcp", hostport)
		}, nil
	}
}

// ProxyFromEnvironment reads the proxy that the environment names for https:
// HTTPS_PROXY or https_proxy, and the exceptions in NO_PROXY or no_proxy. It
// returns nil when there is none, and an error that does not quote the value,
// which can hold a password, when it is not the address of an http or https
// proxy.
func ProxyFromEnvironment(lookup func(string) (string, bool)) (upstream *url.URL, noProxy string, err error) {
	first := func(names ...string) (name, value string) {
		for _, name := range names {
			if value, ok := lookup(name); ok && value != "" {
				return name, value
			}
		}
		return "", ""
	}
	name, value := first("HTTPS_PROXY", "https_proxy")
	if value == "" {
		return nil, "", nil
	}
	if !strings.Contains(value, "://") {
		value = "http://" + value // "proxy:3128" is common
	}
	upstream, err = url.Parse(value)
	if err != nil {
		return nil, "", lang.Errorf("%s is not the address of a proxy, such as http://proxy.example.com:3128", name)
	}
	if err := checkProxy(upstream); err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	_, noProxy = first("NO_PROXY", "no_proxy")
	return upstream, noProxy, nil
}

func checkProxy(proxy *url.URL) error {
	if proxy.Scheme != "http" && proxy.Scheme != "https" {
		return lang.Errorf("a proxy of kind %q is not supported: use one with http or https", proxy.Scheme)
	}
	if proxy.Hostname() == "" {
		return lang.NewError("the proxy's address names no host")
	}
	return nil
}

// dialThrough opens a tunnel through a proxy.
func dialThrough(ctx context.Context, proxy *url.URL, hostport string) (net.Conn, error) {
	port := proxy.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[proxy.Scheme]
	}
	address := net.JoinHostPort(proxy.Hostname(), port)
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, lang.Errorf("the proxy %s cannot be reached: %w", address, err)
	}
	// The conversation with the proxy ends with the context, not only its dial.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	tunnel, err := askProxy(ctx, conn, proxy, hostport)
	if err == nil && !stop() {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, lang.Errorf("the proxy %s: %w", address, err)
	}
	return tunnel, nil
}

// askProxy speaks CONNECT over a connection to a proxy.
func askProxy(ctx context.Context, conn net.Conn, proxy *url.URL, hostport string) (net.Conn, error) {
	if proxy.Scheme == "https" {
		secured := tls.Client(conn, &tls.Config{ServerName: proxy.Hostname()})
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, lang.Errorf("its TLS failed: %w", err)
		}
		conn = secured
	}
	connect := &http.Request{
		Method: http.MethodConnect,
		URL:    &url.URL{Opaque: hostport},
		Host:   hostport,
		Header: make(http.Header),
	}
	if user := proxy.User; user != nil {
		password, _ := user.Password()
		credentials := base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
		connect.Header.Set("Proxy-Authorization", "Basic "+credentials)
	}
	if err := connect.Write(conn); err != nil {
		return nil, lang.Errorf("asking it for a tunnel: %w", err)
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, connect)
	if err != nil {
		return nil, lang.Errorf("reading its answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, lang.Errorf("it answered %s to a tunnel to %s", response.Status, hostport)
	}
	return &aheadConn{Conn: conn, ahead: reader}, nil
}

// aheadConn is a connection some of whose input was already read into a
// buffer.
type aheadConn struct {
	net.Conn
	ahead *bufio.Reader
}

func (c *aheadConn) Read(p []byte) (int, error) { return c.ahead.Read(p) }
