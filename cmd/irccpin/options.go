package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// sources are the places where an option can be set, in the order in which they
// count: flag, environment, settings file.
type sources struct {
	c       *cli.Context
	p       *program
	environ []string
	file    map[string]automation.Secret
	// name is the settings file's, for messages and for what paths in it are
	// relative to.
	name string
	// unattended tells that nobody takes part, also when a person is there.
	unattended bool
}

// option is a value and where it was found; the zero value is "not set".
type option struct {
	value string
	// where names the place in messages.
	where string
	// code is what a bad value is called: a bad flag is bad usage, and anything
	// else is a bad setting.
	code automation.Code
	// dir is what a relative path is relative to.
	dir string
	// rank is how much the place counts: a flag most, 0 for what is not set.
	rank int
}

// of returns an option by its flag ("" for none) and the name of its variable
// ("" for none).
func (s sources) of(flag, name string) option {
	if flag != "" && s.c.IsSet(flag) {
		return option{fmt.Sprint(s.c.Value(flag)), "--" + flag, automation.Usage, "", 3}
	}
	if value := variable(s.environ, name); name != "" && value != "" {
		return option{value, lang.Text("%s in the environment", name), automation.BadSettings, "", 2}
	}
	if value := s.file[name]; !value.IsZero() {
		return option{value.Reveal(), lang.Text("%s in %s", name, s.name), automation.BadSettings, filepath.Dir(s.name), 1}
	}
	return option{}
}

func (o option) bad(format string, args ...any) error {
	err := &automation.Error{Code: o.code, Message: o.where + " " + lang.Text(format, args...)}
	if o.code == automation.Usage {
		return &usageError{err}
	}
	err.Hint = lang.Text("Correct it and run the command again. The portal was not opened.")
	return err
}

// yes reads a switch.
func (o option) yes() (bool, error) {
	if o.value == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(o.value)
	if err != nil {
		return false, o.bad("is neither true nor false: %q", o.value)
	}
	return on, nil
}

// duration reads a time; unset is 0, and set is more unless zero is allowed.
func (o option) duration(zero bool) (time.Duration, error) {
	if o.value == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(o.value)
	if err != nil {
		return 0, o.bad("is not a duration such as 90s or 10m: %q", o.value)
	}
	if d < 0 || d == 0 && !zero {
		return 0, o.bad("must be more than nothing: %q", o.value)
	}
	return d, nil
}

// path reads a path and makes it absolute.
func (o option) path() (string, error) {
	if o.value == "" {
		return "", nil
	}
	if strings.HasPrefix(o.value, "~") && o.code == automation.BadSettings {
		return "", o.bad("begins with ~, which only a shell expands; write the whole path")
	}
	path := o.value
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.dir, path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", o.bad("cannot be made a full path: %v", err)
	}
	return path, nil
}

// count reads a whole number from 1 to most; 0 when it is not given.
func (o option) count(most int) (int, error) {
	if o.value == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(o.value)
	if err != nil || n < 1 || n > most {
		return 0, o.bad("is not a whole number from 1 to %d: %q", most, o.value)
	}
	return n, nil
}

