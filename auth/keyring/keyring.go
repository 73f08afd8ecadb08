// Package keyring keeps a key in the keyring of the desktop: the Secret Service on
// Linux, the keychain on macOS. A keyring may be absent, locked or hang, on a server
// most of all, so that nobody waits for it longer than a moment.
package keyring

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/zalando/go-keyring"

	"fndeck/auth/redact"
	"fndeck/auth/seal"
)

const (
	// limit is how long anybody waits for a keyring.
	limit = 900 * time.Millisecond
	// rest is how long one that refused is left alone: each question may open a window.
	rest = time.Minute
	// service and account name the key there. A key under other names is another key.
	service, account = "fndeck", "token-key"
)

// ErrNoKey says that a keyring holds no key yet.
var ErrNoKey = keyring.ErrNotFound

// Ring is a keyring. Its zero value is that of the desktop; tests bring their own Get
// and Set, which are asked for the one key. It is safe for concurrent use.
type Ring struct {
	Get func(service, account string) (string, error)
	Set func(service, account, value string) error

	once   sync.Once
	sealer *seal.Sealer
	lock   func() (unlock func(), err error) // of those who make a key

	mu      sync.Mutex
	pending chan answer // of the one question under way, nil without one
	fault   error
	rested  *time.Timer // of the fault
}

// answer is what a keyring said.
type answer struct {
	key []byte
	err error
}

// Sealer seals under the key of the keyring, which is made when it is first needed, with
// lock held: a keyring has no way to say that a key must not be there yet. It is one for
// all who ask, with the lock of the first.
func (r *Ring) Sealer(lock func() (unlock func(), err error)) *seal.Sealer {
	r.once.Do(func() { r.sealer, r.lock = seal.Under("the keyring", r.key), lock })
	return r.sealer
}

// key returns the key, or in time why there is none to be had. A question that hangs
// cannot be called off; it is not asked twice, and its answer is taken when it comes:
// somebody may have unlocked the keyring meanwhile.
func (r *Ring) key() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	patience := limit
	switch {
	case r.pending != nil:
		patience = 0
	case r.fault != nil && !r.isRested():
		return nil, r.fault
	case r.Get == nil && !reachable():
		return nil, errors.New("there is no keyring here: no session bus is running")
	default:
		r.pending = make(chan answer, 1)
		go func(done chan<- answer) { done <- r.ask() }(r.pending)
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case a := <-r.pending:
		return r.take(a)
	case <-late.C:
	}
	select { // Of two that are ready any is chosen, and an answer counts.
	case a := <-r.pending:
		return r.take(a)
	default:
		return nil, fmt.Errorf("the keyring is locked or does not answer within %s", limit)
	}
}

func (r *Ring) take(a answer) ([]byte, error) {
	r.pending, r.fault, r.rested = nil, a.err, time.NewTimer(rest)
	return a.key, a.err
}

// isRested reports, once, whether a keyring that refused was left alone long enough.
func (r *Ring) isRested() bool {
	select {
	case <-r.rested.C:
		return true
	default:
		return false
	}
}

func (r *Ring) ask() (a answer) {
	defer func() {
		if recover() != nil { // The library takes the types of a reply for granted.
			a = answer{err: errors.New("the keyring answers what is not of its protocol")}
		}
	}()
	key, err := r.findOrMake()
	return answer{key, err}
}

// findOrMake reads the key, or makes one. Two processes that find none make one after the
// other, and the second finds that of the first: what either seals, both can open.
func (r *Ring) findOrMake() ([]byte, error) {
	get, set := r.Get, r.Set
	if get == nil {
		get, set = keyring.Get, keyring.Set
	}
	text, err := get(service, account)
	if errors.Is(err, ErrNoKey) {
		unlock, failed := r.lock()
		if failed != nil {
			return nil, fmt.Errorf("no key can be made for the keyring: %s", redact.Line(failed.Error()))
		}
		defer unlock()
		text, err = get(service, account)
	}
	if errors.Is(err, ErrNoKey) {
		key, failed := seal.NewKey()
		if failed != nil {
			return nil, failed
		}
		if err = set(service, account, base64.StdEncoding.EncodeToString(key)); err == nil {
			text, err = get(service, account)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the keyring cannot be used: %s", redact.Line(err.Error()))
	}
	return base64.StdEncoding.DecodeString(text)
}

// reachable reports whether a keyring can be asked without a program being started for
// it: without a session bus the library would start one, which stays.
func reachable() bool {
	if runtime.GOOS == "darwin" {
		return true
	}
	if bus := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); bus != "" {
		return bus != "autolaunch:"
	}
	_, err := os.Stat("/run/user/" + strconv.Itoa(os.Geteuid()) + "/bus")
	return err == nil
}
