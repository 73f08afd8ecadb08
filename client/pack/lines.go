package pack

import (
	"regexp"
	"strings"
)

// What a logical line at the top level may bind to handle. Strings in the text
// are emptied and line breaks in brackets are spaces before these are tried.
var (
	defHandle    = regexp.MustCompile(`^def\s+handle\s*(\[.*?\])?\s*\(`)
	asyncHandle  = regexp.MustCompile(`^async\s+def\s+handle\b`)
	assignHandle = regexp.MustCompile(`^(\w+\s*=\s*)*handle\s*(:[^=]*)?(=\s*\w+\s*)*=[^=]`)
	importHandle = regexp.MustCompile(`^(from|import)\b.*(\bas\s+handle|\bimport\s.*\bhandle)\s*(,|\)|$)`)
)

// readLines finds handle without a parser. It sees the top level only, and
// cannot tell whether the rest is valid.
func readLines(text string) module {
	found := module{Kind: handleNone}
	for _, l := range logicalLines(text) {
		if l.indented {
			continue
		}
		switch {
		case defHandle.MatchString(l.text):
			open := len(defHandle.FindString(l.text))
			found = module{Kind: handleDef, Line: l.number, Params: readParameters(l.text[open:])}
		case asyncHandle.MatchString(l.text):
			found = module{Kind: handleAsync, Line: l.number}
		case assignHandle.MatchString(l.text):
			found = module{Kind: handleAssign, Line: l.number}
		case importHandle.MatchString(l.text):
			found = module{Kind: handleImported, Line: l.number}
		}
	}
	return found
}

// readParameters reads a parameter list that starts after its bracket.
func readParameters(text string) []parameter {
	var params []parameter
	kind := "plain"
	for _, part := range splitParameters(text) {
		name, hasDefault := part, false
		if before, _, found := strings.Cut(part, "="); found {
			name, hasDefault = before, true
		}
		name, _, _ = strings.Cut(name, ":")
		name = strings.TrimSpace(name)
		switch {
		case name == "":
		case name == "/":
			for i := range params {
				params[i].Kind = "positional-only"
			}
		case name == "*":
			kind = "keyword-only"
		case strings.HasPrefix(name, "**"):
			params = append(params, parameter{Name: strings.TrimSpace(name[2:]), Kind: "**"})
		case strings.HasPrefix(name, "*"):
			params = append(params, parameter{Name: strings.TrimSpace(name[1:]), Kind: "*"})
			kind = "keyword-only"
		default:
			params = append(params, parameter{Name: name, Kind: kind, Default: hasDefault})
		}
	}
	return params
}

// splitParameters cuts at the commas that are in no bracket of their own, up to
// the closing bracket.
func splitParameters(text string) []string {
	var parts []string
	depth, start := 0, 0
	for i, c := range []byte(text) {
		switch c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth == 0 {
				return append(parts, text[start:i])
			}
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, text[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, text[start:])
}

// logicalLine is a statement's text without comments and what strings hold.
type logicalLine struct {
	number   int
	indented bool
	text     string
}

// lineReader cuts Python source into logical lines, so that a "def handle" in a
// docstring, a bracket or a comment is not taken for one.
type lineReader struct {
	text  string
	pos   int
	line  int
	depth int
	now   strings.Builder
	start logicalLine
	lines []logicalLine
}

func logicalLines(text string) []logicalLine {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	r := lineReader{text: text, line: 1}
	r.begin()
	for r.pos < len(r.text) {
		r.step()
	}
	r.end()
	return r.lines
}

// begin notes where the next logical line starts.
func (r *lineReader) begin() {
	r.start = logicalLine{number: r.line}
	if r.pos < len(r.text) {
		c := r.text[r.pos]
		r.start.indented = c == ' ' || c == '\t'
	}
}

func (r *lineReader) end() {
	r.start.text = strings.TrimSpace(r.now.String())
	r.now.Reset()
	if r.start.text != "" {
		r.lines = append(r.lines, r.start)
	}
}

func (r *lineReader) step() {
	switch c := r.text[r.pos]; c {
	case '\n':
		r.pos++
		r.line++
		if r.depth > 0 {
			r.now.WriteByte(' ')
			return
		}
		r.end()
		r.begin()
	case ';':
		r.pos++
		if r.depth == 0 {
			indented := r.start.indented
			r.end()
			r.begin()
			r.start.indented = indented
		}
	case '#':
		if n := strings.IndexByte(r.text[r.pos:], '\n'); n >= 0 {
			r.pos += n
			return
		}
		r.pos = len(r.text)
	case '\\':
		r.pos++
		if r.pos < len(r.text) && r.text[r.pos] == '\n' {
			r.pos++
			r.line++
			r.now.WriteByte(' ')
		}
	case '\'', '"':
		r.skipString(c)
	default:
		switch c {
		case '(', '[', '{':
			r.depth++
		case ')', ']', '}':
			r.depth = max(0, r.depth-1)
		}
		r.now.WriteByte(c)
		r.pos++
	}
}

// skipString leaves an empty string in place of a string, of one line or of
// several.
func (r *lineReader) skipString(quote byte) {
	mark := string(quote)
	if triple := strings.Repeat(mark, 3); strings.HasPrefix(r.text[r.pos:], triple) {
		mark = triple
	}
	r.now.WriteString(`""`)
	r.pos += len(mark)
	for r.pos < len(r.text) {
		switch {
		case strings.HasPrefix(r.text[r.pos:], mark):
			r.pos += len(mark)
			return
		case r.text[r.pos] == '\\' && r.pos+1 < len(r.text):
			if r.text[r.pos+1] == '\n' {
				r.line++
			}
			r.pos += 2
		case r.text[r.pos] == '\n' && len(mark) == 1:
			// A string of one line that is not closed: the rest is a new line.
			return
		default:
			if r.text[r.pos] == '\n' {
				r.line++
			}
			r.pos++
		}
	}
}
