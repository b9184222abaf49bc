package portal

import (
	"testing"

	"pgregory.net/rapid"

	"irccpin/automation/page"
)

// TestWhoIsWho is the rule of who is the same person, who is in part, and whose
// doubts must be resolved first.
func TestWhoIsWho(t *testing.T) {
	for _, c := range []struct {
		row, asked          Person
		same, partial, near bool
	}{
		{Person{"Zoé", "Roy", "z@example.com"}, Person{"zoé ", "ROY", "Z@example.com"}, true, false, true},
		{Person{"Zoé", "Roy", ""}, Person{"Zoé", "Roy", "z@example.com"}, true, false, true},
		{Person{"Zoé", "Roy", "z@example.com"}, Person{"Zoé", "Roy", ""}, true, false, true},
		{Person{"Zoé", "Roy", "z@example.com"}, Person{"Zoé", "Roy", "y@example.com"}, false, true, true},
		{Person{"Ann", "Roy", "z@example.com"}, Person{"Zoé", "Roy", "z@example.com"}, false, true, true},
		{Person{"Zoe", "Roy", ""}, Person{"Zoé", "Roy", ""}, false, false, true},
		{Person{"ZOE", "O NEIL", ""}, Person{"Zoé", "O'Neil", ""}, false, false, true},
		{Person{"Maximili", "Rodrigue", ""}, Person{"Maximilian", "Rodriguez", ""}, false, false, true},
		{Person{"Ann", "Lee", ""}, Person{"Zoé", "Roy", ""}, false, false, false},
		{Person{"", "Roy", ""}, Person{"Zoé", "Roy", ""}, false, false, false},
	} {
		same, partial := Find([]User{c.row.user()}, c.asked)
		if (len(same) == 1) != c.same || (len(partial) == 1) != c.partial || Near(c.row, c.asked) != c.near {
			t.Errorf("%+v and %+v: same %v, partial %v, near %v", c.row, c.asked, same, partial, Near(c.row, c.asked))
		}
	}
}

// TestLookup: one user is told apart, nobody is, or a row agrees in part and is
// neither.
func TestLookup(t *testing.T) {
	users := []User{
		{GivenName: "Zoé", FamilyName: "Roy", Email: "z@example.com"},
		{GivenName: "Zoé", FamilyName: "Roy", Email: "y@example.com"},
		{GivenName: "Ann", FamilyName: "Lee"},
		{GivenName: "Ida", FamilyName: "Orr", Email: "i***@example.com"},
	}
	for _, c := range []struct {
		asked Person
		want  page.Code
	}{
		{Person{Email: "Y@EXAMPLE.com"}, ""},
		{Person{GivenName: "ann", FamilyName: "lee"}, ""},
		{Person{GivenName: "Zoé", FamilyName: "Roy", Email: "z@example.com"}, ""},
		{Person{GivenName: "Zoé", FamilyName: "Roy"}, page.AmbiguousUser},
		{Person{GivenName: "Ann", FamilyName: "Lee", Email: "a@example.com"}, ""},
		{Person{GivenName: "Ida", FamilyName: "Orr", Email: "ida@example.com"}, ""},
		{Person{GivenName: "Ida", FamilyName: "Orr", Email: "orr@example.com"}, page.ConflictingUser},
		{Person{GivenName: "Zoé", FamilyName: "Roy", Email: "x@example.com"}, page.ConflictingUser},
		{Person{GivenName: "Zoe", FamilyName: "Roy", Email: "z@example.com"}, page.ConflictingUser},
		{Person{GivenName: "Zoe", FamilyName: "Roy"}, page.UserNotFound},
		{Person{Email: "ida@example.com"}, page.ConflictingUser},
		{Person{Email: "orr@example.com"}, page.UserNotFound},
		{Person{Email: "n@example.com"}, page.UserNotFound},
	} {
		if _, err := Lookup(users, c.asked); page.CodeOf(err) != c.want {
			t.Errorf("%+v: %v, want %q", c.asked, err, c.want)
		}
	}
}

