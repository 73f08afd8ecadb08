package several

import (
	"strings"

	"fndeck/client"
)

// mark stands between the name of a context, where it cannot be, and an id.
const mark = ":"

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
