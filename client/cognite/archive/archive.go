// Package archive keeps the calls of remote functions on this machine: the service
// forgets them after 90 days, and with the function at once. What is kept is keyed
// by call, so that fetching again adds only what is new.
package archive

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/gofrs/flock"

	"fndeck/client"
)

// Archive is a directory of calls: per function a file with one line for each call,
// and one with their responses and logs. Several programs may share it.
type Archive struct {
	dir string

	// read are the lists of calls as they were last read: they only grow, so that the
	// size tells whether one has changed.
	mu   sync.Mutex
	read map[string]readCalls
}

type readCalls struct {
	size    int64
	entries []entry
}

// New returns the archive in a directory, which is made when it is first written
// to. It does no I/O.
func New(dir string) *Archive { return &Archive{dir: dir, read: map[string]readCalls{}} }

// entry is a call in the file of calls: Offset and Size say where its body lies.
type entry struct {
	Call   client.Call `json:"call"`
	Offset int64       `json:"offset"`
	Size   int64       `json:"size"`
}

// Body is what a call left behind.
type Body struct {
	Response json.RawMessage  `json:"response,omitempty"`
	Lines    []client.LogLine `json:"lines,omitempty"`
}

// Record is a call with what it left behind.
type Record struct {
	Call client.Call
	Body Body
}

func (a *Archive) file(functionID, kind string) string {
	return filepath.Join(a.dir, functionID+kind)
}

// Calls lists the kept calls of a function id, newest first.
func (a *Archive) Calls(functionID string) ([]client.Call, error) {
	entries, err := a.entries(functionID)
	calls := make([]client.Call, 0, len(entries))
	for _, e := range entries {
		calls = append(calls, e.Call)
	}
	slices.SortFunc(calls, func(x, y client.Call) int {
		return cmp.Or(y.Started.Compare(x.Started), compareIDs(y.ID, x.ID))
	})
	return calls, err
}

// compareIDs compares numbers as numbers.
func compareIDs(x, y string) int { return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)) }

// Find returns a kept call with its body; ok is false if it is not kept.
func (a *Archive) Find(functionID, callID string) (r Record, ok bool, err error) {
	entries, err := a.entries(functionID)
	if err != nil {
		return r, false, err
	}
	i := slices.IndexFunc(entries, func(e entry) bool { return e.Call.ID == callID })
	if i < 0 {
		return r, false, nil
	}
	f, err := os.Open(a.file(functionID, ".bodies"))
	if err != nil {
		return r, false, err
	}
	defer func() { _ = f.Close() }() // only read
	text := make([]byte, entries[i].Size)
	if _, err := f.ReadAt(text, entries[i].Offset); err != nil {
		return r, false, fmt.Errorf("read call %s: %w", callID, err)
	}
	r.Call = entries[i].Call
	err = json.Unmarshal(text, &r.Body)
	return r, err == nil, err
}

func (a *Archive) entries(functionID string) ([]entry, error) {
	info, err := os.Stat(a.file(functionID, ".calls"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if known, ok := a.read[functionID]; ok && known.size == info.Size() {
		return known.entries, nil
	}
	text, err := os.ReadFile(a.file(functionID, ".calls"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []entry
	for line := range bytes.Lines(text) {
		if line[len(line)-1] != '\n' {
			break // a write that was cut: its call is fetched again
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("%s is damaged: %w", a.file(functionID, ".calls"), err)
		}
		all = append(all, e)
	}
	a.read[functionID] = readCalls{int64(len(text)), all}
	return all, nil
}

// add keeps some calls of a function; it returns once they are durable. Bodies go
// first: a call that is listed has one.
func (a *Archive) add(functionID string, records []Record) error {
	if len(records) == 0 {
		return nil
	}
	bodies, err := openAppend(a.file(functionID, ".bodies"), false)
	if err != nil {
		return err
	}
	offset, err := bodies.Seek(0, io.SeekEnd)
	if err != nil {
		return errors.Join(err, bodies.Close())
	}
	var heap, lines bytes.Buffer
	for _, r := range records {
		text, err := json.Marshal(r.Body)
		if err != nil {
			return errors.Join(err, bodies.Close())
		}
		line, err := json.Marshal(entry{Call: r.Call, Offset: offset + int64(heap.Len()), Size: int64(len(text))})
		if err != nil {
			return errors.Join(err, bodies.Close())
		}
		heap.Write(append(text, '\n'))
		lines.Write(append(line, '\n'))
	}
	if err := store(bodies, heap.Bytes()); err != nil {
		return err
	}
	calls, err := openAppend(a.file(functionID, ".calls"), true)
	if err != nil {
		return err
	}
	return store(calls, lines.Bytes())
}

func store(f *os.File, text []byte) error {
	_, err := f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// openAppend opens a file to be added to. A line that a cut write left at its end
// is taken off where whole is asked for.
func openAppend(path string, whole bool) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err == nil && whole {
		text, readErr := os.ReadFile(path)
		end, err = int64(bytes.LastIndexByte(text, '\n')+1), readErr
		if err == nil {
			err = f.Truncate(end)
		}
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// locked runs a change of a function's files while no other program makes one.
func (a *Archive) locked(functionID string, change func() error) error {
	if _, err := strconv.ParseInt(functionID, 10, 64); err != nil {
		return client.Invalidf("function id %q is no number", functionID)
	}
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return err
	}
	lock := flock.New(a.file(functionID, ".lock"), flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock the archive of function %s: %w", functionID, err)
	}
	defer func() { _ = lock.Unlock() }() // the kernel does it in any case
	return change()
}
