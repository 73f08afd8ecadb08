package kept

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fndeck/client"
)

// SaveZip keeps packed code under its hash. It belongs into the change of an Update
// that names the hash: what no version needs, a Sweep takes away. Bytes that are
// kept already are not written again.
func (s *Store) SaveZip(zip []byte) (sha string, err error) {
	sum := sha256.Sum256(zip)
	sha = hex.EncodeToString(sum[:])
	if info, err := os.Stat(s.zip(sha)); err == nil && info.Size() == int64(len(zip)) {
		return sha, nil
	}
	return sha, write(s.zip(sha), zip)
}

// Zip reads packed code by its hash; ErrNotFound if it is not kept.
func (s *Store) Zip(sha string) ([]byte, error) {
	zip, err := os.ReadFile(s.zip(sha))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &client.Error{Code: client.CodeNotFound, Message: "this machine does not keep the code " + sha, Hint: "redeploy from the folder instead"}
	}
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(zip); hex.EncodeToString(sum[:]) != sha {
		return nil, fmt.Errorf("%s is damaged: its bytes are not those of its name", s.zip(sha))
	}
	return zip, nil
}

// Sweep removes the zips that no version needs.
func (s *Store) Sweep() error {
	return s.locked(func() error {
		all, err := s.Lineages()
		if err != nil {
			return err
		}
		needed := map[string]bool{}
		for _, l := range all {
			for _, v := range l.Versions {
				needed[v.SHA256] = true
			}
		}
		entries, err := os.ReadDir(filepath.Join(s.dir, zipDir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, entry := range entries {
			if sha, ok := strings.CutSuffix(entry.Name(), ".zip"); ok && !needed[sha] {
				if err := os.Remove(s.zip(sha)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (s *Store) zip(sha string) string { return filepath.Join(s.dir, zipDir, sha+".zip") }
