package browser

// place is one place where a browser may be. Exactly one of pattern, command
// and registered is set.
type place struct {
	name       string
	pattern    string // a path; * stands for versions
	command    string // a program on PATH
	registered string // a program in the registry of Windows
	shell      bool   // it is a headless shell
	snap       bool
}

// places lists where to look, best first: with Headless the headless shells,
// then installed browsers (Chrome, Chromium, Edge, Brave), then their less
// stable channels, then the caches of test tools, then confined packages.
func (f *finder) places() []place {
	var shells, full []place
	switch f.GOOS {
	case "windows":
		shells, full = f.windowsPlaces()
	case "darwin":
		shells, full = f.macPlaces()
	default:
		shells, full = f.linuxPlaces()
	}
	if f.Headless {
		return append(shells, full...)
	}
	// Known for the message that only a headless shell is there.
	return append(full, shells...)
}

func (f *finder) linuxPlaces() (shells, full []place) {
	shells = []place{
		{name: "Chromium headless shell", pattern: "/usr/lib/chromium/chromium-headless-shell"},  // Debian
		{name: "Chromium headless shell", pattern: "/usr/lib64/chromium-browser/headless_shell"}, // Fedora
		{name: "Chromium headless shell", command: "chromium-headless-shell"},
		{name: "Chrome headless shell", command: "chrome-headless-shell"}, // npm, by hand
		{name: "Chrome headless shell", command: "headless-shell"},        // container images
		{name: "Chrome headless shell", command: "headless_shell"},
		{name: "Chrome headless shell", pattern: "/headless-shell/headless-shell"}, // container images
		{name: "Chrome headless shell", pattern: f.puppeteer("chrome-headless-shell/*/*/chrome-headless-shell")},
		{name: "Chromium headless shell", pattern: f.playwright("chromium_headless_shell-*/*/*headless?shell")},
	}
	for i := range shells {
		shells[i].shell = true
	}
	full = []place{
		{name: "Google Chrome", pattern: "/opt/google/chrome/chrome"},
		{name: "Google Chrome", command: "google-chrome-stable"},
		{name: "Google Chrome", command: "google-chrome"},
		{name: "Chromium", pattern: "/usr/lib/chromium/chromium"},                   // Debian, Arch, Alpine
		{name: "Chromium", pattern: "/usr/lib64/chromium-browser/chromium-browser"}, // Fedora
		{name: "Chromium", pattern: "/usr/lib64/chromium/chromium"},                 // openSUSE
		{name: "Chromium", command: "chromium"},
		{name: "Chromium", command: "chromium-browser"},
		{name: "Microsoft Edge", pattern: "/opt/microsoft/msedge/msedge"},
		{name: "Microsoft Edge", command: "microsoft-edge-stable"},
		{name: "Microsoft Edge", command: "microsoft-edge"},
		{name: "Brave", pattern: "/opt/brave.com/brave/brave"},
		{name: "Brave", command: "brave-browser"},
		{name: "Brave", command: "brave"},
		{name: "Google Chrome Beta", pattern: "/opt/google/chrome-beta/chrome"},
		{name: "Google Chrome Beta", command: "google-chrome-beta"},
		{name: "Microsoft Edge Beta", pattern: "/opt/microsoft/msedge-beta/msedge"},
		{name: "Brave Beta", pattern: "/opt/brave.com/brave-beta/brave"},
		{name: "Google Chrome Dev", pattern: "/opt/google/chrome-unstable/chrome"},
		{name: "Google Chrome Dev", command: "google-chrome-unstable"},
		{name: "Google Chrome Canary", pattern: "/opt/google/chrome-canary/chrome"},
		{name: "Microsoft Edge Dev", pattern: "/opt/microsoft/msedge-dev/msedge"},
		{name: "Microsoft Edge Canary", pattern: "/opt/microsoft/msedge-canary/msedge"},
		{name: "Brave Nightly", pattern: "/opt/brave.com/brave-nightly/brave"},
		{name: "Chrome for Testing", pattern: f.puppeteer("chrome/*/chrome-linux*/chrome")},
		{name: "Chrome for Testing", pattern: f.playwright("chromium-*/chrome-linux*/chrome")},
		{name: "Chromium (snap)", pattern: "/snap/bin/chromium", snap: true},
		{name: "Chromium (snap)", command: "chromium-browser", snap: true}, // Ubuntu's pointer to the snap
		{name: "Brave (snap)", pattern: "/snap/bin/brave", snap: true},
	}
	return shells, full
}

