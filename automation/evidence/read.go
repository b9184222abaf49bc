package evidence

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// List returns the runs in a directory, newest first. A run that broke off or was damaged is listed with that [State].
// A directory that does not exist holds no runs.
func List(dir string) ([]Record, error) {
	ids, err := runIDs(dir)
	if err != nil {
		return nil, fmt.Errorf("listing runs: %w", err)
	}
	records := make([]Record, len(ids))
	for i, id := range ids {
		records[i] = readRecord(dir, id)
	}
	return records, nil
}

// runIDs returns the ids of the runs in a directory, newest first.
func runIDs(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var ids []string
	for _, entry := range entries {
		if entry.IsDir() && idShape.MatchString(entry.Name()) {
			ids = append(ids, entry.Name())
		}
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids, err
}

// Load returns one run with its trace. Lines of the trace that cannot be read are left out and counted in
// [Record.Fault]. The error matches [fs.ErrNotExist] when there is no such run.
func Load(dir, id string) (Record, []Event, error) {
	files, err := Files(dir, id)
	if err != nil {
		return Record{}, nil, err
	}
	record := readRecord(dir, id)
	trace, err := fs.ReadFile(files, traceFile)
	if err != nil {
		record.addFault(err.Error())
		return record, nil, nil
	}
	var events []Event
	unreadable := 0
	for line := range strings.Lines(string(trace)) {
		var e Event
		switch line = strings.TrimSpace(line); {
		case line == "":
		case json.Unmarshal([]byte(line), &e) != nil:
			unreadable++
		default:
			events = append(events, e)
		}
	}
	if unreadable > 0 {
		record.addFault(fmt.Sprintf("%d of the lines of %s cannot be read", unreadable, traceFile))
	}
	if record.State != Finished {
		record.Steps = len(events)
	}
	return record, events, nil
}

// Files returns the files of one run, for [WriteHTML] and for copying. The error matches [fs.ErrNotExist] when there is no
// such run.
func Files(dir, id string) (fs.FS, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, id)
	if info, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("reading the run %s: %w", id, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("reading the run %s: %s is not a directory", id, path)
	}
	return os.DirFS(path), nil
}

func (r *Record) addFault(fault string) {
	if r.Fault != "" {
		r.Fault += "; "
	}
	r.Fault += fault
}

// readRecord returns what can be told of a run, whatever state its files are in.
func readRecord(dir, id string) Record {
	path := filepath.Join(dir, id)
	// Before the record: a run that ends in between must not look broken.
	pid, alive := living(path)
	record, err := decodeRecord(filepath.Join(path, recordFile))
	record.ID = id
	if record.Started.IsZero() {
		record.Started = idStart(id)
	}
	switch {
	case alive:
		record.State, record.PID = Running, pid
	case errors.Is(err, fs.ErrNotExist):
		record.State = BrokenOff
		record.addFault("it ended before its first record was written")
	case err != nil:
		record.State = Damaged
		record.addFault(err.Error())
	case record.Ended.IsZero():
		record.State = BrokenOff
		record.addFault("its process ended without saying how")
	default:
		record.State = Finished
	}
	return record
}

func decodeRecord(path string) (Record, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Record{}, err
	}
	var record Record
	if err := json.Unmarshal(data, &record); err != nil {
		return Record{}, fmt.Errorf("%s: %w", recordFile, err)
	}
	if record.Schema != Schema {
		return Record{}, fmt.Errorf("%s has schema %d, and this program reads %d", recordFile, record.Schema, Schema)
	}
	return record, nil
}
