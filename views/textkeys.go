package views

import (
	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
)

// sidewaysBy is how far one key scrolls sideways.
const sidewaysBy = 8

// textCommands are what every text and log offers. say tells what a key could
// not do.
func textCommands(v *ui.LogView, say func(string, ui.Tone)) []command {
	step := func(by int) func() tea.Cmd {
		return do(func() {
			if !v.Step(by) {
				say("no more matches that way", ui.ToneWarn)
			}
		})
	}
	noSearch := ""
	if v.Searched() == "" {
		noSearch = "search first"
	}
	commands := []command{
		{id: "text.down", run: do(func() { v.Move(1) })},
		{id: "text.up", run: do(func() { v.Move(-1) })},
		{id: "text.pagedown", run: do(func() { v.Page(1) })},
		{id: "text.pageup", run: do(func() { v.Page(-1) })},
		{id: "text.top", run: do(v.Top)},
		{id: "text.end", run: do(v.End)},
		{id: "text.left", run: do(func() { v.Sideways(-sidewaysBy) })},
		{id: "text.right", run: do(func() { v.Sideways(sidewaysBy) })},
		{id: "text.wrap", hinted: true, run: do(v.ToggleWrap)},
		{id: "text.next", reason: noSearch, urgent: true, run: step(1)},
		{id: "text.previous", reason: noSearch, urgent: true, run: step(-1)},
		{id: "text.only", reason: noSearch, urgent: true, run: do(v.ToggleOnly)},
	}
	if v.Static {
		return commands
	}
	return append(commands,
		command{id: "text.follow", hinted: true, run: do(v.ToggleFollow)},
		command{id: "text.times", hinted: true, run: do(v.CycleTimes)},
	)
}
