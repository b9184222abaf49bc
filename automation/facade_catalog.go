package automation

import (
	"irccpin/automation/lang"
	"irccpin/automation/page"
	"irccpin/selectors"
)

// Snapshot is a page as it was recognised: what an [Observer] is told.
type Snapshot = page.Snapshot

// CatalogReport is what a catalog holds.
type CatalogReport struct {
	// Pages counts the pages that are known.
	Pages int `json:"pages"`
	// Overridden lists the files that came from a directory and not from the program.
	Overridden []string `json:"overridden"`

	titles map[string]string
}

// CheckCatalog reads the built-in catalog with the corrected files of a
// directory laid over it ("" for none). The error is bad_settings.
func CheckCatalog(dir string) (CatalogReport, error) {
	catalog, err := selectors.Load(dir)
	if err != nil {
		return CatalogReport{}, &Error{
			Code: BadSettings, Message: lang.Text("the selectors cannot be used: %v", err), Err: err,
			Hint: lang.Text("Correct the file, or leave --selectors out."),
		}
	}
	report := CatalogReport{Pages: len(catalog.Pages), Overridden: catalog.Overridden, titles: map[string]string{}}
	for _, p := range catalog.Pages {
		report.titles[p.Name] = p.Title[lang.Current()]
	}
	return report, nil
}

// Title is what a person calls a page, in the language of the process; its name
// when the catalog gives none.
func (r CatalogReport) Title(page string) string {
	if title := r.titles[page]; title != "" {
		return title
	}
	return page
}
