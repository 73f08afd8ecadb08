package ui

import "fmt"

// The least terminal that the console draws on, and where the frame gives up
// its lines: the crumbs first, then the hints, then most of the header.
const (
	MinWidth  = 40
	MinHeight = 10

	crumbsFromHeight = 20
	hintsFromHeight  = 16
	headerFromWidth  = 80
)

// Layout says which lines of the frame are drawn and how large the body is.
type Layout struct {
	Width, Height int
	// TooSmall is the sentence to draw instead of everything else, or "".
	TooSmall string
	// FullHeader is false where only context, mode and alarms fit.
	Header, FullHeader bool
	Crumbs             bool
	Foot               bool
	BodyHeight         int
}

// Lines is what is wanted of the frame's lines beside what there is room for.
type Lines struct {
	NoHeader, NoCrumbs, NoHints bool
	// Foot is how many lines the foot has in any case, for a toast or a prompt that
	// must be seen; with 0 it is the hints, where they have room.
	Foot int
}

// NewLayout divides a terminal.
func NewLayout(width, height int, lines Lines) Layout {
	l := Layout{Width: width, Height: height, BodyHeight: height}
	if width < MinWidth || height < MinHeight {
		l.TooSmall = fmt.Sprintf("too small: %dx%d, need %dx%d", width, height, MinWidth, MinHeight)
		return l
	}
	l.Header = !lines.NoHeader
	l.FullHeader = l.Header && width >= headerFromWidth
	l.Crumbs = !lines.NoCrumbs && height >= crumbsFromHeight
	l.Foot = lines.Foot > 0 || !lines.NoHints && height >= hintsFromHeight
	for _, drawn := range []bool{l.Header, l.Crumbs, l.Foot} {
		if drawn {
			l.BodyHeight--
		}
	}
	l.BodyHeight -= max(0, lines.Foot-1)
	return l
}
