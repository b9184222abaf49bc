package page_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"irccpin/automation/browser"
	"irccpin/automation/page"
)

// The benchmarks run in a real Chrome. Compare two states of the code with
//
//	go test ./automation/page -run '^$' -bench . -count 6 | benchstat …

// manyUsers is a home page with so many users, as heavy in what surrounds the
// table as the simulated portal's.
func manyUsers(rows int) string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><html lang="en"><head><title>Employer Portal - Home</title></head><body><main><h1>Rosa's IRCC Portal account</h1>
<section><h2>Business details</h2><ul><li><strong>Business number</strong> 812345679RP0001</li><li><strong>IRCC employer number</strong> A0004821</li><li><strong>Business legal name</strong> Northern Lantern Bakery Ltd</li></ul></section>
<section><h2>User contact information</h2><form method="post" action="/mycic/contact">`)
	for _, label := range []string{"First name", "Middle name (if applicable)", "Last name(s)", "Contact email address"} {
		fmt.Fprintf(&b, `<div class="form-group"><label>%s <input type="text"></label></div>`, label)
	}
	b.WriteString(`<p><input type="submit" value="Save"></p></form></section><section><h2>Manage access</h2><details open><summary>View Manage access</summary>
<table><thead><tr><th>Given name(s)</th><th>Family Name</th><th>PIN</th><th>Email address</th><th>Administrative status</th><th>User Type</th><th>Delete Account</th></tr></thead><tbody>`)
	for i := range rows {
		fmt.Fprintf(&b, `<tr><td>Given%d</td><td>Family%d</td><td>Qw%04d</td><td>user%d@example.com</td><td>Secondary user</td><td>Regulatory Employer</td><td><a href="/mycic/delete?id=%d">Delete Account</a></td></tr>`, i, i, i%10000, i, i)
	}
	b.WriteString(`</tbody></table></details></section><section><h2>Create User</h2><p><a href="/mycic/create">Create a secondary user for this account</a></p></section>
<p><a href="/mycic/exit?logout=true">Logout</a></p></main></body></html>`)
	return b.String()
}

// within opens a home page of so many users and calls a function of the probe
// there as often as the benchmark says, all in one call: what is measured is
// the page's time, not the way there.
func within(b *testing.B, rows int, work string) {
	stage := newStage(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { html(w, manyUsers(rows)) }), browser.Options{})
	var tab *browser.Tab
	driver := stage.open(b, home, func(t *browser.Tab) page.Tab { tab = t; return t })
	shot, err := driver.Next(background(b), "the home page")
	if err != nil {
		b.Fatal(err)
	}
	call := fmt.Sprintf("({ n }) => { let out; for (let i = 0; i < n; i++) out = %s; return out && out.ok === false ? out.status : ''; }", work)
	b.ResetTimer()
	var failed string
	if err := tab.Call(background(b), shot.Doc, call, map[string]int{"n": b.N}, &failed); err != nil || failed != "" {
		b.Fatal(failed, err)
	}
}

// What the probe does at each burst of changes: recognise the page, resolve its
// elements, tell its state.
func BenchmarkProbe(b *testing.B) {
	for _, rows := range []int{5, 5000} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) { within(b, rows, "(irccpin.snapshot(), {})") })
	}
}

// Finding one element anew and making it ready to be pressed.
func BenchmarkResolve(b *testing.B) {
	for _, rows := range []int{5, 5000} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			within(b, rows, "irccpin.arm({ page: 'home', element: 'create-secondary-user', token: 'x', keep: [] })")
		})
	}
}

// Reading a whole table, inside the page and all the way to Go.
func BenchmarkTable(b *testing.B) {
	for _, rows := range []int{5, 5000} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			within(b, rows, "irccpin.readTable({ page: 'home', table: 'users' })")
		})
	}
	b.Run("rows=5000/driver", func(b *testing.B) {
		stage := newStage(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { html(w, manyUsers(5000)) }), browser.Options{})
		driver := stage.open(b, home, nil)
		if _, err := driver.Next(background(b), "the home page"); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			table, err := driver.ReadTable(background(b), "home", "users")
			if err != nil || len(table.Rows) != 5000 {
				b.Fatal(len(table.Rows), err)
			}
		}
	})
}
