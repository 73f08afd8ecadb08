package action

import (
	"errors"
	"fmt"
	"strings"

	"fndeck/client"
	"fndeck/client/pack"
)

// ErrUnchanged says that a redeploy would send the code that serves already.
// Match it with errors.Is; Values.Force sends it anyway.
var ErrUnchanged = errors.New("no changes")

// ErrScheduleExists says that the function has a schedule of that name. Match it
// with errors.Is.
var ErrScheduleExists = errors.New("a schedule of that name exists")

// unchangedError is ErrUnchanged with the version that has the same code.
type unchangedError struct{ version int }

func (e unchangedError) Error() string        { return fmt.Sprintf("no changes since v%d", e.version) }
func (e unchangedError) Is(target error) bool { return target == ErrUnchanged }

func unchanged(name string, version int) error {
	return &client.Error{
		Code:    client.CodeConflict,
		Message: fmt.Sprintf("%s was not redeployed: %s", name, unchangedError{version}),
		Hint:    "force the redeploy to send the same code again",
		Err:     unchangedError{version},
	}
}

// FindingsError says that the preview of a folder holds findings that block
// the deploy, or that want a yes first. Errors.As finds it, and also a
// *client.Error of CodeInvalid, so that Explain classes it.
type FindingsError struct{ Preview pack.Preview }

// Error names the first finding and counts the others. Paths and messages come
// from the folder: clean the sentence before it is drawn.
func (e *FindingsError) Error() string {
	found, verb := e.Preview.Blocking(), "the deploy is blocked"
	if len(found) == 0 {
		found, verb = e.Preview.NeedConfirmation(), "the deploy needs a yes"
	}
	if len(found) == 0 {
		return verb
	}
	sentence := verb + ": " + Place(found[0]) + found[0].Message
	if more := len(found) - 1; more > 0 {
		sentence += ", and " + plural(more, "more finding")
	}
	return sentence
}

// As makes the error one of CodeInvalid for errors.As.
func (e *FindingsError) As(target any) bool {
	t, ok := target.(**client.Error)
	if !ok {
		return false
	}
	*t = &client.Error{Code: client.CodeInvalid, Message: e.Error(), Hint: e.hint()}
	return true
}

func (e *FindingsError) hint() string {
	if len(e.Preview.Blocking()) > 0 {
		return "mend what is named and deploy again"
	}
	return "look at the preview and confirm it"
}

// Place returns where a finding is, "handler.py:12: ", or nothing for one that
// concerns the whole folder or whose message says it already.
func Place(f pack.Finding) string {
	if f.Path == "" || strings.HasPrefix(f.Message, f.Path) {
		return ""
	}
	if f.Line > 0 {
		return fmt.Sprintf("%s:%d: ", f.Path, f.Line)
	}
	return f.Path + ": "
}
