package standing

import (
	"slices"
	"time"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/views/cells"
)

// Row is a context with what its requests tell.
type Row struct {
	Context
	// Here says that this console shows it, Beside that others too.
	Here, Beside bool
	// Latency is what half of its newest requests took at most, 0 if there is none.
	Latency time.Duration
	// LastError is its fault, else the newest request that failed, "" if none has.
	LastError string
}

// Rows are contexts as a console of that name sees them.
func Rows(all []Context, here string) []Row {
	rows := make([]Row, 0, len(all))
	for _, c := range all {
		row := Row{Context: c, Here: c.Name == here}
		row.Latency, row.LastError = c.Requests()
		row.Beside = !row.Here && slices.Contains(client.SplitContexts(here), c.Name)
		rows = append(rows, row)
	}
	return rows
}

// Choose is the name that a console has which shows the contexts that were typed: one,
// several with commas, or all that can be used. A name that none has is returned as
// unknown, with those that there are.
func Choose(rows []Row, typed string) (name, unknown string, known []string) {
	var usable []string
	for _, row := range rows {
		known = append(known, row.Name)
		if row.Fault == nil {
			usable = append(usable, row.Name)
		}
	}
	if typed == client.AllContexts && !slices.Contains(known, client.AllContexts) {
		return client.JoinContexts(usable), "", known
	}
	chosen, unknown := client.ChooseContexts(typed, known)
	return client.JoinContexts(chosen), unknown, append(known, client.AllContexts)
}

// Unremovable is why the file of a context stays, "" if it may go.
func (r Row) Unremovable() string {
	if r.Fixed == "" && (r.Here || r.Beside) {
		return ui.Clean(r.Name) + " is shown here: switch to another one first"
	}
	return r.Fixed
}

// NameCell is the name, with a star where this console shows it, as the commands
// mark it too: the tone alone would not say so without colours.
func (r Row) NameCell() ui.Cell {
	if r.Here || r.Beside {
		return ui.Cell{Text: ui.Clean(r.Name) + " *", Tone: ui.ToneAccent}
	}
	return cells.Text(r.Name)
}

// SignedInCell is who has signed in.
func (r Row) SignedInCell(now time.Time) ui.Cell {
	switch {
	case r.Fault != nil:
		return cells.Dim("")
	case r.Status.Flow == "":
		return cells.Dim("not needed")
	}
	return ui.Cell{Text: ui.Clean(action.SignedIn(r.Status, now)), Tone: IdentityTone(r.Status, now)}
}

// ModeCell is how the operator has marked it.
func (r Row) ModeCell() ui.Cell {
	mode := ui.Cell{Text: r.Mode()}
	switch {
	case r.Fault != nil:
		mode.Tone = ui.ToneBad
	case mode.Text != "open":
		mode.Tone = ui.ToneWarn
	}
	return mode
}

// ErrorCell is why it cannot be used, or what failed last.
func (r Row) ErrorCell() ui.Cell {
	return ui.Cell{Text: ui.Clean(cells.FirstLine(r.LastError)), Tone: ui.ToneBad}
}
