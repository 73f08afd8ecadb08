package views

import (
	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
	"fndeck/ui/jsondoc"
)

// sidewaysBy is how far one key scrolls sideways.
const sidewaysBy = 8

// documentCommands are what every JSON document offers.
func documentCommands(s *shell, v *jsondoc.View) []command {
	step := func(by int) func() tea.Cmd {
		return do(func() {
			if !v.Step(by) {
				s.say("no more matches that way", ui.ToneWarn)
			}
		})
	}
	noSearch := ""
	if v.Searched() == "" {
		noSearch = "search first"
	}
	return []command{
		{id: "text.down", run: do(func() { v.Move(1) })},
		{id: "text.up", run: do(func() { v.Move(-1) })},
		{id: "text.pagedown", run: do(func() { v.Page(1) })},
		{id: "text.pageup", run: do(func() { v.Page(-1) })},
		{id: "text.halfdown", run: do(func() { v.HalfPage(1) })},
		{id: "text.halfup", run: do(func() { v.HalfPage(-1) })},
		{id: "text.top", run: do(v.Top)},
		{id: "text.end", run: do(v.End)},
		{id: "text.left", run: do(func() { v.Sideways(-sidewaysBy) })},
		{id: "text.right", run: do(func() { v.Sideways(sidewaysBy) })},
		{id: "text.fold", hinted: true, run: do(v.Fold)},
		{id: "text.foldall", run: do(v.FoldAll)},
		{id: "text.copy", hinted: true, run: func() tea.Cmd { return copyText(s, "value", v.Value()) }},
		{id: "text.copypath", run: func() tea.Cmd { return copyText(s, "path", v.Path()) }},
		{id: "text.next", reason: noSearch, urgent: true, run: step(1)},
		{id: "text.previous", reason: noSearch, urgent: true, run: step(-1)},
	}
}

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
		{id: "text.halfdown", run: do(func() { v.HalfPage(1) })},
		{id: "text.halfup", run: do(func() { v.HalfPage(-1) })},
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
