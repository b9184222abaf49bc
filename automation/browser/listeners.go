package browser

import (
	"context"
	"slices"

	"github.com/chromedp/cdproto/domdebugger"
	"github.com/chromedp/cdproto/runtime"
)

// Listens tells whether any script listens for one of these events on one of the
// elements that function() returns as an array; it is run as by [Tab.Call], which
// has the same errors. Only the browser knows: to a script the listeners of the
// others are hidden.
func (t *Tab) Listens(ctx context.Context, doc DocID, function string, events ...string) (bool, error) {
	world, err := t.world(ctx, doc)
	if err != nil {
		return false, err
	}
	const group = "listeners"
	yes, itself := true, int64(1)
	elements, err := ask(ctx, t, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: function, UniqueContextID: world, ObjectGroup: group, Silent: &yes,
	})
	if err != nil {
		return false, t.explain(doc, err)
	}
	defer post(t.session, runtime.ReleaseObjectGroup, runtime.ReleaseObjectGroupParams{ObjectGroup: group})
	if elements.ExceptionDetails != nil {
		return false, &CallError{Description: describe(elements.ExceptionDetails)}
	}
	items, err := ask(ctx, t, runtime.GetProperties, runtime.GetPropertiesParams{ObjectID: elements.Result.ObjectID, OwnProperties: &yes})
	if err != nil {
		return false, t.explain(doc, err)
	}
	var asked []*pending
	for _, item := range items.Result {
		if item.Value != nil && item.Value.Subtype == "node" {
			// Without the last word Chrome tells of the listeners of our own world only.
			asked = append(asked, post(t.session, domdebugger.GetEventListeners, domdebugger.GetEventListenersParams{ObjectID: item.Value.ObjectID, Depth: &itself, Pierce: &yes}))
		}
	}
	for _, one := range asked {
		found, err := await(ctx, domdebugger.GetEventListeners, one)
		if err != nil {
			return false, t.explain(doc, t.why(err))
		}
		if slices.ContainsFunc(found.Listeners, func(l *domdebugger.EventListener) bool { return slices.Contains(events, l.Type) }) {
			return true, nil
		}
	}
	return false, nil
}
