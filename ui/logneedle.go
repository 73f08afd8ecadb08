package ui

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// needle is text that stands in every line that a filter matches, and is looked
// for in many lines at once: a filter need not be asked about lines without it.
type needle struct {
	text []byte
	// fold says that the text is in small letters and stands there in any case.
	fold bool
	// foreign says that letters outside ASCII may stand for some of the text.
	foreign bool
	// skip is how far the end of the text is at least, by what stands where it may
	// be: 0 for its last letter. again is how far it is from such a letter on.
	skip  [256]uint8
	again int
}

// needle is the longest that the filter has, nil if it has none.
func (f *Filter) needle() *needle {
	if f == nil {
		return nil
	}
	longest := filterTerm{}
	for _, t := range f.terms {
		named := t.column != anyColumn && t.column != lineText
		if named || t.inverse || t.fuzzy || t.re != nil || t.bound != nil || t.fold && !ascii(t.text) {
			continue
		}
		if len(t.text) > len(longest.text) {
			longest = t
		}
	}
	if longest.text == "" {
		return nil
	}
	return newNeedle(longest.text, longest.fold && !longest.plain)
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

func newNeedle(text string, fold bool) *needle {
	n := &needle{text: []byte(text), fold: fold, foreign: fold && strings.ContainsAny(text, "ik")}
	const most = 255 // What a skip holds.
	for i := range n.skip {
		n.skip[i] = uint8(min(len(text), most))
	}
	last := len(text) - 1
	n.again = len(text)
	for i := range last {
		c := text[i]
		if c == text[last] {
			n.again = last - i
		}
		n.skip[c], n.skip[upper(c)] = uint8(min(last-i, most)), uint8(min(last-i, most))
	}
	n.skip[text[last]], n.skip[upper(text[last])] = 0, 0
	return n
}

// The letters outside ASCII that are small letters of ASCII in the other case: the
// sign of the kelvin and the capital i with a dot.
const (
	kelvin   = "\u212a"
	dottedCI = "\u0130"
)

// tells reports whether all lines of the text that hold the needle have it in
// ASCII.
func (n *needle) tells(text []byte) bool {
	return !n.foreign || !bytes.Contains(text, []byte(kelvin)) && !bytes.Contains(text, []byte(dottedCI))
}

// index is where the needle first stands in the text, -1 if nowhere.
func (n *needle) index(text []byte) int {
	if !n.fold {
		return bytes.Index(text, n.text)
	}
	last := len(n.text) - 1
	for at := last; at < len(text); {
		if skip := n.skip[text[at]]; skip > 0 {
			at += int(skip)
			continue
		}
		i := last - 1
		for i >= 0 && lower(text[at-last+i]) == n.text[i] {
			i--
		}
		if i < 0 {
			return at - last
		}
		at += n.again
	}
	return -1
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}
