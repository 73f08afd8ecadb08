package forms

import (
	"context"
	"encoding/json"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/ui/form"
)

// recall is the list of what a function was called with lately, to take data
// from. What was given from this console is there at once, the backend's history
// comes behind it; a key that needs what is still being read waits for it.
type recall struct {
	fn      client.Function
	clock   func() time.Time
	entries []action.Earlier
	at, top int
	loading bool
	err     error
	stop    context.CancelFunc
	waiting []tea.KeyPressMsg
}

// recalled is the backend's answer to the recall that asked.
type recalled struct {
	owner   *recall
	entries []action.Earlier
	err     error
}

// newRecall makes the list and the command that reads the history.
func newRecall(d Deps, fn client.Function) (*recall, tea.Cmd) {
	ctx, stop := context.WithCancel(d.Ctx)
	r := &recall{fn: fn, clock: d.Clock, loading: true, stop: stop}
	if d.Given != nil {
		r.entries = action.Distinct(d.Given(fn.ID))
	}
	backend := d.Backend
	return r, func() tea.Msg {
		defer stop()
		entries, err := action.EarlierData(ctx, backend, fn.ID)
		return recalled{owner: r, entries: entries, err: err}
	}
}

// update takes a key or the answer. over is true once the list has been left, and
// taken is then what was chosen, nil if nothing was.
func (r *recall) update(msg tea.Msg) (taken *action.Earlier, over bool) {
	switch msg := msg.(type) {
	case recalled:
		if msg.owner == r {
			return r.read(msg)
		}
	case tea.KeyPressMsg:
		if key := ui.KeyName(msg); key == "esc" || key == "q" {
			r.stop()
			return nil, true
		}
		if len(r.waiting) > 0 || r.loading && r.needsMore(ui.KeyName(msg)) {
			r.waiting = append(r.waiting, msg)
			return nil, false
		}
		return r.key(ui.KeyName(msg))
	}
	return nil, false
}

// read takes the history and then the keys that waited for it.
func (r *recall) read(msg recalled) (taken *action.Earlier, over bool) {
	r.loading, r.err = false, msg.err
	r.entries = action.Distinct(append(r.entries, msg.entries...))
	waiting := r.waiting
	r.waiting = nil
	for _, key := range waiting {
		if taken, over = r.key(ui.KeyName(key)); over {
			break // Keys behind the choice were for the list, which is gone.
		}
	}
	return taken, over
}

// needsMore reports whether a key goes beyond what has been read.
func (r *recall) needsMore(key string) bool {
	switch key {
	case "enter", "up", "k", "home", "g", "pgup":
		return len(r.entries) == 0
	}
	return r.at+1 >= len(r.entries) || key != "down" && key != "j"
}

func (r *recall) key(key string) (taken *action.Earlier, over bool) {
	last := max(len(r.entries)-1, 0)
	switch key {
	case "enter":
		if r.at < len(r.entries) {
			return &r.entries[r.at], true
		}
	case "down", "j", "ctrl+r":
		r.at = min(r.at+1, last)
	case "up", "k":
		r.at = max(r.at-1, 0)
	case "pgdown":
		r.at = min(r.at+recallPage, last)
	case "pgup":
		r.at = max(r.at-recallPage, 0)
	case "home", "g":
		r.at = 0
	case "end", "G":
		r.at = last
	}
	return nil, false
}

// recallPage is how far a page key moves.
const recallPage = 10

func (r *recall) hints() []ui.Hint {
	return []ui.Hint{{Key: "enter", Label: "take it"}, {Key: "↑↓", Label: "choose"}, {Key: "esc", Label: "as it was"}}
}

func (r *recall) view(theme *ui.Theme, width, height int) []string {
	lines := []string{theme.Dim.Render(ui.Truncate("  earlier data of "+ui.Clean(r.fn.Name)+", the newest first", width))}
	foot := ""
	switch {
	case r.loading:
		foot = theme.Dim.Render("  reading the calls")
	case r.err != nil:
		foot = theme.Bad.Render(ui.Truncate("  "+ui.Clean(client.Explain(r.err).Sentence), width))
	case len(r.entries) == 0:
		foot = theme.Dim.Render(ui.Truncate("  no call is known, or none with its data", width))
	}
	room := height - len(lines)
	if foot != "" {
		room--
	}
	r.top = min(max(r.top, r.at-max(room, 1)+1, 0), r.at)
	for i := r.top; i < len(r.entries) && i < r.top+room; i++ {
		row := r.row(theme, r.entries[i], width)
		if i == r.at {
			row = theme.Selection.Render(ui.Pad(theme.Glyph('›')+row[1:], width))
		}
		lines = append(lines, row)
	}
	if foot != "" {
		lines = append(lines, foot)
	}
	return sized(lines, width, height)
}

// row is one line: when, how the call ended, how much it is and how it begins.
func (r *recall) row(theme *ui.Theme, e action.Earlier, width int) string {
	age, state := "here", " "
	if !e.At.IsZero() {
		age = ui.Age(r.clock().Sub(e.At))
	}
	if e.Status != "" {
		state, _ = theme.State(string(e.Status))
	}
	head := "  " + ui.Pad(ui.PadLeft(age, 4)+" "+state, 8) + ui.PadLeft(ui.Bytes(int64(len(e.Data))), 7) + "  "
	// What is beyond the line costs nothing.
	begins := ui.Clean(string(e.Data[:min(len(e.Data), 4*max(width, 1))]))
	return ui.Truncate(head+begins, width)
}

// takeData puts earlier data into the field of a form and goes there.
func takeData(f *form.Form, field *form.Editor, data json.RawMessage) {
	field.Selected = false
	field.SetValue(string(data))
	f.Focus(field)
}
