package forms

import (
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/pack"
	"fndeck/ui"
)

// previewRow is one line of the preview. A row with a path can be taken back.
type previewRow struct {
	label, text string
	tone        ui.Tone
	title       bool
	takeBack    string
}

// previewList is what was found in a folder, as lines to scroll through.
type previewList struct {
	root    string
	rows    []previewRow
	at, top int
	page    int
	// changesAt is the row that what differs from the serving version goes before.
	changesAt int
}

// previewFiles bounds the files that are listed; the sum names them all.
const previewFiles = 2000

// findingWords say what a finding asks for, with its tone.
func findingWords(level pack.Level) (word string, tone ui.Tone) {
	switch level {
	case pack.Block:
		return "blocks", ui.ToneBad
	case pack.Confirm:
		return "asks", ui.ToneWarn
	}
	return "note", ui.ToneInfo
}

func newPreviewList(p pack.Preview, takenBack []string) previewList {
	list := previewList{root: p.Root}
	list.add(previewRow{label: "From", text: p.Root})
	entry := previewRow{label: "Entry", text: p.Entry}
	if p.Entry == "" {
		entry.text, entry.tone = "not found; e names the entry file", ui.ToneDim
	}
	if p.Entry == "" && slices.ContainsFunc(p.Findings, func(f pack.Finding) bool { return f.Level == pack.Block && f.Line > 0 }) {
		entry.text = "not known: a file of the function cannot be read, see below"
	}
	list.add(entry)
	requirements := strings.Join(p.Requirements, ", ")
	if requirements == "" {
		requirements = "none"
	}
	list.add(previewRow{label: "Requires", text: requirements})
	if len(p.Findings) > 0 {
		list.title("Findings")
	}
	for _, f := range p.Findings {
		word, tone := findingWords(f.Level)
		if list.at == 0 && f.Level != pack.Warn {
			list.at = len(list.rows)
		}
		list.add(previewRow{label: word, text: action.Place(f) + f.Message, tone: tone})
	}
	list.changesAt = len(list.rows)
	if len(p.Ignored)+len(takenBack) > 0 {
		list.title("Not sent; space on one sends it all the same")
	}
	for _, path := range takenBack {
		list.add(previewRow{label: "taken", text: path + "  sent all the same, space undoes it", tone: ui.ToneWarn, takeBack: path})
	}
	for _, ignored := range p.Ignored {
		list.add(previewRow{text: ignored.Path + "  " + ignored.Rule, tone: ui.ToneDim, takeBack: ignored.Path})
	}
	if len(p.Files) > 0 {
		list.title("Files")
	}
	for _, file := range p.Files[:min(len(p.Files), previewFiles)] {
		list.add(previewRow{label: ui.Bytes(file.SizeBytes), text: file.Path})
		for line := range strings.Lines(string(p.Made()[file.Path])) {
			list.add(previewRow{text: "  " + strings.TrimRight(line, "\n"), tone: ui.ToneDim})
		}
	}
	if more := len(p.Files) - previewFiles; more > 0 {
		list.add(previewRow{text: "and " + ui.Counted(more, "more file"), tone: ui.ToneDim})
	}
	return list
}

func (l *previewList) add(row previewRow) { l.rows = append(l.rows, row) }
func (l *previewList) title(text string)  { l.add(previewRow{text: text, title: true}) }
func (l *previewList) selected() previewRow {
	if l.at < 0 || l.at >= len(l.rows) {
		return previewRow{}
	}
	return l.rows[l.at]
}

// move walks the rows; titles are no rows to stand on.
func (l *previewList) move(delta int) {
	at := min(max(l.at+delta, 0), max(len(l.rows)-1, 0))
	for at > 0 && at < len(l.rows)-1 && l.rows[at].title {
		at += max(min(delta, 1), -1)
	}
	l.at = at
}

// selectedMost is how many lines the selected row may take: it is shown whole
// where that is possible, the others are cut.
const selectedMost = 4

func (l *previewList) view(theme *ui.Theme, width, height int) []string {
	whole := l.whole(width)
	room := max(height-len(whole)+1, 1)
	l.page = max(height-1, 1)
	if l.at >= l.top+room {
		l.top = l.at - room + 1
	}
	l.top = max(min(l.top, l.at, len(l.rows)-room), 0)
	var lines []string
	for i := l.top; i < len(l.rows) && len(lines) < height; i++ {
		row := l.rows[i]
		switch {
		case i == l.at:
			for _, line := range whole {
				lines = append(lines, theme.Selected(row.tone).Render(ui.Pad(line, width)))
			}
			if len(whole) > 0 {
				first := theme.Glyph('›') + whole[0][1:]
				lines[len(lines)-len(whole)] = theme.Selected(row.tone).Render(ui.Pad(first, width))
			}
		case row.title:
			lines = append(lines, theme.Title.Render(ui.Truncate("  "+row.text, width)))
		default:
			lines = append(lines, theme.Tone(row.tone).Render(ui.Truncate(row.indent()+ui.Clean(row.text), width)))
		}
	}
	return lines
}

// previewIndent is where the text of a row begins.
const previewIndent = 12

func (r previewRow) indent() string { return ui.Pad("  "+r.label, previewIndent-1) + " " }

// whole is the selected row as it takes its lines.
func (l *previewList) whole(width int) []string {
	row := l.selected()
	lines := ui.Wrap(ui.Clean(row.text), max(width-previewIndent, 1))
	if len(lines) > selectedMost {
		lines = lines[:selectedMost]
	}
	for i := range lines {
		indent := strings.Repeat(" ", previewIndent)
		if i == 0 {
			indent = row.indent()
		}
		lines[i] = indent + lines[i]
	}
	return lines
}

