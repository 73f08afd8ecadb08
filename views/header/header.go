// Package header draws the first line of the frame: the context with its marks and
// who is signed in to it at the left, what must not be missed at the right.
package header

import (
	"strings"
	"time"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/views/standing"
)

// Header is what the first line tells.
type Header struct {
	Theme *ui.Theme
	Width int
	// Full is false where only context, marks and alarms have room.
	Full bool
	Now  time.Time
	// Context is the one whose marks are shown.
	Context client.Description
	// Identity is who is signed in, nil where nobody needs to.
	Identity *auth.Status
	// Help is the key to all others, drawn, where there is no line for keys; or "".
	Help   string
	Alarms Alarms
}

// View is the line, exactly Width cells where they suffice for the marks.
func (h Header) View() string {
	d := h.Context
	alarms := h.alarms()
	marks := h.marks()
	room := h.Width - ui.Width(alarms) - 2
	name := h.Theme.Accent.Bold(true)
	left := " " + name.Render(ui.Truncate(ui.Clean(d.Name), max(4, room-ui.Width(marks)-1))) + marks
	rest := ""
	if h.Full {
		left = " " + name.Render("fndeck") + "  " + h.Theme.Text.Render(ui.Truncate(ui.Clean(d.Name), max(4, (room-ui.Width(marks))/2))) + marks
		if d.Kind != d.Name {
			rest += "  " + h.Theme.Dim.Render(ui.Clean(d.Kind))
		}
	}
	rest += h.identity()
	if d.Isolation != "" {
		rest += "  " + h.Theme.Dim.Render(ui.Clean(d.Isolation))
	}
	// What has no room gives way, but never the marks: then the alarms are cut.
	left += ui.Truncate(rest, max(0, room-ui.Width(left)-ui.Width(h.Help)))
	if ui.Width(left)+ui.Width(h.Help) <= room {
		left += h.Help
	}
	return left + strings.Repeat(" ", max(1, h.Width-ui.Width(left)-ui.Width(alarms)-1)) + alarms + " "
}

// identity is who is signed in, and for how long.
func (h Header) identity() string {
	if h.Identity == nil || !h.Full && !h.Identity.SignIn {
		return ""
	}
	tone := h.Theme.Tone(standing.IdentityTone(*h.Identity, h.Now))
	return "  " + tone.Render(ui.Clean(action.SignedIn(*h.Identity, h.Now)))
}

// marks are how the operator has marked the context, in words.
func (h Header) marks() string {
	var words []string
	if h.Context.Protected {
		words = append(words, "PROTECTED")
	}
	if h.Context.Locked != "" {
		words = append(words, "READ ONLY")
	}
	marks := ""
	for _, word := range words {
		if h.Full {
			word = " " + word + " "
		}
		marks += " " + h.Theme.Banner.Render(word)
	}
	return marks
}
