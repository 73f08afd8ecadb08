package ui

import (
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// toastFor is how long a toast stays; an error stays longer, and in the list of
// errors for good.
const (
	toastFor    = 5 * time.Second
	toastBadFor = 10 * time.Second
)

// Toast is a sentence in the foot that goes away by itself.
type Toast struct {
	Text string
	// Keep stands behind Text and is never cut: Text gives way to it.
	Keep string
	// More says where the whole of Text is, for one that is too long to be shown;
	// it may be empty.
	More  string
	Tone  Tone
	Until time.Time
	since time.Time
}

// NewToast makes a toast of a sentence, which it cleans.
func NewToast(text string, tone Tone, now time.Time) Toast {
	stay := toastFor
	if tone == ToneBad {
		stay = toastBadFor
	}
	return Toast{Text: Clean(text), Tone: tone, Until: now.Add(stay), since: now}
}

// readFor is how long a toast stays in any case.
const readFor = 1500 * time.Millisecond

// Read reports whether there was time to read the toast.
func (t Toast) Read(now time.Time) bool { return !now.Before(t.since.Add(readFor)) }

// Shown reports whether the toast is still to be seen.
func (t Toast) Shown(now time.Time) bool { return t.Text != "" && now.Before(t.Until) }

// View draws the toast, in a few lines where it is long.
func (t Toast) View(theme *Theme, width int) []string {
	return FewLines(theme.Tone(t.Tone), theme.Shown(t.Text), t.Keep, t.More, width)
}

// fewLines is how many lines of the foot a sentence may take of the rows.
const fewLines = 3

// FewLines draws a cleaned sentence in at most three lines, one cell from the left
// edge. Where that is not enough, text is cut with a mark, then come more and keep,
// which are not cut.
func FewLines(style lipgloss.Style, text, keep, more string, width int) []string {
	room := max(1, width-2)
	whole, lines := Width(text+keep) <= fewLines*room, []string(nil)
	if whole {
		lines = WrapWords(text+keep, room)
		whole = len(lines) <= fewLines
	}
	if more != "" {
		more = " " + more
	}
	for cells := fewLines*room - Width(more+keep); !whole; cells-- {
		lines = WrapWords(strings.TrimRight(Cut(text, 0, max(0, cells)), " ")+"…"+more+keep, room)
		whole = len(lines) <= fewLines || cells <= 0
	}
	lines = lines[:min(len(lines), fewLines)]
	for i, line := range lines {
		lines[i] = style.Render(Truncate(" "+line, width))
	}
	return lines
}
