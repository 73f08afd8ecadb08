// Package cells makes what lists and pages show of a function, a call or a size.
package cells

import (
	"fmt"
	"strings"
	"time"

	"fndeck/client"
	"fndeck/ui"
)

// Moment is what a cell may depend on beside its item.
type Moment struct {
	Now   time.Time
	Zone  *time.Location
	Theme *ui.Theme

	minute clock
}

// Text is a cell of somebody else's text.
func Text(s string) ui.Cell { return ui.Cell{Text: ui.Clean(s)} }

// Dim is Text that matters less.
func Dim(s string) ui.Cell { return ui.Cell{Text: ui.Clean(s), Tone: ui.ToneDim} }

// None stands where there is nothing.
func None(at Moment) ui.Cell { return ui.Cell{Text: at.Theme.Glyph('–'), Tone: ui.ToneDim} }

// State is glyph and word; running adds how long it has been running.
func State(at Moment, word string, running time.Duration) ui.Cell {
	shown, tone := at.Theme.StateText(word)
	cell := ui.Cell{Text: shown, Tone: tone, Steady: word}
	if running > 0 {
		cell.Text += " " + ui.Elapsed(running)
	}
	return cell
}

// LastCall is a call's age and how it ended: "2m ✓"; some backends tell the age only.
func LastCall(at Moment, last *client.CallSummary) ui.Cell {
	if last == nil {
		return None(at)
	}
	age := ui.PadLeft(ui.Age(at.Now.Sub(last.Started)), 3)
	if last.Status == "" {
		return ui.Cell{Text: age, Steady: last.ID}
	}
	glyph, tone := at.Theme.State(string(last.Status))
	if tone == ui.ToneOK {
		tone = ui.ToneText // A column of green says nothing; what failed stands out.
	}
	return ui.Cell{Text: age + " " + glyph, Tone: tone, Steady: last.ID + string(last.Status)}
}

// Duration is how long something took.
func Duration(at Moment, d time.Duration) ui.Cell {
	if d <= 0 {
		return None(at)
	}
	return ui.Cell{Text: ui.Duration(d)}
}

// Count is a number; a negative one is not known.
func Count(at Moment, n int64) ui.Cell {
	switch {
	case n < 0:
		return None(at)
	case n == 0:
		return ui.Cell{Text: "0", Tone: ui.ToneDim}
	}
	return ui.Cell{Text: ui.Grouped(n)}
}

// Drift is how many files of a folder differ from what is deployed; a negative number
// is not known.
func Drift(at Moment, files int) ui.Cell {
	switch {
	case files < 0:
		return None(at)
	case files == 0:
		return ui.Cell{Text: "same", Tone: ui.ToneDim}
	}
	return ui.Cell{Text: at.Theme.Glyph('Δ') + ui.Grouped(int64(files)), Tone: ui.ToneWarn}
}

// PatchTone tells in the difference of a text what came from what went; the line
// says it too.
func PatchTone(line string) ui.Tone {
	switch {
	case strings.HasPrefix(line, "+"):
		return ui.ToneOK
	case strings.HasPrefix(line, "-"):
		return ui.ToneBad
	}
	return ui.ToneDim
}

// Size is an amount of bytes.
func Size(at Moment, n int64) ui.Cell {
	if n <= 0 {
		return None(at)
	}
	return ui.Cell{Text: ui.Bytes(n)}
}

// thisYear is how far away a day and a month still say which one.
const thisYear = 300 * 24 * time.Hour

// Clock is a time in the display zone, with its date unless that is today.
func Clock(t time.Time, at Moment) string { return at.Clock(t) }

// clock is what Clock says of the times in one minute.
type clock struct {
	now      time.Time
	zone     *time.Location
	from, to int64 // in seconds of the Unix time
	text     string
	seconds  bool // which follow the text
}

// Clock is the function of this name. It remembers a minute: neighbours in a list of
// very many often share it.
func (m *Moment) Clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	seconds := t.Unix()
	if c := &m.minute; seconds < c.from || seconds >= c.to || c.now != m.Now || c.zone != m.Zone {
		m.minute = clockOf(t, m.Now, m.Zone)
	}
	if !m.minute.seconds {
		return m.minute.text
	}
	const tens = 10
	second := byte(seconds - m.minute.from)
	text := append(make([]byte, 0, len("15:04:05")), m.minute.text...)
	return string(append(text, '0'+second/tens, '0'+second%tens))
}

func clockOf(t, now time.Time, zone *time.Location) clock {
	local, today := t.In(zone), now.In(zone)
	from := t.Unix() - int64(local.Second())
	c := clock{now: now, zone: zone, from: from, to: from + int64(time.Minute/time.Second)}
	switch {
	case local.Year() == today.Year() && local.YearDay() == today.YearDay():
		c.text, c.seconds = local.Format("15:04:"), true
	case now.Sub(time.Unix(from, 0)).Abs() < thisYear:
		c.text = local.Format("2 Jan 15:04")
	default:
		c.text = local.Format("2006-01-02")
	}
	return c
}

// Version is "v12", or "v7→v8" while v8 is on its way.
func Version(f client.Function, theme *ui.Theme) string {
	switch {
	case f.DeployingVersion > 0 && f.Version > 0:
		return fmt.Sprintf("v%d%sv%d", f.Version, theme.Glyph('→'), f.DeployingVersion)
	case f.DeployingVersion > 0:
		return fmt.Sprintf("v%d", f.DeployingVersion)
	case f.Version > 0:
		return fmt.Sprintf("v%d", f.Version)
	}
	return theme.Glyph('–')
}

// Runtime is "py312", or what the backend calls it.
func Runtime(f client.Function) string {
	if f.Runtime != "" {
		return f.Runtime
	}
	return f.RuntimeVersion
}

// FirstLine is the first line of a text that has something in it.
func FirstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