func (f *finder) macPlaces() (shells, full []place) {
	shells = []place{
		{name: "Chrome headless shell", command: "chrome-headless-shell", shell: true},
		{name: "Chrome headless shell", pattern: f.puppeteer("chrome-headless-shell/*/*/chrome-headless-shell"), shell: true},
		{name: "Chromium headless shell", pattern: f.playwright("chromium_headless_shell-*/*/*headless?shell"), shell: true},
	}
	stable := []string{"Google Chrome", "Chromium", "Microsoft Edge", "Brave Browser"}
	channels := []string{
		"Google Chrome Beta", "Microsoft Edge Beta", "Brave Browser Beta",
		"Google Chrome Dev", "Microsoft Edge Dev",
		"Google Chrome Canary", "Microsoft Edge Canary", "Brave Browser Nightly",
		"Google Chrome for Testing",
	}
	for _, name := range append(stable, channels...) {
		for _, applications := range []string{"/Applications", f.home + "/Applications"} {
			full = append(full, place{name: name, pattern: applications + "/" + name + ".app/Contents/MacOS/" + name})
		}
	}
	inBundle := "/*.app/Contents/MacOS/*"
	full = append(full,
		place{name: "Chromium", command: "chromium"}, // Homebrew
		place{name: "Chrome for Testing", pattern: f.puppeteer("chrome/*/chrome-mac*" + inBundle)},
		place{name: "Chrome for Testing", pattern: f.playwright("chromium-*/chrome-mac*" + inBundle)},
	)
	return shells, full
}

func (f *finder) windowsPlaces() (shells, full []place) {
	shells = []place{
		{name: "Chrome headless shell", command: "chrome-headless-shell.exe", shell: true},
		{name: "Chrome headless shell", pattern: f.puppeteer(`chrome-headless-shell\*\*\chrome-headless-shell.exe`), shell: true},
		{name: "Chromium headless shell", pattern: f.playwright(`chromium_headless_shell-*\*\*headless?shell.exe`), shell: true},
	}
	products := []struct{ name, directory, program string }{
		{"Google Chrome", `Google\Chrome`, "chrome.exe"},
		{"Chromium", `Chromium`, "chrome.exe"},
		{"Microsoft Edge", `Microsoft\Edge`, "msedge.exe"},
		{"Brave", `BraveSoftware\Brave-Browser`, "brave.exe"},
		{"Google Chrome Beta", `Google\Chrome Beta`, "chrome.exe"},
		{"Microsoft Edge Beta", `Microsoft\Edge Beta`, "msedge.exe"},
		{"Brave Beta", `BraveSoftware\Brave-Browser-Beta`, "brave.exe"},
		{"Google Chrome Dev", `Google\Chrome Dev`, "chrome.exe"},
		{"Microsoft Edge Dev", `Microsoft\Edge Dev`, "msedge.exe"},
		{"Google Chrome Canary", `Google\Chrome SxS`, "chrome.exe"},
		{"Microsoft Edge Canary", `Microsoft\Edge SxS`, "msedge.exe"},
		{"Brave Nightly", `BraveSoftware\Brave-Browser-Nightly`, "brave.exe"},
	}
	for i, product := range products {
		if i < 4 && product.name != "Chromium" {
			// Wherever it was installed to, the installer has registered it.
			full = append(full, place{name: product.name, registered: product.program})
		}
		for _, variable := range []string{"ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"} {
			if base, _ := f.Env(variable); base != "" {
				full = append(full, place{name: product.name, pattern: f.join(base, product.directory, "Application", product.program)})
			}
		}
	}
	return shells, append(full,
		place{name: "Chrome for Testing", pattern: f.puppeteer(`chrome\*\chrome-win*\chrome.exe`)},
		place{name: "Chrome for Testing", pattern: f.playwright(`chromium-*\chrome-win*\chrome.exe`)},
	)
}

// puppeteer is a path in Puppeteer's cache of browsers.
func (f *finder) puppeteer(path string) string {
	if dir, _ := f.Env("PUPPETEER_CACHE_DIR"); dir != "" {
		return f.join(dir, path)
	}
	return f.join(f.home, ".cache", "puppeteer", path)
}

// playwright is a path in Playwright's cache of browsers.
func (f *finder) playwright(path string) string {
	if dir, _ := f.Env("PLAYWRIGHT_BROWSERS_PATH"); dir != "" && dir != "0" {
		return f.join(dir, path)
	}
	switch f.GOOS {
	case "windows":
		local, _ := f.Env("LOCALAPPDATA")
		return f.join(local, "ms-playwright", path)
	case "darwin":
		return f.join(f.home, "Library", "Caches", "ms-playwright", path)
	default:
		return f.join(f.home, ".cache", "ms-playwright", path)
	}
}

// flatpak names a browser that is only there as a flatpak.
func (f *finder) flatpak() string {
	if f.GOOS == "windows" || f.GOOS == "darwin" {
		return ""
	}
	for _, base := range []string{"/var/lib/flatpak", f.home + "/.local/share/flatpak"} {
		for _, app := range []struct{ id, name string }{
			{"com.google.Chrome", "Google Chrome"},
			{"org.chromium.Chromium", "Chromium"},
			{"com.microsoft.Edge", "Microsoft Edge"},
			{"com.brave.Browser", "Brave"},
		} {
			if _, err := f.Files.Stat(base + "/app/" + app.id); err == nil {
				return app.name
			}
		}
	}
	return ""
}
