package signin

import (
	"context"

	"irccpin/automation/page"
)

// accept accepts the terms, which are shown at every sign-in. Where a box has to
// be ticked first, the one that says the same as the button is ticked.
func (r *run) accept(ctx context.Context, s *page.Snapshot) error {
	if !s.Has("agree") {
		return r.Press(ctx, s, "accept")
	}
	agree := page.Item{Element: "agree", Tick: true}
	if err := r.d.Fill(ctx, s.Page(), agree); err != nil {
		return err
	}
	return r.d.Submit(ctx, s.Page(), "accept", agree)
}
