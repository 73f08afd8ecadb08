package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// markLimit bounds the matches that are marked in one line.
	markLimit = 200
	// bytesPerCell is more than any cell's text takes, so a prefix of that many
	// bytes a cell covers the screen and the rest need not be cleaned.
	bytesPerCell = 40
	sourceWidth  = 12
	// narrow is the width under which sources shrink to a letter and full times
	// lose their date.
	narrow = 60
	// levelWidth is that of the column of levels, which a screen of levelFrom columns
	// has room for.
	levelWidth = len("ERROR")
	levelFrom  = 80
)

// View draws the window: exactly height lines of at most width cells. now is for
// relative times.
func (v *LogView) View(theme *Theme, width, height int, now time.Time) []string {
	v.width, v.height = width, height
	v.seeLevels()
	if v.Following() {
		v.toEnd()
	}
	out := make([]string, 0, height)
	skip := v.sub
	for entry := v.top; entry < v.entries() && len(out) < height; entry++ {
		rules := v.rules(theme, entry)
		out = append(out, rules[min(skip, len(rules)):]...)
		if skip = max(0, skip-len(rules)); entry < v.lines() {
			at := v.index(entry)
			line, ok := v.Buffer.Line(at)
			if !ok {
				break
			}
			rows := v.draw(theme, at, line, now)
			out = append(out, rows.from(skip, height-len(out))...)
		}
		skip = 0
	}
	if v.entries() == 0 {
		out = append(out, theme.Dim.Render(Truncate(v.nothing(), width)))
	}
	out = out[:min(len(out), height)]
	for len(out) < height {
		out = append(out, "")
	}
	return out
}

// seeLevels looks in the lines that are to be drawn for a level in a field: in JSON it
// is easily overlooked. One at the beginning of a line needs no column. Once there is
// the column it stays, so that nothing moves sideways.
func (v *LogView) seeLevels() {
	if v.leveled || v.Static || v.width < levelFrom {
		return
	}
	from := v.top
	if v.Following() {
		from = max(0, v.entries()-v.height)
	}
	for entry := from; entry < min(v.lines(), from+v.height); entry++ {
		line, ok := v.Buffer.Line(v.index(entry))
		if !ok {
			return
		}
		if _, v.leveled = findLevel(line.Text); v.leveled {
			return
		}
	}
}

// showsLevels reports whether there is a column of levels.
func (v *LogView) showsLevels() bool { return v.leveled && v.width >= levelFrom }

// rules draws the marks over an entry.
func (v *LogView) rules(theme *Theme, entry int) []string {
	var rows []string
	for _, mark := range v.marksAbove(entry) {
		dash := theme.Glyph('─')
		rule := dash + dash + " " + mark.at.In(v.Zone).Format("15:04:05") + " "
		rule += strings.Repeat(dash, max(0, v.width-Width(rule)))
		rows = append(rows, theme.Dim.Render(Truncate(rule, v.width)))
	}
	return rows
}

// drawn is a line of which the rows that are seen are drawn.
type drawn struct {
	n   int
	row func(i int) string
}

// from draws at most n rows, beginning with one of them.
func (d drawn) from(first, n int) []string {
	var rows []string
	for i := first; i < d.n && len(rows) < n; i++ {
		rows = append(rows, d.row(i))
	}
	return rows
}

// draw prepares one line as one row, or as several when it is wrapped or laid
// out.
func (v *LogView) draw(theme *Theme, at int, line LogLine, now time.Time) drawn {
	current := v.filter != nil && at == v.hit
	if !v.Wrap && v.laidOut(at, line) == nil {
		return drawn{1, func(int) string { return v.prefix(theme, line, now) + v.clipped(theme, line, current) }}
	}
	rows := v.layout(at, line)
	return drawn{len(rows), func(i int) string {
		row := v.mark(theme, rows[i], line, current)
		if !v.Wrap {
			row = Truncate(v.scrolled(row, rows[i]), v.textWidth())
		}
		if i == 0 {
			return v.prefix(theme, line, now) + row
		}
		return strings.Repeat(" ", v.prefixWidth()) + row
	}}
}

// scrolled is what the sideways scroll leaves of a styled text.
func (v *LogView) scrolled(styled, text string) string {
	if v.left == 0 {
		return styled
	}
	return Cut(styled, v.left, max(0, Width(text)-v.left))
}

// text is a line's cleaned text with the note on what is not shown of it.
func (v *LogView) text(line LogLine) string {
	text := Clean(line.Text)
	if line.More > 0 {
		text += moreBytes(line.More)
	}
	return text
}

func moreBytes(n int64) string { return fmt.Sprintf("… +%s bytes", Grouped(n)) }

// clipped is the part of a line that fits the screen, scrolled sideways.
func (v *LogView) clipped(theme *Theme, line LogLine, current bool) string {
	room := v.textWidth()
	text := line.Text
	if enough := (v.left + room + 1) * bytesPerCell; len(text) > enough {
		for enough > 0 && !utf8.RuneStart(text[enough]) {
			enough--
		}
		text = text[:enough]
	}
	cleaned := Clean(text)
	styled := v.scrolled(v.mark(theme, cleaned, line, current), cleaned)
	if line.More > 0 {
		note := moreBytes(line.More)
		return Cut(styled, 0, max(0, room-Width(note))) + theme.Dim.Render(Truncate(note, room))
	}
	return Truncate(styled, room)
}

