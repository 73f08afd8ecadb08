package auth

// Code classes an error by what the operator does next.
type Code string

// The classes.
const (
	// CodeInvalid is a fault of the configuration: no request was sent.
	CodeInvalid Code = "invalid"
	// CodeSignIn wants the person: sign in, again or for the first time.
	CodeSignIn Code = "sign_in"
	// CodeRefused is the issuer's no to what the configuration says.
	CodeRefused Code = "refused"
	// CodeDeclined is the person's own no in the browser.
	CodeDeclined Code = "declined"
	// CodeExpired is a code that was not used in time: a new one will do.
	CodeExpired Code = "expired"
	// CodeUnsupported is a flow that this issuer does not have.
	CodeUnsupported Code = "unsupported"
	// CodeUnavailable is an issuer that cannot be reached, or something in
	// between that answers for it; nothing that is held is forgotten.
	CodeUnavailable Code = "unavailable"
	// CodeProxy is a proxy that refused, not the issuer.
	CodeProxy Code = "proxy"
	// CodeCertificate is a server whose certificate is not trusted.
	CodeCertificate Code = "certificate"
	// CodeUnexpected is a reply that is not of the protocol.
	CodeUnexpected Code = "unexpected_reply"
)

// Error says why there is no token. Message is one sentence without a final
// stop, Hint the next step. Nothing in it is secret, and foreign text in it has
// no control characters.
type Error struct {
	Code    Code
	Message string
	Hint    string
	// Server is the first line of what the server itself said.
	Server string
	// Status is that of the reply, 0 without one.
	Status int
	// TraceID and CorrelationID are what an administrator asks for (Entra).
	TraceID, CorrelationID string
	// Links are the links of a chain that were asked, with what each said.
	Links []Link
	Err   error
}

// Link is one link of the default chain, and why it gave no token.
type Link struct{ Name, Reason string }

// Error returns the sentence.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an *Error of the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// The sentinels for errors.Is.
var (
	ErrSignIn      = &Error{Code: CodeSignIn, Message: "sign in first"}
	ErrUnavailable = &Error{Code: CodeUnavailable, Message: "the issuer does not answer"}
	ErrUnsupported = &Error{Code: CodeUnsupported, Message: "the issuer does not have this flow"}
)
