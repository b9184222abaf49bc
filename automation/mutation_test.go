package automation_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httputil"
	"os"
)

// drawn reads a variable that makes a test larger; without it a sample is drawn.
func drawn(name string) string { return os.Getenv(name) }

// passTo hands requests on to a simulated portal, under the same host names.
func passTo(addr string) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "https", addr, r.In.Host
		},
		// The portal's key is its own; the two meet on loopback.
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
}
