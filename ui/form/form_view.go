package form

import (
	"strings"

	"fndeck/ui"
)

// density is how much a form shows of its fields beside their input.
type density int

// From airy to tight: help and a blank line under each field, help under each,
// help under the focused one only.
const (
	airy density = iota
	plainly
	tight
)

const (
	// labelMost is the widest label column.
	labelMost = 14
	// labelAbove is the width under which an editor has its label above it.
	labelAbove = 60
	// airyFrom is the height under which lines are worth more than air.
	airyFrom = 14
	// marker is the width of the mark before the focused label.
	marker = 2
)

// View returns exactly height lines of at most width cells. Where the form does
// not fit, it shows the focused field and what is near it.
func (f *Form) View(theme *ui.Theme, width, height int) []string {
	foot := f.foot(theme, width)
	room := height - len(foot)
	if room <= 0 || width <= 0 {
		return exactly(foot, width, height)
	}
	blocks := f.layout(theme, width, room)
	var lines []string
	first, last := 0, 0
	for i, b := range blocks {
		if i == f.at {
			first, last = len(lines), len(lines)+len(b)
		}
		lines = append(lines, b...)
	}
	f.top = scrollTo(f.top, first, last, room)
	f.top = min(max(f.top, 0), max(len(lines)-room, 0))
	lines = lines[f.top:min(len(lines), f.top+room)]
	for len(lines) < room {
		lines = append(lines, "")
	}
	return exactly(append(lines, foot...), width, height)
}

// scrollTo moves a window of room lines as little as possible so that the lines
// from first to last are in it, the first ones if not all fit.
func scrollTo(top, first, last, room int) int {
	if last > top+room {
		top = last - room
	}
	if first < top {
		top = first
	}
	return top
}

// foot is what stands below the fields: the question, or why ctrl+s was refused.
func (f *Form) foot(theme *ui.Theme, width int) []string {
	if f.asking {
		question := " Throw away what was typed?  y / n"
		lines := []string{theme.Warn.Render(fit(theme, question, width))}
		if said := f.grace.line(); said != "" {
			lines = append(lines, theme.Dim.Render(fit(theme, " "+said, width)))
		}
		return lines
	}
	wrong := f.wrong()
	if !f.tried || wrong == 0 {
		return f.refusal(theme, width)
	}
	return []string{theme.Bad.Render(fit(theme, " not sent: "+ui.Counted(wrong, "field")+" to mend", width))}
}

// refusal is why what was submitted did not go through, in a few lines.
func (f *Form) refusal(theme *ui.Theme, width int) []string {
	if f.refused == "" {
		return nil
	}
	lines := few(ui.WrapWords("not done: "+f.refused, max(width-2, 1)), reasonLines)
	for i, line := range lines {
		lines[i] = theme.Bad.Render(fit(theme, " "+line, width))
	}
	return lines
}

// reasonLines is how many lines a reason may take of the fields.
const reasonLines = 3

// few joins the lines from the last one that fits on; drawing cuts that.
func few(lines []string, most int) []string {
	if most = min(most, reasonLines); len(lines) > most {
		lines = append(lines[:most-1], strings.Join(lines[most-1:], " "))
	}
	return lines
}

// layout draws all fields as airily as the room allows; what is left over goes
// to the editors.
func (f *Form) layout(theme *ui.Theme, width, room int) [][]string {
	first := airy
	if room < airyFrom {
		first = plainly
	}
	for d := first; d <= tight; d++ {
		fixed, editors := 0, 0
		for i := range f.fields {
			if !f.fields[i].head().there() {
				continue
			}
			least, most := f.fields[i].rows()
			fixed += f.extra(theme, i, d, width) + least
			if most > least {
				editors++
			}
		}
		if fixed <= room || d == tight {
			spare := max(room-fixed, 0) / max(editors, 1)
			return f.blocks(theme, d, width, room, spare)
		}
	}
	return nil
}

