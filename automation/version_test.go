package automation

import (
	"runtime/debug"
	"testing"
)

func TestBuilds(t *testing.T) {
	const commit = "faec7be4ee35e36726747af68d994286615a9e02"
	stamp := func(version string, pairs ...string) *debug.BuildInfo {
		info := &debug.BuildInfo{Main: debug.Module{Version: version}}
		for i := 0; i < len(pairs); i += 2 {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return info
	}
	for _, c := range []struct {
		info *debug.BuildInfo
		want string
	}{
		{stamp("v1.2.0"), "v1.2.0"},
		{stamp("v0.0.0-20261122180126-faec7be4ee35", "vcs.revision", commit), "v0.0.0-20261122180126-faec7be4ee35"},
		{stamp("(devel)", "vcs.revision", commit), "commit-faec7be4ee35"},
		{stamp("", "vcs.revision", commit, "vcs.modified", "true"), "commit-faec7be4ee35+changes"},
		{stamp("(devel)"), "unstamped"},
	} {
		if got := buildOf(c.info).String(); got != c.want {
			t.Errorf("it is %q, want %q", got, c.want)
		}
	}
}
