package client

import (
	"slices"
	"strings"
)

// AllContexts is the word for every context that can be used.
const AllContexts = "all"

// sideBySide stands between the names of contexts, where it cannot be.
const sideBySide = ","

// JoinContexts is the name of contexts that are shown side by side.
func JoinContexts(names []string) string { return strings.Join(names, sideBySide) }

// SplitContexts are the contexts of such a name: one, if it is that of one.
func SplitContexts(name string) []string { return strings.Split(name, sideBySide) }

// ChooseContexts reads what an operator has typed, such as "prod,local", as the names
// of contexts, each once and in their order. A name that is not known is returned as
// unknown.
func ChooseContexts(typed string, known []string) (chosen []string, unknown string) {
	wanted := SplitContexts(typed)
	for _, name := range wanted {
		if !slices.Contains(known, name) {
			return nil, name
		}
	}
	return slices.DeleteFunc(slices.Clone(known), func(name string) bool { return !slices.Contains(wanted, name) }), ""
}
