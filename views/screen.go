// Package views is the console: the root model, which only routes, and one file
// per screen. A screen describes what it shows and which actions it offers; the
// generic list, document and log screens do the rest.
//
// Nothing here does I/O in the update loop: commands run outside it and answer
// with messages that carry their owner, and late ones are dropped.
package views

import (
	"context"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/ui/external"
	"fndeck/ui/terminal"
	"fndeck/views/feeds"
	"fndeck/views/standing"
)

// deps is what every screen and form of a console is given.
type deps struct {
	backend client.Backend
	// contexts are those of the configuration; nil where there is none but this one.
	contexts standing.Contexts
	// bind has what a command answers come to this console, whichever is seen then.
	bind  func(tea.Cmd) tea.Cmd
	clock func() time.Time
	// zone is where times are shown; UTC is one key away.
	zone  *time.Location
	theme *ui.Theme
	// keys is the keymap of the operator.
	keys ui.Keymap
	// ctx ends with the console. Commands derive theirs from it.
	ctx context.Context
	// stateDir holds temporary and crash files, mode 0700.
	stateDir string
	// way is how the terminal is told what is no text.
	way terminal.Way
	// errors is what has failed, in whatever context.
	errors *errorLog
	// notifies says that the end of a long job is told to who looks elsewhere.
	notifies bool
	// away says that the terminal is known not to have the focus.
	away *atomic.Bool
	// left says that the console of another context is seen.
	left *atomic.Bool
	// editor opens texts in the operator's own editor.
	editor external.Editor
}

// source is what feeds are given.
func (d deps) source() feeds.Source {
	return feeds.Source{Ctx: d.ctx, Backend: d.backend, Clock: d.clock, Away: d.away, Left: d.left}
}

// Screen is one place of the console. It is a plain struct: the root calls it
// from the update loop only.
type Screen interface {
	// Title is the screen's crumb, such as "calls ingest-pi"; cleaned.
	Title() string
	// Show begins what the screen needs while it is visible, Hide ends it. What
	// the operator set (filter, order, cursor, scroll) stays.
	Show() tea.Cmd
	Hide() tea.Cmd
	// Update takes a message that the screen is the owner of.
	Update(msg tea.Msg) tea.Cmd
	// Commands are the actions that the screen offers now.
	Commands() []command
	// View draws the body: exactly height lines, each at most width cells.
	View(theme *ui.Theme, width, height int) []string
	// Status is what the frame says of the screen: it is asked for several times a frame.
	Status() status
	// Pulse is how soon the screen looks different only because time passes; 0 if it
	// does not.
	Pulse() time.Duration
}

// status is what the frame shows of a screen beside its body.
type status struct {
	// position is the place in a list or a text, for the foot.
	position string
	// count stands behind the title in the crumbs, filter behind that.
	count, filter string
	// named says that filter is not what was typed but a name for it.
	named bool
	// paused says that a log is, and how much came since; "" if it is not.
	paused string
	// fixed says that there is nothing to move in or to filter.
	fixed bool
	// err is why the newest data could not be read, nil if they could, and retryAt
	// when they are asked for again. at is when what is shown was read, zero if
	// nothing has been.
	err         error
	at, retryAt time.Time
	// silent is since when the backend owes an answer for longer than is usual, zero
	// if it does not.
	silent time.Time
	// waits is what the thing under the cursor waits for, "" for nothing.
	waits string
}

// command is an action that a screen offers, tied to its keys by id.
type command struct {
	id string
	// label replaces the keymap's, "" keeps it.
	label string
	// reason says why it cannot be done now, "" if it can.
	reason string
	// hinted commands stand in the hint bar, urgent ones before all others.
	hinted, urgent bool
	run            func() tea.Cmd
}

// searcher is a screen that the / prompt filters or searches.
type searcher interface {
	// Search applies the text as it is typed. On an error what was shown stays.
	Search(text string) (tea.Cmd, error)
	Searched() string
}

// refresher is a screen whose data can be asked for again.
type refresher interface {
	// Refresh reads anew if any of the kinds of client.Event concerns the screen;
	// no kinds means in any case.
	Refresh(kinds map[string]bool) tea.Cmd
}

// stopper is a screen that may be reading something that takes long.
type stopper interface {
	// Stop ends what is being read and says so; "" if there was nothing to stop.
	Stop() (said string, cmd tea.Cmd)
	// Resume reads on what Stop has ended.
	Resume()
}

// awaiter is a screen whose rows are about to come: keys are kept until they have.
type awaiter interface{ Awaits() bool }

// worker is a screen that has something to do outside the update loop while it is
// looked at. It is asked after every message, so that it answers at once.
type worker interface{ Background() tea.Cmd }

// discarder is a screen that holds something to be given back when no history
// leads to it any more.
type discarder interface{ Discard() }

// pointed is a screen that the mouse moves in.
type pointed interface {
	// Click takes a click on a cell of the body.
	Click(x, y int) tea.Cmd
	// Wheel scrolls by lines.
	Wheel(by int) tea.Cmd
}

// screenMsg is a message for one screen. It is dropped when its owner is gone.
type screenMsg struct {
	owner Screen
	body  tea.Msg
}

// Shared implements deck.Shared: the console that has the screen takes it.
func (screenMsg) Shared() {}

// viewNames are the ids of the five views in their order.
var viewNames = []string{"view.functions", "view.calls", "view.logs", "view.schedules", "view.sources"}

// The five views by their index.
const (
	viewFunctions = iota
	viewCalls
	viewLogs
	viewSchedules
	viewSources
)

// newViews makes the five views in the order of their digits.
func newViews(s *shell) []Screen {
	return []Screen{
		viewFunctions: newFunctions(s),
		viewCalls:     newCalls(s, callScope{}),
		viewLogs:      newLogs(s, logScope{}),
		viewSchedules: newSchedules(s),
		viewSources:   newSources(s),
	}
}
