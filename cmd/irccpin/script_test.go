package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"irccpin/automation"
	"irccpin/fixtures"
	"irccpin/fixtures/mutate"
	"irccpin/selectors"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"irccpin": main})
}

// TestScripts runs the program as people and scripts run it. Each script has a
// home directory of its own; what it does at the portal is checked against what
// the portal saw.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("LANG", "C.UTF-8")
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "hides" {
				return false, fmt.Errorf("there is no condition %q", name)
			}
			return hides(), nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":       exits,
			"portal":      startScriptPortal,
			"chrome":      startScriptChrome,
			"mutated":     mutated,
			"witness":     witness,
			"json":        checkJSON,
			"lastline":    lastLine,
			"interrupted": interrupted,
			"observed":    observed,
			"mode":        checkMode,
			"nothingleft": nothingLeft,
		},
	})
}

// hides tells whether a script can put this machine's browsers out of its own
// sight: in a mount namespace, where they lie as Debian lays them.
func hides() bool {
	release, err := os.ReadFile("/etc/os-release")
	return err == nil && regexp.MustCompile(`(?m)^ID=debian$`).Match(release) && os.Geteuid() == 0 &&
		exec.Command("unshare", "--mount", "mount", "-t", "tmpfs", "none", "/usr/lib/chromium").Run() == nil
}

// exits CODE PROGRAM ARGUMENTS… runs a program and wants its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT…]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("%s ended with %d, and %s was wanted", args[1], code, args[0])
	}
}

// portal FLAGS… starts `irccpin simulate --light FLAGS`, and puts what it greets with
// into ADDR (its port alone into PORT), SPKI, CONTROL and ENV, and of several employers into ENV1, ENV2 …. At the end of the script the portal is
// interrupted, and must end well and leave nothing behind.
func startScriptPortal(ts *testscript.TestScript, _ bool, args []string) {
	cmd := scriptCommand(ts, append([]string{"irccpin", "simulate", "--light"}, args...))
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	lines := bufio.NewReader(out)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		ts.Fatalf("the portal did not greet: %v: %s", err, cmd.Stderr)
	}
	var greeting greeting
	ts.Check(json.Unmarshal(line, &greeting))
	ts.Setenv("ADDR", greeting.Addr)
	_, port, err := net.SplitHostPort(greeting.Addr)
	ts.Check(err)
	ts.Setenv("PORT", port)
	ts.Setenv("SPKI", greeting.SPKI)
	ts.Setenv("CONTROL", greeting.Control)
	ts.Setenv("ENV", greeting.EnvFile)
	for i, file := range greeting.EnvFiles {
		ts.Setenv(fmt.Sprintf("ENV%d", i+1), file)
	}
	ts.Defer(func() {
		ts.Check(cmd.Process.Signal(os.Interrupt))
		rest, err := io.ReadAll(lines)
		ts.Check(err)
		if err := cmd.Wait(); err != nil || len(rest) > 0 {
			ts.Fatalf("the portal ended with %v, after %q", err, rest)
		}
		if _, err := os.Stat(greeting.EnvFile); !os.IsNotExist(err) {
			ts.Fatalf("the portal left its settings file behind")
		}
	})
}

// mutated NAME… puts a front before the script's portal that changes its pages by
// the mutations named, and lets ADDR and SPKI be the front's.
func mutated(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: mutated NAME…")
	}
	edits, err := mutate.Named(args...)
	ts.Check(err)
	catalog, err := selectors.Default()
	ts.Check(err)
	var hosts []string
	for _, h := range catalog.Site.Hosts {
		hosts = append(hosts, h.Host)
	}
	front, err := mutate.Open(ts.Getenv("ADDR"), hosts, 0, edits...)
	ts.Check(err)
	ts.Setenv("ADDR", front.Addr)
	ts.Setenv("SPKI", front.SPKI)
	ts.Defer(func() { ts.Check(front.Close()) })
}

// chrome VAR starts a hidden Chrome as somebody else would, and puts the address
// of its debugging port into VAR. At the end of the script it must still run.
func startScriptChrome(ts *testscript.TestScript, _ bool, args []string) {
	found, err := automation.FindBrowser(context.Background(), "", true)
	ts.Check(err)
	dir := ts.MkAbs("chrome-" + args[0])
	words := []string{found.Path, "--headless", "--remote-debugging-port=0", "--user-data-dir=" + dir, "--disable-dev-shm-usage"}
	if os.Geteuid() == 0 {
		words = append(words, "--no-sandbox")
	}
	cmd := scriptCommand(ts, words)
	cmd.Stderr = nil
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	port := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if _, address, ok := strings.Cut(lines.Text(), "DevTools listening on ws://"); ok {
				host, _, _ := strings.Cut(address, "/")
				port <- host
			}
		}
		ended <- cmd.Wait()
	}()
	ts.Defer(func() {
		select {
		case err := <-ended:
			ts.Fatalf("the Chrome elsewhere ended with %v", err)
		default:
			ts.Check(cmd.Process.Kill())
			<-ended
		}
	})
	select {
	case host := <-port:
		ts.Setenv(args[0], "http://"+host)
	case <-time.After(20 * time.Second): // far above what a start takes
		ts.Fatalf("the Chrome elsewhere told no port")
	}
}

// scriptCommand is a command in the script's directory and environment.
func scriptCommand(ts *testscript.TestScript, words []string) *exec.Cmd {
	path := words[0]
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if candidate := filepath.Join(dir, words[0]); words[0] == "irccpin" && exec.Command(candidate).Err == nil {
			if _, err := os.Stat(candidate); err == nil {
				path = candidate
				break
			}
		}
	}
	cmd := exec.Command(path, words[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "TMPDIR=" + ts.Getenv("TMPDIR"), "LANG=C.UTF-8"}
	cmd.Stderr = &bytes.Buffer{}
	return cmd
}

