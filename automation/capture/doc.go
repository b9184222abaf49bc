// Package capture keeps pages of the portal in a way that can be shown to
// anybody: structure, labels and ids as they are, and everything that tells of
// a person, a business or an account made up.
//
// The portal's markup is not public. Whoever has an account can look at it
// with this package, read only, and send what was seen; and whoever keeps the
// catalog can lay it beside what was seen without an account. What is kept of
// a page is therefore two things: the redacted HTML, and what the catalog made
// of the page at that moment (a [Sighting]), so that a later catalog can be
// compared with it.
//
// A word stays when it belongs to the vocabulary of such pages
// (selectors/vocabulary.txt) or when it labels something; everything that can
// be somebody's is made up anew: by pattern (addresses, numbers, codes), by
// place (cells, values), and by value (what the settings, the tables and the
// details of the account say). The same value becomes the same made-up one
// wherever it stands in one capture, and another one in the next: a key that
// is thrown away decides.
//
// Where to go next: standin.go makes values up, redact.go decides what stays,
// collector.go gathers the pages of a run, folder.go writes and reads them,
// stage.go shows recorded pages to a browser at their own addresses.
package capture
