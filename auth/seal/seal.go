// Package seal keeps secrets at rest: sealed with AES-256-GCM under a key that
// lies apart from what it seals, so that a copy or a backup of that alone gives
// nothing away. It is no protection against a process of the same user, which can
// read both.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
)

// Sealer seals and opens values under one key. It is safe for concurrent use.
type Sealer struct {
	path  string
	named bool
	// elsewhere gives the key that lies in no file, nil for one in a file.
	elsewhere func() ([]byte, error)

	mu   sync.Mutex
	aead cipher.AEAD
}

// New returns a sealer; it does no I/O. The key is made when it is first needed,
// unless it is named: then somebody chose the file, and a missing one is an error.
func New(keyFile string, named bool) *Sealer { return &Sealer{path: keyFile, named: named} }

// Under returns a sealer whose key is kept by something else than a file, which place
// names. It is asked for until it gives the key.
func Under(place string, key func() ([]byte, error)) *Sealer {
	return &Sealer{path: place, elsewhere: key}
}

// Seal seals a value. at binds it to where it belongs, so that it cannot be moved:
// an owner, a slash and a name.
func (s *Sealer) Seal(value string, at []byte) ([]byte, error) {
	aead, err := s.open()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return aead.Seal(nonce, nonce, []byte(value), at), nil
}

// Open opens what Seal made for the same place.
func (s *Sealer) Open(sealed, at []byte) (string, error) {
	aead, err := s.open()
	if err != nil {
		return "", err
	}
	if len(sealed) < aead.NonceSize() {
		return "", fmt.Errorf("sealed secret %s is damaged", at)
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], at)
	if err != nil {
		_, name, _ := strings.Cut(string(at), "/")
		return "", fmt.Errorf("%s was sealed with another key than %s: put that key back, or deploy with the secrets again", strings.Replace(name, "/", " ", 1), s.path)
	}
	return string(plain), nil
}

// Check reads the key, and makes one where New says so; the error says why there
// is none to use.
func (s *Sealer) Check() error {
	_, err := s.open()
	return err
}

// open reads the key, or makes it when there is none.
func (s *Sealer) open() (cipher.AEAD, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.aead != nil {
		return s.aead, nil
	}
	key, err := s.find()
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	s.aead, err = cipher.NewGCM(block)
	return s.aead, err
}
