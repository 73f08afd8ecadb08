package jsondata

import (
	"bytes"
	"fmt"
	"strings"

	"fndeck/client"
)

const (
	indentWidth = 2
	// deepestIndent stops the indentation of very deep documents: 10000 levels
	// on as many lines would need 200 MB of spaces.
	deepestIndent = 32
	// maxTidyBytes bounds what Tidy makes of a document.
	maxTidyBytes = 64 << 20
)

// margin is the indentation of the deepest level.
var margin = strings.Repeat(" ", indentWidth*deepestIndent)

// Tidy indents a document anew, two spaces a level, without touching the
// spelling of numbers and strings or the order of keys. A byte order mark is
// removed. The errors are those of Check, and CodeLimit if the result would
// have more than 64 MiB.
func Tidy(data []byte) ([]byte, error) {
	report, err := Check(data, Options{})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	depth := 0
	for rest := report.Data; len(rest) > 0; {
		if out.Len() > maxTidyBytes {
			return nil, &client.Error{
				Code:    client.CodeLimit,
				Message: fmt.Sprintf("data would have more than %d bytes when indented", maxTidyBytes),
			}
		}
		n := 1
		switch c := rest[0]; c {
		case ' ', '\t', '\r', '\n':
		case '{', '[':
			out.WriteByte(c)
			if next := bytes.TrimLeft(rest[1:], " \t\r\n"); next[0] == c+2 {
				// The closing brackets lie two above the opening ones in ASCII.
				out.WriteByte(next[0])
				n = len(rest) - len(next) + 1
				break
			}
			depth++
			newline(&out, depth)
		case '}', ']':
			depth--
			newline(&out, depth)
			out.WriteByte(c)
		case ',':
			out.WriteByte(c)
			newline(&out, depth)
		case ':':
			out.WriteString(": ")
		default:
			n = tokenLength(rest)
			out.Write(rest[:n])
		}
		rest = rest[n:]
	}
	return out.Bytes(), nil
}

func newline(out *bytes.Buffer, depth int) {
	out.WriteByte('\n')
	out.WriteString(margin[:indentWidth*min(depth, deepestIndent)])
}

// tokenLength is the length of the string, number or word at the start of a
// document that has passed Check.
func tokenLength(rest []byte) int {
	if rest[0] != '"' {
		if n := bytes.IndexAny(rest, " \t\r\n,]}"); n >= 0 {
			return n
		}
		return len(rest)
	}
	for i := 1; ; i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}
