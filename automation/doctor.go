package automation

import (
	"context"
	"errors"
	"io"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
)

// FoundBrowser is a browser on this machine.
type FoundBrowser struct {
	Path    string
	Version string
	// HeadlessShell tells that it can show no window.
	HeadlessShell bool
}

// FindBrowser looks for the browser that a command would start: the explicit
// one, or what is installed. The error is no_browser.
func FindBrowser(ctx context.Context, explicit string, headless bool) (FoundBrowser, error) {
	found, err := browser.Find(browser.FindOptions{Explicit: explicit, Headless: headless})
	if err != nil {
		return FoundBrowser{}, noBrowser(err, explicit)
	}
	version, err := found.Version(ctx)
	if err != nil {
		return FoundBrowser{}, &Error{Code: NoBrowser, Message: err.Error(), Err: err, Hint: lang.Text("Name another browser with --browser.")}
	}
	return FoundBrowser{Path: found.Path, Version: version, HeadlessShell: found.HeadlessShell}, nil
}

// noBrowser says that there is none to start, and what to do: one that was named
// is not there or not fit, and another can be named.
func noBrowser(err error, explicit string) *Error {
	hint := lang.Text("Install one with: irccpin doctor --install-browser")
	if explicit != "" {
		hint = lang.Text("Name another browser with --browser, or none to use the one that is installed.")
	}
	return &Error{Code: NoBrowser, Message: err.Error(), Err: err, Hint: hint}
}

// InstallBrowser installs a browser through the system's package manager where
// that works without a question, and says on out what it does. Elsewhere the
// error is no_browser and its hint the exact command to type.
func InstallBrowser(ctx context.Context, out io.Writer) error {
	err := browser.Install(ctx, browser.InstallOptions{Out: out})
	var cannot *browser.CannotInstall
	switch {
	case err == nil:
		return nil
	case errors.As(err, &cannot):
		return &Error{Code: NoBrowser, Message: lang.Text("no browser is installed, and none can be installed from here: %s", cannot.Reason), Err: err, Hint: lang.Text("Type: %s", cannot.Command)}
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return &Error{Code: NoBrowser, Message: err.Error(), Err: err, Hint: lang.Text("Install Chrome or Chromium by hand.")}
}
