package header

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/views/standing"
)

// Alarms are what never leaves the header.
type Alarms struct {
	// ReadOnly is why the backend takes no changes, Lost that it is being reconnected;
	// "" if that is not so. Outdated says that the engine is older than the console.
	ReadOnly, Lost string
	Outdated       bool
	// Skews say whose clock is off.
	Skews []string
	// Throttled is until when requests wait, by context.
	Throttled map[string]time.Time
	// Deploying and Interrupted count functions, Unread errors.
	Deploying, Interrupted, Unread int
	// Contexts say which of several fail.
	Contexts []string
	// Paused says that a log is, Filter is that in force; both are "" where other lines
	// of the frame tell it.
	Paused, Filter string
	Rows           Rows
}

// Rows is how old what is on the screen is.
type Rows struct {
	// Err is why the newest could not be read, nil if they were.
	Err error
	// At is when the last were read, zero if there are none, and RetryAt when they are
	// asked for again.
	At, RetryAt time.Time
	// Silent is since when an answer is awaited for too long, zero if none is.
	Silent time.Time
}

// alarms are those that there are.
func (h Header) alarms() string {
	a, theme := h.Alarms, h.Theme
	var parts []string
	if a.Filter != "" {
		parts = append(parts, theme.Accent.Render(ui.Truncate(a.Filter, max(8, h.Width/4))))
	}
	if a.ReadOnly != "" {
		room := len("read-only")
		if h.Full {
			room = max(room, h.Width/2)
		}
		parts = append(parts, theme.Banner.Render(" "+ui.Truncate(ui.Clean(a.ReadOnly), room)+" "))
	}
	if a.Outdated {
		parts = append(parts, theme.Warn.Render("engine outdated"))
	}
	if a.Lost != "" {
		parts = append(parts, theme.Banner.Render(" "+ui.Clean(a.Lost)+" "))
	}
	for _, text := range a.Skews {
		parts = append(parts, theme.Banner.Render(" "+text+" "))
	}
	for _, context := range slices.Sorted(maps.Keys(a.Throttled)) {
		if text := standing.Throttled(a.Throttled[context], h.Now); text != "" {
			parts = append(parts, theme.Warn.Render(standing.Of(context, text)))
		}
	}
	parts = append(parts, h.counted(a.Deploying, string(client.FunctionDeploying), "deploying")...)
	parts = append(parts, h.counted(a.Interrupted, string(client.DeployInterrupted), "interrupted")...)
	if a.Unread > 0 {
		parts = append(parts, theme.Bad.Render(fmt.Sprintf("! %d", a.Unread)))
	}
	for _, text := range a.Contexts {
		parts = append(parts, theme.Bad.Render(text))
	}
	if a.Paused != "" {
		parts = append(parts, theme.Warn.Render(a.Paused))
	}
	if text := h.age(); text != "" {
		parts = append(parts, theme.Warn.Render(text))
	}
	return strings.Join(parts, "   ")
}

// counted is how many functions are in a state, with the state's word where there is
// room and its glyph where there is not; nothing for none.
func (h Header) counted(n int, state, word string) []string {
	if n == 0 {
		return nil
	}
	glyph, tone := h.Theme.State(state)
	text := fmt.Sprintf("%s %d", glyph, n)
	if h.Full {
		text = fmt.Sprintf("%d %s", n, word)
	}
	return []string{h.Theme.Tone(tone).Render(text)}
}

// age says how old the rows are while newer ones are not to be had, and when they are
// asked for again; "" if they are new.
func (h Header) age() string {
	rows := h.Alarms.Rows
	if rows.Err == nil && rows.Silent.IsZero() {
		return ""
	}
	text := "no data"
	if !rows.At.IsZero() {
		text = "stale " + ui.Elapsed(h.Now.Sub(rows.At))
	}
	if rows.Err == nil {
		if h.Full {
			text += ", no answer for " + ui.Elapsed(h.Now.Sub(rows.Silent))
		}
		return text
	}
	if throttled := standing.Throttled(rows.RetryAt, h.Now); throttled != "" && client.Explain(rows.Err).Code == client.CodeThrottled {
		return text + ", " + throttled
	}
	if h.Full && rows.RetryAt.After(h.Now) {
		text += ", retry in " + ui.Elapsed(rows.RetryAt.Sub(h.Now))
	}
	return text
}
