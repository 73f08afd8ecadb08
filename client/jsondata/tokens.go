package jsondata

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string; pos is on its opening quote.
func (s *scanner) text() *fault {
	start := s.pos
	s.pos++
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return nil
		case c == '\\':
			if f := s.escape(); f != nil {
				return f
			}
		case c < 0x20:
			return s.controlInText(c)
		case c < utf8.RuneSelf:
			s.pos++
		default:
			r, size := utf8.DecodeRune(s.data[s.pos:])
			if r == utf8.RuneError && size == 1 {
				return &fault{s.pos, fmt.Sprintf("byte 0x%02x is not UTF-8", c)}
			}
			s.pos += size
		}
	}
	return &fault{start, "the string is not closed"}
}

func (s *scanner) controlInText(c byte) *fault {
	if c == '\n' || c == '\r' {
		return &fault{s.pos, `a line break inside a string; close it with " or write \n`}
	}
	return &fault{s.pos, fmt.Sprintf(`control character U+%04X inside a string; write \u%04x`, c, c)}
}

// escape reads one escape, or the two of a surrogate pair.
func (s *scanner) escape() *fault {
	start := s.pos
	if start+1 >= len(s.data) {
		return &fault{start, "the string is not closed"}
	}
	if s.data[start+1] != 'u' {
		if !bytes.ContainsRune([]byte(`"\/bfnrt`), rune(s.data[start+1])) {
			return &fault{start, `unknown escape; JSON has \" \\ \/ \b \f \n \r \t and \u with four digits`}
		}
		s.pos += 2
		return nil
	}
	first, ok := s.hex4(start)
	if !ok {
		return &fault{start, `\u needs four hexadecimal digits`}
	}
	s.pos += 6
	if !utf16.IsSurrogate(first) {
		return nil
	}
	second, ok := s.hex4(s.pos)
	if !ok || utf16.DecodeRune(first, second) == utf8.RuneError {
		return &fault{start, fmt.Sprintf(`lone surrogate \u%04x; it is half a character`, first)}
	}
	s.pos += 6
	return nil
}

// hex4 reads the \uXXXX at an offset.
func (s *scanner) hex4(at int) (rune, bool) {
	if at+6 > len(s.data) || s.data[at] != '\\' || s.data[at+1] != 'u' {
		return 0, false
	}
	return parseHex(s.data[at+2 : at+6])
}

func parseHex(digits []byte) (rune, bool) {
	var r rune
	for _, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unescape decodes a string's inside that text has passed, so that "a" and
// "\u0061" are seen as one key.
func unescape(inside []byte) string {
	if bytes.IndexByte(inside, '\\') < 0 {
		return string(inside)
	}
	var b strings.Builder
	for i := 0; i < len(inside); i++ {
		if inside[i] != '\\' {
			b.WriteByte(inside[i])
			continue
		}
		i++
		if inside[i] != 'u' {
			b.WriteByte("\b\f\n\r\t\"\\/"[strings.IndexByte(`bfnrt"\/`, inside[i])])
			continue
		}
		r, _ := parseHex(inside[i+1 : i+5])
		i += 4
		if utf16.IsSurrogate(r) {
			low, _ := parseHex(inside[i+3 : i+7])
			r = utf16.DecodeRune(r, low)
			i += 6
		}
		b.WriteRune(r)
	}
	return b.String()
}

// number reads a number; pos is on its sign or first digit.
func (s *scanner) number() *fault {
	start := s.pos
	if s.at(0) == '-' {
		s.pos++
	}
	switch c := s.at(0); {
	case c == '0':
		s.pos++
		if isDigit(s.at(0)) {
			return &fault{start, "a number with leading zeros"}
		}
		if s.at(0) == 'x' || s.at(0) == 'X' {
			return &fault{start, "a hexadecimal number; JSON has decimal ones only"}
		}
	case isDigit(c):
		s.digits()
	default:
		s.pos = start
		return s.unexpected("a minus without a number")
	}
	if s.at(0) == '.' {
		s.pos++
		if !s.digits() {
			return &fault{start, "a number that ends with its point; a digit must follow"}
		}
	}
	if s.at(0) == 'e' || s.at(0) == 'E' {
		s.pos++
		if s.at(0) == '+' || s.at(0) == '-' {
			s.pos++
		}
		if !s.digits() {
			return &fault{start, "a number with an empty exponent"}
		}
	}
	return nil
}

// at looks ahead; past the end it is 0, which is no part of a number or word.
func (s *scanner) at(ahead int) byte {
	if s.pos+ahead < len(s.data) {
		return s.data[s.pos+ahead]
	}
	return 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (s *scanner) digits() bool {
	start := s.pos
	for isDigit(s.at(0)) {
		s.pos++
	}
	return s.pos > start
}

// word reads true, false or null.
func (s *scanner) word() *fault {
	for _, w := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.data[s.pos:], []byte(w)) && !isLetter(s.at(len(w))) {
			s.pos += len(w)
			return nil
		}
	}
	return s.unexpected("a value is missing")
}

func isLetter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c)
}
