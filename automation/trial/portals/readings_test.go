package portals_test

import (
	"slices"
	"strings"
	"testing"

	"irccpin/automation/page"
)

// readings are pages as others would write them, with what they say beside what
// they are about: help, warnings, badges, steps, and placeholders.
func (g *gallery) readings(t *testing.T) {
	const (
		mfa      = "https://mfa.auth.canada.ca/verify"
		landing  = "https://www.canada.ca/en/immigration-refugees-citizenship/corporate/partners-service-providers/employer-portal.html"
		terms    = "https://onlineservices-servicesenligne.cic.gc.ca/mycic/termsAndConditions"
		question = "https://onlineservices-servicesenligne.cic.gc.ca/mycic/askSecurityQuestion"
		at       = "https://onlineservices-servicesenligne.cic.gc.ca/mycic/repPortal/tfwp/home"
		form     = "https://onlineservices-servicesenligne.cic.gc.ca/mycic/repPortal/tfwp/createSecondaryUser"
		code     = `<main><h1>Two-factor authentication</h1><form><label for="c">Enter your one-time passcode</label><input id="c"><button>Continue</button></form>`
		home     = `<main><h1>IRCC Portal account</h1><h2>Business details</h2><h2>Manage access</h2><a href="/mycic/c">Create a secondary user for this account</a>`
		heads    = `<table><tr><th>Given name</th><th>Family name ▲</th><th>PIN</th><th>Email</th></tr>`
		fields   = `<main><h1>Create User</h1><form method="post"><label for="g">Given name(s)</label><input id="g"><label for="f">Family name</label><input id="f"><label for="e">Email address</label><input id="e">` + agree + `<button>Create account</button></form>`
	)
	found := func(elements ...string) func(*testing.T, *page.Snapshot) {
		return func(t *testing.T, s *page.Snapshot) {
			for _, name := range elements {
				if s.Elements[name].Status != "found" {
					t.Errorf("%s is %+v", name, s.Elements[name])
				}
			}
		}
	}
	table := func(rows int, filling bool) func(*testing.T, *page.Snapshot) {
		return func(t *testing.T, s *page.Snapshot) {
			if users := s.Tables["users"]; users.Count != 1 || users.Rows != rows || users.Filling != filling {
				t.Errorf("the table is %+v", users)
			}
		}
	}
	says := func(text string) func(*testing.T, *page.Snapshot) {
		return func(t *testing.T, s *page.Snapshot) {
			if !slices.Contains(s.Messages, text) {
				t.Errorf("the messages are %q", s.Messages)
			}
		}
	}
	pin := func(want string) func(*testing.T, *page.Snapshot) {
		return func(t *testing.T, _ *page.Snapshot) {
			var read struct{ Rows []map[string]string }
			if err := g.tab.Call(t.Context(), g.doc, "(order) => irccpin.readTable(order)", map[string]string{"page": "home", "table": "users"}, &read); err != nil {
				t.Fatal(err)
			}
			if len(read.Rows) != 1 || read.Rows[0]["pin"] != want {
				t.Errorf("the rows are %q", read.Rows)
			}
		}
	}
	turns := func(next, previous string) func(*testing.T, *page.Snapshot) {
		return func(t *testing.T, _ *page.Snapshot) {
			var read struct{ Next, Previous string }
			if err := g.tab.Call(t.Context(), g.doc, "(order) => irccpin.readTable(order)", map[string]string{"page": "home", "table": "users"}, &read); err != nil {
				t.Fatal(err)
			}
			if read.Next != next || read.Previous != previous {
				t.Errorf("read %+v", read)
			}
		}
	}
	row := func(pin string) string {
		return home + heads + `<tr><td>Paul</td><td>Roy</td><td>` + pin + `</td><td></td></tr></table></main>`
	}
	for _, c := range []struct {
		name, url, html, page string
		check                 func(*testing.T, *page.Snapshot)
	}{
		{"attempts that are left", mfa, code + `<div role="alert">The code is incorrect. You have 4 attempts left before your account is locked.</div>`, "mfa-code", nil},
		{"what comes after the tries", mfa, code + `<div role="alert">You have two tries. After that your account is locked.</div>`, "mfa-code", nil},
		{"a lock, and why", mfa, `<main><h1>Sorry</h1><div role="alert">You had too many attempts before. Your account is locked.</div>`, "account-locked", nil},
		{"a code by e-mail, or by an app", mfa, code + `<p>The passcode was sent to your email.</p><a href="/app">Use an authenticator app instead</a>`, "mfa-code", func(t *testing.T, s *page.Snapshot) {
			if !s.Is("email") || s.Is("app") {
				t.Errorf("the facets are %q", s.Facets)
			}
		}},
		{"a success that hands over itself", mfa, `<main><h1>Authentication success</h1><form method="post"><input type="hidden" name="SAMLResponse" value="x"><button>Continue</button></form>`, "mfa-success", found("continue")},
		{"a notice of last year", landing, `<main><h1>Employer Portal</h1><h2>Scheduled maintenance</h2><p>It was in 2019.</p><button>Sign in</button><div hidden><a href="https://www.canada.ca/x?idp=gckey">Sign in with GCKey</a><a href="https://www.canada.ca/y?idp=gckey">Register with GCKey</a></div>`, "landing", nil},
		{"terms below a notice of cookies", terms, `<title>Terms and conditions</title><div role="dialog"><p>We use cookies.</p><button>I accept all cookies</button></div><main><h1>Terms and conditions</h1></main>`, "terms", func(t *testing.T, s *page.Snapshot) {
			if s.Elements["accept"].Status != "missing" {
				t.Errorf("accept is %+v", s.Elements["accept"])
			}
		}},
		{"a question that is still to come", question, `<main><h1>Identity Validation</h1><form method="get"><p>Did you find what you were looking for?</p><button>Yes</button><label>Tell us what was wrong <textarea></textarea></label><button>Submit</button></form>`, "", nil},
		{"a deletion in bold", at + "/x", `<main><table><tr><td><b>Delete Account - Confirmation</b></td></tr><tr><td>You are about to delete the access of this user.</td></tr></table><form method="post"><input type="submit" value="Continue"></form>`, "delete-confirmation", found("confirm-delete")},
		{"a deletion, and maintenance ahead", at + "/x", `<main><div class="alert"><h2>Planned maintenance</h2>The portal will be unavailable on Sunday from 1 a.m. to 5 a.m. for scheduled maintenance.</div><h1>Are you sure you want to delete this account?</h1><form method="post"><button>Delete Account</button> <a href="/mycic/h">Cancel</a></form>`, "delete-confirmation", found("confirm-delete")},
		{"a table with its pager in it", at, home + `<div role="grid" aria-rowcount="8"><div role="rowgroup"><div role="row"><div role="columnheader">Given name</div><div role="columnheader">Family name</div><div role="columnheader">PIN</div></div></div><div role="rowgroup"><div role="row"><div role="gridcell">Paul</div><div role="gridcell">Roy</div><div role="gridcell">Ab1234</div></div></div><div><p>1–1 of 7</p><button aria-label="Go to previous page" disabled></button><button aria-label="Go to next page"><svg width="9" height="9"></svg></button></div></div></main>`, "home", func(t *testing.T, _ *page.Snapshot) {
			var read struct {
				Next, Previous string
				Info           struct{ Total int }
				Least          int
			}
			if err := g.tab.Call(t.Context(), g.doc, "(order) => irccpin.readTable(order)", map[string]string{"page": "home", "table": "users"}, &read); err != nil {
				t.Fatal(err)
			}
			if read.Next != "more" || read.Previous != "end" || read.Info.Total != 7 || read.Least != 7 {
				t.Errorf("read %+v", read)
			}
		}},
		{"a table whose heads are a table of their own", at, home + `<div><div><div>` + heads + `</table></div></div><div><table><tr><td>Paul</td><td>Roy</td><td>B6dens</td><td></td></tr></table></div></div></main>`, "home", pin("B6dens")},
		{"a pager that says which page comes next", at, home + `<div>` + heads + `<tr><td>Paul</td><td>Roy</td><td>B6dens</td><td></td></tr></table><form method="post"><ul><li><span aria-current="page">1</span></li><li><button><span class="wb-inv">Page </span>2</button></li><li><button>Next<span class="wb-inv"> – page 2</span></button></li></ul></form></div></main>`, "home", turns("more", "end")},
		{"a pager of numbered pages", at, home + `<div>` + heads + `<tr><td>Paul</td><td>Roy</td><td>B6dens</td><td></td></tr></table><ul><li><button>Page 1</button></li><li><span aria-current="page">2</span></li><li><button>Page 3</button></li></ul></div></main>`, "home", turns("more", "more")},
		{"a pager that nobody knows", at, home + `<div>` + heads + `<tr><td>Paul</td><td>Roy</td><td>B6dens</td><td></td></tr></table><button>Bring me the next few users</button></div></main>`, "home", turns("ambiguous", "ambiguous")},
		{"nobody yet", at, home + heads + `<tr><td colspan="4">You have no secondary users.</td></tr></table></main>`, "home", table(1, false)},
		{"nobody yet, in French", at, home + heads + `<tr><td colspan="4">Vous n’avez aucun utilisateur secondaire.</td></tr></table></main>`, "home", table(1, false)},
		{"no rows", at, home + heads + `<tr><td colspan="4">No rows</td></tr></table></main>`, "home", table(1, false)},
		{"rows that are on their way", at, home + `<section><div><p>Loading…</p>` + heads + `</table></div></section></main>`, "home", table(0, true)},
		{"a row that says so", at, home + heads + `<tr><td colspan="4">Chargement…</td></tr></table></main>`, "home", table(1, true)},
		{"a button in a link", at, strings.Replace(home, `<a href="/mycic/c">Create a secondary user for this account</a>`, `<a href="/mycic/c"><button>Create a secondary user for this account</button></a>`, 1), "home", found("create-secondary-user")},
		{"the news of a creation", at, home + heads + `</table><div role="alert">The account has been created.</div></main>`, "home", nil},
		{"a PIN", at, row("B6dens"), "home", pin("B6dens")},
		{"a PIN that is being made", at, row("Pending…"), "home", pin("")},
		{"a PIN that is being made, in words", at, row("Being generated, please wait"), "home", pin("")},
		{"a PIN that is used up", at, row("Expired"), "home", pin("")},
		{"what happens next", form, fields + `<p>Once the account has been created, a PIN appears.</p></main>`, "create-user", found("given-names", "create-account")},
		{"steps", form, `<ol class="steps"><li>Business details</li><li>Manage access</li><li>Create User</li><li>Confirm Create user</li></ol>` + fields + `</main>`, "create-user", found("given-names", "create-account")},
		{"badges in the labels", form, strings.NewReplacer(
			`Given name(s)`, `Given name(s) <span aria-hidden="true">*</span> <span class="sr-only">required</span>`, `Family name`, `Family name <span class="badge">Required</span>`,
		).Replace(fields), "create-user", found("given-names", "family-name")},
		{"badges beside the fields", form, strings.NewReplacer(`<label for="g">Given name(s)</label>`, `<p>Given name(s) <span class="badge">Required</span> `, `<label for="f">`, `<p><label for="f">`).Replace(fields), "create-user", found("given-names", "family-name")},
		{"an error beside a field", form, strings.Replace(fields, `<input id="f">`, `<input id="f"><span class="text-danger">The name is too long.</span>`, 1), "create-user", says("The name is too long.")},
		{"a technical error", form, fields + `<div role="alert">A technical error has occurred.</div>`, "create-user", func(t *testing.T, s *page.Snapshot) {
			if !s.Is("technical") {
				t.Errorf("the facets are %q", s.Facets)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := g.show(t, exhibit{c.url, "text/html; charset=utf-8", []byte("<!doctype html><title>x</title>" + c.html)})
			if s.Shot.Page() != c.page {
				t.Fatalf("it is %q; %q hold, nearest is %+v", s.Shot.Page(), s.All, s.Shot.Nearest)
			}
			if c.check != nil {
				c.check(t, s.Shot)
			}
		})
	}
}

// agree is the statement of the form.
const agree = `<input type="checkbox" id="a"><label for="a">I confirm that as the primary representative for Northern Lantern Bakery Ltd, I authorize the secondary user identified above to submit an offer of employment to Immigration, Refugees and Citizenship Canada on behalf of Northern Lantern Bakery Ltd.</label>`
