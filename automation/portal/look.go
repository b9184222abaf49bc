package portal

import (
	"context"

	"irccpin/automation/page"
)

// LookAtForm opens the form for a new user, lets it be looked at, and leaves it
// by its own way back. Nothing is typed on it. An account that is not offered
// the form has none to be looked at, which is no error.
func (k *Desk) LookAtForm(ctx context.Context) error {
	if _, err := k.openForm(ctx); err != nil {
		if page.CodeOf(err) == page.NotPermitted {
			return nil
		}
		return err
	}
	if err := k.Driver.Keep(ctx); err != nil {
		return err
	}
	return k.leaveForm(ctx)
}