// previewKey takes a key of the preview. A key that has to wait until the
// folder is packed makes those behind it wait too.
func (u *uploadForm) previewKey(key tea.KeyPressMsg) (tea.Cmd, bool) {
	u.said = ""
	switch key.String() {
	case "enter", "ctrl+s", "tab":
		if u.scan.packing {
			u.waiting = append(u.waiting, key)
			return nil, false
		}
		return u.goOn()
	case "r", "ctrl+r":
		return u.startScan(), false
	case "e":
		u.openSettings()
		u.settings.form.Focus(u.settings.entry)
	case "space":
		return u.toggleTakeBack(), false
	case "s":
		return u.takeSuggestedRoot(), false
	case "down", "j":
		u.preview.move(1)
	case "up", "k":
		u.preview.move(-1)
	case "pgdown", "ctrl+f":
		u.preview.move(u.preview.page)
	case "pgup", "ctrl+b":
		u.preview.move(-u.preview.page)
	case "home", "g":
		u.preview.move(-len(u.preview.rows))
	case "end", "G":
		u.preview.move(len(u.preview.rows))
	}
	return nil, false
}

// toggleTakeBack sends an ignored path all the same for this deploy, or no
// longer.
func (u *uploadForm) toggleTakeBack() tea.Cmd {
	path := u.preview.selected().takeBack
	if path == "" {
		u.said = "space sends a path that is not sent; choose one under Not sent"
		return nil
	}
	if at := slices.Index(u.takeBack, path); at >= 0 {
		u.takeBack = slices.Delete(slices.Clone(u.takeBack), at, at+1)
	} else {
		u.takeBack = append(slices.Clone(u.takeBack), path)
	}
	return u.startScan()
}

// takeSuggestedRoot looks at the folder that holds the entry file, for a zip or a
// folder that holds it instead of its content.
func (u *uploadForm) takeSuggestedRoot() tea.Cmd {
	root := u.scan.preview.SuggestedRoot
	switch {
	case root == "":
		u.said = "s takes a folder below as the root where that holds the entry file"
		return nil
	case u.scan.preview.IsZip:
		u.root = root
	default:
		u.path, u.takeBack = filepath.Join(u.path, root), nil
	}
	return u.startScan()
}

func (u *uploadForm) previewHints() []ui.Hint {
	if len(u.scan.preview.Blocking()) > 0 || u.scan.err != nil {
		hints := []ui.Hint{{Key: "r", Label: "look again"}, {Key: "e", Label: "entry file"}, {Key: "↑↓", Label: "scroll"}, {Key: "esc", Label: "back"}}
		if root := u.scan.preview.SuggestedRoot; root != "" {
			hints = append([]ui.Hint{{Key: "s", Label: "take " + ui.Clean(root) + " as the root"}}, hints...)
		}
		return hints
	}
	hints := []ui.Hint{{Key: "enter", Label: "go on"}, {Key: "↑↓", Label: "scroll"}}
	if row := u.preview.selected(); row.takeBack != "" {
		label := "send it all the same"
		if slices.Contains(u.takeBack, row.takeBack) {
			label = "do not send it"
		}
		hints = append(hints, ui.Hint{Key: "space", Label: label})
	}
	return append(hints, ui.Hint{Key: "r", Label: "look again"}, ui.Hint{Key: "esc", Label: "back"})
}

// viewPreview draws the verdict first, then what it rests on.
func (u *uploadForm) viewPreview(theme *ui.Theme, width, height int) []string {
	text, tone := u.verdict()
	var lines []string
	for _, line := range ui.WrapWords(ui.Clean(text), max(width-2, 1)) {
		lines = append(lines, "  "+theme.Tone(tone).Render(line))
	}
	if u.said != "" {
		lines = append(lines, "  "+theme.Warn.Render(ui.Truncate(u.said, width-2)))
	}
	if height > 12 {
		lines = append(lines, "")
	}
	if u.scan.err == nil || len(u.preview.rows) > 3 {
		lines = append(lines, u.preview.view(theme, width, max(height-len(lines), 1))...)
	}
	return sized(lines, width, height)
}

// verdict is the state of the upload in one sentence.
func (u *uploadForm) verdict() (text string, tone ui.Tone) {
	found := u.scan.preview
	sum := ui.Counted(len(found.Files), "file") + ", " + ui.Bytes(found.TotalBytes)
	blocking, asking := len(found.Blocking()), len(found.NeedConfirmation())
	switch {
	case u.scan.err != nil:
		x := client.Explain(u.scan.err)
		if x.Hint != "" {
			x.Sentence += "; " + x.Hint
		}
		return x.Sentence, ui.ToneBad
	case blocking > 0:
		return sum + ": " + ui.Counted(blocking, "finding") + " in the way", ui.ToneBad
	case u.scan.packing && len(u.waiting) > 0:
		return sum + ", packing; enter takes effect when it is done", ui.ToneText
	case u.scan.code == nil:
		return sum + ", packing", ui.ToneText
	}
	sum += ", packed " + ui.Bytes(int64(len(u.scan.code.Zip))) + " of at most " + ui.Bytes(pack.DefaultMaxPackedBytes)
	sum += u.scan.since
	if asking > 0 && !u.clear() {
		return sum + ": " + ui.Counted(asking, "finding") + " to be confirmed", ui.ToneWarn
	}
	return sum + ": nothing in the way", ui.ToneOK
}
