package ledger

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain lets the test binary be started again as a second process of a race, and finds leaked goroutines.
func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		os.Exit(child(role))
	}
	goleak.VerifyTestMain(m)
}

// world is a place for a ledger that several openings share: a directory or a database.
type world struct {
	dir, url string
}

func (w world) options() Options {
	o := Options{Dir: w.dir, URL: w.url}
	if w.url != "" {
		o.Key = testKey
	}
	return o
}

func (w world) open(t testing.TB) *Ledger {
	t.Helper()
	return open(t, w.options())
}

var testKey = []byte("a key of thirty-two bytes or more")

func open(t testing.TB, o Options) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// clock is a clock that tests advance.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func ada() Intent {
	return Intent{
		Realm: Live, Account: "account-1", Action: Create,
		Person:       Person{GivenName: "Ada", FamilyName: "Example", Email: "ada@example.com"},
		AuthorizedBy: "Grace Owner", Attestation: "I attest that I may do this.", LegalName: "Example Farms Ltd.",
		BusinessNumber: "123456789RP0001", RunID: "run-1", Before: []string{"row-1", "row-2"},
	}
}

func begin(t testing.TB, l *Ledger, in Intent) string {
	t.Helper()
	id, err := l.Begin(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func click(t testing.TB, l *Ledger, id string) {
	t.Helper()
	must(t, l.MarkClicked(t.Context(), id))
}

// look records a reading that begins now.
func look(t testing.TB, l *Ledger, id string, rows, found int, whole bool) {
	t.Helper()
	at, err := l.Clock(t.Context())
	must(t, err)
	must(t, l.RecordLook(t.Context(), id, Look{At: at, Rows: rows, Found: found, Whole: whole}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// soon is a bound for what happens within milliseconds; it is never waited for.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func collect(t testing.TB, l *Ledger, f AuthorizationFilter) []Authorization {
	t.Helper()
	var list []Authorization
	for a, err := range l.ExportAuthorizations(t.Context(), f) {
		must(t, err)
		list = append(list, a)
	}
	return list
}