// program reads a path to a program, or the name of one on PATH.
func (o option) program() (string, error) {
	if o.value == "" || !strings.ContainsAny(o.value, `/\`) {
		return o.value, nil
	}
	return o.path()
}

// database reads the address of a shared ledger. It can hold a password, and is
// not quoted.
func (o option) database() (string, error) {
	if o.value != "" && !strings.HasPrefix(o.value, "postgres://") && !strings.HasPrefix(o.value, "postgresql://") {
		return "", o.bad("is not a postgres:// address")
	}
	return o.value, nil
}

// settingsFrom says where the employer's settings are.
func (s sources) settingsFrom() automation.SettingsFrom {
	from := automation.SettingsFrom{File: ".env", Employer: s.c.String("employer"), Environ: s.environ, Attended: s.c.Bool("attend")}
	if named := s.of("env-file", "IRCCPIN_ENV_FILE"); named.value != "" {
		// A file that only the environment names gives way to the keychain that is asked for.
		from.File, from.FileNamed = named.value, from.Employer == "" || s.c.IsSet("env-file")
	}
	return from
}

// withFile adds what a settings file says to the sources.
func (s sources) withFile(program map[string]automation.Secret, file string) sources {
	s.file, s.name = program, file
	return s
}

// simulator reads where the simulated portal is; nil is the real one.
func (s sources) simulator() (*automation.Simulator, error) {
	addr, spki := s.of("simulator", "IRCCPIN_SIMULATOR"), s.of("simulator-spki", "IRCCPIN_SIMULATOR_SPKI")
	switch {
	case addr.value == "" && spki.value == "":
		return nil, nil
	case addr.value == "":
		return nil, usage("%s is given without --simulator: both or none", spki.where)
	case spki.value == "":
		return nil, usage("%s is given without --simulator-spki: both or none", addr.where)
	}
	host, port, err := net.SplitHostPort(automation.PlainAddr(addr.value))
	if err != nil {
		return nil, usage("%s is not HOST:PORT: %q", addr.where, addr.value)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return nil, usage("%s has no port between 1 and 65535: %q", addr.where, addr.value)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, usage("%s is not an address of this machine alone, such as 127.0.0.1:8443: %q", addr.where, addr.value)
	}
	// The SHA-256 of a public key.
	if key, err := base64.StdEncoding.DecodeString(spki.value); err != nil || len(key) != 32 {
		return nil, usage("%s is not the base64 text of a public key's SHA-256, 44 characters as the simulated portal prints them", spki.where)
	}
	return &automation.Simulator{Addr: net.JoinHostPort(host, port), SPKI: spki.value}, nil
}

// stateDir is where the program keeps what it has to remember.
func (s sources) stateDir() (string, error) {
	named, err := s.of("state-dir", "IRCCPIN_STATE_DIR").path()
	if named != "" || err != nil {
		return named, err
	}
	dir, err := defaultStateDir(func(name string) string { return variable(s.environ, name) }, runtime.GOOS)
	if err != nil {
		return "", &automation.Error{Code: automation.StateUnavailable, Message: err.Error(), Err: err, Hint: lang.Text("Name a directory with --state-dir.")}
	}
	return dir, nil
}

// defaultStateDir is where programs of each system keep their state.
func defaultStateDir(variable func(string) string, goos string) (string, error) {
	var base, variables string
	switch goos {
	case "windows":
		base, variables = variable("LocalAppData"), "%LocalAppData%"
	case "darwin":
		if home := variable("HOME"); home != "" {
			base = filepath.Join(home, "Library", "Application Support")
		}
		variables = "$HOME"
	default:
		base, variables = variable("XDG_STATE_HOME"), lang.Text("$XDG_STATE_HOME or $HOME")
		// The specification says that relative paths are to be ignored.
		if home := variable("HOME"); !filepath.IsAbs(base) && home != "" {
			base = filepath.Join(home, ".local", "state")
		}
	}
	if !filepath.IsAbs(base) {
		return "", lang.Errorf("there is no place for the program's state: %s is not set", variables)
	}
	return filepath.Join(base, "irccpin"), nil
}

// state says where the ledger is, and makes the state directory.
func (s sources) state(ctx context.Context) (automation.State, error) {
	dir, err := s.stateDir()
	if err != nil {
		return automation.State{}, err
	}
	key, err := automation.LedgerKey(ctx, s.environ, s.file, filepath.Dir(s.name))
	if err != nil {
		return automation.State{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return automation.State{}, &automation.Error{
			Code: automation.StateUnavailable, Message: lang.Text("the state directory cannot be made: %v", err), Err: err,
			Hint: lang.Text("Name another one with --state-dir. The portal was not opened."),
		}
	}
	url, err := s.of("database-url", "IRCCPIN_DATABASE_URL").database()
	return automation.State{Dir: dir, DatabaseURL: url, Key: key}, err
}

// headless tells whether the browser is to be hidden. attended tells that a
// person may be at the window.
func (s sources) headless(attended bool) (hidden, chosen bool, err error) {
	if s.c.Bool("headless") && s.c.Bool("show") {
		return false, false, usage("--headless and --show contradict each other")
	}
	if s.c.IsSet("show") {
		return !s.c.Bool("show"), true, nil
	}
	set := s.of("headless", "IRCCPIN_HEADLESS")
	if set.value != "" {
		hidden, err = set.yes()
		return hidden, true, err
	}
	return !attended, false, nil
}

// attendedTimeout is for a session with a person at the window: a captcha or a
// second factor takes minutes, and the telephone can ring. Of what is left a
// person who is asked for something has nine tenths.
const attendedTimeout = 20 * time.Minute

// attend reads whether a person is to sign in. That needs a window that they can
// see, and leave to ask them.
func (s sources) attend() (bool, error) {
	if !s.c.Bool("attend") {
		return false, nil
	}
	hide, mute := s.of("headless", "IRCCPIN_HEADLESS"), s.of("no-input", "IRCCPIN_NO_INPUT")
	hidden, err := hide.yes()
	alone, err2 := mute.yes()
	switch {
	case err != nil || err2 != nil:
		return false, cmp.Or(err, err2)
	case hidden && !s.c.Bool("show"):
		return false, usage("--attend and %s contradict each other: a person signs in in the window", hide.where)
	case s.c.IsSet("show") && !s.c.Bool("show"):
		return false, usage("--attend and --show=false contradict each other: a person signs in in the window")
	case s.of("browser-url", "IRCCPIN_BROWSER_URL").value != "":
		return false, usage("--attend and %s contradict each other: a person signs in in the window, which would be elsewhere", s.of("browser-url", "IRCCPIN_BROWSER_URL").where)
	case alone:
		return false, usage("--attend and %s contradict each other: a person signs in in the window", mute.where)
	case !s.p.display():
		return false, usage("--attend needs a display, on which a person signs in in the window, and there is none here")
	}
	return true, nil
}

// early checks what can be checked without reading any file, so that a wrong
// flag is told before a wrong setting.
func (s sources) early() error {
	if s.c.Bool("quiet") && s.c.Bool("verbose") {
		return usage("--quiet and --verbose contradict each other")
	}
	if s.c.IsSet("employer") && strings.TrimSpace(s.c.String("employer")) == "" {
		return usage("--employer is empty")
	}
	for _, flag := range []string{"env-file", "state-dir", "database-url", "selectors", "browser", "browser-url", "timeout", "simulator", "simulator-spki"} {
		if s.c.IsSet(flag) && s.c.String(flag) == "" {
			return usage("--%s is empty", flag)
		}
	}
	_, err := s.of("timeout", "").duration(false)
	_, database := s.of("database-url", "").database()
	_, _, shown := s.headless(false)
	_, attended := s.attend()
	return cmp.Or(err, database, shown, attended)
}

// earlySimulator does the same for pairs of which one half may be in the
// settings file: the simulator's flags, and those of a browser elsewhere. What
// else is wrong with that file is told when it is read in earnest.
func (s sources) earlySimulator() (simulated bool, err error) {
	from := s.settingsFrom()
	program, _ := automation.ProgramSettings(from)
	s = s.withFile(program, from.File)
	simulator, err := s.simulator()
	return simulator != nil, cmp.Or(err, s.elsewhere(new(automation.Config)))
}

// settings reads the employer's settings. Who has none yet is told how to begin.
func (s sources) settings(ctx context.Context) (*automation.Settings, error) {
	from := s.settingsFrom()
	settings, err := automation.LoadSettings(ctx, from)
	var stop *automation.Error
	if _, missing := os.Stat(from.File); missing != nil && !from.FileNamed && from.Employer == "" && automation.RefuseExported(s.environ) == nil && errors.As(err, &stop) {
		stop.Hint = lang.Text("Write the settings file first: irccpin help first-onboarding")
	}
	return settings, err
}

// config settles how the portal is opened, and reads the employer's settings.
func (s sources) config(ctx context.Context, command string) (automation.Config, error) {
	from := s.settingsFrom()
	settings, err := s.settings(ctx)
	if err != nil {
		return automation.Config{}, err
	}
	c, err := s.withFile(settings.Program, from.File).session(ctx)
	c.Settings, c.Command, c.Observer, c.RunID = settings, command, s.p.narrator, automation.NewRunID(s.p.now())
	return c, err
}

// session settles how the portal is opened, whoever the employer is.
func (s sources) session(ctx context.Context) (automation.Config, error) {
	c, err := s.stateless(ctx)
	if err != nil {
		return c, err
	}
	state, err := s.state(ctx)
	c.StateDir, c.DatabaseURL, c.LedgerKey = state.Dir, state.DatabaseURL, state.Key
	return c, err
}

// stateless settles the part of it that has nothing to do with the state.
func (s sources) stateless(ctx context.Context) (automation.Config, error) {
	simulator, err := s.simulator()
	if err != nil {
		return automation.Config{}, err
	}
	c := automation.Config{Simulator: simulator, Environ: s.environ, AllowNoSandbox: s.c.Bool("allow-no-sandbox")}
	if err := s.window(ctx, &c); err != nil {
		return c, err
	}
	if c.Selectors, err = s.of("selectors", "IRCCPIN_SELECTORS").path(); err != nil {
		return c, err
	}
	// Zero means "as usual" to the library, and "no time at all" to who sets it.
	settle := s.of("", "IRCCPIN_SETTLE")
	if c.Settle, err = settle.duration(true); err != nil {
		return c, err
	}
	if settle.value != "" && c.Settle == 0 {
		c.Settle = -1
	}
	days, err := s.of("", "IRCCPIN_KEEP_DAYS").count(36500)
	if err != nil {
		return c, err
	}
	mib, err := s.of("", "IRCCPIN_KEEP_MIB").count(1 << 20)
	if err != nil {
		return c, err
	}
	c.Keep = automation.Keep{Age: time.Duration(days) * 24 * time.Hour, Bytes: int64(mib) << 20}
	return c, nil
}

// elsewhere settles whether a browser is used that runs already, and which.
func (s sources) elsewhere(c *automation.Config) error {
	here, there := s.of("browser", "IRCCPIN_BROWSER"), s.of("browser-url", "IRCCPIN_BROWSER_URL")
	switch {
	case there.value == "":
		if s.c.Bool("trust-remote-browser") {
			return usage("--trust-remote-browser is given without --browser-url")
		}
		return nil
	case s.c.IsSet("browser") && s.c.IsSet("browser-url"):
		return usage("--browser and --browser-url contradict each other")
	case here.rank > there.rank:
		return nil
	case s.c.Bool("show"):
		return usage("--show and %s contradict each other: the window would not be here", there.where)
	}
	urls, err := automation.SplitBrowserURLs(there.value)
	if err != nil {
		return there.bad("cannot be used: %v", err)
	}
	c.BrowserURLs, c.TrustRemoteBrowser = urls, s.c.Bool("trust-remote-browser")
	return nil
}

// capture is the folder for the pages that are met; "" keeps none.
func (s sources) capture() (string, error) {
	if s.c.IsSet("capture") && s.c.String("capture") == "" {
		return "", usage("--capture is empty")
	}
	return s.of("capture", "").path()
}

// persons are the people that a command line names, for a capture to make up.
func (s sources) persons() []string {
	var names []string
	for _, flag := range []string{"given-name", "family-name", "email", "authorized-by"} {
		if s.c.IsSet(flag) {
			names = append(names, s.c.String(flag))
		}
	}
	return names
}

// windowless tells whether no window can be had: one that nobody asked for is done
// without then.
func windowless(ctx context.Context, named string) bool {
	found, err := automation.FindBrowser(ctx, named, false)
	return err != nil || found.HeadlessShell
}

// window settles which browser is started, whether it is seen, and for how long.
func (s sources) window(ctx context.Context, c *automation.Config) error {
	alone, err := s.of("no-input", "IRCCPIN_NO_INPUT").yes()
	if err != nil {
		return err
	}
	if c.Browser, err = s.of("browser", "IRCCPIN_BROWSER").program(); err != nil {
		return err
	}
	alone = alone || s.unattended
	if c.Attend, err = s.attend(); err != nil {
		return err
	}
	hidden, chosen, err := s.headless(c.Attend || s.p.attended() && !alone)
	if err != nil {
		return err
	}
	if err := s.elsewhere(c); err != nil {
		return err
	}
	if len(c.BrowserURLs) > 0 {
		hidden, chosen = true, true // its window, if any, is not here
	}
	chosen = chosen || c.Attend
	if !hidden && !chosen {
		hidden = windowless(ctx, c.Browser)
	}
	c.Headless = hidden
	if c.Timeout, err = s.of("timeout", "IRCCPIN_TIMEOUT").duration(false); err != nil {
		return err
	}
	if c.Attend || !hidden && !alone && s.p.attended() {
		c.Timeout = cmp.Or(c.Timeout, attendedTimeout)
		c.Patience = c.Timeout
		return nil // who is at the window is asked there
	}
	if c.Prompter = s.p.prompter(alone); c.Prompter != nil && c.Timeout == 0 {
		c.Timeout = attendedTimeout
	}
	return nil
}
