package journal

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

const (
	// AuditFile in the state directory says who changed what. Full ones are put
	// aside as AuditFile.1 and so on; none is deleted.
	AuditFile  = "audit.log"
	auditBytes = 16 << 20
	// syncAfter is how long a line may wait to survive a power cut; a kill loses
	// none.
	syncAfter = time.Second
)

// Entry is one line of the audit trail, in JSON: whatever a name contains, it
// stays inside its string and the line stays one line.
type Entry struct {
	Time time.Time `json:"time"`
	User string    `json:"user"`
	// Issuer vouches for User, so that nobody whom it names can pass for one of
	// the engine's own. It is empty where the engine itself vouches.
	Issuer string `json:"issuer,omitempty"`
	Remote string `json:"remote"`
	Action string `json:"action"`
	Object string `json:"object"`
	// Result is ok, or why it was not done.
	Result string `json:"result"`
}

// Audit is the audit trail of an engine. It is safe for concurrent use.
type Audit struct {
	// full is called when a line does not fit on the disk; it reports whether it
	// made room.
	full func(error) bool

	mu   sync.Mutex
	file file
	// waiting are lines that did not fit, in order.
	waiting []byte
	syncing *time.Timer
}

// OpenAudit opens the trail at path. A line that a crash has torn is ended, so
// that it cannot join the next one.
func OpenAudit(path string, full func(error) bool) (*Audit, error) {
	a := &Audit{full: full, file: file{path: path, maxBytes: auditBytes}}
	if err := a.file.open(); err != nil {
		return nil, err
	}
	if info, err := a.file.f.Stat(); err == nil && info.Mode().Perm()&0o077 != 0 {
		if err := a.file.f.Chmod(0o600); err != nil {
			return nil, err
		}
	}
	last := make([]byte, 1)
	if a.file.size > 0 {
		if _, err := a.file.f.ReadAt(last, a.file.size-1); err == nil && last[0] != '\n' {
			a.waiting = []byte("\n")
		}
	}
	return a, nil
}

// Record appends an entry. Once it has returned nil the entry survives a kill.
// An entry that does not fit on the disk is kept and written before the next.
func (a *Audit) Record(e Entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = append(append(a.waiting, line...), '\n')
	return a.flush()
}

func (a *Audit) flush() error {
	if a.file.isFull() {
		if err := a.begin(); err != nil {
			return err
		}
	}
	err := a.file.write(a.waiting)
	if err != nil && a.full != nil && a.full(err) {
		err = a.file.write(a.waiting)
	}
	if err != nil {
		return err
	}
	a.waiting = a.waiting[:0]
	if a.syncing == nil {
		a.syncing = time.AfterFunc(syncAfter, a.sync)
	}
	return nil
}

// begin puts a full file aside and begins a new one.
func (a *Audit) begin() error {
	if err := errors.Join(a.file.f.Sync(), a.file.f.Close()); err != nil && !errors.Is(err, fs.ErrClosed) {
		return err
	}
	if err := a.file.putAside(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return a.file.open()
}

func (a *Audit) sync() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.syncing = nil
	_ = a.file.f.Sync() // what it could say, the next write says too
}

// Close writes what waits and closes the trail.
func (a *Audit) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.syncing != nil {
		a.syncing.Stop()
	}
	var err error
	if len(a.waiting) > 0 {
		err = a.flush()
	}
	err = errors.Join(err, a.file.f.Sync(), a.file.f.Close())
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
