package keys

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fndeck/ui"
	"fndeck/ui/near"
)

// Config is what an operator wants of the keys.
type Config struct {
	// Profile is default or vim; empty is default.
	Profile string
	// Bound gives actions, by id, other keys; none at all unbinds.
	Bound map[string][]string
}

// Problem is a wish that could not be met: the action keeps the keys that it
// has in its profile.
type Problem struct {
	// ID is the action, or "profile".
	ID string
	// Message is a sentence for the operator.
	Message string
}

// vimKeys are what the vim profile has other than the default one.
var vimKeys = map[string][]string{
	"text.left": {"h", "left"}, "text.right": {"l", "right"},
	"list.logs": {"L"}, "list.delete": {"D"},
	"list.halfdown": {"ctrl+d"}, "list.halfup": {"ctrl+u"},
	"text.halfdown": {"ctrl+d"}, "text.halfup": {"ctrl+u"},
}

// indispensable are the actions that must have a key: without one there is no
// way out, or none to find one.
var indispensable = []string{"app.quit", "app.help", "app.command"}

// Build makes the keymap of a configuration, and says which wishes it could
// not meet.
func Build(c Config) (ui.Keymap, []Problem) {
	var problems []Problem
	keys := ui.NewKeymap(table)
	keys.Profile = "default"
	switch c.Profile {
	case "", "default":
	case "vim":
		keys.Profile = "vim"
		for id, bound := range vimKeys {
			keys = keys.Rebind(id, bound)
		}
	default:
		problems = append(problems, Problem{"profile", fmt.Sprintf("there is no profile %q: there are default and vim", c.Profile)})
	}
	profile, wished := keys, []string{}
	for _, id := range slices.Sorted(maps.Keys(c.Bound)) {
		if why := unbindable(profile, id, c.Bound[id]); why != "" {
			problems = append(problems, Problem{id, why})
			continue
		}
		keys = keys.Rebind(id, c.Bound[id])
		wished = append(wished, id)
	}
	// Only when all wishes are in place can it be seen which of them clash: two
	// actions may have changed their keys.
	for _, id := range wished {
		key, other, clash := keys.Clash(id)
		if !clash {
			keys = keys.Own(id)
			continue
		}
		was, _ := profile.Lookup(id)
		keys = keys.Rebind(id, was.Keys)
		problems = append(problems, Problem{id, fmt.Sprintf("%s is bound to %s already: %s keeps %s", key, other, id, strings.Join(was.Keys, " "))})
	}
	return keys, problems
}

// unbindable is why an action cannot have keys, "" if it can.
func unbindable(keys ui.Keymap, id string, wanted []string) string {
	if _, ok := keys.Lookup(id); !ok {
		return fmt.Sprintf("there is no action %q; nearest is %s", id, near.Words(id, keys.IDs(), 1)[0])
	}
	if len(wanted) == 0 && slices.Contains(indispensable, id) {
		return id + " cannot be left without a key"
	}
	for _, key := range wanted {
		if err := ui.CheckKey(key); err != nil {
			return err.Error()
		}
	}
	return ""
}