// TestMade: whatever stands in the table and comes to it besides, the one row
// that a creation adds is found, and no row is when it adds none.
func TestMade(t *testing.T) {
	name := rapid.SampledFrom([]string{"Zoé", "Zoe", "Zo", "Ann", "Ann-Marie", "O'Neil", "Oneil", "Roy", "Li"})
	person := rapid.Custom(func(t *rapid.T) User {
		return User{
			GivenName: name.Draw(t, "given"), FamilyName: name.Draw(t, "family"),
			Email: rapid.SampledFrom([]string{"", "a@example.com", "b@example.com", "c@example.com"}).Draw(t, "email"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		k := &Desk{Intents: &book{}}
		before := rapid.SliceOf(person).Draw(t, "before")
		ours := person.Draw(t, "ours")
		after := rapid.Permutation(append([]User{ours}, before...)).Draw(t, "after")
		found := made(k.newRows(k.digests(before), after), ours.Person())
		if len(found) != 1 || found[0].Person() != ours.Person() {
			t.Errorf("of %v, then %v, these are ours: %v", before, after, found)
		}
		if found := made(k.newRows(k.digests(before), rapid.Permutation(before).Draw(t, "unchanged")), ours.Person()); len(found) > 0 {
			t.Errorf("of an unchanged table these are ours: %v", found)
		}
	})
}

// TestEncodable: what windows-1252 cannot hold is named before anything is pressed.
func TestEncodable(t *testing.T) {
	for value, ok := range map[string]bool{
		"Zoé Maude": true, "O’Neil": true, "Žižek": true, "Œuvre €": true,
		"Nguyễn": false, "Łukasz": false, "王": false, "a\nb": false, "e\u0301": true, "q\u0301": false,
	} {
		if err := CheckEncodable(Person{GivenName: value}, "windows-1252"); (err == nil) != ok || err != nil && page.CodeOf(err) != page.Unencodable {
			t.Errorf("%q: %v", value, err)
		}
	}
	for charset, ok := range map[string]bool{"UTF-8": true, "windows-1252": false, "ISO-8859-2": false, "": false, "nothing-known": false} {
		if err := CheckEncodable(Person{FamilyName: "Nguyễn"}, charset); (err == nil) != ok {
			t.Errorf("%q: %v", charset, err)
		}
	}
}

// TestMadeByThePortal: a row can be ours although the portal changed what was sent.
func TestMadeByThePortal(t *testing.T) {
	for _, c := range []struct {
		sent, row Person
		ours      bool
	}{
		{Person{"Zoë", "Lebœuf", "z@example.com"}, Person{"ZOE", "LEBOEUF", "z@example.com"}, true},
		{Person{"Jörg", "Strauß", "j@example.com"}, Person{"Jorg", "STRAUSS", "J@EXAMPLE.COM"}, true},
		{Person{"Åse", "Øst", "a@example.com"}, Person{"Ase", "Ost", "a@example.com"}, true},
		{Person{"Ann", "Lee", "ann.lee@example.com"}, Person{"Ann", "Lee", "a***@example.com"}, true},
		{Person{"Ann", "Lee", "ann.lee@example.com"}, Person{"Ann", "Lee", "ann.lee@exam"}, true},
		{Person{"Ann", "Lee", "ann.lee@example.com"}, Person{"Ann", "Lee", "ann.lee…"}, true},
		{Person{"Ann", "Lee", "ann.lee@example.com"}, Person{"Ann", "Lee", "b***@example.com"}, false},
		{Person{"Ann", "Lee", "ann.lee@example.com"}, Person{"Ann", "Lee", "an"}, false},
		{Person{"Ann", "Lee", "ann.lee@example.com"}, Person{"Ann", "Lee", "lee@example.com"}, false},
		{Person{"Ann", "Lee", ""}, Person{"Anton", "Oslo", ""}, false},
	} {
		if got := made([]User{c.row.user()}, c.sent); (len(got) == 1) != c.ours {
			t.Errorf("%v was sent, and %v counts as %d rows of it", c.sent, c.row, len(got))
		}
	}
}

// TestCovered: an address that is covered or cut is the one that it can be, and one
// that is only shorter is another.
func TestCovered(t *testing.T) {
	p := Person{"Ann", "Lee", "ann.lee@example.com"}
	for shown, ok := range map[string]bool{"a***@example.com": true, "ann.le…": true, "ann.lee@ex...": true, "ann.lee@exam": false, "b***@example.com": false} {
		if same, _ := Find([]User{{GivenName: "Ann", FamilyName: "Lee", Email: shown}}, p); (len(same) == 1) != ok {
			t.Errorf("%q: %v", shown, same)
		}
	}
}

// TestAttestationNames: the statement to be ticked speaks of the account's
// business, and of none whose name begins like it.
func TestAttestationNames(t *testing.T) {
	for text, ok := range map[string]bool{
		"as the primary representative for Alder & Sons’ Bakery, I authorize the user on behalf of ALDER & SONS' BAKERY. (required)": true,
		"on behalf of Alder & Sons' Bakery": true,
		"à titre de représentant de «Alder & Sons' Bakery», j'autorise au nom de Alder & Sons' Bakery.":       true,
		"for Alder & Sons' Bakery I authorize somebody":                                                       true,
		"FOR ALDER & SONS' BAKERY IN THE EMPLOYER PORTAL":                                                     true,
		"for Alder & Sons' Bakery Holdings, I authorize somebody on behalf of Alder & Sons' Bakery Holdings.": false,
		"for Alder & Sons' Bakery, I authorize somebody on behalf of Alder & Sons' Bakery Holdings.":          false,
		"for Alder & Sons' Bakery—I authorize somebody":                                                       true,
		"for Alder & Sons' Bakery(IRCC employer number A1), I authorize somebody":                             true,
		"for Alder & Sons' Bakery & Co.":                                                                      false,
		"for Alder & Sons' Bakery-Café.":                                                                      false,
		"for Birch Ltd.":                                                                                      false,
	} {
		if got := names(text, "Alder & Sons' Bakery"); got != ok {
			t.Errorf("%q: %v", text, got)
		}
	}
	if !names("au nom d'Acier Nord inc.", "Acier Nord inc.") || !names("for ABC (Canada) Inc.", "ABC(Canada) Inc.") {
		t.Error("an elision or a space makes another business")
	}
	if !names("for somebody", "") {
		t.Error("a name that is not known counts as another one")
	}
}
