package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code classes an error by what the operator, or a script, does next.
type Code string

// The classes. Their words are part of the command line's contract: `-o json`
// prints them.
const (
	CodeInvalid         Code = "invalid"
	CodeNotFound        Code = "not_found"
	CodeConflict        Code = "conflict"
	CodeUnauthenticated Code = "unauthenticated"
	CodeForbidden       Code = "forbidden"
	CodeThrottled       Code = "throttled"
	CodeLimit           Code = "limit"
	CodeUnsupported     Code = "unsupported"
	CodeUnavailable     Code = "unavailable"
	CodeUntrusted       Code = "untrusted" // TLS: the server is not who it should be, or cannot say so
	CodeUnexpected      Code = "unexpected_reply"
	CodeUnknownOutcome  Code = "unknown_outcome"
	CodeTimeout         Code = "timeout"
	CodeFunctionFailed  Code = "function_failed"
	CodeFailed          Code = "failed"
)

// Sentinels for errors.Is; an *Error matches the one of its Code.
var (
	ErrNotFound    = &Error{Code: CodeNotFound, Message: "not found"}
	ErrConflict    = &Error{Code: CodeConflict, Message: "conflict"}
	ErrUnsupported = &Error{Code: CodeUnsupported, Message: "not supported"}
	ErrUnavailable = &Error{Code: CodeUnavailable, Message: "unavailable"}
)

// Error is a failure in terms of the domain. Message is one sentence without a
// final stop that says what failed and why; Hint, if any, what to do.
type Error struct {
	Code    Code
	Message string
	Hint    string
	// RequestID and Status are those of the reply, if there was one.
	RequestID string
	Status    int
	// TraceID is what an identity provider's administrator asks for beside it.
	TraceID string
	// RetryAfter is how long a throttled caller is asked to wait.
	RetryAfter time.Duration
	// Err is the cause, nil if this is the first to know.
	Err error
}

// Error returns the message: a whole sentence for the operator. The cause is one
// key away, see Explain.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an *Error of the same Code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Invalidf makes an error of CodeInvalid.
func Invalidf(format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Message: fmt.Sprintf(format, args...)}
}

// Explanation is an error as the operator sees it.
type Explanation struct {
	Code Code
	// Sentence says what failed and why, Hint what to do (may be empty).
	Sentence, Hint string
	// RequestID and TraceID are what whoever runs the service asks for.
	RequestID, TraceID string
	Status             int
	// Causes is the chain behind the sentence, outermost first, without those that are
	// only the end of the one before.
	Causes []string
}

// Explain turns any error into its explanation. It is the only place that does.
func Explain(err error) Explanation {
	x := Explanation{Code: CodeFailed, Sentence: err.Error()}
	var e *Error
	switch {
	case errors.As(err, &e):
		x.Code, x.Hint, x.RequestID, x.TraceID, x.Status = e.Code, e.Hint, e.RequestID, e.TraceID, e.Status
	case errors.Is(err, context.DeadlineExceeded):
		x.Code, x.Sentence = CodeTimeout, "no answer in time: "+err.Error()
	case errors.Is(err, context.Canceled):
		x.Sentence = "cancelled"
	}
	said := x.Sentence
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(cause) {
		// A wrapped error often ends with what it wraps: that is said already.
		if text := cause.Error(); !strings.HasSuffix(said, text) {
			x.Causes = append(x.Causes, text)
			said = text
		}
	}
	return x
}
