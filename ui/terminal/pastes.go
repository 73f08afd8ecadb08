package terminal

import (
	"os"
	"strings"
	"sync"
)

// Pastes is the terminal's input, with an eye on what is pasted: the toolkit leaves
// control sequences out of a paste without a word. What is read goes on as it came.
//
// One goroutine reads, others may ask.
type Pastes struct {
	*os.File

	// matched is how much of a bracket has been read, last its digit; in is true
	// within a paste, and escapes are those of it so far.
	matched, escapes int
	last             byte
	in               bool

	mu    sync.Mutex
	ended []int // the escapes of each paste that nobody has asked about
}

// NewPastes watches a terminal.
func NewPastes(f *os.File) *Pastes { return &Pastes{File: f} }

// Terminal is the file itself, for a program that the terminal is lent to.
func (p *Pastes) Terminal() *os.File { return p.File }

// The brackets around a paste (xterm, Bracketed Paste Mode) differ in one digit.
const (
	bracket = "\x1b[20?~"
	digit   = 4
)

// Read implements io.Reader.
func (p *Pastes) Read(b []byte) (int, error) {
	n, err := p.File.Read(b)
	for _, c := range b[:n] {
		p.look(c)
	}
	return n, err
}

func (p *Pastes) look(c byte) {
	switch {
	case c == bracket[0]:
		p.matched = 1
		p.escapes++
	case p.matched == digit && (c == '0' || c == '1'):
		p.matched++
		p.last = c
	case p.matched > 0 && c == bracket[p.matched]:
		p.matched++
	default:
		p.matched = 0
	}
	if p.matched < len(bracket) {
		return
	}
	p.matched = 0
	if ends := p.last == '1'; ends || !p.in {
		p.turn(ends)
	}
}

// turn begins a paste or ends it.
func (p *Pastes) turn(ended bool) {
	if ended {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.in {
			p.escapes = 1 // Nothing was pasted: the one of the bracket.
		}
		p.ended = append(p.ended, p.escapes-1)
	}
	p.in, p.escapes = !ended, 0
}

// LeftOut is how many control sequences are missing in the next paste, given what
// has arrived of it. Ask once for each. The zero answer of a nil Pastes is that
// nothing is known.
func (p *Pastes) LeftOut(arrived string) int {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ended) == 0 {
		return 0
	}
	n := p.ended[0]
	p.ended = p.ended[1:]
	return max(0, n-strings.Count(arrived, "\x1b"))
}
