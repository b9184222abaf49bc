package portal

import (
	"strings"

	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// notOffered is the stop on a home page that does not offer to create a user.
//
// Only a primary user is offered it (G), and what a secondary user sees instead
// is not known. So an account counts as not permitted when the page says so, or
// when it offers to create nobody at all: a branch tells nothing of that. A page that
// offers something like it belongs to somebody who may create: then the link is there
// in other words, and the page has changed.
func notOffered(d *page.Driver) *page.Stop {
	return notOfferedOn(d.Shot(), d.Says("home", createLink))
}

// createLink is the element that leads to the form for a new user.
const createLink = "create-secondary-user"

func notOfferedOn(shot *page.Snapshot, says string) *page.Stop {
	const element = createLink
	stop := &page.Stop{
		Code: page.NotPermitted, Page: "home", Element: element,
		Message: lang.Text("the home page does not offer %q", says),
		Hint:    lang.Text("Only the primary user of an employer or branch can create users. Sign in with the primary user's GCKey. If this is it, look at the page by hand: it may have changed."),
	}
	if shot == nil || shot.Is("primary-only") {
		return stop
	}
	link, other := shot.Elements[element], shot.Elements["other-creation"]
	switch {
	case link.Status != "missing":
		stop.Message = lang.Text("on the page \"home\", %q (%q) is %s; seen: %s", element, says, link.Status, strings.Join(link.Candidates, ", "))
	case other.Status != "missing":
		stop.Message = lang.Text("on the page \"home\", %q (%q) was not found, although the page offers to create somebody", element, says)
	default:
		return stop
	}
	stop.Code = page.PageChanged
	stop.Hint = lang.Text("The portal's page has changed. Nothing was pressed on it. A corrected catalog file can be laid over the built-in one with --selectors.")
	return stop
}

// withoutTable is the stop on a home page whose table of users was not found:
// whoever is shown neither table nor any way to create somebody is not a primary user.
func withoutTable(d *page.Driver, err error) error {
	shot := d.Shot()
	if page.CodeOf(err) == page.PageChanged && shot != nil {
		switch shot.Page() {
		// A call of a script that fails puts the server's own page in the place of what
		// was shown (M).
		case "page-error", "maintenance", "session-expired", "signed-out":
			return &page.Stop{
				Code: page.PortalUnavailable, Page: shot.Page(), Err: err, RetryAfter: d.RetryAfter(),
				Message: lang.Text("in the place of the table of users the portal shows %q", d.Says(shot.Page(), "")),
				Hint:    lang.Text("Try again later."),
			}
		}
	}
	if page.CodeOf(err) != page.PageChanged || shot == nil || shot.Tables["users"].Count > 0 ||
		shot.Elements["view-manage-access"].Status != "missing" || shot.Elements["create-secondary-user"].Status != "missing" {
		return err
	}
	if stop := notOffered(d); stop.Code == page.NotPermitted {
		return stop
	}
	return err
}
