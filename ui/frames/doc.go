// Package frames draws a Bubble Tea program when something has changed, and
// only then.
//
// The renderer of Bubble Tea 2.0 looks for a new view at a fixed rate: it wakes
// the machine while nothing happens and makes every key wait for the next look.
// This package gives it a clock that ticks when the program has made a new view,
// at most once in MinGap (two may share a pause before them), and puts a goroutine between the renderer and the
// terminal, so that a slow line never holds up the update loop. The next frame
// is drawn when the line has taken the last one, so it always shows the newest
// state and no backlog can grow. Of a frame only that is sent which the terminal
// does not show yet: the renderer sends the cells between two that have changed too.
//
// It can go when the library draws on demand by itself (its pull requests 1776
// and 1796). Where the library's field is not there any more, the library's own
// clock runs and everything else stays as it is.
package frames
