// Package tokenstore keeps the tokens of signed-in people in files of their own,
// shared by every process of the same user. A refresh happens under a kernel lock
// that ends with its process, and what is read under the lock is what counts:
// twenty consoles, one refresh. It never sends a token anywhere.
package tokenstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"

	"fndeck/auth/privatefile"
	"fndeck/auth/seal"
)

const (
	// format is the version of the files that this program reads and writes, sealedFormat
	// that of those whose tokens are sealed.
	format       = 1
	sealedFormat = 2
	// maxFile bounds a token file; tokens with hundreds of groups stay far below.
	maxFile = 1 << 20
	// lockLimit is how long a lock is waited for: longer than a slow refresh.
	lockLimit = 30 * time.Second
	// lockPoll is how often the kernel is asked for it.
	lockPoll = 20 * time.Millisecond
)

var (
	// ErrBusy says that another process held the lock for all of the time that
	// one waits for it.
	ErrBusy = errors.New("another fndeck holds the lock of the token file")
	// ErrSetAside says that a file was not readable and lies beside, renamed.
	ErrSetAside = errors.New("the token file was set aside")
	// ErrSealed says that the tokens are there but cannot be opened.
	ErrSealed = errors.New("the tokens are sealed")
)

// Store is a directory of token files.
type Store struct {
	dir string
	// wait is lockLimit but in tests.
	wait time.Duration
}

// New names a directory, which is made when the first file is written.
func New(dir string) *Store { return &Store{dir: dir, wait: lockLimit} }

// Entry is the place of one identity's tokens.
type Entry struct {
	store *Store
	path  string
	// sealer opens what is sealed, nil for nothing; sealing says that what is written
	// is sealed too.
	sealer  *seal.Sealer
	sealing bool

	mu     sync.Mutex
	notice string
}

// Entry returns the place for what tells an identity from others: issuer, tenant,
// client, scopes and user.
func (s *Store) Entry(parts ...string) *Entry {
	sum := sha256.Sum256([]byte(strings.Join(parts, "|")))
	return &Entry{store: s, path: filepath.Join(s.dir, hex.EncodeToString(sum[:])+".json")}
}

// Path is the file's, for sentences.
func (e *Entry) Path() string { return e.path }

// Read returns the tokens: fs.ErrNotExist without a file, privatefile.ErrUnsafe
// for one that others can use, ErrSetAside for one that is cut off or of another
// format, which is renamed so that nothing is written over it, ErrSealed where the
// key cannot be had.
func (e *Entry) Read() (Set, error) {
	text, err := privatefile.Read(e.path, maxFile)
	if err != nil {
		return Set{}, err
	}
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		return Set{}, e.setAside("is cut off or was changed")
	}
	switch {
	case f.Format == sealedFormat && e.sealer != nil:
		return e.open(f)
	case f.Format != format:
		return Set{}, e.setAside(fmt.Sprintf("has format %d, this fndeck knows %d", f.Format, format))
	}
	e.say(f.Unsealed)
	if f.Set == nil {
		return Set{}, nil
	}
	return *f.Set, nil
}

func (e *Entry) setAside(why string) error {
	bad := strings.TrimSuffix(e.path, ".json") + ".bad"
	if err := os.Rename(e.path, bad); err != nil {
		return fmt.Errorf("%s %s and cannot be renamed: %w", e.path, why, err)
	}
	return fmt.Errorf("%s %s and now lies at %s: %w", e.path, why, bad, ErrSetAside)
}

// Write replaces the tokens; a reader sees the old file or the new one, whole.
func (e *Entry) Write(set Set) error {
	f, err := e.content(set)
	if err != nil {
		return err
	}
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if err := privatefile.Dir(e.store.dir); err != nil {
		return err
	}
	// The umask does not count: the mode is 0600 whatever it says.
	pending, err := renameio.NewPendingFile(e.path, renameio.WithTempDir(e.store.dir), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer func() { _ = pending.Cleanup() }() // nothing is left after a success
	if _, err := pending.Write(append(text, '\n')); err != nil {
		return err
	}
	if err := pending.CloseAtomicallyReplace(); err != nil {
		return err
	}
	return privatefile.SyncDir(e.store.dir)
}

// Gone reports whether there is no file: nobody has signed in, or somebody has
// signed out since. A file that cannot be looked at is not gone.
func (e *Entry) Gone() bool {
	_, err := os.Lstat(e.path)
	return errors.Is(err, fs.ErrNotExist)
}

// Delete removes the tokens; it is no error if there are none.
func (e *Entry) Delete() error {
	err := os.Remove(e.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Lock waits for the entry's lock, at most 30 s, and returns what frees it. The
// lock file is never deleted: a second file of the same name would be a second lock.
func (e *Entry) Lock(ctx context.Context) (unlock func(), err error) {
	return e.store.lock(ctx, strings.TrimSuffix(e.path, ".json")+".lock")
}

// LockKey waits as Lock does for the one lock of whoever makes a key for the store.
func (s *Store) LockKey() (unlock func(), err error) {
	return s.lock(context.Background(), filepath.Join(s.dir, "key.lock"))
}

func (s *Store) lock(ctx context.Context, path string) (unlock func(), err error) {
	if err := privatefile.Dir(s.dir); err != nil {
		return nil, err
	}
	lock := flock.New(path, flock.SetPermissions(0o600))
	bounded, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	if _, err := lock.TryLockContext(bounded, lockPoll); err != nil {
		_ = lock.Close() // it was not locked
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return nil, fmt.Errorf("%w: waited %s for %s", ErrBusy, s.wait, lock.Path())
		}
		return nil, err
	}
	return func() { _ = lock.Close() }, nil // closing frees it
}
