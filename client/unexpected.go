package client

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"fndeck/auth/redact"
)

// unexpected is the error of a reply that is not of the API's shape: it tells what
// came instead, and which gateway says that it answered.
func unexpected(reply *http.Response, text []byte, cause error) *Error {
	kind := kindOf(reply, text)
	e := &Error{
		Code: CodeUnexpected, Status: reply.StatusCode, RequestID: reply.Header.Get("X-Request-Id"), RetryAfter: retryAfter(reply.Header), Err: cause,
		Message: fmt.Sprintf("unexpected reply (%s, %d%s, %d bytes)", kind, reply.StatusCode, gatewayOf(reply.Header), len(text)),
	}
	if kind == kindHTML && cause == nil {
		e.Err = errors.New("the page begins: " + beginning(text))
	}
	to, err := reply.Location()
	switch c := codeOf(reply.StatusCode); {
	case c == CodeUnavailable || c == CodeThrottled:
		e.Code = c
	case reply.StatusCode/100 == 3 && err == nil:
		e.Message = fmt.Sprintf("unexpected reply: a redirect (%d) to %s, which was not followed", reply.StatusCode, redact.Clip(to.Host, maxForeignWord))
		e.Hint = "check the address of the context: a login page may stand in the way"
	case kind == kindHTML:
		e.Hint = "a proxy or a login page may have answered in the backend's place: check address and proxy of the context"
	}
	return e
}

// pageShown is how much of a page is told: enough to know whose it is.
const pageShown = 300

// beginning is how a page begins, in one line and without what may give a right, as
// the fields of a login form.
func beginning(text []byte) string {
	line := strings.Join(strings.Fields(string(text[:min(len(text), 4*pageShown)])), " ")
	return redact.Clip(secretLike.ReplaceAllString(redact.Shapes(line), mask), pageShown)
}

// kindHTML is what pages are, of gateways and for people.
const kindHTML = "HTML"

// kindOf names what a body is.
func kindOf(reply *http.Response, text []byte) string {
	kind, _, err := mime.ParseMediaType(reply.Header.Get("Content-Type"))
	switch {
	case len(text) == 0:
		return "empty"
	case strings.HasSuffix(kind, "html"):
		return kindHTML
	case strings.HasSuffix(kind, "json"):
		return "JSON of another shape"
	case err != nil:
		return "no content type"
	}
	return redact.Clip(kind, maxForeignWord)
}

// maxForeignWord bounds a word of a header in a sentence.
const maxForeignWord = 60

// gatewayOf names who stood between, by what he says of himself: the last name of
// Via (RFC 9110 section 7.6.3), or the software that answered.
func gatewayOf(h http.Header) string {
	via := h.Values("Via")
	if len(via) == 0 {
		if server := h.Get("Server"); server != "" {
			return " from " + redact.Clip(server, maxForeignWord)
		}
		return ""
	}
	last := via[len(via)-1]
	fields := strings.Fields(last[strings.LastIndex(last, ",")+1:])
	if len(fields) < 2 { // a protocol and a name
		return " through a proxy"
	}
	return " from proxy " + redact.Clip(fields[1], maxForeignWord)
}
