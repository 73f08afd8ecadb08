package core

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/store"
)

const keyBytes = 32

// vault seals secrets with AES-256-GCM under a key that lies outside the state
// directory, so that a copy or a backup of the state alone gives nothing away.
// It is no protection against a process of the same user, which can read both.
type vault struct {
	path string
	// named says that the key is not ours to make.
	named bool

	mu   sync.Mutex
	aead cipher.AEAD
}

// place binds a sealed value to where it belongs, so that it cannot be moved.
func place(functionID int64, name string) []byte {
	return []byte(strconv.FormatInt(functionID, 10) + "/" + name)
}

func (v *vault) seal(value string, at []byte) ([]byte, error) {
	aead, err := v.open()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return aead.Seal(nonce, nonce, []byte(value), at), nil
}

func (v *vault) unseal(sealed, at []byte) (string, error) {
	aead, err := v.open()
	if err != nil {
		return "", err
	}
	if len(sealed) < aead.NonceSize() {
		return "", fmt.Errorf("sealed secret %s is damaged", at)
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], at)
	if err != nil {
		_, name, _ := strings.Cut(string(at), "/")
		return "", fmt.Errorf("%s was sealed with another key than %s: put that key back, or deploy with the secrets again", strings.Replace(name, "/", " ", 1), v.path)
	}
	return string(plain), nil
}

// secretsOf opens the secrets of a version.
func (v *vault) secretsOf(version store.Version) (map[string]string, error) {
	all := make(map[string]string, len(version.Settings.Secrets))
	for name, sealed := range version.Settings.Secrets {
		value, err := v.unseal(sealed, place(version.FunctionID, "secret/"+name))
		if err != nil {
			return nil, err
		}
		all[name] = value
	}
	return all, nil
}

// indexURLsOf opens the index URLs of a version, empty for those that it has not.
func (v *vault) indexURLsOf(version store.Version) (index string, extra []string, err error) {
	at := place(version.FunctionID, "index")
	if version.Settings.IndexURL != nil {
		if index, err = v.unseal(version.Settings.IndexURL, at); err != nil {
			return "", nil, err
		}
	}
	for _, sealed := range version.Settings.ExtraIndexURLs {
		u, err := v.unseal(sealed, at)
		if err != nil {
			return "", nil, err
		}
		extra = append(extra, u)
	}
	return index, extra, nil
}

// Unopened lists the versions with something sealed that the key in a file does
// not open. It makes no key; an error says why there is none to try.
func Unopened(keyFile string, versions []store.Version) (closed []store.Version, err error) {
	v := &vault{path: keyFile, named: true}
	if _, err := v.open(); err != nil {
		return nil, err
	}
	for _, version := range versions {
		_, err := v.secretsOf(version)
		if err == nil {
			_, _, err = v.indexURLsOf(version)
		}
		if err != nil {
			closed = append(closed, version)
		}
	}
	return closed, nil
}

// open reads the key, or makes it when there is none.
func (v *vault) open() (cipher.AEAD, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.aead != nil {
		return v.aead, nil
	}
	key, err := v.key()
	if err != nil {
		return nil, fmt.Errorf("the key for secrets: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	v.aead, err = cipher.NewGCM(block)
	return v.aead, err
}

func (v *vault) key() ([]byte, error) {
	info, err := os.Stat(v.path)
	if errors.Is(err, fs.ErrNotExist) && v.named {
		return nil, fmt.Errorf("%s does not exist: a key is made with head -c %d /dev/urandom", v.path, keyBytes)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return v.newKey()
	}
	if err != nil {
		return nil, err
	}
	// What a service manager hands over belongs to it, and its group bits are those
	// of an access list.
	others := fs.FileMode(0o077)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && v.named && int(stat.Uid) != os.Geteuid() {
		others = 0o037
	}
	if info.Mode().Perm()&others != 0 {
		return nil, fmt.Errorf("%s is readable by others: chmod 600 %s", v.path, v.path)
	}
	key, err := os.ReadFile(v.path)
	if err == nil && len(key) != keyBytes {
		err = fmt.Errorf("%s is damaged: %d bytes instead of %d", v.path, len(key), keyBytes)
	}
	return key, err
}

func (v *vault) newKey() ([]byte, error) {
	key := make([]byte, keyBytes)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(v.path), 0o700); err != nil {
		return nil, err
	}
	// Two engines may come here at once: the first one's key is the key of both.
	temp, err := os.CreateTemp(filepath.Dir(v.path), ".key-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(temp.Name()) }() // linked under its real name
	if _, err := temp.Write(key); err != nil {
		return nil, errors.Join(err, temp.Close())
	}
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return nil, err
	}
	err = os.Link(temp.Name(), v.path)
	if errors.Is(err, fs.ErrExist) {
		return v.key()
	}
	return key, errors.Join(err, disk.SyncDir(filepath.Dir(v.path)))
}
