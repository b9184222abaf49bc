package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Keep bounds the runs that are kept. A zero field means its default, a negative one no bound.
type Keep struct {
	// Age is how long after its last change a run is kept.
	Age time.Duration
	// Bytes is how much all runs may take together; the oldest go first.
	Bytes int64
}

const (
	// KeepAge is the default age: a season of onboarding, with time for somebody to come back from leave and ask.
	KeepAge = 90 * 24 * time.Hour
	// KeepBytes is the default size. A run that ends well takes some 20 kB, and one that fails about 1 MB with its
	// picture: room for hundreds of failures, and nothing that a disk would notice.
	KeepBytes = 256 << 20

	// settling is how long a new directory is left alone: between being made and being held it looks abandoned.
	settling = time.Minute
)

// prune removes the runs that are too old, and then the oldest until the rest fits. A living run is never removed, nor one
// that changed within the last minute.
func prune(dir string, keep Keep, now time.Time) error {
	if keep.Age == 0 {
		keep.Age = KeepAge
	}
	if keep.Bytes == 0 {
		keep.Bytes = KeepBytes
	}
	ids, err := runIDs(dir)
	if err != nil {
		return fmt.Errorf("pruning old runs: %w", err)
	}
	var faults []error
	var total int64
	runs := make([]measured, 0, len(ids))
	for _, id := range ids {
		m, err := measure(filepath.Join(dir, id))
		if err != nil {
			faults = append(faults, err)
			continue
		}
		runs = append(runs, m)
		total += m.size
	}
	for _, m := range slices.Backward(runs) { // oldest first
		age := now.Sub(m.changed)
		tooOld := keep.Age > 0 && age > keep.Age
		tooMuch := keep.Bytes > 0 && total > keep.Bytes
		if !tooOld && !tooMuch || age < settling {
			continue
		}
		if _, alive := living(m.path); alive {
			continue
		}
		if err := os.RemoveAll(m.path); err != nil {
			faults = append(faults, err)
			continue
		}
		total -= m.size
	}
	if len(faults) > 0 {
		return fmt.Errorf("pruning old runs: %w", errors.Join(faults...))
	}
	return nil
}

// measured is a run, as far as pruning is concerned.
type measured struct {
	path    string
	size    int64
	changed time.Time
}

// measure looks at a run. What another process removes meanwhile counts nothing.
func measure(path string) (measured, error) {
	m := measured{path: path}
	err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !d.IsDir() {
			m.size += info.Size()
		}
		if info.ModTime().After(m.changed) {
			m.changed = info.ModTime()
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return m, err
}
