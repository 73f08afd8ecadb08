// Package keys is which key does what: the bindings of the console as data, the
// profiles, and what an operator's configuration makes of them.
package keys

import "fndeck/ui"

// table is the default profile. It is data: a key press, the hints and
// the help read this table, and nothing else knows a key.
var table = []ui.Binding{
	{ID: "view.functions", Scope: ui.ScopeGlobal, Keys: []string{"1"}, Label: "functions", Help: "functions"},
	{ID: "view.calls", Scope: ui.ScopeGlobal, Keys: []string{"2"}, Label: "calls", Help: "calls"},
	{ID: "view.logs", Scope: ui.ScopeGlobal, Keys: []string{"3"}, Label: "logs", Help: "logs"},
	{ID: "view.schedules", Scope: ui.ScopeGlobal, Keys: []string{"4"}, Label: "schedules", Help: "schedules"},
	{ID: "view.sources", Scope: ui.ScopeGlobal, Keys: []string{"5"}, Label: "sources", Help: "sources"},
	{ID: "view.unscope", Scope: ui.ScopeGlobal, Keys: []string{"0"}, Label: "all", Help: "drop the function scope"},
	{ID: "app.next", Scope: ui.ScopeGlobal, Keys: []string{"tab"}, Label: "next", Help: "next view, or next tab of a page"},
	{ID: "app.previous", Scope: ui.ScopeGlobal, Keys: []string{"shift+tab"}, Label: "previous", Help: "previous view or tab"},
	{ID: "app.older", Scope: ui.ScopeGlobal, Keys: []string{"[", "alt+left"}, Label: "back", Help: "back in history"},
	{ID: "app.newer", Scope: ui.ScopeGlobal, Keys: []string{"]", "alt+right"}, Label: "forward", Help: "forward in history"},
	{ID: "app.toggle", Scope: ui.ScopeGlobal, Keys: []string{"-"}, Label: "last", Help: "where you were before"},
	{ID: "app.back", Scope: ui.ScopeGlobal, Keys: []string{"esc"}, Label: "back", Help: "clear the filter or search, else one step back"},
	{ID: "app.leave", Scope: ui.ScopeGlobal, Keys: []string{"q"}, Label: "leave", Help: "one step back; in a view, ask to quit"},
	{ID: "app.quit", Scope: ui.ScopeGlobal, Keys: []string{"ctrl+c"}, Label: "quit", Help: "quit; deploys and calls go on"},
	{ID: "app.filter", Scope: ui.ScopeGlobal, Keys: []string{"/"}, Label: "filter", Help: "filter a list, search a text: text, !not, /re/, col:value, col:>5s, -f fuzzy"},
	{ID: "app.command", Scope: ui.ScopeGlobal, Keys: []string{":"}, Label: "command", Help: "go to a view, or do an action, by its name: calls NAME /filter, redeploy NAME"},
	{ID: "app.palette", Scope: ui.ScopeGlobal, Keys: []string{"ctrl+p"}, Label: "all actions", Help: "everything that can be done here, to search in"},
	{ID: "app.refresh", Scope: ui.ScopeGlobal, Keys: []string{"ctrl+r"}, Label: "refresh", Help: "ask again now"},
	{ID: "app.reload", Scope: ui.ScopeGlobal, Label: "reload", Help: "read the configuration again"},
	{ID: "app.redraw", Scope: ui.ScopeGlobal, Keys: []string{"ctrl+l"}, Label: "redraw", Help: "draw the screen anew"},
	{ID: "app.suspend", Scope: ui.ScopeGlobal, Keys: []string{"ctrl+z"}, Label: "suspend", Help: "back to the shell; fg returns"},
	{ID: "app.body", Scope: ui.ScopeGlobal, Keys: []string{"f"}, Label: "body only", Help: "body only, and back"},
	{ID: "app.header", Scope: ui.ScopeGlobal, Keys: []string{"ctrl+e"}, Label: "header", Help: "hide the header, and back"},
	{ID: "app.crumbs", Scope: ui.ScopeGlobal, Keys: []string{"ctrl+g"}, Label: "crumbs", Help: "hide the crumbs, and back"},
	{ID: "app.zone", Scope: ui.ScopeGlobal, Keys: []string{"ctrl+t"}, Label: "UTC", Help: "times in UTC, and back in your zone"},
	{ID: "app.mouse", Scope: ui.ScopeGlobal, Label: "mouse", Help: "give the mouse to the terminal, which selects text with it, and back"},
	{ID: "app.contexts", Scope: ui.ScopeGlobal, Keys: []string{"@"}, Label: "contexts", Help: "contexts: where this console is, how it is marked, how it answers"},
	{ID: "app.deploys", Scope: ui.ScopeGlobal, Keys: []string{"&"}, Label: "deploys", Help: "deploys of all functions, under way and past, with their build output"},
	{ID: "app.trace", Scope: ui.ScopeGlobal, Keys: []string{"#"}, Label: "requests", Help: "every request of this console, its status and its time"},
	{ID: "app.pulse", Scope: ui.ScopeGlobal, Keys: []string{"~"}, Label: "pulse", Help: "what goes on in all functions, and what is due when"},
	{ID: "app.errors", Scope: ui.ScopeGlobal, Keys: []string{"!"}, Label: "errors", Help: "errors of this console; failed calls are in the calls"},
	{ID: "app.help", Scope: ui.ScopeGlobal, Keys: []string{"?", "f1"}, Label: "help", Help: "this help"},

	{ID: "list.open", Scope: ui.ScopeList, Keys: []string{"enter"}, Label: "open", Help: "open it; several marked contexts open side by side"},
	{ID: "functions.redeploy", Scope: ui.ScopeList, Keys: []string{"r"}, Label: "redeploy", Help: "deploy the folder again; the old version serves until the new one is Ready"},
	{ID: "functions.rebuild", Scope: ui.ScopeList, Keys: []string{"E"}, Label: "rebuild", Help: "install the requirements anew; the code stays, the old version serves until the new one is Ready"},
	{ID: "functions.diff", Scope: ui.ScopeList, Keys: []string{"="}, Label: "diff", Help: "what differs between the folder and the version that serves"},
	{ID: "functions.mode", Scope: ui.ScopeList, Keys: []string{"W"}, Label: "mode", Help: "run calls warm, in kept processes, or isolated again"},
	{ID: "functions.call", Scope: ui.ScopeList, Keys: []string{"i"}, Label: "call", Help: "call with JSON; on a call, with its data"},
	{ID: "functions.repeat", Scope: ui.ScopeList, Keys: []string{"I"}, Label: "repeat", Help: "repeat the last call as it was"},
	{ID: "list.logs", Scope: ui.ScopeList, Keys: []string{"l"}, Label: "logs", Help: "logs; of a function that deploys or failed, its build"},
	{ID: "list.describe", Scope: ui.ScopeList, Keys: []string{"d"}, Label: "describe", Help: "all that is known of it"},
	{ID: "list.run", Scope: ui.ScopeList, Keys: []string{"t"}, Label: "run now", Help: "run a schedule now, with its data; test a context"},
	{ID: "schedules.pause", Scope: ui.ScopeList, Keys: []string{"p"}, Label: "pause", Help: "pause a schedule or resume it, where the backend can"},
	{ID: "app.signin", Scope: ui.ScopeList, Keys: []string{"a"}, Label: "sign in", Help: "sign in to a context"},
	{ID: "contexts.signout", Scope: ui.ScopeList, Label: "sign out", Help: "sign out of a context; asks first"},
	{ID: "list.edit", Scope: ui.ScopeList, Keys: []string{"e"}, Label: "change", Help: "change the settings of a function, or a schedule: another takes its place"},
	{ID: "functions.upload", Scope: ui.ScopeList, Keys: []string{"u"}, Label: "upload", Help: "upload a folder, a zip or a notebook"},
	{ID: "list.new", Scope: ui.ScopeList, Keys: []string{"n"}, Label: "new", Help: "make a new one: a function from a template, a schedule, a context"},
	{ID: "functions.rollback", Scope: ui.ScopeList, Keys: []string{"b"}, Label: "roll back", Help: "choose an earlier version to serve again"},
	{ID: "functions.promote", Scope: ui.ScopeList, Keys: []string{"F"}, Label: "promote", Help: "deploy the function's folder to another context, and compare what both answer"},
	{ID: "deploys.resume", Scope: ui.ScopeList, Keys: []string{"o"}, Label: "resume", Help: "go on with a deploy that was cut, where it stands"},
	{ID: "deploys.rollback", Scope: ui.ScopeList, Keys: []string{"B"}, Label: "take back", Help: "take back what a deploy that was cut has done; asks first"},
	{ID: "deploys.leave", Scope: ui.ScopeList, Keys: []string{"Q"}, Label: "leave", Help: "give up a deploy that was cut: what it has made stays; asks first"},
	{ID: "calls.cancel", Scope: ui.ScopeList, Keys: []string{"K"}, Label: "cancel", Help: "end a running call, asks first; stop a deploy that waits for the link, which can be resumed"},
	{ID: "calls.archive", Scope: ui.ScopeList, Keys: []string{"H"}, Label: "archive calls", Help: "keep the function's calls on this machine, with results and logs: a cloud forgets them"},
	{ID: "list.delete", Scope: ui.ScopeList, Keys: []string{"ctrl+d"}, Label: "delete", Help: "delete; its name must be typed"},
	{ID: "list.mark", Scope: ui.ScopeList, Keys: []string{"space"}, Label: "mark", Help: "mark the row, or take its mark away"},
	{ID: "list.range", Scope: ui.ScopeList, Keys: []string{"v", "ctrl+space"}, Label: "range", Help: "mark what is moved over; again ends it"},
	{ID: "list.unmark", Scope: ui.ScopeList, Keys: []string{"U", "ctrl+\\"}, Label: "unmark", Help: "take all marks away"},
	{ID: "list.invert", Scope: ui.ScopeList, Keys: []string{"*"}, Label: "invert", Help: "mark the others instead"},
	{ID: "functions.redeploymarked", Scope: ui.ScopeList, Keys: []string{"R"}, Label: "redeploy marked", Help: "deploy the folders of all marked functions again; asks first"},
	{ID: "list.raw", Scope: ui.ScopeList, Keys: []string{"y"}, Label: "raw", Help: "as JSON; with two calls marked, what differs between them"},
	{ID: "list.copy", Scope: ui.ScopeList, Keys: []string{"c"}, Label: "copy id", Help: "copy the id, or those of the marked rows"},
	{ID: "list.copyfield", Scope: ui.ScopeList, Keys: []string{"C"}, Label: "copy field", Help: "choose a field to copy"},
	{ID: "list.copycurl", Scope: ui.ScopeList, Keys: []string{"X"}, Label: "copy as curl", Help: "copy the request as a curl command, with $TOKEN for the token"},
	{ID: "trace.bodies", Scope: ui.ScopeList, Label: "bodies", Help: "keep the bodies of requests from now on, to be read in the list of requests, and stop again"},
	{ID: "list.failing", Scope: ui.ScopeList, Keys: []string{"x"}, Label: "failing", Help: "failing rows only"},
	{ID: "list.older", Scope: ui.ScopeList, Keys: []string{"M"}, Label: "older", Help: "load older ones"},
	{ID: "list.down", Scope: ui.ScopeList, Keys: []string{"j", "down"}, Label: "down", Help: "down"},
	{ID: "list.up", Scope: ui.ScopeList, Keys: []string{"k", "up"}, Label: "up", Help: "up"},
	{ID: "list.pagedown", Scope: ui.ScopeList, Keys: []string{"ctrl+f", "pgdown"}, Label: "page down", Help: "page down"},
	{ID: "list.pageup", Scope: ui.ScopeList, Keys: []string{"ctrl+b", "pgup"}, Label: "page up", Help: "page up"},
	{ID: "list.halfdown", Scope: ui.ScopeList, Label: "half page down", Help: "half a page down"},
	{ID: "list.halfup", Scope: ui.ScopeList, Label: "half page up", Help: "half a page up"},
	{ID: "list.first", Scope: ui.ScopeList, Keys: []string{"g", "home"}, Label: "first", Help: "first row"},
	{ID: "list.last", Scope: ui.ScopeList, Keys: []string{"G", "end"}, Label: "last", Help: "last row"},
	{ID: "list.sortname", Scope: ui.ScopeList, Keys: []string{"N"}, Label: "by name", Help: "sort by name; again turns it round"},
	{ID: "list.sortage", Scope: ui.ScopeList, Keys: []string{"A"}, Label: "by age", Help: "sort by age"},
	{ID: "list.sortstatus", Scope: ui.ScopeList, Keys: []string{"S"}, Label: "by status", Help: "sort by status"},
	{ID: "list.sortturn", Scope: ui.ScopeList, Keys: []string{"O"}, Label: "turn", Help: "sort the sorted column the other way"},
	{ID: "list.sortnext", Scope: ui.ScopeList, Keys: []string{"shift+right"}, Label: "sort next", Help: "sort by the next column"},
	{ID: "list.sortprevious", Scope: ui.ScopeList, Keys: []string{"shift+left"}, Label: "sort previous", Help: "sort by the previous column"},
	{ID: "list.wide", Scope: ui.ScopeList, Keys: []string{"ctrl+w"}, Label: "wide", Help: "all columns, also the rare ones"},

	{ID: "text.follow", Scope: ui.ScopeText, Keys: []string{"s"}, Label: "follow", Help: "follow on or off"},
	{ID: "text.end", Scope: ui.ScopeText, Keys: []string{"G", "end"}, Label: "end", Help: "to the end, and follow"},
	{ID: "text.top", Scope: ui.ScopeText, Keys: []string{"g", "home"}, Label: "top", Help: "to the first line"},
	{ID: "text.down", Scope: ui.ScopeText, Keys: []string{"j", "down"}, Label: "down", Help: "down"},
	{ID: "text.up", Scope: ui.ScopeText, Keys: []string{"k", "up"}, Label: "up", Help: "up; pauses"},
	{ID: "text.pagedown", Scope: ui.ScopeText, Keys: []string{"ctrl+f", "pgdown"}, Label: "page down", Help: "page down"},
	{ID: "text.pageup", Scope: ui.ScopeText, Keys: []string{"ctrl+b", "pgup"}, Label: "page up", Help: "page up"},
	{ID: "text.halfdown", Scope: ui.ScopeText, Label: "half page down", Help: "half a page down"},
	{ID: "text.halfup", Scope: ui.ScopeText, Label: "half page up", Help: "half a page up"},
	{ID: "text.left", Scope: ui.ScopeText, Keys: []string{"left"}, Label: "left", Help: "scroll left"},
	{ID: "text.right", Scope: ui.ScopeText, Keys: []string{"right"}, Label: "right", Help: "scroll right"},
	{ID: "text.wrap", Scope: ui.ScopeText, Keys: []string{"w"}, Label: "wrap", Help: "wrap long lines"},
	{ID: "text.times", Scope: ui.ScopeText, Keys: []string{"t"}, Label: "times", Help: "times: short, full, relative, off"},
	{ID: "text.pretty", Scope: ui.ScopeText, Keys: []string{"P"}, Label: "pretty", Help: "lay lines of JSON out over several rows, or not"},
	{ID: "text.since", Scope: ui.ScopeText, Keys: []string{"S"}, Label: "since", Help: "only lines since then: 0 tail, 1 head, 2 to 6 the last 1m 5m 15m 30m 1h, or 2h, 10:30"},
	{ID: "text.mark", Scope: ui.ScopeText, Keys: []string{"m"}, Label: "mark", Help: "a rule with the time at the end of the log"},
	{ID: "text.hide", Scope: ui.ScopeText, Keys: []string{"z"}, Label: "hide", Help: "hide every line so far; again shows them"},
	{ID: "text.save", Scope: ui.ScopeText, Keys: []string{"ctrl+s"}, Label: "save", Help: "write the lines that are shown to a new file; its path is copied"},
	{ID: "text.saveall", Scope: ui.ScopeText, Keys: []string{"A"}, Label: "save all", Help: "write all lines to a new file, also those that are hidden or do not match"},
	{ID: "text.sources", Scope: ui.ScopeText, Keys: []string{"a"}, Label: "log sources", Help: "choose the functions whose lines are shown"},
	{ID: "text.previouscall", Scope: ui.ScopeText, Keys: []string{"p"}, Label: "call before", Help: "the log of the call before, of the same function"},
	{ID: "text.next", Scope: ui.ScopeText, Keys: []string{"n"}, Label: "next", Help: "next match"},
	{ID: "text.previous", Scope: ui.ScopeText, Keys: []string{"N"}, Label: "previous", Help: "previous match"},
	{ID: "text.fold", Scope: ui.ScopeText, Keys: []string{"space"}, Label: "fold", Help: "fold or open an object or array"},
	{ID: "text.foldall", Scope: ui.ScopeText, Keys: []string{"Z"}, Label: "fold all", Help: "fold everything one level down, or open it all"},
	{ID: "text.copy", Scope: ui.ScopeText, Keys: []string{"c"}, Label: "copy", Help: "copy the value under the cursor"},
	{ID: "text.copypath", Scope: ui.ScopeText, Keys: []string{"C"}, Label: "copy path", Help: "copy its path"},
	{ID: "text.only", Scope: ui.ScopeText, Keys: []string{"x"}, Label: "matches", Help: "only the lines that match"},
}

// Table is the bindings of one scope, for the documentation.
type Table struct {
	// Title says where they hold.
	Title string
	Rows  []Row
}

// Row is one binding: its keys as they are shown, what they do, and the id
// of the action.
type Row struct {
	Keys         []string
	Help, Action string
}

// Tables returns the bindings of a keymap, scope by scope.
func Tables(keys ui.Keymap) []Table {
	shown := ui.NewNeutralTheme(false)
	var tables []Table
	for _, scope := range []struct {
		scope ui.Scope
		title string
	}{{ui.ScopeGlobal, "Everywhere"}, {ui.ScopeList, "Lists and what they show"}, {ui.ScopeText, "Text: logs, results and descriptions"}} {
		table := Table{Title: scope.title}
		for _, b := range keys.Scope(scope.scope) {
			if len(b.Keys) == 0 {
				continue
			}
			row := Row{Help: b.Help, Action: b.ID}
			for _, key := range b.Keys {
				row.Keys = append(row.Keys, shown.ShowKey(key))
			}
			table.Rows = append(table.Rows, row)
		}
		tables = append(tables, table)
	}
	return tables
}
