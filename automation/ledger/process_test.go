package ledger

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The environment of a child process: what it plays and where.
const (
	childRole = "IRCCPIN_TEST_LEDGER_ROLE"
	childDir  = "IRCCPIN_TEST_LEDGER_DIR"
	childURL  = "IRCCPIN_TEST_LEDGER_URL"
)

const (
	rounds    = 15 // per racing child
	crashTTL  = 300 * time.Millisecond
	insideNow = "inside" // the file that marks who holds the lease
)

// child plays a role: it reports that it is ready, waits for a line, and prints one word per line.
func child(role string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	w := world{dir: os.Getenv(childDir), url: os.Getenv(childURL)}
	start := func() {
		fmt.Println("ready")
		bufio.NewReader(os.Stdin).ReadString('\n')
	}
	if role == "key" {
		start()
		key, err := Key(ctx, w.dir)
		return report(hex.EncodeToString(key), err)
	}
	start() // the ledger is opened, and migrated, at once by all
	l, err := Open(ctx, w.options())
	if err != nil {
		return report("", err)
	}
	defer l.Close()
	switch role {
	case "steps":
		for step := range int64(rounds) {
			if err := l.UseStep(ctx, Live, "t1", step); err == nil {
				fmt.Println(step)
			} else if !errors.Is(err, ErrStepUsed) {
				return report("", err)
			}
		}
	case "intents":
		for i := range rounds {
			in := ada()
			in.Person.GivenName = fmt.Sprint("Ada ", i)
			if _, err := l.Begin(ctx, in); err == nil {
				fmt.Println(in.Person.GivenName)
			} else if !errors.Is(err, ErrOpenIntent) {
				return report("", err)
			}
		}
	case "leases":
		for n := 0; n < rounds; {
			err := inside(ctx, l, w.dir)
			if errors.Is(err, ErrBusy) {
				continue
			}
			if err != nil {
				return report("", err)
			}
			n++
		}
		fmt.Println("done")
	case "killed":
		if _, err := l.Acquire(ctx, Live, "a1", "the one that is killed", crashTTL); err != nil {
			return report("", err)
		}
		id, err := l.Begin(ctx, ada())
		if err != nil {
			return report("", err)
		}
		if err := l.MarkClicked(ctx, id); err != nil {
			return report("", err)
		}
		fmt.Println(id)
		<-ctx.Done() // killed here
	}
	return 0
}

// inside does what only the holder of the lease may do: a file that must not exist yet.
func inside(ctx context.Context, l *Ledger, dir string) error {
	lease, err := l.Acquire(ctx, Live, "a1", fmt.Sprint("process ", os.Getpid()), time.Minute)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, insideNow)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(path), lease.Release(ctx))
}

func report(word string, err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(word)
	return 0
}

type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
	err strings.Builder
}

// spawn starts this test binary in a role and waits until it is ready.
func spawn(t *testing.T, w world, role string) *process {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	p := &process{cmd: exec.CommandContext(soon(t), self)}
	p.cmd.Env = append(os.Environ(), childRole+"="+role, childDir+"="+w.dir, childURL+"="+w.url)
	p.cmd.Stderr = &p.err
	p.in, err = p.cmd.StdinPipe()
	must(t, err)
	out, err := p.cmd.StdoutPipe()
	must(t, err)
	p.out = bufio.NewScanner(out)
	must(t, p.cmd.Start())
	if word := p.read(t); word != "ready" {
		t.Fatalf("%s: %q", role, word)
	}
	return p
}

func (p *process) read(t *testing.T) string {
	t.Helper()
	if !p.out.Scan() {
		t.Fatalf("the child ended: %v %s", p.out.Err(), p.err.String())
	}
	return p.out.Text()
}

func (p *process) start(t *testing.T) {
	t.Helper()
	_, err := io.WriteString(p.in, "\n")
	must(t, err)
}

func (p *process) rest(t *testing.T) (words []string) {
	t.Helper()
	for p.out.Scan() {
		words = append(words, p.out.Text())
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("child: %v: %s", err, p.err.String())
	}
	return words
}

// race runs two processes in the same role at once and returns all words, sorted.
func race(t *testing.T, w world, role string) []string {
	t.Helper()
	children := []*process{spawn(t, w, role), spawn(t, w, role)}
	for _, p := range children {
		p.start(t)
	}
	words := append(children[0].rest(t), children[1].rest(t)...)
	slices.Sort(words)
	return words
}

// processSuite is what two processes may not do to each other, on every engine.
var processSuite = []struct {
	name string
	run  func(*testing.T, world)
}{
	{"steps", func(t *testing.T, w world) {
		words := race(t, w, "steps")
		if len(words) == 0 || len(slices.Compact(slices.Clone(words))) != len(words) {
			t.Errorf("steps given: %v", words)
		}
	}},
	{"intents", func(t *testing.T, w world) {
		words := race(t, w, "intents")
		if len(words) != rounds || len(slices.Compact(slices.Clone(words))) != rounds {
			t.Errorf("intents begun: %v", words)
		}
	}},
	{"leases", func(t *testing.T, w world) {
		if words := race(t, w, "leases"); !slices.Equal(words, []string{"done", "done"}) {
			t.Errorf("got %v", words)
		}
	}},
	{"killed after the click", testKilled},
}

func TestProcesses(t *testing.T) {
	for _, s := range processSuite {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, world{dir: t.TempDir()})
		})
	}
}

// testKilled kills a process with SIGKILL between the click and its outcome: the intent is there for the next one, and
// the lease after its time.
func testKilled(t *testing.T, w world) {
	p := spawn(t, w, "killed")
	p.start(t)
	id := p.read(t)
	must(t, p.cmd.Process.Kill())
	if err := p.cmd.Wait(); err == nil {
		t.Error("the child survived")
	}
	l := w.open(t)
	list, err := l.Unresolved(t.Context(), Live, ada().Account)
	must(t, err)
	if len(list) != 1 || list[0].ID != id || list[0].State != Clicked {
		t.Fatalf("unresolved: %+v", list)
	}
	if _, err := l.Begin(t.Context(), ada()); !errors.Is(err, ErrOpenIntent) {
		t.Errorf("begun again: %v", err)
	}
	lease := await(t, l, time.Minute)
	must(t, lease.Release(t.Context()))
}

func TestKeyMadeAtOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	words := race(t, world{dir: dir}, "key")
	if len(words) != 2 || words[0] != words[1] || len(words[0]) != 2*KeySize {
		t.Errorf("keys: %v", words)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	if !slices.Equal(names, []string{filepath.Join(dir, KeyFile)}) {
		t.Errorf("left behind: %v", names)
	}
}
