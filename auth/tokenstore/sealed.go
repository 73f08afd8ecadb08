package tokenstore

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"fndeck/auth/seal"
)

// file is the content of a token file: a set, or the same sealed.
type file struct {
	Format int `json:"format"`
	*Set
	Sealed []byte `json:"sealed,omitempty"`
	// Unsealed is why a set that should be sealed is not.
	Unsealed string `json:"unsealed,omitempty"`
}

// SealWith has tokens that are sealed opened by s and, with sealing, those that are
// written sealed by it. It is called before the first use of the entry.
func (e *Entry) SealWith(s *seal.Sealer, sealing bool) { e.sealer, e.sealing = s, sealing }

// Notice says why tokens that were to be sealed lie in the file as they are, "" if they
// do not. It is that of the last Read or Write.
func (e *Entry) Notice() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.notice
}

func (e *Entry) say(notice string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.notice = ""; e.sealing {
		e.notice = notice
	}
}

// content is what is written of a set. One that cannot be sealed is written as it is:
// a sign-in is not lost to a key that is not there.
func (e *Entry) content(set Set) (file, error) {
	if !e.sealing {
		return file{Format: format, Set: &set}, nil
	}
	text, err := json.Marshal(set)
	if err != nil {
		return file{}, err
	}
	sealed, err := e.sealer.Seal(string(text), e.place())
	if err != nil {
		e.say(err.Error())
		return file{Format: format, Set: &set, Unsealed: err.Error()}, nil
	}
	e.say("")
	return file{Format: sealedFormat, Sealed: sealed}, nil
}

func (e *Entry) open(f file) (Set, error) {
	if err := e.sealer.Check(); err != nil {
		return Set{}, fmt.Errorf("%w: %w", ErrSealed, err)
	}
	text, err := e.sealer.Open(f.Sealed, e.place())
	var set Set
	if err != nil || json.Unmarshal([]byte(text), &set) != nil {
		return Set{}, fmt.Errorf("%w: with another key than the one that is there now", ErrSealed)
	}
	e.say("")
	return set, nil
}

// place binds what is sealed to its file.
func (e *Entry) place() []byte { return []byte(filepath.Base(e.path)) }
