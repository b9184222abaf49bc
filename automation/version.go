package automation

import (
	"runtime/debug"
	"time"
)

// Build is what the program was built from, as far as the Go toolchain stamped it.
type Build struct {
	// Version is a module version: of a release, or made from the commit. It is
	// empty when there is no stamp, as with go run.
	Version string
	// Revision is the commit, and Time the commit's. Modified tells that the
	// checkout had changes beyond it.
	Revision string
	Time     time.Time
	Modified bool
}

// Built is what this program was built from.
func Built() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Build{}
	}
	return buildOf(info)
}

func buildOf(info *debug.BuildInfo) Build {
	var b Build
	if info.Main.Version != "(devel)" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time, _ = time.Parse(time.RFC3339, s.Value) // no stamp is no time
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// String is the version in one word.
func (b Build) String() string {
	const enough = 12 // of a commit's number, as Go's own versions have
	switch {
	case b.Version != "":
		return b.Version
	case b.Revision == "":
		return "unstamped"
	case b.Modified:
		return "commit-" + b.Revision[:min(enough, len(b.Revision))] + "+changes"
	}
	return "commit-" + b.Revision[:min(enough, len(b.Revision))]
}

// Version is the program's, in one word: "unstamped" when it was built without
// one.
func Version() string { return Built().String() }
