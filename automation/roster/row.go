package roster

import (
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// Row is one user at one employer.
type Row struct {
	// Number is the row's as the spreadsheet shows it, from 1.
	Number int
	// Employer is the name in reports and, without EnvFile, in the keychain.
	Employer string
	// EnvFile is the whole path of the settings file; empty is the keychain.
	EnvFile string
	// GivenName, FamilyName and Email are who it is about, tidy.
	GivenName, FamilyName, Email string
	// AuthorizedBy is the person on whose word the attestation is ticked.
	AuthorizedBy string
	// BusinessNumber is compared with the home page's; empty is no comparison.
	BusinessNumber string
	// AllowConflict says that a user who agrees only in part is somebody else.
	AllowConflict bool

	// cells are the row as it came in, by Roster.Columns.
	cells []string
	// key tells the row apart in results, whatever its place.
	key key
}

// Person is who the row is about.
func (r Row) Person() automation.Person {
	return automation.Person{GivenName: r.GivenName, FamilyName: r.FamilyName, Email: r.Email}
}

// Order is the creation that the row asks for.
func (r Row) Order() automation.NewUser {
	return automation.NewUser{Person: r.Person(), AuthorizedBy: r.AuthorizedBy, AllowConflict: r.AllowConflict}
}

// Source says where the employer's settings are: in the row's file or in the
// keychain, and nowhere else.
func (r Row) Source(environ []string) automation.SettingsFrom {
	if r.EnvFile != "" {
		return automation.SettingsFrom{File: r.EnvFile, FileNamed: true, Environ: environ}
	}
	return automation.SettingsFrom{Employer: r.Employer, Environ: environ}
}

// Label is what a person calls the row's employer.
func (r Row) Label() string {
	if r.Employer != "" {
		return r.Employer
	}
	return filepath.Base(r.EnvFile)
}

// key tells a row apart. What a spreadsheet likes to change, such as a business
// number's leading zeros, is not in it.
type key struct{ source, given, family, email string }

func newKey(employer, envFile, given, family, email string) key {
	source := "file " + filepath.ToSlash(filepath.Clean(envFile))
	if envFile == "" {
		source = "keychain " + fold(employer)
	}
	return key{source, fold(given), fold(family), fold(email)}
}

// fold takes away what does not tell people and names apart: space and case.
func fold(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFC.String(s)), " "))
}

// checker reads rows and finds what is wrong with them.
type checker struct {
	options    Options
	header     header
	headerLine line
	faults     *faults
	// checked remembers what was said of an employer that many rows name.
	checked map[employer]error
}

// columns finds columns that are missing.
func (c *checker) columns() {
	row, h := c.headerLine.number, c.header
	missing := func(column, why string) {
		if !h.has(column) {
			c.faults.add(row, column, "the column is missing%s", why)
		}
	}
	if !h.has(ColEnvFile) {
		missing(ColEmployer, lang.Text(", and so is %s: one of them says whose credentials are used", ColEnvFile))
	}
	if c.options.For == PINs && h.has(ColEmail) {
		return
	}
	why := ""
	if c.options.For == PINs {
		why = lang.Text("; without it, there must be a column %s", ColEmail)
	}
	missing(ColGivenName, why)
	missing(ColFamilyName, why)
	if c.options.For == Create {
		missing(ColAuthorizedBy, lang.Text(": it says on whose word each user is authorized"))
	}
}

// row reads a row.
func (c *checker) row(l line) Row {
	r := Row{Number: l.number}
	value := func(column string) string {
		if at, there := c.header.at[column]; there {
			return strings.TrimSpace(l.cell(at))
		}
		return ""
	}
	tidy := func(column string, rule func(string) (string, error)) string {
		text := value(column)
		if text == "" {
			return ""
		}
		text, err := rule(text)
		if err != nil {
			c.faults.add(l.number, column, "it %v", err)
		}
		return text
	}
	r.Employer = tidy(ColEmployer, automation.TidyName)
	r.GivenName = tidy(ColGivenName, automation.TidyName)
	r.FamilyName = tidy(ColFamilyName, automation.TidyName)
	r.AuthorizedBy = tidy(ColAuthorizedBy, automation.TidyName)
	r.Email = tidy(ColEmail, automation.TidyEmail)
	r.BusinessNumber = c.businessNumber(l.number, value(ColBusinessNumber))
	r.AllowConflict = c.yes(l.number, value(ColAllowConflict))
	envFile := value(ColEnvFile)
	r.EnvFile = c.envFile(envFile)
	c.required(l.number, value)
	c.strays(l)
	for _, at := range c.header.kept {
		r.cells = append(r.cells, l.cell(at))
	}
	r.key = newKey(r.Employer, envFile, r.GivenName, r.FamilyName, r.Email)
	return r
}

