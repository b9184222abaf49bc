package portal

import (
	"strings"
	"testing"

	"irccpin/automation/page"
)

// TestCheckEmployer: only the numbers that were given, without their dress,
// decide; what the page does not show is not theirs.
func TestCheckEmployer(t *testing.T) {
	at := Employer{LegalName: "Maple Syrup Works", BusinessNumber: "123456789 RP 0001", IRCCEmployerNumber: "A-1234567"}
	for name, c := range map[string]struct {
		at               Employer
		business, number string
		says             string
	}{
		"nothing expected":        {at, "", "", ""},
		"both":                    {at, "123456789RP0001", "A1234567", ""},
		"another dress":           {at, "123 456 789-rp-0001", "a 1234567", ""},
		"another business":        {at, "987654321RP0001", "", `"987654321RP0001" was expected`},
		"another branch":          {at, "123456789RP0002", "", `"123456789RP0002" was expected`},
		"a part of it":            {at, "123456789", "", "was expected"},
		"more than it":            {at, "123456789RP00011", "", "was expected"},
		"another number":          {at, "123456789RP0001", "A1234568", "IRCC employer number"},
		"not shown":               {Employer{}, "123456789RP0001", "", "does not show a business number"},
		"shown as a dash":         {Employer{BusinessNumber: "—"}, "123456789RP0001", "", "was expected"},
		"a dash, and none shown":  {Employer{}, "-", "", "does not show"},
		"a dash, shown as a dash": {Employer{BusinessNumber: "-"}, "-", "", "was expected"},
	} {
		err := CheckEmployer(c.at, c.business, c.number)
		switch {
		case c.says == "" && err == nil:
		case c.says == "" || err == nil || !strings.Contains(err.Error(), c.says) || page.CodeOf(err) != page.WrongEmployer:
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}
