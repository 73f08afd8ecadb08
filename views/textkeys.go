package views

import (
	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
	"fndeck/ui/jsondoc"
)

// sidewaysBy is how far one key scrolls sideways.
const sidewaysBy = 8

// scroller is a text or a document that moves and is searched.
type scroller interface {
	Move(by int)
	Page(by int)
	HalfPage(by int)
	Top()
	End()
	Sideways(by int)
	// Step goes to another match; false if there is none that way.
	Step(by int) bool
	Searched() string
}

// moveCommands are what everything with lines offers. say tells what a key could
// not do.
func moveCommands(v scroller, say func(string, ui.Tone)) []command {
	step := func(by int) func() tea.Cmd {
		return do(func() {
			if !v.Step(by) {
				say("no more matches that way", ui.ToneWarn)
			}
		})
	}
	noSearch := unsearched(v)
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
		{id: "text.next", reason: noSearch, urgent: true, run: step(1)},
		{id: "text.previous", reason: noSearch, urgent: true, run: step(-1)},
	}
}

// unsearched is why there are no matches to go to, "" if there are.
func unsearched(v scroller) string {
	if v.Searched() == "" {
		return "search first"
	}
	return ""
}

// documentCommands are what every JSON document offers.
func documentCommands(s *shell, v *jsondoc.View) []command {
	return append(moveCommands(v, s.say),
		command{id: "text.wrap", hinted: true, run: do(v.ToggleWrap)},
		command{id: "text.fold", hinted: true, run: do(v.Fold)},
		command{id: "text.foldall", run: do(v.FoldAll)},
		command{id: "text.copy", hinted: true, run: func() tea.Cmd { return copyText(s, "value", v.Value()) }},
		command{id: "text.copypath", run: func() tea.Cmd { return copyText(s, "path", v.Path()) }},
	)
}

// textCommands are what every text and log offers.
func textCommands(v *ui.LogView, say func(string, ui.Tone)) []command {
	commands := append(moveCommands(v, say),
		command{id: "text.wrap", hinted: true, run: do(v.ToggleWrap)},
		command{id: "text.only", reason: unsearched(v), urgent: true, run: do(v.ToggleOnly)},
	)
	if v.Static {
		return commands
	}
	return append(commands,
		command{id: "text.follow", hinted: true, run: do(v.ToggleFollow)},
		command{id: "text.times", hinted: true, run: do(v.CycleTimes)},
	)
}
