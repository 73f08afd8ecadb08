// Package views is the console: the root model, which only routes, and one file
// per screen. A screen describes what it shows and which actions it offers; the
// generic list, document and log screens do the rest.
//
// Nothing here does I/O in the update loop: commands run outside it and answer
// with messages that carry their owner, and late ones are dropped.
package views

import (
	"context"
	"time"

	"fndeck/client"
	"fndeck/ui"
)

// deps is what every screen and form is given. It is filled once, in Run.
type deps struct {
	backend client.Backend
	clock   func() time.Time
	// zone is where times are shown; UTC is one key away.
	zone  *time.Location
	theme *ui.Theme
	// ctx ends with the console. Commands derive theirs from it.
	ctx context.Context
	// stateDir holds temporary and crash files, mode 0700.
	stateDir string
}
