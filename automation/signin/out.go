package signin

import (
	"context"
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

// Out signs out by the page's own Logout. An error says that a session may
// still be open, and why: on a page that is not recognised nothing is pressed.
func Out(ctx context.Context, d *page.Driver, catalog *selectors.Catalog) error {
	shot := d.Shot()
	if shot == nil {
		return unlessHarmless(d.Last())
	}
	spec, known := catalog.Page(shot.Page())
	if !known {
		return unlessHarmless(d.Last())
	}
	if _, ok := spec.Elements["logout"]; !ok || !shot.Has("logout") {
		return unlessHarmless(spec.Name)
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
	if now := d.Shot(); now != nil && asks(now) {
		if err := d.Press(ctx, "leave-dialog", "sign-out"); err != nil {
			return err
		}
		asked := now
		return d.Follow(ctx, lang.Text("the end of the session"), outTime, func(s *page.Snapshot) bool { return s.Doc != asked.Doc && left(s) })
	}
	return nil
}

// unlessHarmless is errNoWayOut, except for pages that are shown only while no
// session is open.
func unlessHarmless(name string) error {
	if slices.Contains([]string{
		"unknown", "landing", "gccf-entry", "gckey-sign-in", "captcha-refused", "account-locked", "account-revoked",
		"session-expired", "signed-out", "maintenance", "canada-login",
	}, name) {
		return nil
	}
	return errNoWayOut
}
