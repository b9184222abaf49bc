package signin

import (
	"context"

	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// signInForm is the last page that is shown to everybody.
const signInForm = "gckey-sign-in"

// ToForm leads from the public page to the sign-in form and types nothing: it
// needs no account. visit is called on each page of the way, the form included,
// once its scripts have come to rest. The error is a *page.Stop, the context's,
// or visit's.
func ToForm(ctx context.Context, d *page.Driver, o Options, visit func(context.Context, *page.Snapshot) error) error {
	r := newRun(d, o)
	if err := d.Open(ctx, o.Catalog.Site.Start["en"]); err != nil {
		return err
	}
	waiting := lang.Text("the Employer Portal's public page")
	for range maxTurns {
		shot, err := d.Next(ctx, waiting)
		if err != nil {
			return err
		}
		if err := d.Quiet(ctx, ""); err != nil {
			return err
		}
		if err := visit(ctx, shot); err != nil {
			return err
		}
		if stop := r.ending(shot); stop != nil {
			return stop
		}
		name := shot.Page()
		switch name {
		case signInForm:
			return nil
		case "landing":
			if r.visits[name]++; r.visits[name] > maxVisits {
				return r.stop(page.PortalUnavailable, lang.Text("the page %q came back again and again", name), lang.Text("Try again later."))
			}
			if err := r.landing(ctx, shot); err != nil {
				return err
			}
		default:
			return r.stop(page.PageUnknown, lang.Text("the page %q was not expected before the sign-in form", name), lang.Text("Look at the public pages by hand to see what the portal wants."))
		}
		waiting = lang.Text("the page after %s", name)
	}
	return r.stop(page.PortalUnavailable, lang.Text("the way to the sign-in form went round in circles"), lang.Text("Try again later."))
}
