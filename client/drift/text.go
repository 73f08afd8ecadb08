package drift

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	udiff "github.com/aymanbagabas/go-udiff"

	"fndeck/client/pack"
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

// Patch is the difference of every file that differs, one after the other: from the
// packed code of a version to the files that each hands over.
func Patch(ctx context.Context, d Drift, code []byte, each func(pack.Visit) error) (string, error) {
	differs := map[string]bool{}
	for _, change := range d.Changes() {
		differs[change.Path] = true
	}
	deployed, here := contents{}, contents{}
	if err := pack.EachIn(ctx, bytes.NewReader(code), int64(len(code)), pack.Limits{}, deployed.of(differs)); err != nil {
		return "", err
	}
	if err := each(here.of(differs)); err != nil {
		return "", err
	}
	var out strings.Builder
	for _, change := range d.Changes() {
		out.WriteString(Unified(change.Path, deployed[change.Path], here[change.Path]))
	}
	return out.String(), nil
}

// contents are files, by path, as much of each as is ever compared.
type contents map[string][]byte

func (c contents) of(wanted map[string]bool) pack.Visit {
	return func(path string, content io.Reader) error {
		if !wanted[path] {
			return nil
		}
		text, err := io.ReadAll(io.LimitReader(content, maxText+1))
		c[path] = text
		return err
	}
}

func isText(content []byte) bool {
	return utf8.Valid(content) && !bytes.ContainsRune(content, 0)
}
