package jsondata

import (
	"fmt"
	"unicode/utf8"
)

// fault is the first place where a document breaks a rule.
type fault struct {
	offset int
	rule   string
}

// state is what the grammar allows next.
type state int

const (
	wantValue state = iota
	wantFirstElement
	wantFirstKey
	wantKey
	wantColon
	wantCommaOrEnd
	wantNothing
)

// frame is an open object or array. keys maps each decoded key of an object to
// its offset; it dies with the frame, because clearing a large map for the next
// small object would make the scan quadratic.
type frame struct {
	open   byte
	offset int
	keys   map[string]int
}

// duplicate is a key that an object has twice.
type duplicate struct {
	key           string
	first, second int
}

// scanner walks one document with a stack of its own.
type scanner struct {
	data         []byte
	maxDepth     int
	mustBeObject bool

	pos        int
	state      state
	stack      []frame
	lastComma  int
	duplicates []duplicate
	dropped    int
}

// run scans to the end and returns the first fault, nil if there is none.
func (s *scanner) run() *fault {
	top := -1
	for {
		s.skipSpace()
		if s.pos >= len(s.data) {
			break
		}
		if top < 0 {
			top = s.pos
		}
		if f := s.step(); f != nil {
			return f
		}
	}
	if s.state != wantNothing {
		return s.cutShort(top)
	}
	if s.mustBeObject && s.data[top] != '{' {
		return &fault{top, "needed is an object in {braces}, this is " + kindOf(s.data[top])}
	}
	return nil
}

// cutShort explains a document that ends too early.
func (s *scanner) cutShort(top int) *fault {
	if top < 0 {
		return &fault{0, "it is empty; the least is {}"}
	}
	if len(s.stack) == 0 {
		return &fault{len(s.data), "it ends before a value"}
	}
	open := s.stack[len(s.stack)-1]
	return &fault{len(s.data), fmt.Sprintf("it ends too early; the %c of %s is not closed", open.open, locate(s.data, open.offset))}
}

func kindOf(c byte) string {
	switch c {
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}

func (s *scanner) skipSpace() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// step takes one token.
func (s *scanner) step() *fault {
	c := s.data[s.pos]
	switch s.state {
	case wantFirstKey, wantKey:
		return s.key(c)
	case wantColon:
		if c != ':' {
			return s.unexpected("a colon is missing after the key")
		}
		s.pos++
		s.state = wantValue
		return nil
	case wantCommaOrEnd:
		return s.commaOrEnd(c)
	case wantNothing:
		return &fault{s.pos, "text after the end of the document"}
	case wantFirstElement:
		if c == ']' {
			s.pop()
			return nil
		}
	}
	return s.value(c)
}

func (s *scanner) key(c byte) *fault {
	if c == '}' {
		if s.state == wantKey {
			return &fault{s.lastComma, "a comma before }; the last member takes none"}
		}
		s.pop()
		return nil
	}
	if c != '"' {
		return s.unexpected(`a key is missing; keys need "double quotes"`)
	}
	start := s.pos
	if f := s.text(); f != nil {
		return f
	}
	top := &s.stack[len(s.stack)-1]
	if top.keys == nil {
		top.keys = map[string]int{}
	}
	name := unescape(s.data[start+1 : s.pos-1])
	if first, twice := top.keys[name]; twice {
		s.noteDuplicate(duplicate{name, first, start})
	}
	top.keys[name] = start
	s.state = wantColon
	return nil
}

func (s *scanner) commaOrEnd(c byte) *fault {
	open := s.stack[len(s.stack)-1].open
	switch {
	case c == ',':
		s.lastComma = s.pos
		s.pos++
		s.state = wantValue
		if open == '{' {
			s.state = wantKey
		}
		return nil
	case c == '}' && open == '{', c == ']' && open == '[':
		s.pop()
		return nil
	case open == '{':
		return s.unexpected("a comma or } is missing")
	default:
		return s.unexpected("a comma or ] is missing")
	}
}

func (s *scanner) value(c byte) *fault {
	var f *fault
	switch {
	case c == '{' || c == '[':
		return s.push(c)
	case c == '"':
		f = s.text()
	case c == '-' || c >= '0' && c <= '9':
		f = s.number()
	case c == ']' && s.state == wantValue && s.in('['):
		return &fault{s.lastComma, "a comma before ]; the last element takes none"}
	default:
		f = s.word()
	}
	if f == nil {
		s.endValue()
	}
	return f
}

func (s *scanner) in(open byte) bool {
	return len(s.stack) > 0 && s.stack[len(s.stack)-1].open == open
}

func (s *scanner) push(c byte) *fault {
	if len(s.stack) >= s.maxDepth {
		return &fault{s.pos, fmt.Sprintf("nested deeper than %d levels", s.maxDepth)}
	}
	s.stack = append(s.stack, frame{open: c, offset: s.pos})
	s.pos++
	s.state = wantFirstElement
	if c == '{' {
		s.state = wantFirstKey
	}
	return nil
}

func (s *scanner) pop() {
	s.stack[len(s.stack)-1] = frame{}
	s.stack = s.stack[:len(s.stack)-1]
	s.pos++
	s.endValue()
}

func (s *scanner) endValue() {
	s.state = wantCommaOrEnd
	if len(s.stack) == 0 {
		s.state = wantNothing
	}
}

func (s *scanner) noteDuplicate(d duplicate) {
	if len(s.duplicates) == maxWarnings {
		s.dropped++
		return
	}
	s.duplicates = append(s.duplicates, d)
}

func (s *scanner) duplicateWarnings() []string {
	var warnings []string
	for _, d := range s.duplicates {
		warnings = append(warnings, fmt.Sprintf("key %s in %s is already in %s; the last one wins",
			quoted(d.key), locate(s.data, d.second), locate(s.data, d.first)))
	}
	if s.dropped > 0 {
		warnings = append(warnings, fmt.Sprintf("%d more duplicate keys", s.dropped))
	}
	return warnings
}

// quoted shortens a key for a sentence.
func quoted(key string) string {
	const shown = 40
	if utf8.RuneCountInString(key) <= shown {
		return fmt.Sprintf("%q", key)
	}
	return fmt.Sprintf("%q…", string([]rune(key)[:shown]))
}

// locate turns an offset into "line 3 column 14". It reads from the start, so
// it is for faults and a bounded number of warnings only.
func locate(data []byte, offset int) string {
	line, start := 1, 0
	for i, c := range data[:offset] {
		if c == '\n' {
			line++
			start = i + 1
		}
	}
	return fmt.Sprintf("line %d column %d", line, utf8.RuneCount(data[start:offset])+1)
}
