package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"irccpin/automation/secret"
)

const keyText = "SENTINEL-key-of-the-webhook"

func event() Event {
	return Event{
		Kind: PINAppeared, Time: time.Date(2026, 11, 22, 7, 0, 0, 0, time.FixedZone("", -5*3600)), Schedule: "mornings", Employer: "Alpha Farm",
		User: &User{GivenName: "Zoé", FamilyName: "Tremblay", Email: "zoe@example.com"}, Run: "r1", Message: "the PIN is there",
	}
}

// wanted is the event as JSON, but for its id.
const wanted = `{"schema":1,"id":"","event":"pin_appeared","time":"2026-11-22T12:00:00Z","simulated":false,"schedule":"mornings","employer":"Alpha Farm",` +
	`"user":{"given_name":"Zoé","family_name":"Tremblay","email":"zoe@example.com"},"run":"r1","code":"","message":"the PIN is there","hint":""}`

// checkBody wants the event in a body, and returns its id.
func checkBody(t *testing.T, body []byte) string {
	t.Helper()
	var got, want map[string]any
	if err := errors.Join(json.Unmarshal(body, &got), json.Unmarshal([]byte(wanted), &want)); err != nil {
		t.Fatalf("%v: %q", err, body)
	}
	id, _ := got["id"].(string)
	if len(id) != 32 {
		t.Errorf("the id is %q", id)
	}
	got["id"] = ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	return id
}

func TestWebhook(t *testing.T) {
	key := secret.New(keyText)
	var bodies [][]byte
	answers := []int{503, 200}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.URL.Path != "/hook" {
			t.Errorf("%s %s %v %v", r.Method, r.URL, r.Header, err)
		}
		if !Verify(key, r.Header, body, time.Minute) {
			t.Errorf("the signature is wrong: %v", r.Header)
		}
		if Verify(secret.New("another key, as long"), r.Header, body, time.Minute) || Verify(key, r.Header, append(body, ' '), time.Minute) || Verify(key, r.Header, body, -1) {
			t.Error("what was not signed is verified")
		}
		w.WriteHeader(answers[len(bodies)])
		bodies = append(bodies, body)
	}))
	defer server.Close()
	n, err := New(Options{Webhook: server.URL + "/hook", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Notify(t.Context(), event()); err != nil {
		t.Fatal(err)
	}
	if len(bodies) != 2 || checkBody(t, bodies[0]) != checkBody(t, bodies[1]) {
		t.Errorf("there were %d attempts: %q", len(bodies), bodies)
	}
}

// TestWebhookFinal: a no is a no, and nobody is followed elsewhere.
func TestWebhookFinal(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirection was followed") }))
	defer elsewhere.Close()
	for _, status := range []int{301, 307, 308, 400, 401, 404, 410} {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(status)
		}))
		n, err := New(Options{Webhook: server.URL + "/?token=SENTINEL", Key: secret.New(keyText)})
		if err != nil {
			t.Fatal(err)
		}
		err = n.Notify(t.Context(), event())
		if err == nil || asked != 1 || strings.Contains(err.Error(), "SENTINEL") || !strings.Contains(err.Error(), http.StatusText(status)) {
			t.Errorf("%d: asked %d times: %v", status, asked, err)
		}
		server.Close()
	}
}

// transport is a network without one.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func status(code int, header ...string) *http.Response {
	r := &http.Response{StatusCode: code, Header: http.Header{}, Body: http.NoBody}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// TestBackOff: attempts come at growing pauses, and end.
func TestBackOff(t *testing.T) {
	for name, c := range map[string]struct {
		answer    func() (*http.Response, error)
		low, high []time.Duration
	}{
		"down": {
			func() (*http.Response, error) { return nil, errors.New("connection refused") },
			[]time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second},
			[]time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second},
		},
		"asks for time": {
			func() (*http.Response, error) { return status(429, "Retry-After", "10"), nil },
			[]time.Duration{10 * time.Second, 10 * time.Second, 10 * time.Second, 10 * time.Second, 10 * time.Second},
			[]time.Duration{10 * time.Second, 10 * time.Second, 10 * time.Second, 10 * time.Second, 16 * time.Second},
		},
		"asks for a day": {
			func() (*http.Response, error) { return status(503, "Retry-After", "86400"), nil },
			[]time.Duration{maxPause, maxPause, maxPause, maxPause, maxPause},
			[]time.Duration{maxPause, maxPause, maxPause, maxPause, maxPause},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, err := New(Options{Webhook: "https://example.com/hook", Key: secret.New(keyText)})
				if err != nil {
					t.Fatal(err)
				}
				var at []time.Time
				n.hook.client.Transport = transport(func(*http.Request) (*http.Response, error) {
					at = append(at, time.Now())
					return c.answer()
				})
				err = n.Notify(t.Context(), event())
				if err == nil || !strings.Contains(err.Error(), "given up after 6 attempts") || len(at) != attempts {
					t.Fatalf("%d attempts: %v", len(at), err)
				}
				for i := range at[1:] {
					if pause := at[i+1].Sub(at[i]); pause < c.low[i] || pause > c.high[i] {
						t.Errorf("pause %d is %v", i, pause)
					}
				}
			})
		})
	}
}

