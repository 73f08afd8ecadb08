package logread

import (
	"fmt"
	"strings"
)

// SourceTerm is the term of a search that selects the lines of some sources and
// of no others, whatever they are called.
func SourceTerm(names []string) string {
	var b strings.Builder
	b.WriteString("source:/^(")
	for i, name := range names {
		if i > 0 {
			b.WriteByte('|')
		}
		for _, r := range name {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
				b.WriteRune(r)
				continue
			}
			fmt.Fprintf(&b, `\x{%x}`, r)
		}
	}
	b.WriteString(")$/")
	return b.String()
}
