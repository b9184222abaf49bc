package browser

import (
	"context"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/input"
)

// Click presses and releases the left mouse button at a point of the viewport,
// in CSS pixels, as a person's hand would: the page sees trusted events, and
// whatever lies at that point gets them. What lies there is the caller's to
// know.
//
// A nil error means that Chrome took the click, not what came of it; after an
// error the click may still have happened.
func (t *Tab) Click(ctx context.Context, x, y float64) error {
	// All three at once: nothing can happen between them.
	steps := []*pending{
		post(t.session, input.DispatchMouseEvent, input.DispatchMouseEventParams{
			Type: input.DispatchMouseEventTypeMouseMoved, X: x, Y: y,
		}),
		post(t.session, input.DispatchMouseEvent, input.DispatchMouseEventParams{
			Type: input.DispatchMouseEventTypeMousePressed, X: x, Y: y,
			Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1,
		}),
		post(t.session, input.DispatchMouseEvent, input.DispatchMouseEventParams{
			Type: input.DispatchMouseEventTypeMouseReleased, X: x, Y: y,
			Button: input.MouseButtonLeft, ClickCount: 1,
		}),
	}
	return t.took(ctx, "clicking", steps)
}

// keys are the keys that Key knows: those that activate what has the focus.
var keys = map[string]struct {
	code, text string
	number     int64
}{
	"Enter": {code: "Enter", text: "\r", number: 13},
	"Space": {code: "Space", text: " ", number: 32},
}

// Key presses and releases "Enter" or "Space" on what has the focus.
func (t *Tab) Key(ctx context.Context, key string) error {
	k, ok := keys[key]
	if !ok {
		return fmt.Errorf("pressing a key: %q is not one of Enter and Space", key)
	}
	name := key
	if key == "Space" {
		name = " "
	}
	steps := []*pending{
		post(t.session, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: input.DispatchKeyEventTypeKeyDown, Key: name, Code: k.code, Text: k.text, UnmodifiedText: k.text,
			WindowsVirtualKeyCode: k.number, NativeVirtualKeyCode: k.number,
		}),
		post(t.session, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: input.DispatchKeyEventTypeKeyUp, Key: name, Code: k.code,
			WindowsVirtualKeyCode: k.number, NativeVirtualKeyCode: k.number,
		}),
	}
	return t.took(ctx, "pressing a key", steps)
}

// took waits until Chrome took all inputs. A document that goes away because
// of one takes the replies to it along.
func (t *Tab) took(ctx context.Context, what string, steps []*pending) error {
	for _, step := range steps {
		_, err := step.wait(ctx)
		var refused *protocolError
		if err != nil && !errors.As(err, &refused) {
			return fmt.Errorf("%s: %w", what, t.why(err))
		}
	}
	return nil
}