// TestInterrupted: whoever drains a worker does not wait for a receiver that is down.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, err := New(Options{Webhook: "https://example.com/hook", Key: secret.New(keyText)})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		n.hook.client.Transport = transport(func(*http.Request) (*http.Response, error) { return status(500), nil })
		if err := n.Notify(ctx, event()); err == nil || time.Since(began) != 300*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		// A receiver that never answers takes ten seconds of an attempt.
		began = time.Now()
		n.hook.client.Transport = transport(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		if err := n.Notify(t.Context(), event()); err == nil || time.Since(began) < attempts*attemptTime || time.Since(began) > 2*time.Minute {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func TestCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("the command here is a shell script; the runner is tested on Windows with its own package")
		return
	}
	dir := t.TempDir()
	script := filepath.Join(dir, "tell me")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ncat > \"$1\"\nenv > \"$2\"\necho \"$3\" >> \"$1.count\"\nexit $3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	environ := append(os.Environ(), "GCKEY_PASSWORD=SENTINEL", "IRCCPIN_WEBHOOK_KEY=SENTINEL", "AWS_SECRET_ACCESS_KEY=SENTINEL")
	run := func(exit string) error {
		n, err := New(Options{Command: "'" + script + "' '" + dir + "/body' \"" + dir + "/env\" " + exit, Environ: environ})
		if err != nil {
			t.Fatal(err)
		}
		return n.Notify(t.Context(), event())
	}
	if err := run("0"); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(filepath.Join(dir, "body"))
	if err != nil {
		t.Fatal(err)
	}
	checkBody(t, body)
	seen, err := os.ReadFile(filepath.Join(dir, "env"))
	if err != nil || strings.Contains(string(seen), "SENTINEL") || !strings.Contains(string(seen), "PATH=") {
		t.Errorf("the environment is %s (%v)", seen, err)
	}
	if err := run("3"); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("the error is %v", err)
	}
	count, err := os.ReadFile(filepath.Join(dir, "body.count"))
	if err != nil || string(count) != "0\n3\n" {
		t.Errorf("it ran with %q (%v)", count, err)
	}
}

func TestOptions(t *testing.T) {
	key := secret.New(keyText)
	for name, o := range map[string]Options{
		"http":              {Webhook: "http://example.com/SENTINEL", Key: key},
		"a network's http":  {Webhook: "http://192.168.0.7/SENTINEL", Key: key},
		"ftp":               {Webhook: "ftp://example.com/SENTINEL", Key: key},
		"no address":        {Webhook: "SENTINEL", Key: key},
		"mailto":            {Webhook: "mailto:SENTINEL@example.com", Key: key},
		"a user name":       {Webhook: "https://ann:SENTINEL@example.com/", Key: key},
		"a fragment":        {Webhook: "https://example.com/#SENTINEL", Key: key},
		"broken":            {Webhook: "https://example.com/%zzSENTINEL", Key: key},
		"no key":            {Webhook: "https://example.com/SENTINEL"},
		"a short key":       {Webhook: "https://example.com/", Key: secret.New("SENTINEL")},
		"a pipe":            {Command: "mail SENTINEL | cat"},
		"no such program":   {Command: "no-such-program SENTINEL"},
		"an empty command ": {Command: " "},
	} {
		if n, err := New(o); err == nil || n != nil || strings.Contains(err.Error(), "SENTINEL") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, address := range []string{"https://example.com/hook?token=1", "http://127.0.0.1:8080/", "http://[::1]/x", "http://localhost"} {
		if _, err := New(Options{Webhook: address, Key: key}); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	n, err := New(Options{})
	if err != nil || n.Notify(t.Context(), event()) != nil || (*Notifier)(nil).Notify(t.Context(), event()) != nil {
		t.Errorf("nobody to tell: %v", err)
	}
}

// TestNoPlaceForSecrets: an event's fields are these, and a new one has to be
// thought about.
func TestNoPlaceForSecrets(t *testing.T) {
	var fields []string
	for _, of := range []reflect.Type{reflect.TypeFor[Event](), reflect.TypeFor[User]()} {
		for i := range of.NumField() {
			fields = append(fields, of.Field(i).Name)
		}
	}
	want := []string{"Schema", "ID", "Kind", "Time", "Simulated", "Schedule", "Employer", "User", "Run", "Code", "Message", "Hint", "GivenName", "FamilyName", "Email"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Error(diff)
	}
}
