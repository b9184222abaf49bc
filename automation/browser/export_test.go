package browser

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
)

// Contexts counts the isolated contexts that Chrome holds.
func (b *Browser) Contexts(ctx context.Context) (int, error) {
	all, err := call(ctx, b.root, target.GetBrowserContexts, cdp.Empty{})
	return len(all.BrowserContextIDs), err
}
