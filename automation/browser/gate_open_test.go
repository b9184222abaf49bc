package browser_test

import (
	"context"
	"net/http"
	"testing"

	"irccpin/automation/browser"
)

// TestGateOpens: for a while any public host can be reached, and what was opened
// then ends with it. Names of somebody's own network stay closed.
func TestGateOpens(t *testing.T) {
	s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
	}))
	gate := openGate(t, browser.GateOptions{Simulator: s.addr})
	reaches := func(address string) bool {
		t.Helper()
		transport := s.through(gate)
		defer transport.CloseIdleConnections()
		response, err := (&http.Client{Transport: transport}).Get(address)
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return true
	}
	const bank, home, intranet = "https://bank.example.net/", "https://www.example.com/", "https://router/"
	if reaches(bank) || !reaches(home) {
		t.Fatal("the list does not hold to begin with")
	}
	first, second := gate.Open(), gate.Open()
	if !reaches(bank) || !reaches(home) || reaches(intranet) {
		t.Error("an open gate lets through what it should not, or does not what it should")
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, bank+"long", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.through(gate).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	first()
	first() // again changes nothing
	if !reaches(bank) {
		t.Error("it closed while somebody still needs it")
	}
	second()
	if reaches(bank) || !reaches(home) {
		t.Error("the list does not hold again")
	}
	if _, err := response.Body.Read(make([]byte, 1)); err == nil {
		t.Error("a connection to the bank outlived the journey")
	}
}
