package troubles_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/page"
	"irccpin/automation/trial"
)

// errandVariable makes the test binary be a command that does one errand in a
// process of its own, since some troubles can only happen to a whole process.
const errandVariable = "IRCCPIN_TEST_ERRAND"

func TestMain(m *testing.M) {
	if text := os.Getenv(errandVariable); text != "" {
		if err := runErrand(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(trial.Main(m))
}

// errand is a creation in another process, and the trouble that it gets into.
type errand struct {
	Portal   simulatedAddress   `json:"portal"`
	StateDir string             `json:"state_dir"`
	RunID    string             `json:"run_id"`
	User     automation.NewUser `json:"user"`
	Settle   time.Duration      `json:"settle"`
	Timeout  time.Duration      `json:"timeout"`
	// At is the moment of the trouble, as a teller's line; empty is never.
	At moment `json:"at"`
	// Trouble is what happens then: one of localTroubles.
	Trouble string `json:"trouble"`
}

type simulatedAddress struct {
	Addr string `json:"addr"`
	SPKI string `json:"spki"`
	Env  string `json:"env"`
}

// moment is something that an observer is told, for the Nth time.
type moment struct {
	What string `json:"what"` // "page NAME", or "pressed ELEMENT"
	Nth  int    `json:"nth"`  // 0 is the first
}

func runErrand(text string) error {
	var e errand
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return err
	}
	ctx := context.Background()
	settings, err := automation.LoadSettings(ctx, automation.SettingsFrom{File: e.Portal.Env, FileNamed: true})
	if err != nil {
		return err
	}
	watch := &trigger{at: e.At, do: func() { localTrouble(e.Trouble, e.StateDir) }}
	r := automation.Run(ctx, automation.Config{
		Settings: settings, Simulator: &automation.Simulator{Addr: e.Portal.Addr, SPKI: e.Portal.SPKI},
		StateDir: e.StateDir, Headless: true, Settle: e.Settle, Timeout: e.Timeout,
		RunID: e.RunID, Command: "test", Observer: watch, Environ: []string{},
	}, automation.Create(e.User))
	return json.NewEncoder(os.Stdout).Encode(r)
}

// send does an errand in another process. The result is nil when the process
// was killed before it had one.
func send(t *testing.T, e errand) *automation.Result {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), errandVariable+"="+string(text))
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if len(out) == 0 {
		if e.Trouble != "irccpin killed" && !strings.Contains(fmt.Sprint(err), "killed") {
			t.Errorf("the process ended with %v: %s", err, &complaints)
		}
		return nil
	}
	var r automation.Result
	if err := json.Unmarshal(out, &r); err != nil {
		t.Errorf("the process ended with %v and said %q: %s", err, out, &complaints)
		return nil
	}
	return &r
}

// trigger is an observer that does something at a moment, once.
type trigger struct {
	trial.Teller
	at   moment
	do   func()
	mu   sync.Mutex
	seen int
	done bool
}

func (g *trigger) Recognised(s *page.Snapshot) {
	g.Teller.Recognised(s)
	g.pull("page " + s.Page())
}

func (g *trigger) Acted(p, element, deed, way string) {
	g.Teller.Acted(p, element, deed, way)
	g.pull(deed + " " + element)
}

func (g *trigger) pull(what string) {
	g.mu.Lock()
	due := what == g.at.What && !g.done && g.seen >= g.at.Nth
	if what == g.at.What {
		g.seen++
	}
	g.done = g.done || due
	g.mu.Unlock()
	if due {
		g.do()
	}
}

func (g *trigger) pulled() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.done
}

// client is automation.Run, or a client with a defect.
type client func(ctx context.Context, c automation.Config, job automation.Job) *automation.Result
