// Package needle finds a text, also in any case, in many lines at once, so that
// a filter need not be asked about the lines that do not hold it. It changes
// nothing of what it looks in, and makes no copy.
package needle

import (
	"bytes"
	"strings"
)

// Needle is a text to be looked for. It is immutable.
type Needle struct {
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

// New makes a needle of a text that is not empty. With fold it stands for itself
// in any case, and is ASCII in small letters.
func New(text string, fold bool) *Needle {
	n := &Needle{text: []byte(text), fold: fold, foreign: fold && strings.ContainsAny(text, "ik")}
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

// Tells reports whether Index finds the needle in every line of the text that
// holds it: letters outside ASCII may stand for some of its own.
func (n *Needle) Tells(text []byte) bool {
	return !n.foreign || !bytes.Contains(text, []byte(kelvin)) && !bytes.Contains(text, []byte(dottedCI))
}

// Index is where the needle first stands in the text, -1 if nowhere.
func (n *Needle) Index(text []byte) int {
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
