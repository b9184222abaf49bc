package page

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
	"irccpin/automation/secret"
)

// Item is one value for one field. Exactly one of Text, Secret and Tick counts.
type Item struct {
	Element string
	// Text is an ordinary value; empty empties the field.
	Text string
	// Loose lets the field change case and spaces of Text as it is typed, which
	// is told as a warning with both. For names alone: they mean the same then.
	Loose bool
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
	Origins []string `json:"origins,omitempty"`
}

// order is what a press takes along.
type order struct {
	keep    []fillItem
	origins []string
	commits bool
	// still leaves the keyboard where it is.
	still bool
	table string
	pager string
	row   *rowOrder
	// clear presses, instead, what puts away the box that lies over the element.
	clear bool
}

// rowOrder names a row of a table by its place and what it must hold.
type rowOrder struct {
	Index  int    `json:"index"`
	Given  string `json:"given"`
	Family string `json:"family"`
	Email  string `json:"email"`
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
	// Changed are values that loose fields made of what was typed.
	Changed []struct {
		Element string `json:"element"`
		Kept    string `json:"kept"`
	} `json:"changed"`
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
			order.Value = &value
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

// Press presses a button or link of the recognised page with a real mouse
// click. The click is let through only if it lands on that very element and
// nothing about it has changed since it was checked.
func (d *Driver) Press(ctx context.Context, page, element string) error {
	return d.press(ctx, page, element, order{})
}

// Submit presses the button that sends what was filled; the values must still
// stand in their fields at the moment of the click, and secrets go to their
// own origins only.
func (d *Driver) Submit(ctx context.Context, page, element string, filled ...Item) error {
	keep, origins, _ := reveal(filled)
	return d.press(ctx, page, element, order{keep: keep, origins: origins})
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

// Commit presses what cannot be taken back. Once it returns, with an error or
// without, pressed tells whether the click may have reached the page: if so,
// the outcome must be read and the press never repeated.
func (d *Driver) Commit(ctx context.Context, page, element string, filled ...Item) (pressed bool, err error) {
	keep, _, _ := reveal(filled)
	d.committed = true
	err = d.press(ctx, page, element, order{keep: keep, commits: true})
	return mayHaveLanded(err), err
}

// mayHaveLanded tells of a press whether the click may have reached the page.
func mayHaveLanded(err error) bool {
	var doubt *doubtError
	return err == nil || errors.As(err, &doubt)
}

// doubtError happens when a click was sent and nobody knows whether it landed.
type doubtError struct{ err error }

func (e *doubtError) Error() string {
	return lang.Text("the click was sent and nothing was heard of it")
}
func (e *doubtError) Unwrap() error { return e.err }

// press arms the guard in the page, clicks, and waits for the guard's verdict.
func (d *Driver) press(ctx context.Context, page, element string, o order) error {
	limit := time.Now().Add(toPress)
	for boxes := 0; ; {
		result, err := d.pressOnce(ctx, page, element, o)
		switch {
		case err != nil:
			return err
		case result.OK:
			d.left = d.at.shot
			d.options.Observer.Acted(page, element, "pressed", d.wayOf(element))
			return nil
		case slices.Contains([]string{"form changed", "origin", "method"}, result.Status):
			how := lang.Text("elsewhere")
			if result.Status == "method" {
				how = lang.Text("in an address")
			}
			return &Stop{
				Code: Unsafe, Page: page, Element: element,
				Message: lang.Text("%q of the page %q was not pressed: its form would send what was typed %s", d.named(page, element), d.Says(page, ""), how),
				Hint:    lang.Text("The page's form is not what it should be. Do not sign in there by hand either."),
			}
		case slices.Contains([]string{"text changed", "ambiguous", "disagree", "end", "none"}, result.Status) || !time.Now().Before(limit):
			return d.changed(page, cmpOr(result.Element, element), result.Status, result.Candidates)
		}
		// Covered, disabled, moved or missed: the page is still settling, or the
		// session dialog came up over it.
		if page != sessionDialog && d.at.shot != nil && slices.Contains(d.at.shot.Overlays, sessionDialog) {
			if err := d.dismiss(ctx, sessionDialog); err != nil {
				return err
			}
			continue
		}
		if result.Status == "covered" && boxes < maxBoxes && !o.clear {
			boxes++
			if away, err := d.putAway(ctx, page, element, o); err != nil {
				return err
			} else if away {
				continue
			}
		}
		if err := d.step(ctx, time.Now().Add(500*time.Millisecond)); err != nil {
			return err
		}
		if stop := d.trouble(); stop != nil {
			return stop
		}
	}
}

// maxBoxes is how often a press looks for a box to put away: pages show a notice
// of cookies and a survey at once, and a box may take a moment to be complete.
const maxBoxes = 6

// putAway presses the button of a box that lies over an element and asks for
// nothing, and tells whether it did. What such a box is, the catalog says.
func (d *Driver) putAway(ctx context.Context, page, element string, o order) (bool, error) {
	result, err := d.pressOnce(ctx, page, element, order{clear: true, still: o.still, table: o.table, pager: o.pager, row: o.row})
	var doubt *doubtError
	switch {
	case errors.As(err, &doubt):
		return false, d.trouble() // it was not what was to be pressed
	case err != nil || !result.OK:
		return false, err
	}
	d.Warn(Warning{Code: "put_away", Page: page, Detail: lang.Text("a box lay over the page and was closed by its own button %q: %q", result.Text, result.Box)})
	return true, d.step(ctx, time.Now().Add(500*time.Millisecond))
}

func (d *Driver) pressOnce(ctx context.Context, page, element string, o order) (actResult, error) {
	token := rand.Text()
	args := map[string]any{"page": page, "element": element, "token": token, "keep": o.keep, "still": o.still}
	if o.origins != nil {
		args["origins"] = o.origins
	}
	if o.table != "" {
		args["table"] = o.table
		if o.pager != "" {
			args["pager"] = o.pager
		}
		if o.row != nil {
			args["row"] = o.row
		}
	}
	if o.clear {
		args["clear"] = true
	}
	var armed actResult
	if err := d.call(ctx, "(order) => irccpin.arm(order)", args, &armed); err != nil || !armed.OK {
		return armed, err
	}
	if o.commits {
		d.policy.commit()
	}
	doc := d.at.doc
	if err := d.tab.Click(ctx, armed.X, armed.Y); err != nil {
		return d.disarm(doc, err)
	}
	var verdict *clickVerdict
	err := d.await(ctx, lang.Text("the click to land"), toLand, func() bool {
		i := slices.IndexFunc(d.clicks, func(c clickVerdict) bool { return c.Token == token })
		if i >= 0 {
			verdict = &d.clicks[i]
		}
		return verdict != nil || d.closed != nil || d.at.doc != doc
	})
	d.clicks = nil
	switch {
	case verdict != nil && verdict.Reason == "":
		return actResult{OK: true, Text: armed.Text, Box: armed.Box}, nil
	case verdict != nil:
		d.policy.calm()
		return actResult{Status: verdict.Reason, Element: element}, nil
	case err == nil:
		return actResult{}, &doubtError{err: d.judge(time.Now()).err}
	}
	// Why nothing was heard is often known: the page was leaving for a place
	// where it may not go.
	if stop := d.trouble(); stop != nil {
		err = stop
	}
	return d.disarm(doc, err)
}

// disarm takes the guard down after a click that nothing was heard of. If the
// guard was still up, the click never landed and may be tried again.
func (d *Driver) disarm(doc browser.DocID, cause error) (actResult, error) {
	ctx, cancel := context.WithTimeout(context.Background(), toLand)
	defer cancel()
	var was bool
	if err := d.tab.Call(ctx, doc, "() => irccpin.disarm()", nil, &was); err != nil || !was {
		return actResult{}, &doubtError{err: cause}
	}
	if errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
		return actResult{}, cause
	}
	return actResult{Status: "missed"}, nil
}

// trouble is what stands in the way of any further act; nil when nothing does.
func (d *Driver) trouble() error {
	if d.refused != nil || d.closed != nil || d.at.failed != nil {
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

func cmpOr(a, b string) string {
	if strings.TrimSpace(a) != "" {
		return a
	}
	return b
}