// required finds values that are missing. A column that is missing is a fault
// of its own, told once.
func (c *checker) required(row int, value func(string) string) {
	if value(ColEnvFile) == "" && value(ColEmployer) == "" && (c.header.has(ColEnvFile) || c.header.has(ColEmployer)) {
		column := ColEnvFile
		if !c.header.has(ColEnvFile) {
			column = ColEmployer
		}
		c.faults.add(row, column, "neither %s nor %s says whose credentials are used", ColEnvFile, ColEmployer)
	}
	needed := []string{ColGivenName, ColFamilyName}
	switch {
	case c.options.For == Create:
		needed = append(needed, ColAuthorizedBy)
	case value(ColEmail) != "":
		// One name without the other tells nobody apart, and may be a slip.
		if value(ColGivenName) == "" && value(ColFamilyName) == "" {
			needed = nil
		}
	}
	for _, column := range needed {
		if c.header.has(column) && value(column) == "" {
			c.faults.add(row, column, "it is empty")
		}
	}
	if c.options.For == PINs && c.header.has(ColEmail) && !c.header.has(ColGivenName) && value(ColEmail) == "" {
		c.faults.add(row, ColEmail, "it is empty, and nothing else says who it is about")
	}
}

// strays finds values in columns without a heading.
func (c *checker) strays(l line) {
	for i, cell := range l.cells {
		if strings.TrimSpace(cell) != "" && strings.TrimSpace(c.headerLine.cell(i)) == "" {
			c.faults.add(l.number, "column "+letter(i), "there is a value, and the column has no heading; in a CSV file, a field with a comma in it must stand in quotes")
		}
	}
}

// envFile is the whole path of a settings file.
func (c *checker) envFile(name string) string {
	if name == "" {
		return ""
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.options.Dir, path)
	}
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	return path
}

// employer is what a row says about whose account it is.
type employer struct{ source, businessNumber string }

// employer asks about a row's employer, once.
func (c *checker) employer(r Row) {
	if c.options.Check == nil || r.EnvFile+r.Employer == "" {
		return
	}
	about := employer{r.key.source, r.BusinessNumber}
	err, asked := c.checked[about]
	if !asked {
		err = c.options.Check(r)
		c.checked[about] = err
	}
	switch {
	case err == nil:
	case r.EnvFile != "":
		c.faults.add(r.Number, ColEnvFile, "%s: %v", r.EnvFile, err)
	default:
		c.faults.add(r.Number, ColEmployer, "%s: %v", r.Employer, err)
	}
}

// businessNumber is nine digits, and for a program account two letters and four
// digits more (Canada Revenue Agency). Spaces and dashes do not count.
var businessNumber = regexp.MustCompile(`^\d{9}([A-Z]{2}\d{4})?$`)

func (c *checker) businessNumber(row int, number string) string {
	if number == "" {
		return ""
	}
	compact := compactNumber(number)
	switch digits := strings.TrimRight(compact, "0123456789"); {
	case businessNumber.MatchString(compact):
	case digits == "" && len(compact) < 9:
		c.faults.add(row, ColBusinessNumber, "it has %d digits where a business number has nine; a spreadsheet drops leading zeros unless the column is text", len(compact))
	default:
		c.faults.add(row, ColBusinessNumber, "it is not a business number: nine digits, such as 123456789, or with a program account, such as 123456789RP0001")
	}
	return number
}

func compactNumber(s string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, s))
}

// yes reads a yes or no. Spreadsheets in French write VRAI and FAUX.
func (c *checker) yes(row int, answer string) bool {
	switch strings.ToLower(answer) {
	case "yes", "true", "oui", "vrai":
		return true
	case "no", "false", "non", "faux", "":
	default:
		c.faults.add(row, ColAllowConflict, "it is %q; write yes or no, or leave it empty", answer)
	}
	return false
}
