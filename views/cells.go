package views

import (
	"fmt"
	"strings"
	"time"

	"fndeck/client"
	"fndeck/ui"
)

func text(s string) ui.Cell { return ui.Cell{Text: ui.Clean(s)} }

func dim(s string) ui.Cell { return ui.Cell{Text: ui.Clean(s), Tone: ui.ToneDim} }

func nothing(at moment) ui.Cell { return ui.Cell{Text: at.theme.Glyph('–'), Tone: ui.ToneDim} }

// stateCell is glyph and word; running adds how long it has been running.
func stateCell(at moment, word string, running time.Duration) ui.Cell {
	shown, tone := at.theme.StateText(word)
	cell := ui.Cell{Text: shown, Tone: tone, Steady: word}
	if running > 0 {
		cell.Text += " " + ui.Elapsed(running)
	}
	return cell
}

// lastCallCell is a call's age and how it ended: "2m ✓".
func lastCallCell(at moment, last *client.CallSummary) ui.Cell {
	if last == nil {
		return nothing(at)
	}
	glyph, tone := at.theme.State(string(last.Status))
	if tone == ui.ToneOK {
		tone = ui.ToneText // A column of green says nothing; what failed stands out.
	}
	return ui.Cell{Text: ui.PadLeft(ui.Age(at.now.Sub(last.Started)), 3) + " " + glyph, Tone: tone, Steady: last.ID + string(last.Status)}
}

func durationCell(at moment, d time.Duration) ui.Cell {
	if d <= 0 {
		return nothing(at)
	}
	return ui.Cell{Text: ui.Duration(d)}
}

func countCell(at moment, n int64) ui.Cell {
	switch {
	case n < 0:
		return nothing(at)
	case n == 0:
		return ui.Cell{Text: "0", Tone: ui.ToneDim}
	}
	return ui.Cell{Text: ui.Grouped(n)}
}

func sizeCell(at moment, n int64) ui.Cell {
	if n <= 0 {
		return nothing(at)
	}
	return ui.Cell{Text: ui.Bytes(n)}
}

// thisYear is how far away a day and a month still say which one.
const thisYear = 300 * 24 * time.Hour

// clockTime is a time in the display zone, with its date unless that is today.
func clockTime(t time.Time, at moment) string {
	if t.IsZero() {
		return "-"
	}
	local, now := t.In(at.zone), at.now.In(at.zone)
	switch {
	case local.Year() == now.Year() && local.YearDay() == now.YearDay():
		return local.Format("15:04:05")
	case now.Sub(local).Abs() < thisYear:
		return local.Format("2 Jan 15:04")
	}
	return local.Format("2006-01-02")
}

// versionText is "v12", or "v7→v8" while v8 is on its way.
func versionText(f client.Function, theme *ui.Theme) string {
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

// runtimeText is "py312", or what the backend calls it.
func runtimeText(f client.Function) string {
	if f.Runtime != "" {
		return f.Runtime
	}
	return f.RuntimeVersion
}

// firstLine is the first line of a text that has something in it.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
