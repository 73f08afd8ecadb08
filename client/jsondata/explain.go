package jsondata

import (
	"fmt"
	"unicode/utf8"
)

// foreign are words of other languages that people take for JSON.
var foreign = map[string]string{
	"NaN":       "NaN is not JSON; write null or a string",
	"nan":       "nan is not JSON; write null or a string",
	"Infinity":  "Infinity is not JSON; write null or a string",
	"inf":       "inf is not JSON; write null or a string",
	"True":      "True is Python; JSON writes true",
	"TRUE":      "TRUE is not JSON; write true",
	"False":     "False is Python; JSON writes false",
	"FALSE":     "FALSE is not JSON; write false",
	"None":      "None is Python; JSON writes null",
	"NULL":      "NULL is not JSON; write null",
	"undefined": "undefined is JavaScript; JSON writes null",
}

// unexpected explains what stands at pos, where the grammar has no place for
// it; otherwise says what is missing when nothing better is known.
func (s *scanner) unexpected(otherwise string) *fault {
	at := s.pos
	if s.at(0) == '-' || s.at(0) == '+' {
		if rule, known := foreign[s.wordAt(at+1)]; known {
			return &fault{at, rule}
		}
	}
	word := s.wordAt(at)
	if rule, known := foreign[word]; known {
		return &fault{at, rule}
	}
	r, size := utf8.DecodeRune(s.data[at:])
	switch {
	case r == '\'' || r == '`':
		return &fault{at, `single quotes; JSON strings need "double quotes"`}
	case r == '“' || r == '”' || r == '„' || r == '‘' || r == '’' || r == '«':
		return &fault{at, `typographic quotes; JSON strings need plain "double quotes"`}
	case r == '#' || r == '/' && (s.at(1) == '/' || s.at(1) == '*'):
		return &fault{at, "a comment; JSON has none"}
	case r == utf8.RuneError && size == 1:
		return &fault{at, fmt.Sprintf("byte 0x%02x is not UTF-8", s.data[at])}
	case r < 0x20 || r == 0x7f:
		return &fault{at, fmt.Sprintf("control character U+%04X", r)}
	case r == '+':
		return &fault{at, "a plus before a number; leave it out"}
	case r == '.' && isDigit(s.at(1)):
		return &fault{at, "a number that starts with its point; write 0 before it"}
	case word != "" && !isDigit(word[0]):
		return &fault{at, "text without quotes; " + otherwise}
	case r > 0x7e:
		return &fault{at, fmt.Sprintf("unexpected character U+%04X; %s", r, otherwise)}
	default:
		return &fault{at, fmt.Sprintf("unexpected %c; %s", r, otherwise)}
	}
}

// wordAt is the run of letters and digits at an offset, cut at a length that no
// known word has.
func (s *scanner) wordAt(at int) string {
	const longest = 16
	end := at
	for end < len(s.data) && end < at+longest && isLetter(s.data[end]) {
		end++
	}
	return string(s.data[min(at, end):end])
}
