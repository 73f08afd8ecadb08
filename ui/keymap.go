package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Scope is where a binding holds. Inside one scope a key means one thing.
type Scope string

// The scopes: everywhere, lists, and text (logs and documents).
const (
	ScopeGlobal Scope = "global"
	ScopeList   Scope = "list"
	ScopeText   Scope = "text"
)

// Binding ties keys to an action by its id. It is data: the help, the hints and
// the documentation print the same value that a key press finds.
type Binding struct {
	// ID is the action's id, such as functions.redeploy.
	ID string
	// Keys are texts ("R", "?") or names ("ctrl+d", "shift+tab"); the first is
	// the one that hints show. Empty means unbound.
	Keys []string
	// Label is a short verb for hints, Help a phrase for the help page.
	Label, Help string
	Scope       Scope
	// Reason says why the action cannot be done now, "" if it can.
	Reason string
	// Rebound says that the keys are the operator's own, not the profile's.
	Rebound bool
}

// Keymap is a profile of bindings, with what the operator has changed in it.
type Keymap struct {
	// Profile is its name.
	Profile  string
	bindings []Binding
}

// NewKeymap makes a keymap of a table of bindings, which it does not change.
func NewKeymap(bindings []Binding) Keymap { return Keymap{bindings: bindings} }

// Lookup returns the binding of an action.
func (k Keymap) Lookup(id string) (Binding, bool) {
	for _, b := range k.bindings {
		if b.ID == id {
			return b, true
		}
	}
	return Binding{}, false
}

// Key returns the key to show for an action, "" if it is unbound.
func (k Keymap) Key(id string) string {
	if b, ok := k.Lookup(id); ok && len(b.Keys) > 0 {
		return b.Keys[0]
	}
	return ""
}

// Bound reports whether the key is one of the action's.
func (k Keymap) Bound(id, key string) bool {
	b, ok := k.Lookup(id)
	return ok && slices.Contains(b.Keys, key)
}

// Scope returns the bindings of one scope in the table's order.
func (k Keymap) Scope(scope Scope) []Binding {
	var found []Binding
	for _, b := range k.bindings {
		if b.Scope == scope {
			found = append(found, b)
		}
	}
	return found
}

// Rebound counts the actions whose keys are the operator's own.
func (k Keymap) Rebound() int {
	n := 0
	for _, b := range k.bindings {
		if b.Rebound {
			n++
		}
	}
	return n
}

// Conflicts returns a sentence for each key that two actions of one scope have,
// and for each key of a list or text that hides a global one.
func (k Keymap) Conflicts() []string {
	var found []string
	for i, a := range k.bindings {
		for _, b := range k.bindings[i+1:] {
			sameScope := a.Scope == b.Scope || a.Scope == ScopeGlobal || b.Scope == ScopeGlobal
			if !sameScope {
				continue
			}
			for _, key := range a.Keys {
				if slices.Contains(b.Keys, key) {
					found = append(found, key+" is bound to "+a.ID+" and "+b.ID)
				}
			}
		}
	}
	return found
}

// folded maps keys that some terminals cannot tell apart to one name.
var folded = map[string]string{
	"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+[": "esc", "ctrl+h": "backspace", "ctrl+@": "ctrl+space",
}

// KeyName names a key press as bindings do: by its text if it has one, else by
// its name, with indistinguishable keys folded into one.
func KeyName(msg tea.KeyPressMsg) string {
	name := msg.String()
	if one, ok := folded[name]; ok {
		return one
	}
	return name
}

// ShowKey is how a key is printed: arrows as arrows, the rest as it is named.
func (t *Theme) ShowKey(key string) string {
	switch key {
	case "up":
		return t.Glyph('↑')
	case "down":
		return t.Glyph('↓')
	case "left":
		return t.Glyph('←')
	case "right":
		return t.Glyph('→')
	case "pgup":
		return "PgUp"
	case "pgdown":
		return "PgDn"
	}
	return key
}

// ShowKeys prints all keys of a binding, "k ↑".
func (t *Theme) ShowKeys(keys []string) string {
	shown := make([]string, len(keys))
	for i, key := range keys {
		shown[i] = t.ShowKey(key)
	}
	return strings.Join(shown, " ")
}
