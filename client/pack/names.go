package pack

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

const (
	// maxNameBytes is what the usual file systems take for one name, and
	// maxPathBytes what Linux takes for a path.
	maxNameBytes = 255
	maxPathBytes = 4096
)

// cleanName checks a path inside a package and returns it without "./" and a
// final slash; it is "." for the root itself. The fault is a phrase that
// follows the name.
func cleanName(name string) (clean, fault string) {
	switch {
	case name == "":
		return "", "has no name"
	case !utf8.ValidString(name):
		return "", "has a name that is not UTF-8"
	case strings.ContainsRune(name, 0):
		return "", "has a NUL in its name"
	case strings.HasPrefix(name, "/"):
		return "", "has an absolute path"
	case len(name) > 1 && name[1] == ':' && isASCIILetter(name[0]):
		return "", "has a path with a drive"
	case strings.Contains(name, `\`):
		return "", "has a backslash in its path"
	case len(name) > maxPathBytes:
		return "", fmt.Sprintf("has a path of %d bytes, the limit is %d", len(name), maxPathBytes)
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == ".." {
			return "", "points outside the folder"
		}
		if len(segment) > maxNameBytes {
			return "", fmt.Sprintf("has a name of %d bytes, the limit is %d", len(segment), maxNameBytes)
		}
	}
	return path.Clean(name), ""
}

func isASCIILetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// shorten keeps a hostile name from filling a sentence.
func shorten(name string) string {
	const shown = 200
	if len(name) <= shown {
		return fmt.Sprintf("%q", name)
	}
	return fmt.Sprintf("%q…", name[:shown])
}

// tree knows which names are taken, to find those that could not live side by
// side in one folder.
type tree struct {
	// kinds maps a clean path to whether it is a folder; folded maps its lower
	// case form to its spelling.
	kinds  map[string]bool
	folded map[string]string
}

func newTree() *tree {
	return &tree{kinds: map[string]bool{}, folded: map[string]string{}}
}

// put takes a clean path and returns a phrase about what it collides with.
func (t *tree) put(clean string, folder bool) (fault string) {
	if clean == "." {
		return ""
	}
	for dir := path.Dir(clean); dir != "."; dir = path.Dir(dir) {
		if isFolder, known := t.kinds[dir]; known {
			if !isFolder {
				return "lies below a file"
			}
			break
		}
		if fault := t.putOne(dir, true); fault != "" {
			return fault
		}
	}
	return t.putOne(clean, folder)
}

func (t *tree) putOne(clean string, folder bool) string {
	if was, known := t.kinds[clean]; known {
		switch {
		case was && folder:
			return ""
		case was || folder:
			return "is both a file and a folder"
		default:
			return "is there twice"
		}
	}
	lower := strings.ToLower(clean)
	if other, known := t.folded[lower]; known {
		return "differs from " + shorten(other) + " in upper and lower case only"
	}
	t.kinds[clean], t.folded[lower] = folder, clean
	return ""
}

// FunctionName is what a function from this path is called at first: the name
// of the folder, or of the zip or notebook without its suffix.
func FunctionName(from string) string {
	name := filepath.Base(from)
	if ext := filepath.Ext(name); strings.EqualFold(ext, ".zip") || strings.EqualFold(ext, NotebookSuffix) {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}
