// Package ui is the console's toolkit: text, theme, keys, layout, tables, logs
// and documents. It takes strings and numbers and never learns what a function
// is.
//
// It guarantees that nothing here costs more because there is more of it off
// screen, and that text which passed Clean can move the cursor only by its own
// width. Widgets are plain structs with methods; they are used from the update
// loop only and start no goroutines, except where their comment says so.
package ui

import tea "charm.land/bubbletea/v2"

// Hint is one entry of the hint bar.
type Hint struct{ Key, Label string }

// Overlay is a form, dialog or picker on top of a screen. It is a plain struct,
// not a tea.Model: the root hands it messages while it is on top and draws it
// in place of the body.
type Overlay interface {
	Title() string
	// Update handles one message. done means that the overlay has closed itself;
	// cmd then carries its result, if any, which must be at hand: it is called at
	// once.
	Update(msg tea.Msg) (cmd tea.Cmd, done bool)
	// View returns exactly height lines, each at most width cells, styled.
	View(theme *Theme, width, height int) []string
	Hints() []Hint
}
