package evidence

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// addRun makes a finished run that last changed some time before start.
func addRun(t *testing.T, dir, name string, age time.Duration, size int) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(path, traceFile)
	if err := os.WriteFile(file, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{file, path} {
		if err := os.Chtimes(p, start.Add(-age), start.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPrune(t *testing.T) {
	const day = 24 * time.Hour
	tests := map[string]struct {
		keep Keep
		want []string
	}{
		"defaults":          {Keep{}, []string{"run-3", "run-2", "run-1"}},
		"by age":            {Keep{Age: 2 * day}, []string{"run-3", "run-2"}},
		"by size":           {Keep{Bytes: 2500}, []string{"run-3", "run-2"}},
		"to nothing":        {Keep{Bytes: 1}, []string{"run-3"}}, // changed within the last minute
		"without any bound": {Keep{Age: -1, Bytes: -1}, []string{"run-3", "run-2", "run-1", "run-0"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			ids := map[string]string{}
			for i, age := range []time.Duration{100 * day, 3 * day, day, time.Second} {
				id := fmt.Sprintf("2026110%d-000000-aaaaaa", i)
				ids[id] = fmt.Sprintf("run-%d", i)
				addRun(t, dir, id, age, 1000)
			}
			addRun(t, dir, "something else", 1000*day, 1000)
			if err := prune(dir, test.keep, start); err != nil {
				t.Fatal(err)
			}
			left, err := runIDs(dir)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, id := range left {
				got = append(got, ids[id])
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if _, err := os.Stat(filepath.Join(dir, "something else")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenPrunesAndSparesTheLiving(t *testing.T) {
	dir := t.TempDir()
	addRun(t, dir, "20260101-000000-aaaaaa", 365*24*time.Hour, 10)
	first := openRun(t, Options{Dir: dir, Now: time.Now})
	later := (&clock{time.Now().Add(365 * 24 * time.Hour)}).Now
	second := openRun(t, Options{Dir: dir, Now: later, Keep: Keep{Bytes: 1}})
	left, err := runIDs(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{filepath.Base(second.Dir()), filepath.Base(first.Dir())}, left); diff != "" {
		t.Error(diff)
	}
	finish(t, first, Record{})
	finish(t, second, Record{})
}