// witness WHAT N compares a count of what the portal saw.
func witness(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: witness WHAT N")
	}
	response, err := http.Get(ts.Getenv("CONTROL") + "/witness")
	ts.Check(err)
	defer response.Body.Close()
	var seen fixtures.Witness
	ts.Check(json.NewDecoder(response.Body).Decode(&seen))
	count := map[string]int{
		"creations": len(seen.CreationsOf("")),
		"deletions": len(seen.Deletions),
		"passwords": len(seen.SubmitsOf(fixtures.SecretPassword, "")),
		"logouts":   len(seen.Logouts),
		"sessions":  len(seen.Sessions),
		"alive":     seen.SessionsAlive,
		"clicks":    len(seen.Clicks),
		"strays":    len(seen.Strays),
	}
	got, known := count[args[0]]
	if !known {
		ts.Fatalf("the witness does not count %q", args[0])
	}
	if strconv.Itoa(got) != args[1] {
		ts.Fatalf("the portal saw %d %s, and %s were wanted", got, args[0], args[1])
	}
}

// json PATH VALUE wants a value in the one JSON document that is on stdout. A
// path is like error.code or users.0.pin; a value is JSON, or any text, where a
// dash stands for "any but empty".
func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: json PATH VALUE")
	}
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	var at any
	ts.Check(decoder.Decode(&at))
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("there is more than one document on stdout")
	}
	for _, step := range strings.Split(args[0], ".") {
		switch here := at.(type) {
		case map[string]any:
			below, there := here[step]
			if !there {
				ts.Fatalf("%s: there is no %q in the document", args[0], step)
			}
			at = below
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(here) {
				ts.Fatalf("%s: there is no element %q in a list of %d", args[0], step, len(here))
			}
			at = here[n]
		default:
			ts.Fatalf("%s: nothing is below %v", args[0], at)
		}
	}
	got := fmt.Sprint(at)
	if at == nil {
		got = "null"
	}
	fits := got == args[1] || args[1] == "-" && got != "" && at != nil
	if fits == neg {
		ts.Fatalf("%s is %q", args[0], got)
	}
}

// lastline PATTERN wants the last line of stdout to match as a whole.
func lastLine(ts *testscript.TestScript, neg bool, args []string) {
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile("stdout"), "\n"), "\n")
	last := lines[len(lines)-1]
	if regexp.MustCompile("^(?:"+args[0]+")$").MatchString(last) == neg {
		ts.Fatalf("the last line of stdout is %q", last)
	}
}

// interrupted [-term] TEXT CODE COMMAND… runs a command, interrupts it when TEXT is on
// its stderr, as Ctrl-C does or with SIGTERM, and wants its exit code. What it wrote
// is left in the files out and err.
func interrupted(ts *testscript.TestScript, _ bool, args []string) {
	var signal os.Signal = os.Interrupt
	if args[0] == "-term" {
		signal, args = syscall.SIGTERM, args[1:]
	}
	interruptedAfter(ts, signal, args, func(string) {})
}

// observed METRIC TEXT CODE COMMAND… is interrupted for a worker with --listen,
// which is asked before it is interrupted until it tells METRIC. What it said then
// is left in the files metrics and healthz.
func observed(ts *testscript.TestScript, _ bool, args []string) {
	interruptedAfter(ts, os.Interrupt, args[1:], func(log string) {
		found := regexp.MustCompile(`/metrics" address=(\S+)`).FindStringSubmatch(log)
		if found == nil {
			ts.Fatalf("the worker did not say where it can be asked:\n%s", log)
		}
		ask := func(path string) string {
			response, err := http.Get("http://" + found[1] + path)
			ts.Check(err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			ts.Check(err)
			return fmt.Sprintf("%d\n%s", response.StatusCode, body)
		}
		text := ask("/metrics")
		for limit := time.Now().Add(time.Minute); !strings.Contains(text, args[0]) && time.Now().Before(limit); text = ask("/metrics") {
			time.Sleep(20 * time.Millisecond) // it is another process; nothing tells when
		}
		ts.Check(os.WriteFile(ts.MkAbs("metrics"), []byte(text), 0o600))
		ts.Check(os.WriteFile(ts.MkAbs("healthz"), []byte(ask("/healthz")), 0o600))
	})
}

// interruptedAfter is interrupted; before is called just before the interruption,
// with what was on stderr until then.
func interruptedAfter(ts *testscript.TestScript, signal os.Signal, args []string, before func(log string)) {
	cmd := scriptCommand(ts, args[2:])
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, nil
	pipe, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	lines := bufio.NewScanner(pipe)
	sent := false
	for lines.Scan() {
		stderr.WriteString(lines.Text() + "\n")
		if !sent && strings.Contains(lines.Text(), args[0]) {
			sent = true
			before(stderr.String())
			ts.Check(cmd.Process.Signal(signal))
		}
	}
	err = cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs("out"), stdout.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err"), stderr.Bytes(), 0o600))
	if code := cmd.ProcessState.ExitCode(); !sent || strconv.Itoa(code) != args[1] {
		ts.Fatalf("sent: %t, ended with %d (%v):\n%s%s", sent, code, err, &stdout, &stderr)
	}
}

// mode MODE FILE wants a file's permissions.
func checkMode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has the mode %s", args[1], got)
	}
}

// nothingleft DIR wants that a directory is empty, or not there.
func nothingLeft(ts *testscript.TestScript, _ bool, args []string) {
	left, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*"))
	ts.Check(err)
	if len(left) > 0 {
		ts.Fatalf("left behind: %v", left)
	}
}
