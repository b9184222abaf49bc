// Package roster reads lists of users for many employers, and writes what came
// of each: CSV and XLSX in; CSV, XLSX and JSON out.
//
// It exists because a batch is only as safe as its list. Every fault is found
// before the first browser starts, and named by the row and the column that the
// spreadsheet shows; everything is text, so that no leading zero is lost; and a
// PIN that stands in the results is not fetched again.
//
//	list, err := roster.Open("march.xlsx", roster.Options{For: roster.Create, Check: roster.Readable})
//	out, err := roster.OpenFile("pins.xlsx", list, roster.FileOptions{})
//	for i, row := range list.Rows {
//		if out.Done(i) { continue }
//		…
//		err := out.Record(i, roster.Outcome{Result: "created", PIN: pin, Run: run})
//	}
//
// Where to go next: columns.go has the names of the columns, row.go what a row
// must hold, csv.go and xlsx.go the two formats; results.go what comes out,
// resume.go what is taken over from an earlier run, file.go how it reaches the
// disk; template.go the empty roster.
//
// Errors for users are *automation.Error: bad_roster for the list, usage for a
// file that cannot take the results.
package roster
