package browser

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// arguments are Chrome's command line. Each flag carries its reason; one
// without a reason has no place here.
func arguments(o Options, p *profile) []string {
	proxy, bypass := o.Gate.proxy()
	args := []string{
		// Commands come over a pipe: no port is open, and when this process
		// dies the pipe closes and Chrome ends with it.
		"--remote-debugging-pipe",
		// The first tab is made by NewTab, in a context of its own.
		"--no-startup-window",
		"--user-data-dir=" + p.userData(),

		// The way out: everything goes to the gate.
		"--proxy-server=" + proxy,
		"--proxy-bypass-list=" + bypass,
		// A second wall, for what does not go through the proxy: no name
		// resolves, so nothing but the gate's own address can be reached.
		"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
		// WebRTC would speak UDP past the proxy.
		"--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
		// QUIC is UDP too.
		"--disable-quic",
		// One request at a time on a connection: the gate drops idle tunnels
		// before a committing post, so that Chrome's network stack, which
		// silently repeats a request whose reused connection died, has none to
		// reuse. A multiplexed connection is always reused.
		"--disable-http2",

		// Chrome's own talk: updates, metrics, safe browsing lists, sync,
		// field trials, crash reports, the default browser question.
		"--disable-background-networking",
		"--disable-component-update",
		"--disable-domain-reliability",
		"--disable-client-side-phishing-detection",
		"--safebrowsing-disable-auto-update",
		"--disable-sync",
		"--disable-field-trial-config",
		"--metrics-recording-only",
		"--no-pings",
		"--disable-breakpad",
		"--disable-crash-reporter",
		"--no-first-run",
		"--no-default-browser-check",
		"--disable-default-apps",
		"--disable-extensions",
		"--disable-component-extensions-with-background-pages",
		"--disable-search-engine-choice-screen",
		// Two that have no switch, sent where Chrome itself refuses to go (an
		// unsafe port): the updater's first look and the list of Google accounts.
		"--component-updater=url-source=https://127.0.0.1:1",
		"--gaia-url=https://127.0.0.1:1",
		// An error page must not load itself again: the failed request may
		// have been the one that must not be repeated.
		"--disable-auto-reload",

		// Nothing of a person's is stored or offered: no keyring, no keychain.
		"--password-store=basic",
		"--use-mock-keychain",
		// Switches off the password bubble and permission prompts as well.
		"--enable-automation",

		// Popups open, so that they can be seen and followed.
		"--disable-popup-blocking",
		// A repost question would block; reloading a post is the caller's to
		// avoid.
		"--disable-prompt-on-repost",
		// Chrome's own "page unresponsive" dialog; hangs are ours to notice.
		"--disable-hang-monitor",
		// Pages in the background or covered windows run at full speed.
		"--disable-background-timer-throttling",
		"--disable-backgrounding-occluded-windows",
		"--disable-renderer-backgrounding",
		// Pages that use many history entries or pushState are not slowed.
		"--disable-ipc-flooding-protection",
		// /dev/shm is small in containers, and Chrome crashes when it is full.
		"--disable-dev-shm-usage",
		// Screenshots of one page look alike on every machine.
		"--force-color-profile=srgb",

		"--disable-features=" + strings.Join(disabledFeatures(), ","),
	}
	if o.Headless {
		args = append(args,
			"--headless",
			"--hide-scrollbars",
			"--mute-audio",
			// Large enough that no layout hides a menu behind a button.
			"--window-size=1280,1024",
		)
		if !o.LoadImages {
			// Nobody looks: images and fonts are most of a page's weight.
			args = append(args, "--blink-settings=imagesEnabled=false", "--disable-remote-fonts")
		}
	}
	if o.NoSandbox {
		args = append(args, "--no-sandbox")
	}
	if len(o.TrustSPKI) > 0 {
		// Exactly these public keys are trusted besides the usual roots. The
		// flag needs a profile directory of its own, which we have.
		args = append(args, "--ignore-certificate-errors-spki-list="+strings.Join(o.TrustSPKI, ","))
	}
	return args
}

// disabledFeatures are the features switched off. The flag replaces chromedp's
// default list, so its names (the first line) are repeated.
func disabledFeatures() []string {
	return []string{
		"Translate", "BlinkGenPropertyTrees",
		// They speak to Google by themselves.
		"OptimizationHints", "MediaRouter", "AutofillServerCommunication",
		"PasswordLeakDetection", "NetworkTimeServiceQuerying",
		// Plain http must be seen and refused, not silently made https.
		"HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable",
		// A page that comes back from the cache shows an older state of the
		// account than the portal has.
		"BackForwardCache",
		// Pages loaded ahead of a click would count as visits.
		"Prerender2", "SpeculationRulesPrefetchFuture",
		// Frames far below the fold load like the others.
		"LazyFrameLoading",
		// Input is never dropped while a new page paints.
		"PaintHolding",
	}
}

// environment is what Chrome gets to know of ours: an allow-list. Proxy
// variables are not on it: the gate is the proxy.
func environment(lookup func(string) (string, bool), p *profile, extra []string) []string {
	names := []string{
		// To find helpers such as xdg-open, and shared libraries in unusual
		// places.
		"PATH", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH",
		// The display of a visible window.
		"DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "XAUTHORITY",
		// The language and the clock that pages see.
		"LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ",
	}
	if runtime.GOOS == "windows" {
		// Without these Windows programs do not start.
		names = append(names, "SystemRoot", "SystemDrive", "windir", "ComSpec", "PATHEXT",
			"ProgramData", "ProgramFiles", "ProgramFiles(x86)", "USERPROFILE", "NUMBER_OF_PROCESSORS")
	}
	var env []string
	for _, name := range names {
		if value, ok := lookup(name); ok {
			env = append(env, name+"="+value)
		}
	}
	// Whatever Chrome writes to a home or temporary directory goes with the
	// profile.
	env = append(env, "HOME="+p.dir, "TMPDIR="+p.tmp)
	if runtime.GOOS == "windows" {
		env = append(env, "TEMP="+p.tmp, "TMP="+p.tmp,
			"APPDATA="+filepath.Join(p.dir, "appdata"), "LOCALAPPDATA="+filepath.Join(p.dir, "localappdata"))
	}
	return append(env, slices.Clone(extra)...)
}
