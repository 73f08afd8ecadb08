// Package drift says how a folder differs from what was deployed of it. It
// compares recorded hashes, whoever recorded them: the local engine, a zip that
// was fetched from a cloud, or the metadata that the Cognite toolkit leaves with
// a function. It changes nothing and keeps nothing.
package drift

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"fndeck/client"
	"fndeck/client/pack"
)

// Files are the files of some code: the path, with slashes, and the SHA-256 of
// the content in hex.
type Files map[string]string

// Drift is how code differs from what was deployed, each list sorted.
type Drift struct {
	Added, Changed, Gone []string
}

// Count is how many files differ.
func (d Drift) Count() int { return len(d.Added) + len(d.Changed) + len(d.Gone) }

// Summary counts in the letters of version control: "A 2  M 3  D 1", "" for none.
func (d Drift) Summary() string {
	var parts []string
	for _, kind := range []struct {
		letter string
		paths  []string
	}{{"A", d.Added}, {"M", d.Changed}, {"D", d.Gone}} {
		if len(kind.paths) > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", kind.letter, len(kind.paths)))
		}
	}
	return strings.Join(parts, "  ")
}

// Change is one file that differs.
type Change struct {
	// Letter is A for added, M for changed and D for gone.
	Letter byte
	Path   string
}

// Word says what became of the file.
func (c Change) Word() string {
	switch c.Letter {
	case 'A':
		return "added"
	case 'D':
		return "gone"
	}
	return "changed"
}

// Changes lists every file that differs, sorted by path.
func (d Drift) Changes() []Change {
	all := make([]Change, 0, d.Count())
	for _, path := range d.Added {
		all = append(all, Change{'A', path})
	}
	for _, path := range d.Changed {
		all = append(all, Change{'M', path})
	}
	for _, path := range d.Gone {
		all = append(all, Change{'D', path})
	}
	slices.SortFunc(all, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// Compare says how the code that is here differs from the deployed one. Modes are
// not compared: only content is recorded.
func Compare(deployed, here Files) Drift {
	var d Drift
	for _, path := range slices.Sorted(maps.Keys(here)) {
		switch was, known := deployed[path]; {
		case !known:
			d.Added = append(d.Added, path)
		case was != here[path]:
			d.Changed = append(d.Changed, path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(deployed)) {
		if _, still := here[path]; !still {
			d.Gone = append(d.Gone, path)
		}
	}
	return d
}

// Here hashes what a deploy of the folder, zip or notebook at path would pack.
// Its errors are those of pack.Each.
func Here(ctx context.Context, path string, opts pack.Options) (Files, error) {
	files := Files{}
	err := pack.Each(ctx, path, opts, files.Hash)
	return files, err
}

// InZip hashes the files of packed code.
func InZip(ctx context.Context, archive io.ReaderAt, size int64) (Files, error) {
	files := Files{}
	err := pack.EachIn(ctx, archive, size, pack.Limits{}, files.Hash)
	return files, err
}

// Hash records the hash of one file; it is a pack.Visit.
func (f Files) Hash(path string, content io.Reader) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return err
	}
	f[path] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// Deployed reads the files of a version from a backend that CanReadCode.
func Deployed(ctx context.Context, backend client.Backend, functionID string, version int) (Files, error) {
	reader, err := client.As[client.CodeReader](backend, client.CanReadCode)
	if err != nil {
		return nil, err
	}
	list, err := reader.CodeFiles(ctx, functionID, version)
	files := make(Files, len(list))
	for _, f := range list {
		files[f.Path] = f.SHA256
	}
	return files, err
}
