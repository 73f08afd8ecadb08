package drift

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"fndeck/client"
	"fndeck/client/pack"
)

// The metadata keys that the Cognite toolkit leaves with a function (toolkit
// source as of August 2026).
const (
	ToolkitHashKey   = "cognite-toolkit-hash"
	ToolkitSecretKey = "cdf-toolkit-secret-hash"
)

const (
	// toolkitHexes is how much of a SHA-256 the toolkit keeps. 32 bits show a
	// difference; they do not prove that there is none.
	toolkitHexes = 8
	// toolkitMost bounds the whole text in characters, as a value of metadata.
	toolkitMost = 511
	// toolkitChunk is how much the toolkit reads at once: line ends are made one
	// within such a chunk, so that one which lies across two stays as it is.
	toolkitChunk = 8192
	// toolkitZip stands for the hash of a zip among the files.
	toolkitZip = "zipfil-hash-not-supported"
	rootPath   = "/"
)

// Toolkit is what the toolkit records of a function's folder.
type Toolkit struct {
	// Root is over all files, Files over each that is listed.
	Root  string
	Files map[string]string
	// Full says that the list was not cut: a file that it does not have was not
	// there.
	Full bool
	// text is how it was written.
	text string
}

// String is the value of ToolkitHashKey.
func (t Toolkit) String() string { return t.text }

// ToolkitOf computes what the toolkit would record of a folder, with the hash of
// every file also where its list is cut. Links to folders are not followed. A
// folder larger than pack.DefaultMaxBytes is an error of CodeLimit.
func ToolkitOf(folder fs.FS) (Toolkit, error) {
	content, err := toolkitContent(folder)
	if err != nil {
		return Toolkit{}, fmt.Errorf("hash the folder as the toolkit does: %w", err)
	}
	t := Toolkit{Root: toolkitRoot(content), Files: make(map[string]string, len(content)), Full: true}
	for name := range content {
		t.Files[name] = toolkitFile(name, content[name])
	}
	t.text = rootPath + "=" + t.Root
	for _, dir := range toolkitOrder(content) {
		for _, name := range dir {
			entry := name + "=" + t.Files[name]
			if utf8.RuneCountInString(t.text)+utf8.RuneCountInString(entry) > toolkitMost {
				t.Full = false
				break // The toolkit goes on with the next folder.
			}
			t.text += ";" + entry
		}
	}
	return t, nil
}

// toolkitContent reads the files that the toolkit hashes. Named pipes and the like
// are passed over: nothing would come out of them.
func toolkitContent(folder fs.FS) (map[string][]byte, error) {
	content, left := map[string][]byte{}, int64(pack.DefaultMaxBytes)
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".pyc") || strings.HasPrefix(entry.Name(), ".DS_Store") {
			return err
		}
		info, err := fs.Stat(folder, name)
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		if left -= info.Size(); left < 0 {
			return &client.Error{Code: client.CodeLimit, Message: fmt.Sprintf("its files have more than %d bytes", int64(pack.DefaultMaxBytes))}
		}
		content[name], err = fs.ReadFile(folder, name)
		return err
	})
	return content, err
}

func toolkitRoot(content map[string][]byte) string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(content)) {
		sum.Write([]byte(name))
		for chunk := range slices.Chunk(content[name], toolkitChunk) {
			sum.Write(oneLineEnd(chunk))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:toolkitHexes]
}

func toolkitFile(name string, content []byte) string {
	if strings.HasSuffix(name, ".zip") {
		if _, err := zip.NewReader(bytes.NewReader(content), int64(len(content))); err == nil {
			return toolkitZip
		}
	}
	sum := sha256.Sum256(oneLineEnd(content))
	return hex.EncodeToString(sum[:])[:toolkitHexes]
}

func oneLineEnd(content []byte) []byte {
	return bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
}

// toolkitOrder lists the files folder by folder: those of the root first, then
// those of the folder that was found last.
func toolkitOrder(content map[string][]byte) [][]string {
	files, below := map[string][]string{}, map[string][]string{}
	seen := map[string]bool{".": true}
	for _, name := range slices.Sorted(maps.Keys(content)) {
		dir := path.Dir(name)
		files[dir] = append(files[dir], name)
		for ; !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			below[path.Dir(dir)] = append(below[path.Dir(dir)], dir)
		}
	}
	var order [][]string
	for stack := []string{"."}; len(stack) > 0; {
		dir := stack[len(stack)-1]
		stack = append(stack[:len(stack)-1], below[dir]...)
		order = append(order, files[dir])
	}
	return order
}

// ParseToolkit reads a value of ToolkitHashKey. Whether the list is full cannot be
// told for sure; it is taken for full where another entry would have fitted.
func ParseToolkit(text string) (Toolkit, error) {
	t := Toolkit{Files: map[string]string{}, text: text, Full: utf8.RuneCountInString(text) < toolkitMost-toolkitRoom}
	for entry := range strings.SplitSeq(text, ";") {
		at := strings.LastIndexByte(entry, '=')
		if at < 1 {
			return Toolkit{}, client.Invalidf("%s: %q is no path with its hash", ToolkitHashKey, entry)
		}
		name, hash := entry[:at], entry[at+1:]
		if raw, err := hex.DecodeString(hash); (hash != toolkitZip || name == rootPath) && (err != nil || len(raw)*2 != toolkitHexes) {
			return Toolkit{}, client.Invalidf("%s: the hash of %q is no %d hex digits", ToolkitHashKey, name, toolkitHexes)
		}
		if name == rootPath {
			t.Root = hash
			continue
		}
		t.Files[name] = hash
	}
	if t.Root == "" {
		return Toolkit{}, client.Invalidf("%s: the hash of the whole folder is missing", ToolkitHashKey)
	}
	return t, nil
}

// toolkitRoom is how much room a list must have left to count as full: paths of
// more characters are rare.
const toolkitRoom = 128

// SameAs reports whether the folder is, as far as 32 bits show, the recorded one.
func (t Toolkit) SameAs(here Toolkit) bool { return t.Root == here.Root }

// Against says how a folder, from ToolkitOf, differs from what was recorded. A file here that a
// cut list does not have is in unrecorded, for nobody knows whether it is new.
func (t Toolkit) Against(here Toolkit) (d Drift, unrecorded []string) {
	d = Compare(t.Files, here.Files)
	if !t.Full {
		d.Added, unrecorded = nil, d.Added
	}
	return d, unrecorded
}
