package browser_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irccpin/automation/browser"
)

// machine is a file system with programs on it, by path: the text of a script,
// or "" for a binary. A name that ends with a slash is a directory; one that
// starts with a dash stands for a file that is not executable.
type machine map[string]string

type fileInfo struct {
	name string
	mode fs.FileMode
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return 1 }
func (i fileInfo) Mode() fs.FileMode  { return i.mode }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return i.mode.IsDir() }
func (i fileInfo) Sys() any           { return nil }

func (m machine) Stat(name string) (fs.FileInfo, error) {
	if _, ok := m[name]; ok {
		return fileInfo{name, 0o755}, nil
	}
	if _, ok := m["-"+name]; ok {
		return fileInfo{name, 0o644}, nil
	}
	if _, ok := m[name+"/"]; ok {
		return fileInfo{name, fs.ModeDir | 0o755}, nil
	}
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

func (m machine) ReadStart(name string) ([]byte, error) {
	if text, ok := m[name]; ok {
		return []byte(text), nil
	}
	return nil, fs.ErrNotExist
}

func (m machine) Glob(pattern string) ([]string, error) {
	slashes := func(s string) string { return strings.ReplaceAll(s, `\`, "/") }
	var matches []string
	for name := range m {
		if ok, err := path.Match(slashes(pattern), slashes(name)); err != nil {
			return nil, err
		} else if ok {
			matches = append(matches, name)
		}
	}
	slices.Sort(matches)
	return matches, nil
}

const (
	debianShell = "#!/bin/sh -e\n\n/usr/lib/chromium/chromium-headless-shell \"$@\"\n"
	debianFull  = "#!/bin/sh\nLIBDIR=/usr/lib/chromium\nexec $LIBDIR/chromium $CHROMIUM_FLAGS \"$@\"\n"
	ubuntuStub  = "#!/bin/sh\nif ! [ -x /snap/bin/chromium ]; then echo 'snap install chromium'; exit 1; fi\nexec /snap/bin/chromium \"$@\"\n"
)

func TestFind(t *testing.T) {
	linux := map[string]string{"HOME": "/home/ada", "PATH": "/usr/local/bin:/usr/bin"}
	mac := map[string]string{"HOME": "/Users/ada", "PATH": "/usr/bin"}
	windows := map[string]string{
		"USERPROFILE": `C:\Users\ada`, "LOCALAPPDATA": `C:\Users\ada\AppData\Local`,
		"ProgramFiles": `C:\Program Files`, "ProgramFiles(x86)": `C:\Program Files (x86)`, "PATH": `C:\Windows;C:\tools`,
	}
	with := func(env map[string]string, name, value string) map[string]string {
		more := map[string]string{name: value}
		for n, v := range env {
			if n != name {
				more[n] = v
			}
		}
		return more
	}
	type want struct {
		path, name  string
		shell, snap bool
		err         string
	}
	for name, test := range map[string]struct {
		goos     string
		env      map[string]string
		files    machine
		registry map[string]string
		explicit string
		headless bool
		want     want
	}{
		"Debian, hidden": {
			goos: "linux", env: linux, headless: true,
			files: machine{"/usr/bin/chromium": debianFull, "/usr/lib/chromium/chromium": "", "/usr/bin/chromium-headless-shell": debianShell, "/usr/lib/chromium/chromium-headless-shell": ""},
			want:  want{path: "/usr/lib/chromium/chromium-headless-shell", name: "Chromium headless shell", shell: true},
		},
		"Debian, visible": {
			goos: "linux", env: linux,
			files: machine{"/usr/bin/chromium": debianFull, "/usr/lib/chromium/chromium": "", "/usr/bin/chromium-headless-shell": debianShell, "/usr/lib/chromium/chromium-headless-shell": ""},
			want:  want{path: "/usr/lib/chromium/chromium", name: "Chromium"},
		},
		"a wrapper leads to its program": {
			goos: "linux", env: linux, explicit: "/usr/bin/chromium-headless-shell",
			files: machine{"/usr/bin/chromium-headless-shell": debianShell, "/usr/lib/chromium/chromium-headless-shell": ""},
			want:  want{path: "/usr/lib/chromium/chromium-headless-shell", shell: true},
		},
		"a wrapper on PATH": {
			goos: "linux", env: linux, headless: true,
			files: machine{"/usr/local/bin/headless_shell": "#!/bin/sh\nexec /opt/shell/headless_shell --flag \"$@\"\n", "/opt/shell/headless_shell": ""},
			want:  want{path: "/opt/shell/headless_shell", name: "Chrome headless shell", shell: true},
		},
		"Chrome before Chromium before Edge": {
			goos: "linux", env: linux,
			files: machine{"/usr/bin/microsoft-edge": "", "/usr/bin/chromium": "", "/opt/google/chrome/chrome": ""},
			want:  want{path: "/opt/google/chrome/chrome", name: "Google Chrome"},
		},
		"stable Brave before Chrome Beta": {
			goos: "linux", env: linux,
			files: machine{"/opt/google/chrome-beta/chrome": "", "/usr/bin/brave-browser": ""},
			want:  want{path: "/usr/bin/brave-browser", name: "Brave"},
		},
		"the newest of Puppeteer's": {
			goos: "linux", env: linux,
			files: machine{
				"/home/ada/.cache/puppeteer/chrome/linux-99.0.1.2/chrome-linux64/chrome":  "",
				"/home/ada/.cache/puppeteer/chrome/linux-140.0.1.2/chrome-linux64/chrome": "",
			},
			want: want{path: "/home/ada/.cache/puppeteer/chrome/linux-140.0.1.2/chrome-linux64/chrome", name: "Chrome for Testing"},
		},
		"Playwright's headless shell": {
			goos: "linux", env: with(linux, "PLAYWRIGHT_BROWSERS_PATH", "/pw"), headless: true,
			files: machine{"/pw/chromium_headless_shell-1187/chrome-linux/headless_shell": "", "/pw/chromium-1187/chrome-linux/chrome": ""},
			want:  want{path: "/pw/chromium_headless_shell-1187/chrome-linux/headless_shell", name: "Chromium headless shell", shell: true},
		},
		"Puppeteer's headless shell, elsewhere": {
			goos: "linux", env: with(linux, "PUPPETEER_CACHE_DIR", "/pp"), headless: true,
			files: machine{"/pp/chrome-headless-shell/linux-140.0.1.2/chrome-headless-shell-linux64/chrome-headless-shell": ""},
			want:  want{path: "/pp/chrome-headless-shell/linux-140.0.1.2/chrome-headless-shell-linux64/chrome-headless-shell", name: "Chrome headless shell", shell: true},
		},
		"Ubuntu without the snap": {
			goos: "linux", env: linux, files: machine{"/usr/bin/chromium-browser": ubuntuStub},
			want: want{err: "no Chrome"},
		},
		"Ubuntu with the snap": {
			goos: "linux", env: linux, files: machine{"/usr/bin/chromium-browser": ubuntuStub, "/snap/bin/chromium": ""},
			want: want{path: "/snap/bin/chromium", name: "Chromium (snap)", snap: true},
		},
		"anything before a snap": {
			goos: "linux", env: linux, files: machine{"/usr/bin/chromium-browser": ubuntuStub, "/snap/bin/chromium": "", "/opt/google/chrome-unstable/chrome": ""},
			want: want{path: "/opt/google/chrome-unstable/chrome", name: "Google Chrome Dev"},
		},
		"only a flatpak": {
			goos: "linux", env: linux, files: machine{"/home/ada/.local/share/flatpak/app/com.google.Chrome/": ""},
			want: want{err: "Google Chrome is installed as a flatpak"},
		},
		"only a headless shell, but visible": {
			goos: "linux", env: linux, files: machine{"/usr/lib/chromium/chromium-headless-shell": ""},
			want: want{err: "/usr/lib/chromium/chromium-headless-shell is a headless shell"},
		},
		"nothing": {goos: "linux", env: linux, files: machine{}, want: want{err: "no Chrome"}},
		"not executable": {
			goos: "linux", env: linux, files: machine{"-/opt/google/chrome/chrome": "", "/usr/bin/chromium/": ""},
			want: want{err: "no Chrome"},
		},
		"explicit wins": {
			goos: "linux", env: linux, explicit: "/opt/x/chrome", headless: true,
			files: machine{"/opt/x/chrome": "", "/opt/google/chrome/chrome": ""},
			want:  want{path: "/opt/x/chrome"},
		},
		"explicit by name": {
			goos: "linux", env: linux, explicit: "my-chrome", files: machine{"/usr/bin/my-chrome": ""},
			want: want{path: "/usr/bin/my-chrome"},
		},
		"explicit, not there": {
			goos: "linux", env: linux, explicit: "/opt/x/chrome", files: machine{"/opt/google/chrome/chrome": ""},
			want: want{err: "the browser /opt/x/chrome cannot be used: there is no such file"},
		},
		"explicit, unknown name": {
			goos: "linux", env: linux, explicit: "my-chrome", files: machine{},
			want: want{err: "the browser my-chrome cannot be used: no program of this name is on PATH"},
		},
		"explicit directory": {
			goos: "linux", env: linux, explicit: "/opt/x", files: machine{"/opt/x/": ""},
			want: want{err: "it is a directory"},
		},
		"explicit, not executable": {
			goos: "linux", env: linux, explicit: "/opt/x/chrome", files: machine{"-/opt/x/chrome": ""},
			want: want{err: "it is not executable"},
		},
		"explicit pointer to a snap that is not there": {
			goos: "linux", env: linux, explicit: "/usr/bin/chromium-browser", files: machine{"/usr/bin/chromium-browser": ubuntuStub},
			want: want{err: "only says how to install"},
		},
		"macOS": {
			goos: "darwin", env: mac,
			files: machine{"/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge": "", "/Users/ada/Applications/Google Chrome.app/Contents/MacOS/Google Chrome": ""},
			want:  want{path: "/Users/ada/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", name: "Google Chrome"},
		},
		"macOS, Canary": {
			goos: "darwin", env: mac, files: machine{"/Applications/Google Chrome Canary.app/Contents/MacOS/Google Chrome Canary": ""},
			want: want{path: "/Applications/Google Chrome Canary.app/Contents/MacOS/Google Chrome Canary", name: "Google Chrome Canary"},
		},
		"macOS, explicit bundle": {
			goos: "darwin", env: mac, explicit: "/Applications/Brave Browser.app/",
			files: machine{"/Applications/Brave Browser.app/": "", "/Applications/Brave Browser.app/Contents/MacOS/Brave Browser": ""},
			want:  want{path: "/Applications/Brave Browser.app/Contents/MacOS/Brave Browser"},
		},
		"macOS, Puppeteer": {
			goos: "darwin", env: mac,
			files: machine{"/Users/ada/.cache/puppeteer/chrome/mac_arm-140.0.1.2/chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing": ""},
			want:  want{path: "/Users/ada/.cache/puppeteer/chrome/mac_arm-140.0.1.2/chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing", name: "Chrome for Testing"},
		},
		"Windows, Edge is always there": {
			goos: "windows", env: windows, headless: true, files: machine{`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`: ""},
			want: want{path: `C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`, name: "Microsoft Edge"},
		},
		"Windows, Chrome for one user": {
			goos: "windows", env: windows,
			files: machine{`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`: "", `C:\Users\ada\AppData\Local\Google\Chrome\Application\chrome.exe`: ""},
			want:  want{path: `C:\Users\ada\AppData\Local\Google\Chrome\Application\chrome.exe`, name: "Google Chrome"},
		},
		"Windows, by the registry": {
			goos: "windows", env: windows, registry: map[string]string{"chrome.exe": `D:\Apps\chrome.exe`},
			files: machine{`D:\Apps\chrome.exe`: "", `C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`: ""},
			want:  want{path: `D:\Apps\chrome.exe`, name: "Google Chrome"},
		},
		"Windows, a stale registry": {
			goos: "windows", env: windows, registry: map[string]string{"chrome.exe": `D:\Gone\chrome.exe`},
			files: machine{`C:\Users\ada\AppData\Local\Google\Chrome SxS\Application\chrome.exe`: ""},
			want:  want{path: `C:\Users\ada\AppData\Local\Google\Chrome SxS\Application\chrome.exe`, name: "Google Chrome Canary"},
		},
		"Windows, headless shell on PATH": {
			goos: "windows", env: windows, headless: true, files: machine{`C:\tools\chrome-headless-shell.exe`: ""},
			want: want{path: `C:\tools\chrome-headless-shell.exe`, name: "Chrome headless shell", shell: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := browser.Find(browser.FindOptions{
				Explicit: test.explicit, Headless: test.headless, GOOS: test.goos, Files: test.files,
				Env:      func(name string) (string, bool) { value, ok := test.env[name]; return value, ok },
				Registry: func(program string) string { return test.registry[program] },
			})
			if test.want.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.want.err) {
					t.Fatalf("found %+v, %v, want the error %q", found, err, test.want.err)
				}
				var unusable *browser.UnusableError
				if test.explicit == "" != errors.Is(err, browser.ErrNoBrowser) || test.explicit != "" != errors.As(err, &unusable) {
					t.Errorf("error of the wrong kind: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := want{path: found.Path, name: found.Name, shell: found.HeadlessShell, snap: found.Snap}
			if got != test.want {
				t.Errorf("found %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestInstall(t *testing.T) {
	const (
		debian = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n"
		ubuntu = "ID=ubuntu\nID_LIKE=debian\n"
		fedora = "ID=fedora\n"
	)
	type result struct {
		Ran     []string
		Said    string
		Command string
		Failed  bool
	}
	debianRan := []string{
		"DEBIAN_FRONTEND=noninteractive apt-get update",
		"DEBIAN_FRONTEND=noninteractive apt-get install -y chromium chromium-headless-shell",
	}
	debianSaid := "Installing a browser: apt-get update\nInstalling a browser: apt-get install -y chromium chromium-headless-shell\n"
	for name, test := range map[string]struct {
		goos, release string
		root          bool
		commands      []string
		fail          string
		want          result
	}{
		"Debian, root":      {release: debian, root: true, commands: []string{"apt-get"}, want: result{Ran: debianRan, Said: debianSaid}},
		"Debian, user":      {release: debian, commands: []string{"apt-get"}, want: result{Command: "sudo apt-get update && sudo apt-get install -y chromium chromium-headless-shell"}},
		"like Debian, root": {release: "ID=kali\nID_LIKE=debian", root: true, commands: []string{"apt-get"}, want: result{Ran: debianRan, Said: debianSaid}},
		"Debian, no network": {
			release: debian, root: true, commands: []string{"apt-get"}, fail: "update",
			want: result{Ran: debianRan[:1], Said: "Installing a browser: apt-get update\n", Failed: true},
		},
		"Ubuntu, even as root": {release: ubuntu, root: true, commands: []string{"apt-get", "snap"}, want: result{Command: "sudo snap install chromium"}},
		"Fedora":               {release: fedora, root: true, commands: []string{"dnf"}, want: result{Command: "sudo dnf install -y chromium chromium-headless"}},
		"Arch":                 {release: "ID=arch", want: result{Command: "sudo pacman -S --needed chromium"}},
		"macOS":                {goos: "darwin", want: result{Command: "brew install --cask google-chrome"}},
		"Windows":              {goos: "windows", want: result{Command: "winget install --id Google.Chrome"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got result
			var out strings.Builder
			goos := test.goos
			if goos == "" {
				goos = "linux"
			}
			err := browser.Install(background(t), browser.InstallOptions{
				Out: &out, GOOS: goos,
				Root:       func() bool { return test.root },
				OSRelease:  func() ([]byte, error) { return []byte(test.release), nil },
				HasCommand: func(name string) bool { return slices.Contains(test.commands, name) },
				Run: func(_ context.Context, _ io.Writer, env []string, name string, args ...string) error {
					got.Ran = append(got.Ran, strings.Join(slices.Concat(env, []string{name}, args), " "))
					if test.fail != "" && slices.Contains(args, test.fail) {
						return errors.New("exit status 100")
					}
					return nil
				},
			})
			got.Said = out.String()
			var cannot *browser.CannotInstall
			if errors.As(err, &cannot) {
				got.Command = cannot.Command
				if cannot.Reason == "" || !strings.Contains(err.Error(), cannot.Command) {
					t.Errorf("the error says too little: %v", err)
				}
			} else {
				got.Failed = err != nil
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Install (-want +got):\n%s", diff)
			}
		})
	}
}
