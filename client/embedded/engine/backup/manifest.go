package backup

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

const (
	// format is the layout of the file.
	format       = 1
	manifestName = "manifest.json"
	databaseName = "engine.db"
	codePrefix   = "code/"
	codeSuffix   = ".zip"
	// hashDigits is the length of a SHA-256 in hex.
	hashDigits = 64
	// maxManifest bounds the manifest, a line for each archive.
	maxManifest = 64 << 20
)

// Entry is one file of a backup.
type Entry struct {
	Name      string `json:"name"`
	SizeBytes int64  `json:"size"`
	SHA256    string `json:"sha256"`
}

// Manifest says what a backup holds.
type Manifest struct {
	Format int `json:"format"`
	// Layout is that of the database.
	Layout  int       `json:"layout"`
	Version string    `json:"version"`
	Created time.Time `json:"created"`

	Functions int `json:"functions"`
	Schedules int `json:"schedules"`
	Calls     int `json:"calls"`

	Entries []Entry `json:"entries"`
	// Missing are code archives that the state refers to and that were gone or
	// damaged when it was backed up.
	Missing []string `json:"missing,omitempty"`
}

// SizeBytes is what the backup takes once it is restored.
func (m Manifest) SizeBytes() (n int64) {
	for _, e := range m.Entries {
		n += e.SizeBytes
	}
	return n
}

func codeName(sha string) string { return codePrefix + sha + codeSuffix }

// codeHash is the hash in the name of a code archive.
func codeHash(name string) (sha string, ok bool) {
	sha, isCode := strings.CutPrefix(name, codePrefix)
	sha, isZip := strings.CutSuffix(sha, codeSuffix)
	return sha, isCode && isZip && len(sha) == hashDigits && strings.Trim(sha, "0123456789abcdef") == ""
}

// readManifest decodes a manifest and refuses one that this program cannot
// know.
func readManifest(text []byte) (m Manifest, err error) {
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("its manifest is damaged: %w", err)
	}
	if m.Format > format {
		return m, fmt.Errorf("it was written by a newer fndeck (%s): use that version", m.Version)
	}
	return m, nil
}
