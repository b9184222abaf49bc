package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"irccpin/automation/lang"
)

const (
	// CommandTimeout bounds a command that yields a secret: long enough to touch a security key, short enough that a
	// forgotten prompt does not look like a hang.
	CommandTimeout = 30 * time.Second
	// commandGrace is how long output may still drain after a command was ended.
	commandGrace = 2 * time.Second
	// maxSecretSize is more than any password and less than a file given by mistake.
	maxSecretSize = 64 << 10
)

// Command is a command of the settings, split into words. It formats as [Redacted], since a careless command line can
// hold a secret itself.
type Command struct {
	words []Value
	dir   string
}

// IsZero reports whether there is no command.
func (c Command) IsZero() bool { return len(c.words) == 0 }

// Format implements [fmt.Formatter].
func (c Command) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(Redacted)) }

// Words returns the program and its arguments in clear.
func (c Command) Words() []string {
	words := make([]string, len(c.words))
	for i, word := range c.words {
		words[i] = word.Reveal()
	}
	return words
}

// Output runs the command with run and returns its standard output, without its trailing line ends, as a secret. The
// environment is what [CommandEnviron] leaves of environ. It is an error if the output is empty, has several lines, or
// takes longer than 30 seconds. The errors quote neither the command nor anything it printed.
func (c Command) Output(ctx context.Context, run CommandRunner, environ []string) (Value, error) {
	if c.IsZero() {
		return Value{}, lang.NewError("there is no command")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, CommandTimeout, errCommandTimeout)
	defer cancel()
	out, err := run(ctx, Invocation{Words: c.Words(), Environ: CommandEnviron(environ), Dir: c.dir})
	if err != nil {
		clear(out)
		return Value{}, err
	}
	v, err := oneLine(bytes.TrimRight(out, "\r\n"))
	if err != nil {
		clear(out)
		return Value{}, lang.Errorf("its output %w", err)
	}
	return v, nil
}

var errCommandTimeout = lang.NewError("it did not end within %v", CommandTimeout)

// Invocation is one run of a command.
type Invocation struct {
	Words   []string // the program and its arguments
	Environ []string // the whole environment, as "KEY=value"
	Dir     string   // the working directory; "" for the current one
	Stdin   []byte   // what it can read on its standard input
}

// CommandRunner runs a command and returns its standard output. It must end everything it started when ctx ends.
// [RunCommand] is the real one.
type CommandRunner func(ctx context.Context, in Invocation) ([]byte, error)

// RunCommand starts a program without a shell, and returns what it printed on standard output. Its standard error is discarded, for it may quote secrets. When ctx ends, the program and what it started
// are killed. Errors say what happened without naming the program.
func RunCommand(ctx context.Context, in Invocation) ([]byte, error) {
	name := in.Words[0]
	if in.Dir != "" && strings.ContainsRune(filepath.ToSlash(name), '/') && !filepath.IsAbs(name) {
		dir, err := filepath.Abs(in.Dir)
		if err != nil {
			return nil, lang.Errorf("its directory is unknown: %s", reasonOf(err))
		}
		name = filepath.Join(dir, name)
	}
	cmd := exec.CommandContext(ctx, name, in.Words[1:]...)
	cmd.Env = in.Environ
	cmd.Dir = in.Dir
	if in.Stdin != nil {
		cmd.Stdin = bytes.NewReader(in.Stdin)
	}
	stdout := &limitedBuffer{limit: maxSecretSize}
	cmd.Stdout = stdout
	cmd.WaitDelay = commandGrace
	err := runGroup(cmd)
	if ctx.Err() != nil {
		clear(stdout.data)
		return nil, context.Cause(ctx)
	}
	var exit *exec.ExitError
	switch {
	case err == nil && stdout.exceeded:
		clear(stdout.data)
		return nil, lang.Errorf("it printed more than %d KiB", maxSecretSize>>10)
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		// After ErrWaitDelay the program itself ended well; something it left behind held its output open.
		return stdout.data, nil
	case errors.As(err, &exit):
		clear(stdout.data)
		return nil, lang.Errorf("it failed (%s); run it in a terminal to see why", exit.ProcessState)
	case errors.Is(err, exec.ErrNotFound):
		return nil, lang.NewError("its program is not on the PATH")
	}
	return nil, lang.Errorf("it could not be started: %s", reasonOf(err))
}

// limitedBuffer keeps the first limit bytes and swallows the rest, so that a chatty program still ends.
type limitedBuffer struct {
	data     []byte
	limit    int
	exceeded bool
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if room := b.limit - len(b.data); len(p) > room {
		b.exceeded = true
		b.data = append(b.data, p[:room]...)
	} else {
		b.data = append(b.data, p...)
	}
	return len(p), nil
}

// commandVariables are the environment variables that password managers need to find their store, their agent and a
// place to ask. Everything else is withheld, because the process environment may hold secrets of any name.
func commandVariables() []string {
	return []string{
		"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ",
		"LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES",
		"TERM", "COLORTERM", "NO_COLOR",
		"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
		"SSH_AUTH_SOCK", "SSH_AGENT_PID", "GNUPGHOME", "GPG_TTY", "GPG_AGENT_INFO", "PINENTRY_USER_DATA",
		"PASSWORD_STORE_DIR", "PASSWORD_STORE_GPG_OPTS",
		"DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME",
		"XDG_DATA_DIRS", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_SESSION_ID", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP",
		// Windows starts few programs without these.
		"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERNAME", "USERPROFILE", "HOMEDRIVE",
		"HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432",
	}
}

// CommandEnviron returns what a command of the settings may see of environ: an allow-list that lets password managers
// work and holds no secrets.
func CommandEnviron(environ []string) []string {
	allowed := commandVariables()
	kept := []string{}
	for _, entry := range environ {
		key, _, _ := strings.Cut(entry, "=")
		// Windows writes its names in mixed case.
		if slices.Contains(allowed, strings.ToUpper(key)) {
			kept = append(kept, entry)
		}
	}
	return kept
}
