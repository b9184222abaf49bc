package browser

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"irccpin/automation/lang"
)

// CannotInstall happens when a browser cannot be installed without a person.
type CannotInstall struct {
	// Reason says why not.
	Reason string
	// Command is what the person can type instead.
	Command string
}

func (e *CannotInstall) Error() string {
	return lang.Text("a browser cannot be installed from here: %s; type: %s", e.Reason, e.Command)
}

// InstallOptions say how a browser is installed. Only Out is needed; the rest
// stands for the machine.
type InstallOptions struct {
	// Out is told what is done, and gets what the package manager prints.
	Out io.Writer

	// GOOS is the system; empty is this one.
	GOOS string
	// Root tells whether this process may install packages; nil asks the
	// system.
	Root func() bool
	// OSRelease gives the text of /etc/os-release; nil reads it.
	OSRelease func() ([]byte, error)
	// HasCommand tells whether a program is on PATH; nil looks.
	HasCommand func(name string) bool
	// Run runs a command with additions to the environment, printing to out;
	// nil runs it.
	Run func(ctx context.Context, out io.Writer, env []string, name string, args ...string) error
}

// debianPackages: the full browser for a visible window, the headless shell for
// the rest.
var debianPackages = []string{"chromium", "chromium-headless-shell"}

// Install installs a browser through the system's package manager where that
// works without a question: as root on Debian. It says on Out what it does.
//
// Elsewhere it returns *CannotInstall with the command to type; when the
// package manager fails, an error that names the command.
func Install(ctx context.Context, options InstallOptions) error {
	o := options.withDefaults()
	switch o.GOOS {
	case "darwin":
		return &CannotInstall{Reason: lang.Text("macOS has no package manager of its own"), Command: "brew install --cask google-chrome"}
	case "windows":
		return &CannotInstall{Reason: lang.Text("Windows asks before it installs"), Command: "winget install --id Google.Chrome"}
	}
	system := readOSRelease(o.OSRelease)
	switch {
	case system.is("linuxmint"):
		return &CannotInstall{Reason: lang.Text("this is not Debian"), Command: "sudo apt-get install -y chromium"}
	case system.is("ubuntu") && !o.HasCommand("snap"):
		return &CannotInstall{
			Reason:  lang.Text("on Ubuntu, Chromium is a snap, and snap is not here; Google Chrome comes as a package"),
			Command: "wget https://dl.google.com/linux/direct/google-chrome-stable_current_amd64.deb && sudo apt-get install -y ./google-chrome-stable_current_amd64.deb",
		}
	case system.is("ubuntu"):
		return &CannotInstall{
			Reason:  lang.Text("on Ubuntu, Chromium is a snap, which asks first"),
			Command: "sudo snap install chromium",
		}
	case (system.is("debian") || o.HasCommand("apt-get")) && !o.Root():
		return &CannotInstall{
			Reason:  lang.Text("installing packages needs root"),
			Command: "sudo apt-get update && sudo apt-get install -y " + strings.Join(debianPackages, " "),
		}
	case system.is("debian") && o.HasCommand("apt-get"):
		return o.debian(ctx)
	case system.is("fedora") || o.HasCommand("dnf"):
		return &CannotInstall{Reason: lang.Text("this is not Debian"), Command: "sudo dnf install -y chromium chromium-headless"}
	case system.is("arch") || o.HasCommand("pacman"):
		return &CannotInstall{Reason: lang.Text("this is not Debian"), Command: "sudo pacman -S --needed chromium"}
	case system.is("alpine") || o.HasCommand("apk"):
		return &CannotInstall{Reason: lang.Text("this is not Debian"), Command: "sudo apk add chromium"}
	case system.is("suse") || o.HasCommand("zypper"):
		return &CannotInstall{Reason: lang.Text("this is not Debian"), Command: "sudo zypper install -y chromium"}
	default:
		return &CannotInstall{
			Reason:  lang.Text("this system's package manager is not known"),
			Command: lang.Text("your package manager's command to install chromium, or see https://www.google.com/chrome"),
		}
	}
}

func (o InstallOptions) withDefaults() InstallOptions {
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.GOOS == "" {
		o.GOOS = runtime.GOOS
	}
	if o.Root == nil {
		o.Root = func() bool { return os.Geteuid() == 0 }
	}
	if o.OSRelease == nil {
		o.OSRelease = func() ([]byte, error) { return os.ReadFile("/etc/os-release") }
	}
	if o.HasCommand == nil {
		o.HasCommand = func(name string) bool {
			_, err := exec.LookPath(name)
			return err == nil
		}
	}
	if o.Run == nil {
		o.Run = run
	}
	return o
}

// debian installs on Debian, as root.
func (o InstallOptions) debian(ctx context.Context) error {
	for _, args := range [][]string{
		{"update"},
		append([]string{"install", "-y"}, debianPackages...),
	} {
		command := "apt-get " + strings.Join(args, " ")
		fmt.Fprintln(o.Out, lang.Text("Installing a browser: %s", command))
		// Package scripts must not ask either.
		err := o.Run(ctx, o.Out, []string{"DEBIAN_FRONTEND=noninteractive"}, "apt-get", args...)
		if err != nil {
			return lang.Errorf("installing a browser: %s: %w", command, err)
		}
	}
	return nil
}

func run(ctx context.Context, out io.Writer, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return err
}

// osRelease are the names that a Linux system gives itself, closest first.
type osRelease []string

func (names osRelease) is(name string) bool { return slices.Contains(names, name) }

// readOSRelease reads ID and ID_LIKE of os-release. A system that is like
// Ubuntu is like Debian too, but its chromium is Ubuntu's.
func readOSRelease(read func() ([]byte, error)) osRelease {
	text, err := read()
	if err != nil {
		return nil
	}
	var id, like []string
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), "=")
		value = strings.Trim(value, `"'`)
		switch key {
		case "ID":
			id = strings.Fields(value)
		case "ID_LIKE":
			like = strings.Fields(value)
		}
	}
	return append(id, like...)
}
