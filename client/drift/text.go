package drift

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	udiff "github.com/aymanbagabas/go-udiff"
)

// maxText is up to what size, in bytes, a file is compared line by line: the time
// that takes grows with what differs.
const maxText = 1 << 20

// Unified is the difference of one file in the unified format of diff, from what
// was deployed to what is here; nil stands for a file that is not there. For what
// is no text, or too long, it is one line that says that they differ.
func Unified(path string, deployed, here []byte) string {
	from, to := "a/"+path, "b/"+path
	if deployed == nil {
		from = "/dev/null"
	}
	if here == nil {
		to = "/dev/null"
	}
	switch {
	case len(deployed) > maxText || len(here) > maxText:
		return fmt.Sprintf("Files %s and %s differ, longer than %d bytes\n", from, to, maxText)
	case !isText(deployed) || !isText(here):
		return fmt.Sprintf("Binary files %s and %s differ\n", from, to)
	}
	return udiff.Unified(from, to, string(deployed), string(here))
}

func isText(content []byte) bool {
	return utf8.Valid(content) && !bytes.ContainsRune(content, 0)
}
