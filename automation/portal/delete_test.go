package portal

import "testing"

// TestWhomAQuestionIsAbout: what a question says of others than the one who is
// meant counts, and names that are part of one another do not mislead.
func TestWhomAQuestionIsAbout(t *testing.T) {
	ann := User{GivenName: "Ann", FamilyName: "Lee", Email: "ann@example.com"}
	mary := User{GivenName: "Mary Ann", FamilyName: "Lee", Email: "mary@example.com"}
	twin := User{GivenName: "Ann", FamilyName: "Lee", Email: "twin@example.com"}
	all := []User{ann, mary, twin}
	for _, c := range []struct {
		text    string
		u       User
		another bool
	}{
		{"Are you sure that you want to delete this account?", ann, false},
		{"Delete the account of ANN  LEE?", ann, false},
		{"Delete the account of Mary Ann Lee?", ann, true},
		{"Delete the account of Mary Ann Lee?", mary, false},
		{"Delete the account of Ann Lee?", mary, true},
		{"Delete the account of Lee, Mary Ann?", ann, true},
		{"Delete ann@example.com?", ann, false},
		{"Delete twin@example.com?", ann, true},
		{"Delete Ann Lee (twin@example.com)?", ann, true},
		{"Delete Ann Leeson?", mary, false},
		{"Supprimer le compte de Joanne Roy?", ann, false},
	} {
		if got := namesAnother(c.text, c.u, all); got != c.another {
			t.Errorf("%q, meant is %s: %v", c.text, describe(c.u.Person()), got)
		}
	}
}
