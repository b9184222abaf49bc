package signin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/selectors"
)

// outTime bounds signing out. It follows a result that is already known, so a
// slow portal must not hold that up for long.
const outTime = 15 * time.Second

// errNoWayOut happens on a page from which no Logout is known.
var errNoWayOut = lang.NewError("the page shown has no Logout that is known")

// Begun is what a sign-in has done that the portal may have opened a session for.
// The zero value is nothing.
type Begun struct {
	// sent is the page from which the password was sent.
	sent *page.Snapshot
	// inside tells that a page was met which is shown while a session is open.
	inside bool
}

// Out signs out by the page's own Logout. An error says that a session may
// still be open, and why: on a page that is not recognised nothing is pressed.
func Out(ctx context.Context, d *page.Driver, catalog *selectors.Catalog, begun Begun) error {
	shot := d.Shot()
	if shot == nil {
		return begun.unlessHarmless(d.Last(), nil)
	}
	spec, known := catalog.Page(shot.Page())
	if !known {
		return begun.unlessHarmless(d.Last(), shot)
	}
	if _, ok := spec.Elements["logout"]; !ok || !shot.Has("logout") {
		return begun.unlessHarmless(spec.Name, shot)
	}
	ctx, cancel := context.WithTimeout(ctx, outTime)
	defer cancel()
	// A box that was there before, or that is about a deletion, asks something else.
	before := slices.Contains(shot.Overlays, "leave-dialog")
	asks := func(s *page.Snapshot) bool {
		return (s.Doc != shot.Doc || !before) && slices.Contains(s.Overlays, "leave-dialog") && !slices.Contains(s.Overlays, "delete-dialog")
	}
	if err := d.Press(ctx, spec.Name, "logout"); err != nil {
		return err
	}
	left := func(s *page.Snapshot) bool {
		if asks(s) {
			return true
		}
		now, known := catalog.Page(s.Page())
		return s.Doc != shot.Doc && s.Loaded == "complete" && (!known || !now.SignedIn && now.Kind != selectors.Transit)
	}
	if err := d.Follow(ctx, lang.Text("the end of the session"), outTime, left); err != nil {
		return err
	}
	// An error page tells nothing of the session.
	failed := func() error {
		if now := d.Shot(); now != nil && now.Status >= http.StatusInternalServerError {
			return lang.Errorf("the portal answered the Logout with an error (HTTP status %d)", now.Status)
		}
		return nil
	}
	if now := d.Shot(); now != nil && asks(now) {
		if err := d.Press(ctx, "leave-dialog", "sign-out"); err != nil {
			return err
		}
		asked := now
		err := d.Follow(ctx, lang.Text("the end of the session"), outTime, func(s *page.Snapshot) bool { return s.Doc != asked.Doc && left(s) })
		if err != nil {
			return err
		}
	}
	return failed()
}

// unlessHarmless is errNoWayOut, except for pages that are shown only while no
// session is open.
func (b Begun) unlessHarmless(name string, shot *page.Snapshot) error {
	switch name {
	case "unknown", "landing", "gccf-entry", "captcha-refused", "account-locked", "account-revoked", "session-expired", "signed-out", "canada-login":
		return nil
	case "maintenance":
		// It stands in the place of any page, for a while.
		if b.sent == nil && !b.inside {
			return nil
		}
	case "gckey-sign-in":
		// What became of a password that was sent shows on the next page, or in a
		// message; a captcha keeps it from being sent.
		if b.sent == nil || shot != nil && (slices.Contains(shot.Overlays, "captcha-challenge") || shot.Doc != b.sent.Doc || !slices.Equal(shot.Messages, b.sent.Messages)) {
			return nil
		}
	}
	return errNoWayOut
}
