package metrics

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts the server and returns a function that asks it.
func serve(t *testing.T, m *Metrics) func(path, host string) (int, string) {
	t.Helper()
	listener, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Serve(ctx, listener) }()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
		client.CloseIdleConnections()
		if _, err := client.Get("http://" + listener.Addr().String() + "/healthz"); err == nil {
			t.Error("the server still answers")
		}
	})
	return func(path, host string) (int, string) {
		t.Helper()
		request, err := http.NewRequest(http.MethodGet, "http://"+listener.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
}

// lines are those of our metrics, without comments.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "irccpin_") && !strings.Contains(line, "_bucket") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	slices.Sort(out)
	return out
}

func TestMetrics(t *testing.T) {
	sick := false
	broken := errors.New("the database does not answer")
	m := New(Sources{
		Queue: func(context.Context) (map[string]int, error) {
			if sick {
				return nil, broken
			}
			return map[string]int{"available": 3, "running": 1}, nil
		},
		Held:   func(context.Context) (int, error) { return 2, nil },
		Health: func(context.Context) error { return map[bool]error{true: broken}[sick] },
	})
	ask := serve(t, m)
	code, text := ask("/metrics", "")
	want := []string{
		"irccpin_browser_restarts_total 0", "irccpin_credentials_held 2", "irccpin_database_up 1",
		`irccpin_queue_jobs{state="available"} 3`, `irccpin_queue_jobs{state="running"} 1`,
	}
	if got := lines(text); code != http.StatusOK || !slices.Equal(got, want) {
		t.Errorf("at the start: %d %q", code, got)
	}
	if !strings.Contains(text, "process_resident_memory_bytes") && !strings.Contains(text, "go_memstats") {
		t.Error("the process itself is not told of")
	}

	m.RunEnded(Run{Command: "pins", Result: "found", Took: 1500 * time.Millisecond})
	m.RunEnded(Run{Command: "pins", Result: "found", Took: 500 * time.Millisecond})
	m.RunEnded(Run{Command: "create", Code: "human_needed", Simulated: true, Took: time.Second})
	m.PortalAvailable(true)
	m.PortalAvailable(false)
	m.BrowserRestarted()
	m.Notified("pin_appeared", true)
	sick = true
	code, text = ask("/metrics", "localhost:9090")
	want = []string{
		"irccpin_browser_restarts_total 1", "irccpin_credentials_held 2", "irccpin_database_up 0",
		`irccpin_notifications_total{delivered="true",event="pin_appeared"} 1`, "irccpin_portal_available 0",
		`irccpin_run_duration_seconds_count{command="create",simulated="true"} 1`, `irccpin_run_duration_seconds_count{command="pins",simulated="false"} 2`,
		`irccpin_run_duration_seconds_sum{command="create",simulated="true"} 1`, `irccpin_run_duration_seconds_sum{command="pins",simulated="false"} 2`,
		`irccpin_runs_total{code="",command="pins",result="found",simulated="false"} 2`, `irccpin_runs_total{code="human_needed",command="create",result="",simulated="true"} 1`,
	}
	if got := lines(text); code != http.StatusOK || !slices.Equal(got, want) {
		t.Errorf("later: %d %q", code, got)
	}

	if code, text := ask("/healthz", ""); code != http.StatusServiceUnavailable || !strings.Contains(text, broken.Error()) {
		t.Errorf("sick: %d %q", code, text)
	}
	sick = false
	if code, text := ask("/healthz", "[::1]:9090"); code != http.StatusOK || text != "ok\n" {
		t.Errorf("well: %d %q", code, text)
	}
	for _, host := range []string{"example.com", "example.com:9090", "192.0.2.1"} {
		if code, _ := ask("/metrics", host); code != http.StatusForbidden {
			t.Errorf("asked as %s: %d", host, code)
		}
	}
	if code, _ := ask("/", ""); code != http.StatusNotFound {
		t.Errorf("another path: %d", code)
	}
}

// TestBare: with nothing to ask there is health and nothing of a database; a
// worker without metrics has a nil one.
func TestBare(t *testing.T) {
	ask := serve(t, New(Sources{}))
	if _, text := ask("/metrics", ""); !slices.Equal(lines(text), []string{"irccpin_browser_restarts_total 0"}) {
		t.Errorf("it tells %q", lines(text))
	}
	if code, _ := ask("/healthz", ""); code != http.StatusOK {
		t.Errorf("health is %d", code)
	}
	var none *Metrics
	none.RunEnded(Run{})
	none.PortalAvailable(true)
	none.BrowserRestarted()
	none.Notified("", true)
}

func TestListen(t *testing.T) {
	for _, address := range []string{"", ":9090", "0.0.0.0:9090", "[::]:9090", "192.0.2.1:9090", "example.com:9090", "127.0.0.1", "9090", "127.0.0.1:http:x"} {
		if listener, err := Listen(address); err == nil {
			t.Errorf("%q is listened at: %v", address, listener.Close())
		}
	}
	first, err := Listen("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if second, err := Listen(first.Addr().String()); err == nil {
		t.Errorf("a port is listened at twice: %v", second.Close())
	}
}
