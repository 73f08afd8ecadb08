package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"syscall"

	"fndeck/client"
	"fndeck/cmd/output"
	"fndeck/ui"
)

// The exit codes that are no client.Code.
const (
	exitDone   = 0
	exitFailed = 1
)

// exitCodes is the command line's contract: what each class of error exits
// with. A class that is not listed exits with exitFailed.
var exitCodes = map[client.Code]int{
	client.CodeInvalid:         2,
	client.CodeNotFound:        3,
	client.CodeUnauthenticated: 4,
	client.CodeForbidden:       4,
	client.CodeConflict:        5,
	client.CodeUnavailable:     6,
	client.CodeUntrusted:       6,
	client.CodeUnexpected:      6,
	client.CodeUnknownOutcome:  6,
	client.CodeTimeout:         7,
	client.CodeFunctionFailed:  8,
	client.CodeThrottled:       9,
	client.CodeLimit:           9,
}

// exitMeanings says what the exit codes mean, for the manual.
var exitMeanings = []struct {
	code    string
	meaning string
}{
	{"0", "done"},
	{"1", "failed"},
	{"2", "wrong usage or bad input"},
	{"3", "not found"},
	{"4", "not signed in, refused by the issuer, or not allowed"},
	{"5", "conflict, or a precondition does not hold"},
	{"6", "network, proxy or certificate, or the backend or issuer is not available"},
	{"7", "timeout"},
	{"8", "the function itself failed"},
	{"9", "limit or quota"},
	{"129, 130, 143", "ended by SIGHUP, SIGINT or SIGTERM"},
}

// errorObject is an error as `-o json` prints it.
type errorObject struct {
	Code      client.Code `json:"code"`
	Message   string      `json:"message"`
	Hint      string      `json:"hint,omitempty"`
	RequestID string      `json:"requestId,omitempty"`
	TraceID   string      `json:"traceId,omitempty"`
	Status    int         `json:"status,omitempty"`
}

// exitCode tells the operator of err and returns what to exit with.
func (a *app) exitCode(ctx context.Context, err error) int {
	var end signalled
	switch {
	case errors.As(err, &end), errors.As(context.Cause(ctx), &end):
		return end.exitCode()
	case err == nil:
		return exitDone
	case errors.Is(err, syscall.EPIPE):
		// The reader has gone, as in `fndeck logs -f | head -1`: there is nobody
		// to tell.
		return 128 + int(syscall.SIGPIPE)
	}
	x := client.Explain(err)
	a.tell(x)
	return codeOf(x.Code)
}

// codeOf returns the exit code of a class of error.
func codeOf(c client.Code) int {
	if n, ok := exitCodes[c]; ok {
		return n
	}
	return exitFailed
}

// tell prints an error on stderr: one object in JSON mode, else one sentence
// and its hint, with the chain behind it when asked for.
func (a *app) tell(x client.Explanation) {
	if a.jsonMode {
		object := map[string]errorObject{"error": {x.Code, x.Sentence, x.Hint, x.RequestID, x.TraceID, x.Status}}
		text, err := json.Marshal(object)
		if err != nil {
			text = []byte(`{"error":{"code":"failed","message":"the error cannot be shown as JSON"}}`)
		}
		a.say("%s", output.Inert(text))
		return
	}
	a.say("fndeck: %s", ui.Clean(x.Sentence))
	if x.Hint != "" {
		a.say("  %s", ui.Clean(x.Hint))
	}
	if !a.flags.verbose {
		return
	}
	for _, cause := range x.Causes {
		a.say("  because: %s", ui.Clean(cause))
	}
	if x.RequestID != "" {
		a.say("  request id %s, status %d", ui.Clean(x.RequestID), x.Status)
	}
	if x.TraceID != "" {
		a.say("  trace id %s", ui.Clean(x.TraceID))
	}
}

// say prints one line on stderr. When nobody can read it any more there is
// nothing left to do about that.
func (a *app) say(format string, args ...any) {
	_, _ = fmt.Fprintf(a.errs, format+"\n", args...)
}

// note tells a person what goes on. In JSON mode it is silent, so that stderr
// holds the error object and nothing else.
func (a *app) note(format string, args ...any) {
	if !a.jsonMode {
		a.say(format, args...)
	}
}

// usagef makes the error of a command line that cannot be run.
func usagef(command, format string, args ...any) error {
	return &client.Error{
		Code:    client.CodeInvalid,
		Message: fmt.Sprintf(format, args...),
		Hint:    command + " --help shows how",
	}
}

// hinted returns err with a hint in the words of the command line.
func hinted(err error, hint string) error {
	x := client.Explain(err)
	return &client.Error{Code: x.Code, Message: x.Sentence, Hint: hint, RequestID: x.RequestID, TraceID: x.TraceID, Status: x.Status, Err: err}
}
