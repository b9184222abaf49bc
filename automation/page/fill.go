package page

import (
	"context"
	"errors"
	"slices"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
	"irccpin/automation/secret"
	"irccpin/selectors"
)

// Item is one value for one field. Exactly one of Text, Secret and Tick counts.
type Item struct {
	Element string
	// Text is an ordinary value; empty empties the field.
	Text string
	// Loose lets the field change case and spaces of Text as it is typed, which
	// is told as a warning with both. For names alone: they mean the same then.
	Loose bool
	// Grouped lets the field put blanks or dashes between the digits of Secret.
	Grouped bool
	// Secret is a value that may be typed at its own origins only.
	Secret *secret.Bound
	// Tick says that a box is to be ticked.
	Tick bool
}

// fillItem is an Item as the probe reads it.
type fillItem struct {
	Element string   `json:"element"`
	Value   *string  `json:"value,omitempty"`
	Tick    *bool    `json:"tick,omitempty"`
	Loose   bool     `json:"loose,omitempty"`
	Grouped bool     `json:"grouped,omitempty"`
	Origins []string `json:"origins,omitempty"`
}

// actResult is what the probe answers.
type actResult struct {
	OK         bool     `json:"ok"`
	Status     string   `json:"status"`
	Element    string   `json:"element"`
	Candidates []string `json:"candidates"`
	Seen       string   `json:"seen"`
	Limit      int      `json:"limit"`
	X          float64  `json:"x"`
	Y          float64  `json:"y"`
	Text       string   `json:"text"`
	Box        string   `json:"box"`
	// Needs is the event that a script must listen to, if anything is to come of a press.
	Needs string `json:"needs"`
	// Unready tells of a form that lacks something that a script fetches.
	Unready bool `json:"unready"`
	// Changed are values that loose fields made of what was typed.
	Changed []struct {
		Element string `json:"element"`
		Kept    string `json:"kept"`
	} `json:"changed"`

	// moved tells of a press that the page left for another before it was heard of.
	moved bool
}

// Fill types values into fields of the recognised page, all or nothing: the
// fields are found and checked before the first is touched, in the same breath
// as the typing. A secret is typed only where its own rules allow it.
func (d *Driver) Fill(ctx context.Context, page string, items ...Item) error {
	orders, origins, values := reveal(items)
	if len(origins) > 0 {
		if d.policy.isAbroad() {
			return &Stop{Code: Unsafe, Page: page, Message: lang.Text("nothing stored is typed while a person signs in elsewhere"), Hint: lang.Text("This is a defect of irccpin. Please report it.")}
		}
		if err := d.allowed(items); err != nil {
			return err
		}
		// Before the first keystroke: from here on every post is watched.
		d.policy.carry(origins, values)
	}
	limit := time.Now().Add(toPress)
	for boxes := 0; ; {
		var result actResult
		err := d.call(ctx, "(order) => irccpin.fill(order)", map[string]any{"page": page, "items": orders}, &result)
		switch {
		case err != nil:
			return err
		case result.OK:
			for _, item := range items {
				d.options.Observer.Acted(page, item.Element, deedOf(item), d.wayOf(item.Element))
			}
			for _, c := range result.Changed {
				i := slices.IndexFunc(items, func(item Item) bool { return item.Element == c.Element })
				d.Warn(Warning{
					Code: "name_changed", Page: page, Element: c.Element,
					Detail: lang.Text("the field %q made %q of %q", d.Says(page, c.Element), c.Kept, items[i].Text),
				})
			}
			return nil
		case result.Status == "too long":
			return &Stop{
				Code: RejectedByPortal, Page: page, Element: result.Element,
				Message: lang.Text("the field %q of the page %q takes %d characters at most", d.Says(page, result.Element), d.Says(page, ""), result.Limit),
				Hint:    lang.Text("Shorten the value. Nothing was sent."),
			}
		case slices.Contains([]string{"origin", "action", "framed", "method"}, result.Status):
			return d.unsafe(page, result)
		case result.Status == "focus" && boxes < maxBoxes:
			// A dialog over the page keeps the keyboard to itself.
			boxes++
			if away, err := d.putAway(ctx, page, result.Element, order{}); err != nil {
				return err
			} else if !away {
				return d.changed(page, result.Element, result.Status, result.Candidates)
			}
			continue
		case !slices.Contains([]string{"moved", "missing", "disabled", "not kept"}, result.Status) || !time.Now().Before(limit):
			return d.changed(page, result.Element, result.Status, result.Candidates)
		}
		// The page is still being built, or rebuilt itself as it was filled.
		if err := d.step(ctx, time.Now().Add(time.Second)); err != nil {
			return err
		}
		if stop := d.trouble(); stop != nil {
			return stop
		}
	}
}

