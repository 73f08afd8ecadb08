package ui

import "time"

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
	Keep  string
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

// View draws the toast in one line.
func (t Toast) View(theme *Theme, width int) string {
	text := Truncate(" "+t.Text, max(0, width-Width(t.Keep)))
	return theme.Tone(t.Tone).Render(Truncate(text+t.Keep, width))
}
