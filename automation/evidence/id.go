package evidence

import (
	"crypto/rand"
	"regexp"
	"strings"
	"time"

	"irccpin/automation/lang"
)

// idTime makes ids sort by the time at which their runs began.
const idTime = "20060102-150405"

// idShape is what [NewID] makes. Nothing else in the directory of runs is ever listed, read or removed.
var idShape = regexp.MustCompile(`^[0-9]{8}-[0-9]{6}-[a-z2-7]{6}$`)

// NewID returns the id of a run that begins now: the time in UTC and six random characters, which tell runs of the same
// second apart, as in "20261122-154501-ab2cd7".
func NewID(now time.Time) string {
	return now.UTC().Format(idTime) + "-" + strings.ToLower(rand.Text()[:6])
}

func checkID(id string) error {
	if !idShape.MatchString(id) {
		return lang.Errorf("%q is not the id of a run (such as 20261122-154501-ab2cd7)", id)
	}
	return nil
}

// idStart returns when the run of a valid id began, to the second. An id whose digits are no date gives the zero time.
func idStart(id string) time.Time {
	t, err := time.Parse(idTime, id[:len(idTime)])
	if err != nil {
		return time.Time{}
	}
	return t
}
