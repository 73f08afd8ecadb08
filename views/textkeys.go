package views

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
	"fndeck/ui/jsondoc"
)

// sidewaysBy is how far one key scrolls sideways.
const sidewaysBy = 8

// documentCommands are what every JSON document offers.
func documentCommands(v *jsondoc.View, say func(string, ui.Tone)) []command {
	step := func(by int) func() tea.Cmd {
		return do(func() {
			if !v.Step(by) {
				say("no more matches that way", ui.ToneWarn)
			}
		})
	}
	copied := func(what, text string) tea.Cmd {
		if len(text) > maxCopied {
			say(fmt.Sprintf("%s not copied: it is %s, a terminal takes %s", what, ui.Bytes(int64(len(text))), ui.Bytes(maxCopied)), ui.ToneWarn)
			return nil
		}
		say(what+" copied", ui.ToneOK)
		return tea.SetClipboard(text)
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
		{id: "text.top", run: do(v.Top)},
		{id: "text.end", run: do(v.End)},
		{id: "text.left", run: do(func() { v.Sideways(-sidewaysBy) })},
		{id: "text.right", run: do(func() { v.Sideways(sidewaysBy) })},
		{id: "text.fold", hinted: true, run: do(v.Fold)},
		{id: "text.foldall", run: do(v.FoldAll)},
		{id: "text.copy", hinted: true, run: func() tea.Cmd { return copied("value", v.Value()) }},
		{id: "text.copypath", run: func() tea.Cmd { return copied("path", v.Path()) }},
		{id: "text.next", reason: noSearch, urgent: true, run: step(1)},
		{id: "text.previous", reason: noSearch, urgent: true, run: step(-1)},
	}
}

// maxCopied bounds what is sent to the terminal's clipboard: many take no more
// in one OSC 52 sequence.
const maxCopied = 74 << 10

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
