package portals_test

import (
	"os"
	"path/filepath"
	"testing"

	"irccpin/automation"
)

// TestCaptures replays every capture below fixtures/captures: today's catalog
// must make of each page what it made of it when the capture became a fixture.
// One is added with: irccpin replay DIR --fixture fixtures/captures/NAME.
func TestCaptures(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "fixtures", "captures")
	folders, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		t.Run(folder.Name(), func(t *testing.T) {
			c := automation.Config{StateDir: t.TempDir(), Environ: []string{}}
			if dir := filepath.Join(root, folder.Name(), "selectors"); isDir(dir) {
				c.Selectors = dir
			}
			pages, err := automation.Replay(t.Context(), c, automation.ReplayOptions{Dir: filepath.Join(root, folder.Name())})
			if err != nil {
				t.Fatal(err)
			}
			if len(pages) == 0 {
				t.Error("the capture holds no pages")
			}
			for _, p := range pages {
				for _, d := range p.Differences {
					t.Errorf("%s: %s", p.File, d)
				}
			}
		})
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
