package browser

import (
	"context"
	"slices"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/domdebugger"
	"github.com/chromedp/cdproto/runtime"
)

// Listens tells whether a script of the page listens for one of these events on one of the
// elements that function() returns as an array; it is run as by [Tab.Call], which
// has the same errors. Only the browser knows: to a script the listeners of the
// others are hidden.
func (t *Tab) Listens(ctx context.Context, doc DocID, function string, events ...string) (bool, error) {
	world, err := t.world(ctx, doc)
	if err != nil {
		return false, err
	}
	const group = "listeners"
	yes := true
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
	// Chrome tells of the listeners of the world through which it is asked, and the
	// page's is another than ours. (It can be asked about all worlds at once, and then
	// crashes on some documents that a script wrote anew.)
	var described, theirs, listeners []*pending
	for _, item := range items.Result {
		if item.Value != nil && item.Value.Subtype == "node" {
			described = append(described, post(t.session, dom.DescribeNode, dom.DescribeNodeParams{ObjectID: item.Value.ObjectID}))
		}
	}
	for _, one := range described {
		answer, err := await(ctx, dom.DescribeNode, one)
		if err != nil {
			return false, t.explain(doc, t.why(err))
		}
		theirs = append(theirs, post(t.session, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: answer.Node.BackendNodeID, ObjectGroup: group}))
	}
	for _, one := range theirs {
		answer, err := await(ctx, dom.ResolveNode, one)
		if err != nil {
			return false, t.explain(doc, t.why(err))
		}
		listeners = append(listeners, post(t.session, domdebugger.GetEventListeners, domdebugger.GetEventListenersParams{ObjectID: answer.Object.ObjectID}))
	}
	for _, one := range listeners {
		answer, err := await(ctx, domdebugger.GetEventListeners, one)
		if err != nil {
			return false, t.explain(doc, t.why(err))
		}
		if slices.ContainsFunc(answer.Listeners, func(l *domdebugger.EventListener) bool { return slices.Contains(events, l.Type) }) {
			return true, nil
		}
	}
	return false, nil
}
