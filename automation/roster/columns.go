package roster

import (
	"slices"
	"strings"
	"unicode"

	"irccpin/automation/lang"
)

// The columns that a roster can have. Others are kept and come back in the results.
const (
	ColEmployer       = "employer"
	ColEnvFile        = "env_file"
	ColGivenName      = "given_name"
	ColFamilyName     = "family_name"
	ColEmail          = "email"
	ColAuthorizedBy   = "authorized_by"
	ColBusinessNumber = "business_number"
	ColAllowConflict  = "allow_conflict"
)

// Columns lists the known columns, in the order of the template.
func Columns() []string {
	return []string{
		ColEmployer, ColEnvFile, ColGivenName, ColFamilyName, ColEmail, ColAuthorizedBy,
		ColBusinessNumber, ColAllowConflict,
	}
}

// The columns that results have behind those of the roster.
const (
	colResult  = "result"
	colCode    = "code"
	colMessage = "message"
	colPIN     = "pin"
	colRun     = "run"
)

func resultColumns() []string { return []string{colResult, colCode, colMessage, colPIN, colRun} }

// canonical is a column's name without what does not count in it: case, and
// spaces, for which people also write underscores and hyphens.
func canonical(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '-' || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name))
}

// knownColumn is the known column that a heading names; "" when it is another.
func knownColumn(heading string) string {
	for _, name := range Columns() {
		if canonical(name) == canonical(heading) {
			return name
		}
	}
	return ""
}

// resultColumn is the column of results that a heading names; "" when it is another.
func resultColumn(heading string) string {
	at := slices.Index(resultColumns(), canonical(heading))
	if at < 0 {
		return ""
	}
	return resultColumns()[at]
}

// secretColumn tells whether a heading is the name of a secret of the settings.
func secretColumn(heading string) bool {
	name := canonical(heading)
	return strings.HasPrefix(name, "gckey") || strings.HasPrefix(name, "irccanswer")
}

// header is where the columns of a table are.
type header struct {
	// kept are the cells that belong to the roster, with their headings.
	kept     []int
	headings []string
	// at gives the cells of the known columns, and results those of the result columns.
	at, results map[string]int
}

func (h header) has(column string) bool { _, there := h.at[column]; return there }

// readHeader finds the columns. A file of results is a roster again: when it has
// all columns of results, they are left out.
func readHeader(row line, f *faults) header {
	h := header{at: map[string]int{}, results: map[string]int{}}
	for i, heading := range row.cells {
		if name := resultColumn(heading); name != "" {
			if _, twice := h.results[name]; !twice {
				h.results[name] = i
			}
		}
	}
	isResults := len(h.results) == len(resultColumns())
	seen := map[string]int{}
	for i, heading := range row.cells {
		heading = strings.TrimSpace(heading)
		if heading == "" {
			continue // a cell below it that is filled is a fault of its own
		}
		if earlier, twice := seen[canonical(heading)]; twice {
			f.add(row.number, heading, "the columns %s and %s have the same heading", letter(earlier), letter(i))
			continue
		}
		seen[canonical(heading)] = i
		if name := resultColumn(heading); name != "" {
			if !isResults {
				f.add(row.number, heading, "the results have a column of this name; rename this one")
			}
			continue
		}
		if name := knownColumn(heading); name != "" {
			h.at[name] = i
		} else if secretColumn(heading) {
			f.add(row.number, heading, "a roster holds no secrets: it is copied into results and schedules; put this into the employer's settings file or the keychain")
		}
		h.kept, h.headings = append(h.kept, i), append(h.headings, heading)
	}
	return h
}

// misspelt finds headings that are nearly those of known columns which the
// table has not: a business number in a column that nobody reads protects nobody.
func (h header) misspelt(row int, f *faults) {
	for _, heading := range h.headings {
		if knownColumn(heading) != "" {
			continue
		}
		for _, name := range Columns() {
			// Two slips: "authorised_by", "e_mails". With three, short words turn into
			// others; "employee" and "gmail" are words of their own.
			if !h.has(name) && !slices.Contains([]string{"employee", "employees", "gmail"}, canonical(heading)) && distance(canonical(heading), canonical(name)) <= 2 {
				f.add(row, heading, "it is not a known column, and nearly %s; correct it, or rename it if it is meant to be another", name)
				break
			}
		}
	}
}

// letter is what a spreadsheet calls the column with an index from 0: A, B, … AA.
func letter(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// columnName is what a fault calls a cell's column: its heading, or its letter.
func columnName(row line, i int) string {
	if i < len(row.cells) && strings.TrimSpace(row.cells[i]) != "" {
		return strings.TrimSpace(row.cells[i])
	}
	return lang.Text("column %s", letter(i))
}

// distance is Levenshtein's.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j := range to {
			substituted := diagonal
			if from[i] != to[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
