package redeploy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"fndeck/client"
	"fndeck/client/cognite/kept"
)

const (
	operationsDir = "operations"
	journalSuffix = ".jsonl"
	// lockPatience is how long a lock may be held by one that only looks.
	lockPatience, lockPoll = 2 * time.Second, 20 * time.Millisecond
)

// Entry is an operation of this machine, open or past.
type Entry struct {
	State
	Records []Record
	// Running says that a program drives it; an open one that nobody drives was cut.
	Running bool
}

// List lists the operations, newest first.
func (m *Machine) List() ([]Entry, error) {
	names, err := os.ReadDir(m.dir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, name := range names {
		op, ok := strings.CutSuffix(name.Name(), journalSuffix)
		if !ok {
			continue
		}
		e, ok, err := m.entry(op)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue // cut before it began, or taken away in between
		}
		e.Running = e.Outcome == "" && m.driven(e.Plan.Key)
		all = append(all, e)
	}
	slices.SortFunc(all, func(x, y Entry) int { return y.Started.Compare(x.Started) })
	return all, nil
}

// readEntry is an entry with the size that its journal had.
type readEntry struct {
	size  int64
	entry Entry
}

// entry reads a journal unless it is known.
func (m *Machine) entry(op string) (e Entry, ok bool, err error) {
	info, err := os.Stat(m.path(op))
	if errors.Is(err, fs.ErrNotExist) {
		return e, false, nil
	}
	if err != nil {
		return e, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok := m.read[op]; ok && known.size == info.Size() {
		return known.entry, true, nil
	}
	records, whole, err := readJournal(m.path(op))
	if err != nil || len(records) == 0 || records[0].Kind != Planned {
		return e, false, err
	}
	e = Entry{State: StateOf(records), Records: records}
	if m.read == nil {
		m.read = map[string]readEntry{}
	}
	m.read[op] = readEntry{whole, e}
	return e, true, nil
}

// keptOperations is how many operations that have ended are remembered.
const keptOperations = 100

// forget removes the oldest operations that have ended.
func (m *Machine) forget() error {
	all, err := m.List()
	if err != nil {
		return err
	}
	ended := 0
	for _, e := range all {
		if e.Outcome == "" {
			continue
		}
		if ended++; ended > keptOperations {
			if err := os.Remove(m.path(e.Plan.Op)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

func (m *Machine) dir() string { return filepath.Join(m.Store.Dir(), operationsDir) }

func (m *Machine) path(op string) string { return filepath.Join(m.dir(), op+journalSuffix) }

// driven reports whether a program holds the lock of a lineage.
func (m *Machine) driven(key string) bool {
	lock := m.lockOf(key)
	free, err := lock.TryRLock()
	if err != nil || !free {
		return true
	}
	_ = lock.Unlock() // the kernel does it in any case
	return false
}

func (m *Machine) lockOf(key string) *flock.Flock {
	return flock.New(filepath.Join(m.dir(), key+".lock"), flock.SetPermissions(0o600))
}

// lock takes a lineage for this operation.
func (m *Machine) lock(ctx context.Context, key string) (unlock func(), err error) {
	if err := os.MkdirAll(m.dir(), 0o700); err != nil {
		return nil, err
	}
	lock := m.lockOf(key)
	limited, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	locked, err := lock.TryLockContext(limited, lockPoll)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && !errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("lock the operation: %w", err)
	case !locked:
		return nil, &client.Error{Code: client.CodeConflict, Message: "another fndeck on this machine is deploying this function", Hint: "wait for its end: fndeck get deploys shows it"}
	}
	return func() { _ = lock.Unlock() }, nil // the kernel does it in any case
}

// Resume takes up an operation that was cut.
func (m *Machine) Resume(ctx context.Context, op string) (*Operation, error) {
	records, _, err := readJournal(m.path(op))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(records) == 0 {
		return nil, &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("deploy %q does not exist on this machine", op)}
	}
	if err != nil {
		return nil, err
	}
	unlock, err := m.lock(ctx, StateOf(records).Plan.Key)
	if err != nil {
		return nil, err
	}
	j, err := openJournal(m.path(op), m.fault)
	if err != nil {
		unlock()
		return nil, err
	}
	o := &Operation{m: m, journal: j, unlock: unlock, resumed: true}
	if o.state().Outcome != "" {
		return nil, errors.Join(&client.Error{Code: client.CodeConflict, Message: "deploy " + op + " has ended: " + string(o.state().Outcome)}, o.Release())
	}
	return o, nil
}

// RollBack takes up an operation that was cut, to take it back. Once the old
// function is deleted that means to build the old code in the place of the new.
func (m *Machine) RollBack(ctx context.Context, op string) (*Operation, error) {
	o, err := m.Resume(ctx, op)
	if err != nil {
		return nil, err
	}
	// With the old function gone, what became of the last request decides what can be
	// taken back.
	if s := o.state(); s.Open != nil && s.Switched() && !s.Restoring {
		err = o.settle(ctx, *s.Open)
	}
	if err == nil {
		err = o.rollBack()
	}
	if err != nil {
		return nil, errors.Join(explain(err), o.Release())
	}
	return o, nil
}

func (o *Operation) rollBack() error {
	const reason = "taken back by the operator"
	s := o.state()
	if s.Open != nil && s.Open.Step == DeleteFunction && s.Open.Target == s.Plan.Old.ID {
		return &client.Error{Code: client.CodeConflict, Message: "the old function may be deleted already", Hint: "resume first, then roll back to the version before"}
	}
	switch {
	case s.Back || s.Restoring:
		return nil
	case !s.Switched():
		return o.turn(reason, nil)
	case s.Plan.Mode == Swap && s.Final == "":
		if _, _, err := o.version(s.Plan.From); err != nil {
			return err
		}
		return o.write(Record{Kind: Restored, Text: reason})
	}
	return &client.Error{Code: client.CodeConflict, Message: "the new version is in service already", Hint: "resume first, then roll back to the version before"}
}

// Leave ends an operation that was cut without touching anything: a person has
// seen to it by other means.
func (m *Machine) Leave(ctx context.Context, op string) error {
	o, err := m.Resume(ctx, op)
	if err != nil {
		return err
	}
	s := o.state()
	err = m.Store.Update(s.Plan.Key, func(l *kept.Lineage) error {
		for _, id := range s.Functions() {
			if s.Switched() && s.Alive(id) {
				l.Name(id, s.Plan.To, m.Clock().UTC()) // the old one is gone: this is what is left of it
			}
		}
		if s.Plan.Kind == kindRedeploy && !s.Switched() {
			l.Note(s.Plan.To, func(v *kept.Version) {
				v.Status, v.Error = client.FunctionFailed, &client.Failure{Message: "the redeploy was cut and left as it was"}
			})
		}
		return nil
	})
	if err == nil {
		err = o.write(Record{Kind: Closed, Outcome: Left, Text: "functions then: " + strings.Join(s.Functions(), ", ")})
	}
	return errors.Join(err, o.Release())
}
