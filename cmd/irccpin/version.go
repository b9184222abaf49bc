package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

func (p *program) versionCommand() *cli.Command {
	return &cli.Command{
		Name:   "version",
		Usage:  "print the version",
		Flags:  outputFlags()[:1],
		Action: func(*cli.Context) error { return p.version() },
	}
}

// build is what this program was built from.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (p *program) version() error {
	from := automation.Built()
	b := build{
		Version: from.String(), Revision: from.Revision, Modified: from.Modified,
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if !from.Time.IsZero() {
		b.Time = from.Time.Format(time.RFC3339)
	}
	if p.json {
		return p.printJSON(struct {
			envelope
			build
		}{ended("version"), b})
	}
	_, err := fmt.Fprintln(p.out, lang.Text("irccpin %s%s, %s, %s", b.Version, b.origin(from), b.Go, b.Platform))
	return err
}

// origin says what the version's word leaves open.
func (b build) origin(from automation.Build) string {
	switch {
	case from.Revision == "" && from.Version == "":
		return lang.Text(" (built without a version; go build in a clone stamps one)")
	case from.Revision == "":
		return ""
	case from.Modified:
		return lang.Text(" (the commit of %s, with changes)", from.Time.Format("2006-01-02"))
	}
	return lang.Text(" (the commit of %s)", from.Time.Format("2006-01-02"))
}
