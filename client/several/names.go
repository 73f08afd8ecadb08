package several

import (
	"slices"
	"strings"

	"fndeck/client"
)

// All is the word for every context that can be used.
const All = "all"

// separator stands between the names of contexts, mark between the name of a
// context and an id. Neither can be in a name.
const (
	separator = ","
	mark      = ":"
)

// Name is the name of several contexts shown as one.
func Name(contexts []string) string { return strings.Join(contexts, separator) }

// Split are the contexts of a Name: one, if it is that of one.
func Split(name string) []string { return strings.Split(name, separator) }

// Choose reads what an operator has typed, such as "prod,local" or "all", as the
// names of contexts, each once and in their order. A name that is not known is
// returned as unknown.
func Choose(typed string, known []string) (chosen []string, unknown string) {
	if typed == All && !slices.Contains(known, All) {
		return known, ""
	}
	wanted := Split(typed)
	for _, name := range wanted {
		if !slices.Contains(known, name) {
			return nil, name
		}
	}
	return slices.DeleteFunc(slices.Clone(known), func(name string) bool { return !slices.Contains(wanted, name) }), ""
}

// of gives an id the name of its context; what has no id keeps none.
func of(context, id string) string {
	if id == "" {
		return ""
	}
	return context + mark + id
}

// parted takes the name of the context from an id.
func parted(id string) (context, rest string) {
	context, rest, found := strings.Cut(id, mark)
	if !found {
		return "", id
	}
	return context, rest
}

// ContextOf is the context of an id, "" of one that names none.
func ContextOf(id string) string {
	context, _ := parted(id)
	return context
}

// unnamed is an id as its context knows it.
func unnamed(id string) string {
	_, rest := parted(id)
	return rest
}

// noContext is the error of an id that belongs to none of the contexts shown.
func noContext(id string) error {
	return &client.Error{Code: client.CodeNotFound, Message: id + " is in none of the contexts that are shown", Hint: "ids begin with their context, such as prod" + mark + "123"}
}