// extra is how many lines a field takes beside its input.
func (f *Form) extra(theme *ui.Theme, i int, d density, width int) int {
	return len(f.below(theme, i, d, width)) + len(f.above(theme, i, width))
}

func (f *Form) blocks(theme *ui.Theme, d density, width, room, spare int) [][]string {
	blocks := make([][]string, len(f.fields))
	for i, field := range f.fields {
		if !field.head().there() {
			continue
		}
		least, most := field.rows()
		rows := min(most, least+spare)
		above, below := f.above(theme, i, width), f.below(theme, i, d, width)
		if most > least {
			if d == tight && i == f.at {
				rows = most
			}
			// An editor taller than the room would push its own report off the screen.
			rows = max(min(rows, room-len(above)-len(below)), 1)
		}
		lines := append([]string{}, above...)
		column := f.column(i, width)
		for n, line := range field.draw(theme, width-column, rows, i == f.at && !f.asking) {
			lines = append(lines, f.gutter(theme, i, column, n == 0 && len(above) == 0)+line)
		}
		blocks[i] = append(lines, below...)
	}
	return blocks
}

// column is where the input of a field begins.
func (f *Form) column(i, width int) int {
	if f.labelIsAbove(i, width) || f.fields[i].head().spec.Label == "" {
		return marker
	}
	widest := 0
	for _, field := range f.fields {
		widest = max(widest, ui.Width(field.head().spec.Label))
	}
	return min(widest, labelMost, max(width/3, 1)) + marker + 2
}

func (f *Form) labelIsAbove(i, width int) bool {
	least, _ := f.fields[i].rows()
	_, note := f.fields[i].(*Note)
	return width < labelAbove && least > 1 && !note
}

func (f *Form) above(theme *ui.Theme, i, width int) []string {
	if !f.labelIsAbove(i, width) {
		return nil
	}
	return []string{f.label(theme, i, width)}
}

// gutter is what stands left of a line of the input.
func (f *Form) gutter(theme *ui.Theme, i, column int, first bool) string {
	if !first {
		return strings.Repeat(" ", column)
	}
	return f.label(theme, i, column)
}

func (f *Form) label(theme *ui.Theme, i, width int) string {
	text := ui.Pad(fit(theme, f.fields[i].head().spec.Label, width-marker-1), max(width-marker, 0))
	if i == f.at {
		return theme.Accent.Render(theme.Glyph('›') + " " + text)
	}
	return "  " + theme.Dim.Render(text)
}

// below is what stands under an input: its error, its notes, its help. An airy
// form keeps a line free that the error takes when it comes, so that typing
// does not make the fields below jump.
func (f *Form) below(theme *ui.Theme, i int, d density, width int) []string {
	head := f.fields[i].head()
	column := f.column(i, width)
	indent := strings.Repeat(" ", column)
	room := width - column
	var lines []string
	add := func(r Remark) {
		lines = append(lines, indent+render(theme.Tone(r.Tone), r.in(theme, room)))
	}
	if help := head.spec.Help; help != "" && (d < tight || i == f.at) {
		add(Remark{Tone: ui.ToneDim, Text: help})
	}
	wrong := head.report.Error != "" && f.tells(i)
	if wrong {
		for _, line := range ui.WrapWords(ui.Clean(head.report.Error), max(room, 1)) {
			add(Remark{Tone: ui.ToneBad, Text: line})
		}
	}
	for _, note := range head.report.Notes {
		if note.Tone != ui.ToneWarn || note.Short != "" {
			add(note)
			continue
		}
		for _, line := range ui.WrapWords(ui.Clean(note.Text), max(room, 1)) {
			add(Remark{Tone: note.Tone, Text: line})
		}
	}
	if d == airy && !wrong {
		lines = append(lines, "")
	}
	return lines
}

// tells reports whether a field's error is shown: not before there was a chance
// to type anything.
func (f *Form) tells(i int) bool {
	head := f.fields[i].head()
	return f.tried || head.left || head.spec.Value != "" || f.fields[i].dirty()
}
