package action

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"fndeck/client"
)

// Danger says what is asked before an action runs.
type Danger int

// The levels: Safe asks nothing, Ask wants a yes, Typed wants the name typed, and
// TypedTwice also that of the context.
const (
	Safe Danger = iota
	Ask
	Typed
	TypedTwice
)

// Check is what has to be answered before something is done.
type Check struct {
	// Question says what happens and what else goes.
	Question string
	// Words must be typed one after the other; without any, a yes is enough.
	Words []string
	// Context is the name of the context if it is protected, else "".
	Context string
}

// DangerIn is the action's danger on a backend: one level more in a context that
// is protected.
func (a Action) DangerIn(d client.Description) Danger {
	if d.Protected {
		return a.Danger + 1
	}
	return a.Danger
}

// Check returns what to ask before the action is done to a target; false if
// nothing is.
func (a Action) Check(backend client.Backend, target Target, values Values) (Check, bool) {
	d := target.In(backend).Describe()
	danger := a.DangerIn(d)
	if danger == Safe {
		return Check{}, false
	}
	name := Subject(target, values)
	question := a.Label + " " + name + ": " + phrase(a.Help)
	if a.Question != nil {
		question = a.Question(target, values)
	}
	if a.Subject != nil {
		name = cmp.Or(a.Subject(target), name)
	}
	return newCheck(d, danger, question, name), true
}

// CheckMany is Check for many targets at once. It always wants a yes at least,
// and their number in place of a name.
func (a Action) CheckMany(backend client.Backend, question string, n int) Check {
	d := backend.Describe()
	a.Danger = max(a.Danger, Ask)
	return newCheck(d, a.DangerIn(d), question, fmt.Sprint(n))
}

// CheckContext is what to ask before something of that danger is done to the
// context itself, such as to end its engine.
func CheckContext(d client.Description, danger Danger, question string) Check {
	return newCheck(d, Action{Danger: danger}.DangerIn(d), question, d.Name)
}

// phrase is a sentence inside another: "Call it." becomes "call it".
func phrase(sentence string) string {
	first, size := utf8.DecodeRuneInString(sentence)
	return string(unicode.ToLower(first)) + strings.TrimSuffix(sentence[size:], ".")
}

func newCheck(d client.Description, danger Danger, question, name string) Check {
	c := Check{Question: question}
	if d.Protected {
		c.Context = d.Name
		c.Question += "; " + d.Name + " is protected"
	}
	if danger >= Typed {
		c.Words = append(c.Words, cmp.Or(name, d.Name))
	}
	if danger >= TypedTwice {
		c.Words = append(c.Words, d.Name)
	}
	return c
}

// Subject is the name of what an action is done to, or of what it makes.
func Subject(t Target, v Values) string {
	switch {
	case t.Schedule != nil:
		return t.Schedule.Name
	case t.Function != nil:
		return t.Function.Name
	case t.Deploy != nil:
		return t.Deploy.FunctionName
	case t.Call != nil:
		return t.Call.ID
	}
	return v.Spec.Name
}
