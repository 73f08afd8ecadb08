package python

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"fndeck/client/pack"
)

// Wanted says what an environment is to hold.
type Wanted struct {
	Runtime Runtime
	// Root is the unpacked code: requirements may name files in it. CodeSHA256 is
	// its hash, which then decides what is in the environment.
	Root, CodeSHA256 string
	// Requirements is the text of requirements.txt.
	Requirements string
	// IndexURL and ExtraIndexURLs may hold credentials; they reach the tool
	// through its environment, never its arguments.
	IndexURL       string
	ExtraIndexURLs []string
	// Generation tells an environment that was built anew from the first one of
	// the same key; it is empty for that. Scripts in an environment carry its
	// path, so a rebuild needs a folder of its own.
	Generation string
}

// IsEmpty reports whether nothing is to be installed.
func (w Wanted) IsEmpty() bool { return len(w.lines()) == 0 }

// lines are the requirements without comments and with single spaces, sorted.
func (w Wanted) lines() []string {
	lines := pack.RequirementLines(w.Requirements)
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	slices.Sort(lines)
	return lines
}

// fileOptions are the options of a requirements file that name a file.
var fileOptions = []string{"-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-f", "--find-links"}

// namesAFile reports whether a requirement may stand for a file of the code.
func namesAFile(line string) bool {
	if strings.HasPrefix(line, "-") {
		return slices.ContainsFunc(fileOptions, func(option string) bool { return strings.HasPrefix(line, option) })
	}
	return strings.HasPrefix(line, ".") || strings.Contains(line, "/") || strings.HasSuffix(line, ".whl")
}

// indexOptions are the options of a requirements file that add an index, or a
// file that may.
var indexOptions = []string{"--extra-index-url", "-f", "--find-links", "-r", "--requirement", "-c", "--constraint"}

// manyIndexes reports whether packages may come from more than one index.
func (w Wanted) manyIndexes() bool {
	return len(w.ExtraIndexURLs) > 0 || slices.ContainsFunc(w.lines(), func(line string) bool {
		return slices.ContainsFunc(indexOptions, func(option string) bool { return strings.HasPrefix(line, option) })
	})
}

// Key is a hash over all that decides what is in the environment. Of the
// credentials in index URLs nothing can be read from it.
func (w Wanted) Key() string {
	h := sha256.New()
	local := ""
	if slices.ContainsFunc(w.lines(), namesAFile) {
		local = w.CodeSHA256
	}
	for _, part := range append([]string{local, w.Runtime.Version, w.Runtime.Path, strings.Join(w.lines(), "\n"), w.IndexURL}, w.ExtraIndexURLs...) {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Name is what the environment is kept under: the key and the generation.
func (w Wanted) Name() string {
	if w.Generation == "" {
		return w.Key()
	}
	return w.Key() + "." + w.Generation
}

// Keep stays with the environment of a name if it holds what is wanted, so that
// a function whose environment was built anew does not fall back to the first.
func (w Wanted) Keep(name string) Wanted {
	if key, generation, _ := strings.Cut(name, "."); key == w.Key() {
		w.Generation = generation
	}
	return w
}
