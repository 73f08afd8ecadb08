package ui

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// namedKeys are the keys that have no text, as bindings name them.
var namedKeys = []string{
	"enter", "esc", "tab", "space", "backspace", "up", "down", "left", "right", "home", "end",
	"pgup", "pgdown", "delete", "insert",
	"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
}

// CheckKey says why a key cannot be bound: it is not the name of one, or
// terminals cannot tell it from another.
func CheckKey(key string) error {
	if same, ok := folded[key]; ok {
		return fmt.Errorf("%s is %s on many terminals: bind %s", key, same, same)
	}
	if utf8.RuneCountInString(key) == 1 && key != " " && Clean(key) == key || slices.Contains(namedKeys, key) {
		return nil
	}
	modifier, rest, _ := strings.Cut(key, "+")
	switch {
	case key == " ":
		return fmt.Errorf("the space bar is called space")
	case (modifier == "ctrl" || modifier == "alt") && (len(rest) == 1 && rest[0] > ' ' && rest[0] < 'A' || len(rest) == 1 && rest[0] > 'Z' && rest[0] <= '~'):
		return nil
	case (modifier == "ctrl" || modifier == "alt" || modifier == "shift") && slices.Contains(namedKeys, rest):
		if rest == "enter" || modifier == "ctrl" && rest == "tab" {
			return fmt.Errorf("most terminals do not send %s", key)
		}
		return nil
	}
	return fmt.Errorf("%q is not a key: write its text (R, ?) or its name (ctrl+d, shift+tab, f5)", key)
}

// Rebind returns a keymap in which an action has other keys.
func (k Keymap) Rebind(id string, keys []string) Keymap {
	bindings := slices.Clone(k.bindings)
	for i, b := range bindings {
		if b.ID == id {
			bindings[i].Keys = keys
		}
	}
	return Keymap{Profile: k.Profile, bindings: bindings}
}

// Own returns a keymap that knows that the keys of an action are the operator's own.
func (k Keymap) Own(id string) Keymap {
	bindings := slices.Clone(k.bindings)
	for i := range bindings {
		bindings[i].Rebound = bindings[i].Rebound || bindings[i].ID == id
	}
	return Keymap{Profile: k.Profile, bindings: bindings}
}

// IDs lists the actions.
func (k Keymap) IDs() []string {
	ids := make([]string, len(k.bindings))
	for i, b := range k.bindings {
		ids[i] = b.ID
	}
	return ids
}

// Clash returns the key that an action shares with another one that may hold at
// the same time, and that other one; ok is false if there is none.
func (k Keymap) Clash(id string) (key, other string, ok bool) {
	a, _ := k.Lookup(id)
	for _, b := range k.bindings {
		if b.ID == id || a.Scope != b.Scope && a.Scope != ScopeGlobal && b.Scope != ScopeGlobal {
			continue
		}
		for _, key := range a.Keys {
			if slices.Contains(b.Keys, key) {
				return key, b.ID, true
			}
		}
	}
	return "", "", false
}
