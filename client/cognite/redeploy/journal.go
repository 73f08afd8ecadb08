package redeploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"fndeck/auth/privatefile"
)

// Journal is the file of an operation. It is not safe for concurrent use; the lock
// of the operation sees to that.
type Journal struct {
	file  *os.File
	state State
	// fault, in tests, is asked before and after each write and stands for the end of
	// the program where it returns an error.
	fault func(written bool, r Record) error
}

// readJournal reads the records of a file. A line that a cut write left at its end
// was never acted on, and is not there.
func readJournal(path string) ([]Record, int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	whole := int64(0)
	var records []Record
	for line := range bytes.Lines(text) {
		if line[len(line)-1] != '\n' {
			break
		}
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, 0, fmt.Errorf("%s is damaged: %w", path, err)
		}
		records = append(records, r)
		whole += int64(len(line))
	}
	return records, whole, nil
}

// createJournal begins a journal with its plan.
func createJournal(path string, plan Record, fault func(bool, Record) error) (*Journal, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	j := &Journal{file: f, state: StateOf(nil), fault: fault}
	err = j.write(plan)
	if err == nil {
		err = privatefile.SyncDir(dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// openJournal takes a journal up.
func openJournal(path string, fault func(bool, Record) error) (*Journal, error) {
	records, whole, err := readJournal(path)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 || records[0].Kind != Planned {
		return nil, fmt.Errorf("%s holds no plan", path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err = f.Truncate(whole); err == nil {
		_, err = f.Seek(whole, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Journal{file: f, state: StateOf(records), fault: fault}, nil
}

// journalError is a journal that could not be written: nothing more is sent.
type journalError struct{ error }

func (e journalError) Unwrap() error { return e.error }

// write adds a record; it returns once that is durable.
func (j *Journal) write(r Record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return journalError{err}
	}
	if j.fault != nil {
		if err := j.fault(false, r); err != nil {
			return journalError{err}
		}
	}
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		return journalError{fmt.Errorf("write the journal: %w", err)}
	}
	if err := j.file.Sync(); err != nil {
		return journalError{fmt.Errorf("write the journal: %w", err)}
	}
	j.state.apply(r)
	if j.fault != nil {
		if err := j.fault(true, r); err != nil {
			return journalError{err}
		}
	}
	return nil
}

func (j *Journal) close() error { return j.file.Close() }