// reveal is the one place where secrets become text on their way to the page.
func reveal(items []Item) (orders []fillItem, origins, values []string) {
	for _, item := range items {
		order := fillItem{Element: item.Element}
		switch {
		case item.Secret != nil:
			value := item.Secret.Value.Reveal()
			order.Value, order.Grouped = &value, item.Grouped
			for _, origin := range item.Secret.Origins {
				order.Origins = append(order.Origins, origin.String())
			}
			origins = append(origins, order.Origins...)
			values = append(values, value)
		case item.Tick:
			order.Tick = &item.Tick
		default:
			order.Value, order.Loose = &item.Text, item.Loose
		}
		orders = append(orders, order)
	}
	return orders, origins, values
}

// allowed checks each secret against the address of the document before it
// leaves this process; the page checks again as it types.
func (d *Driver) allowed(items []Item) error {
	for _, item := range items {
		if item.Secret == nil {
			continue
		}
		if err := item.Secret.AllowedAt(d.at.url); err != nil {
			return &Stop{
				Code: Unsafe, Page: d.Last(), Element: item.Element, Err: err,
				Message: lang.Text("%q was not typed: %v", d.Says(d.Last(), item.Element), err),
				Hint:    lang.Text("The page looks right and is at the wrong place. Do not sign in there by hand either."),
			}
		}
	}
	return nil
}

func (d *Driver) unsafe(page string, r actResult) *Stop {
	why := map[string]string{
		"origin": lang.Text("the page is not where it should be"),
		"action": lang.Text("its form would send it elsewhere"),
		"framed": lang.Text("the field lies in a frame"),
		"method": lang.Text("its form would put it into the address"),
	}[r.Status]
	message := lang.Text("%q was not typed on the page %q: %s", d.Says(page, r.Element), d.Says(page, ""), why)
	if r.Seen != "" {
		message += " (" + r.Seen + ")"
	}
	return &Stop{Code: Unsafe, Page: page, Element: r.Element, Message: message, Hint: lang.Text("The page looks right and behaves wrongly. Do not sign in there by hand either.")}
}

func deedOf(item Item) string {
	if item.Tick {
		return "ticked"
	}
	return "filled"
}

func (d *Driver) wayOf(element string) string {
	if d.at.shot == nil {
		return ""
	}
	return d.at.shot.Elements[element].Way
}

// About is what the page, or a dialog over it, says around an element, as a
// person reads it.
func (d *Driver) About(ctx context.Context, page, element string) (string, error) {
	var result actResult
	if err := d.call(ctx, "(order) => irccpin.about(order)", map[string]any{"page": page, "element": element}, &result); err != nil {
		return "", err
	}
	if !result.OK {
		return "", d.changed(page, element, result.Status, result.Candidates)
	}
	return result.Text, nil
}

// AsksMore tells whether a text around an element, as About returns it, says that
// more is at stake than the element is meant for, by the catalog.
func (d *Driver) AsksMore(page, element, text string) bool {
	spec, _ := d.options.Catalog.Page(page)
	return spec.Elements[element].AsksMore.Matches(selectors.Normalise(text))
}

// trouble is what stands in the way of any further act; nil when nothing does.
func (d *Driver) trouble() error {
	if d.refused != nil || d.closed != nil || d.at.failed != nil || d.unanswered.stop != nil {
		return d.judge(time.Now()).err
	}
	return nil
}

// call runs one of the probe's functions in the document that was announced
// last. A document that is gone is a page that moved, which is no error.
func (d *Driver) call(ctx context.Context, function string, args any, result *actResult) error {
	if d.at.shot == nil {
		*result = actResult{Status: "moved"}
		return nil
	}
	err := d.tab.Call(ctx, d.at.shot.Doc, function, args, result)
	if errors.Is(err, browser.ErrDocumentGone) {
		*result = actResult{Status: "moved"}
		return nil
	}
	if err != nil {
		if stop := d.trouble(); stop != nil {
			return stop
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &Stop{Code: PortalUnavailable, Page: d.Last(), Message: lang.Text("the browser did not carry out an order"), Err: err, Hint: lang.Text("Run the command again.")}
	}
	return nil
}