// mark styles the matches in a cleaned text.
func (v *LogView) mark(theme *Theme, text string, line LogLine, current bool) string {
	base := theme.Tone(line.Tone)
	if line.Mark {
		base = theme.Dim
	}
	spans := v.filter.Spans(text, markLimit)
	if len(spans) == 0 && !line.Mark && line.Tone == ToneText {
		return text
	}
	hit := theme.Match
	if current {
		hit = theme.Current
	}
	var b strings.Builder
	at := 0
	for _, span := range spans {
		if span[0] < at {
			continue // Two terms overlap.
		}
		b.WriteString(base.Render(text[at:span[0]]))
		b.WriteString(hit.Render(text[span[0]:span[1]]))
		at = span[1]
	}
	b.WriteString(base.Render(text[at:]))
	return b.String()
}

func (v *LogView) textWidth() int { return max(1, v.width-v.prefixWidth()) }

func (v *LogView) timeWidth() int {
	switch v.Times {
	case TimeShort:
		return len("15:04:05")
	case TimeFull:
		if v.width < narrow {
			return len("15:04:05.000")
		}
		return len("2006-01-02 15:04:05.000")
	case TimeRelative:
		return len("-59m59s")
	}
	return 0
}

func (v *LogView) prefixWidth() int {
	width := 0
	if w := v.timeWidth(); w > 0 && !v.Static {
		width += w + 2
	}
	if v.ShowSource || v.Labels > 0 {
		width += v.sourceRoom() + 2
	}
	if v.showsLevels() {
		width += levelWidth + 2
	}
	return width
}

func (v *LogView) sourceRoom() int {
	if v.Labels > 0 {
		return min(v.Labels, v.width/2)
	}
	if v.width < narrow {
		return 1
	}
	return sourceWidth
}

// prefix is the time and the source of a line. A bar behind the first of them says
// that the line was printed to stderr.
func (v *LogView) prefix(theme *Theme, line LogLine, now time.Time) string {
	var b strings.Builder
	gap := "  "
	if line.Stderr {
		gap = theme.Warn.Render(theme.Glyph('│')) + " "
	}
	if w := v.timeWidth(); w > 0 && !v.Static {
		b.WriteString(theme.Dim.Render(Pad(v.stamp(line.Time, now), w)))
		b.WriteString(gap)
		gap = "  "
	}
	if v.ShowSource || v.Labels > 0 {
		name := Clean(line.Source)
		style := theme.Dim
		if v.Labels == 0 {
			style = theme.Sources[sourceTone(line.Source, len(theme.Sources))]
		}
		b.WriteString(style.Render(Pad(Cut(name, 0, v.sourceRoom()), v.sourceRoom())))
		b.WriteString(gap)
	}
	if v.showsLevels() {
		level, tone := levelCell(line.Text)
		b.WriteString(theme.Tone(tone).Render(Pad(level, levelWidth)))
		b.WriteString("  ")
	}
	return b.String()
}

func (v *LogView) stamp(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	at = at.In(v.Zone)
	switch v.Times {
	case TimeShort:
		return at.Format("15:04:05")
	case TimeFull:
		if v.width < narrow {
			return at.Format("15:04:05.000")
		}
		return at.Format("2006-01-02 15:04:05.000")
	}
	return "-" + Elapsed(now.Sub(at))
}

// sourceTone gives a name one of n colours; the same name always the same.
func sourceTone(name string, n int) int {
	sum := 0
	for i := range len(name) {
		sum = (sum*31 + int(name[i])) & 0xffff
	}
	return sum % n
}

// Status says where the view stands: following, or how much came since it was
// paused, and what a search found so far.
func (v *LogView) Status(theme *Theme) string {
	status := ""
	switch {
	case v.Static:
		last := min(v.entries(), v.top+v.height)
		status = fmt.Sprintf("%s/%s", Grouped(int64(last)), Grouped(int64(v.entries())))
	case v.paused:
		status = v.Held(theme) + "  G resumes"
	case v.Ended:
		status = v.amount() + ", ended"
	case v.Unfollowed:
		status = v.amount() + ", not followed"
	default:
		status = v.amount() + ", following"
	}
	if v.first > 0 {
		status = fmt.Sprintf("dropped %s oldest  %s", Grouped(int64(v.first)), status)
	}
	if n := v.hidden - v.first; v.hidden > 0 {
		status = Grouped(int64(max(0, n))) + " hidden  " + status
	}
	if !v.since.IsZero() {
		status = "since " + v.sinceLabel + "  " + status
	}
	if v.Loading {
		status = "loading older lines  " + status
	}
	if v.filter != nil {
		found := "no match"
		switch n := len(v.found()); {
		case n == 0 && v.scanned < v.known:
			found = "searching"
		case n == 1:
			found = "1 match"
		case n > 1:
			found = Grouped(int64(n)) + " matches"
		}
		if v.scanned < v.known {
			found += fmt.Sprintf(" %d%%", 100*(v.scanned-v.first)/max(1, v.known-v.first))
		}
		status = found + "  " + status
	}
	return status
}

// Held says that the view is paused and how much came since, "" if it follows.
func (v *LogView) Held(theme *Theme) string {
	if !v.paused || v.Static {
		return ""
	}
	if n := v.known - v.pausedN; n > 0 {
		return fmt.Sprintf("paused  %s %s new", theme.Glyph('⇣'), Grouped(int64(n)))
	}
	return "paused"
}

// amount is how many lines there are, as far as they were read.
func (v *LogView) amount() string {
	lines := Counted(v.known-v.start(), "line")
	if v.Limited() {
		return lines
	}
	if v.Partial {
		return "last " + lines
	}
	return lines
}
