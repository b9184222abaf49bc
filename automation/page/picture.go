package page

import (
	"context"
	_ "embed"
	"strings"
	"time"
)

//go:embed mask.js
var mask string

// Picture is a page as evidence keeps it: everything that may be somebody's
// data is covered before it is taken.
type Picture struct {
	Snapshot *Snapshot
	HTML     string
	// Screenshot is a PNG; nil for a page that was not recognised, of which
	// nobody knows where its secrets stand.
	Screenshot []byte
}

// pictureTime bounds taking a picture: it is taken when something went wrong
// already, and must not keep the result waiting.
const pictureTime = 5 * time.Second

// TakePicture covers the page's data and takes its HTML and, of a recognised
// page, a screenshot. hide lists values that the page may show in its
// interface, such as the user name in a greeting. The page is good for signing
// out afterwards, and for nothing else.
func (d *Driver) TakePicture(ctx context.Context, hide ...string) (Picture, error) {
	shot := d.at.shot
	if shot == nil || d.closed != nil {
		return Picture{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, pictureTime)
	defer cancel()
	order := map[string]any{"hide": hide, "messages": strings.Join(d.options.Catalog.Site.Messages, ", ")}
	var done bool
	if err := d.tab.Call(ctx, shot.Doc, mask, order, &done); err != nil {
		return Picture{}, err
	}
	picture := Picture{Snapshot: shot}
	var err error
	if picture.HTML, err = d.tab.HTML(ctx); err != nil || shot.Page() == "" {
		return picture, err
	}
	picture.Screenshot, err = d.tab.Screenshot(ctx)
	return picture, err
}
