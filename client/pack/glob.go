package pack

import (
	"strings"
	"unicode/utf8"
)

// matchPath matches a path's segments against a pattern's, where the segment
// "**" stands for any number of segments, and at the end for at least one. Only
// the latest "**" is ever tried again, which is enough and keeps it quadratic.
func matchPath(pattern, path []string) bool {
	p, s := 0, 0
	star, starPath := -1, 0
	for s < len(path) {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			if p == len(pattern)-1 {
				return true
			}
			star, starPath = p, s
			p++
		case p < len(pattern) && matchSegment(pattern[p], path[s]):
			p++
			s++
		case star >= 0:
			starPath++
			p, s = star+1, starPath
		default:
			return false
		}
	}
	return p == len(pattern)
}

// matchSegment matches one segment: "*" any text, "?" one character, "[a-c]" and
// "[!a-c]" classes, "\" takes the next character as it is.
func matchSegment(pattern, name string) bool {
	p, s := 0, 0
	star, starName := -1, 0
	for s < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			star, starName = p, s
			p++
			continue
		}
		r, size := utf8.DecodeRuneInString(name[s:])
		if n, ok := matchOne(pattern[p:], r); ok {
			p += n
			s += size
			continue
		}
		if star < 0 {
			return false
		}
		_, size = utf8.DecodeRuneInString(name[starName:])
		starName += size
		p, s = star+1, starName
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchOne matches the first element of a pattern against one character and
// returns the element's length.
func matchOne(pattern string, r rune) (int, bool) {
	if pattern == "" {
		return 0, false
	}
	c, size := utf8.DecodeRuneInString(pattern)
	switch c {
	case '?':
		return 1, true
	case '[':
		return matchClass(pattern, r)
	case '\\':
		c, n := utf8.DecodeRuneInString(pattern[1:])
		return 1 + n, n > 0 && c == r
	}
	return size, c == r
}

// matchClass matches a class such as [!a-c]. One that is not closed matches
// nothing, as in git.
func matchClass(pattern string, r rune) (n int, ok bool) {
	i, negated := 1, false
	if i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^') {
		negated = true
		i++
	}
	next := func() rune {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		c, size := utf8.DecodeRuneInString(pattern[i:])
		i += size
		return c
	}
	for first := true; i < len(pattern); first = false {
		if pattern[i] == ']' && !first {
			return i + 1, ok != negated
		}
		lo := next()
		hi := lo
		if i+1 < len(pattern) && pattern[i] == '-' && pattern[i+1] != ']' {
			i++
			hi = next()
		}
		ok = ok || lo <= r && r <= hi
	}
	return 0, false
}
