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
	FullHeader bool
	Crumbs     bool
	Foot       bool
	BodyHeight int
}

// NewLayout divides a terminal. wantFoot keeps the foot also on a low terminal,
// for a toast or a prompt that must be seen.
func NewLayout(width, height int, wantFoot bool) Layout {
	l := Layout{Width: width, Height: height}
	if width < MinWidth || height < MinHeight {
		l.TooSmall = fmt.Sprintf("too small: %dx%d, need %dx%d", width, height, MinWidth, MinHeight)
		return l
	}
	l.FullHeader = width >= headerFromWidth
	l.Crumbs = height >= crumbsFromHeight
	l.Foot = wantFoot || height >= hintsFromHeight
	l.BodyHeight = height - 1
	if l.Crumbs {
		l.BodyHeight--
	}
	if l.Foot {
		l.BodyHeight--
	}
	return l
}
