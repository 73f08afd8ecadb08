package views

import (
	"context"
	"fmt"
	"strings"

	"fndeck/client"
	"fndeck/ui"
)

// source is a row of the fifth view. No backend of this console hands out any
// yet; the view says what that means for the functions.
type source struct{ id string }

// newSources tells what functions can reach, as far as the backend says.
func newSources(s *shell) *listScreen[source] {
	return newListScreen(s, listSpec[source]{
		title: "sources", noun: "sources",
		id:      func(v source) string { return v.id },
		load:    func(context.Context) ([]source, error) { return nil, nil },
		missing: reachSentence(s.backend.Describe()),
	})
}

// reachSentence says honestly how far the network is open to functions.
func reachSentence(d client.Description) string {
	const what = "Sources are the outside systems that functions may call, with their secrets and what was denied. "
	name := ui.Clean(d.Name)
	switch isolation := ui.Clean(d.Isolation); {
	case isolation == "":
		return what + fmt.Sprintf("%s does not expose its own; what functions there can reach is set up there.", name)
	case strings.Contains(isolation, "none"):
		return what + fmt.Sprintf("%s has none: it runs functions with %s, so the network is open, and a function reaches "+
			"whatever this machine reaches. Nothing is allowed or denied here.", name, isolation)
	default:
		return what + fmt.Sprintf("%s has none declared. It runs functions with %s.", name, isolation)
	}
}
