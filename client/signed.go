package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"fndeck/auth"
)

// Tokens gives the tokens of a context; auth.Source has more.
type Tokens interface {
	Token(ctx context.Context) (auth.Token, error)
	Drop(token auth.Token)
}

// Signed returns a transport that puts a token on what goes to the host of base,
// and on nothing else: a link elsewhere, or down to http, carries its own right.
// A token that is refused with 401 is replaced once, without the caller's notice;
// everybody who waits for the next token waits for the same one.
func Signed(tokens Tokens, base *url.URL, next http.RoundTripper) http.RoundTripper {
	return signed{tokens, base, next}
}

// Under implements wire.Under.
func (s signed) Under() http.RoundTripper { return s.next }

type signed struct {
	tokens Tokens
	base   *url.URL
	next   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (s signed) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != s.base.Host || r.URL.Scheme != s.base.Scheme {
		return s.next.RoundTrip(r)
	}
	token, err := s.tokens.Token(r.Context())
	if err != nil {
		closeBody(r)
		return nil, TokenError(err)
	}
	reply, err := s.next.RoundTrip(with(token, r))
	if err != nil || reply.StatusCode != http.StatusUnauthorized {
		return reply, err
	}
	s.tokens.Drop(token)
	again, ok := repeated(r)
	if !ok {
		return reply, nil
	}
	fresh, err := s.tokens.Token(r.Context())
	switch {
	case err != nil:
		discard(reply)
		closeBody(again)
		return nil, TokenError(err)
	case fresh.Value.Reveal() == token.Value.Reveal():
		closeBody(again)
		return reply, nil // Nothing else is to be had: the refusal is the answer.
	}
	discard(reply)
	return s.next.RoundTrip(with(fresh, again))
}

// CloseIdleConnections closes those of the transport below.
func (s signed) CloseIdleConnections() {
	if closer, ok := s.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// with is a request with a token: a transport may not change what it is given.
func with(token auth.Token, r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	token.SetHeader(r)
	return r
}

// repeated is the request once more; false if its body cannot be had again.
func repeated(r *http.Request) (*http.Request, bool) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, true
	}
	if r.GetBody == nil {
		return nil, false
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, false
	}
	again := r.Clone(r.Context())
	again.Body = body
	return again, true
}

// discardMost bounds what is read of a reply that nobody wants, to use its
// connection again.
const discardMost = 64 << 10

func discard(reply *http.Response) {
	_, _ = io.CopyN(io.Discard, reply.Body, discardMost) // Only the connection is at stake.
	_ = reply.Body.Close()
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close() // It was only read.
	}
}

// tokenCodes says what an error of a sign-in means to who wanted to do something
// else.
var tokenCodes = map[auth.Code]Code{
	auth.CodeInvalid:     CodeInvalid,
	auth.CodeSignIn:      CodeUnauthenticated,
	auth.CodeRefused:     CodeUnauthenticated,
	auth.CodeDeclined:    CodeUnauthenticated,
	auth.CodeExpired:     CodeUnauthenticated,
	auth.CodeUnsupported: CodeUnsupported,
	auth.CodeUnavailable: CodeUnavailable,
	auth.CodeProxy:       CodeUnavailable,
	auth.CodeCertificate: CodeUntrusted,
	auth.CodeUnexpected:  CodeUnexpected,
}

// TokenError turns the reason why there is no token into an error of the domain.
func TokenError(err error) error {
	var e *auth.Error
	if !errors.As(err, &e) {
		return err
	}
	hint := e.Hint
	if e.Server != "" { // Last: where room is short it is what gives way.
		hint = strings.TrimPrefix(hint+"; the issuer says: "+e.Server, "; ")
	}
	return &Error{Code: tokenCodes[e.Code], Message: e.Message, Hint: hint, Status: e.Status, RequestID: e.CorrelationID, TraceID: e.TraceID, Err: err}
}
