package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"fndeck/auth/redact"
)

// oauthError is the JSON of a refusal: RFC 6749 section 5.2, with Entra's numbers.
type oauthError struct {
	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
}

// has reports whether the error is called so, or has one of Entra's numbers.
func (e oauthError) has(name string, codes ...int) bool {
	return (name != "" && e.Error == name) || slices.ContainsFunc(codes, func(c int) bool { return slices.Contains(e.Codes, c) })
}

// verdict is what a person reads.
type verdict struct {
	code          Code
	message, hint string
}

// explain turns what an issuer, or something before it, answered into the
// operator's sentence.
func (i *issuer) explain(ctx context.Context, address string, err error) error {
	var refusal *oauth2.RetrieveError
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return context.Cause(ctx)
	case errors.As(err, &refusal):
		return i.explainRefusal(address, refusal)
	}
	return explainTransport(address, err)
}

func (i *issuer) explainRefusal(address string, r *oauth2.RetrieveError) *Error {
	host, status := hostOf(address), r.Response.StatusCode
	var said oauthError
	if json.Unmarshal(r.Body, &said) != nil {
		said = oauthError{}
	}
	if said.Error == "" { // a form-encoded reply, or nothing of the protocol
		said.Error, said.Description = r.ErrorCode, r.ErrorDescription
	}
	var v verdict
	switch {
	case status/100 == 3:
		v = verdict{CodeUnexpected, fmt.Sprintf("%s redirects the request to %s: not followed, the secret would go there", host, hostOf(r.Response.Header.Get("Location"))), "check the token address in the context"}
	case said.Error != "" || len(said.Codes) > 0:
		v = i.verdict(host, said)
	case status == http.StatusNotFound:
		v = verdict{CodeUnsupported, fmt.Sprintf("%s has nothing at this address (404)", host), "check the issuer and the endpoints in the context"}
	default:
		kind, _, _ := mime.ParseMediaType(r.Response.Header.Get("Content-Type"))
		v = unexpectedReply(host, kind, r.Body, status)
	}
	return &Error{
		Code: v.code, Message: v.message, Hint: v.hint, Server: redact.Line(i.known.Text(said.Description)), Status: status,
		TraceID: redact.Clip(said.TraceID, 80), CorrelationID: redact.Clip(said.CorrelationID, 80), Err: refusedBy{said.Error, said.unconsented() || said.oneFactor()},
	}
}

// unconsented reports whether consent is missing, oneFactor whether a second factor is.
func (e oauthError) unconsented() bool { return e.has("consent_required", 65001) }
func (e oauthError) oneFactor() bool   { return e.has("interaction_required", 50076, 50079) }

// refusedBy is the protocol's word for a refusal, for errors.As.
type refusedBy struct {
	word string
	// wanting says that what was handed in is good, and that a person has to do
	// something before it is taken: Entra calls that invalid_grant too.
	wanting bool
}

func (r refusedBy) Error() string { return "the issuer says " + redact.Clip(r.word, 80) }

// saidWord reports whether the issuer refused with the word.
func saidWord(err error, words ...string) bool {
	var r refusedBy
	return errors.As(err, &r) && slices.Contains(words, r.word)
}

// spent reports whether the issuer refused what was handed in, for good.
func spent(err error) bool {
	var r refusedBy
	return errors.As(err, &r) && r.word == "invalid_grant" && !r.wanting
}

// wanting reports whether the issuer waits for a person's consent or second factor.
func wanting(err error) bool {
	var r refusedBy
	return errors.As(err, &r) && r.wanting
}

func unexpectedReply(host, kind string, body []byte, status int) verdict {
	return verdict{
		CodeUnavailable, fmt.Sprintf("unexpected reply from %s (%s, %d)", host, shapeOf(kind, body), status),
		"a proxy may have answered in its place; nothing is forgotten, try again",
	}
}

// verdict is the table of an issuer's refusals. Entra's numbers are common
// knowledge, no specification lists them; the server's own line stands beside.
func (i *issuer) verdict(host string, e oauthError) verdict {
	id := i.identity
	tenant := ""
	if id.Tenant != "" {
		tenant = fmt.Sprintf(" in tenant %s", id.Tenant)
	}
	switch {
	case e.has("", 700027):
		return verdict{CodeRefused, fmt.Sprintf("%s does not know the certificate for application %s, or a clock is off", host, id.ClientID), "register the certificate for the application, and compare the clocks"}
	case e.has("unauthorized_client", 700016):
		return verdict{CodeRefused, fmt.Sprintf("%s knows no such application%s: %s", host, tenant, id.ClientID), "check client_id and tenant in the context"}
	case e.has("", 90002):
		return verdict{CodeRefused, fmt.Sprintf("%s knows no tenant %s", host, id.Tenant), "check tenant in the context"}
	case e.unconsented():
		v := verdict{CodeRefused, fmt.Sprintf("nobody has consented that %s uses %s", id.ClientID, strings.Join(id.Scopes, " ")), "an administrator consents at " + i.consentAddress()}
		if id.Flow.Interactive() {
			v.code, v.hint = CodeSignIn, "sign in and consent: "+i.login+"; or "+v.hint
		}
		return v
	case e.oneFactor():
		if id.Flow == FlowOnBehalfOf {
			return verdict{CodeSignIn, "a second factor is wanted, which only the calling client can ask for", "sign in there again, and pass on the new token"}
		}
		return verdict{CodeSignIn, "a second factor is wanted", "sign in interactively: " + i.login}
	case e.has("invalid_client", 7000215) && id.ClientSecret.IsZero():
		return verdict{CodeRefused, fmt.Sprintf("%s refused what %s proves itself with", host, id.ClientID), "check client_id, and how the application is registered"}
	case e.has("invalid_client", 7000215):
		return verdict{CodeRefused, fmt.Sprintf("%s refused the client secret of %s: the secret is wrong, or its id was set in its place", host, id.ClientID), "set a new secret"}
	case e.has("invalid_scope"):
		return verdict{CodeRefused, fmt.Sprintf("%s refused the scopes %s", host, strings.Join(id.Scopes, " ")), "check scopes in the context"}
	case e.has("invalid_grant"):
		return i.invalidGrant(host)
	case e.has("access_denied"), e.has("authorization_declined"):
		return verdict{CodeDeclined, "the sign-in was declined in the browser", "start again to change your mind"}
	case e.has("expired_token"):
		return verdict{CodeExpired, "the code was not used in time", "ask for a new code"}
	case e.has("unsupported_grant_type"):
		return verdict{CodeUnsupported, fmt.Sprintf("%s does not have this flow", host), "use another one: where there is no device code, sign in with the browser and paste the address"}
	case e.has("server_error"), e.has("temporarily_unavailable"):
		return verdict{CodeUnavailable, fmt.Sprintf("%s cannot answer now (%s)", host, e.Error), "try again; nothing is forgotten"}
	}
	return verdict{CodeRefused, fmt.Sprintf("%s refused: %s", host, redact.Clip(e.Error, 80)), "read what the server says, and check the context"}
}

// invalidGrant is said of whatever was handed in: a sign-in or a user's token.
func (i *issuer) invalidGrant(host string) verdict {
	if i.identity.Flow == FlowOnBehalfOf {
		return verdict{CodeSignIn, fmt.Sprintf("%s refused the user's token: it has ended, was revoked, or is for another application", host), "pass on a new token of the user"}
	}
	return verdict{CodeSignIn, fmt.Sprintf("the sign-in at %s has ended, was revoked, or was used by another copy", host), "sign in again: " + i.login}
}

// consentAddress is the page on which an administrator consents (Entra).
func (i *issuer) consentAddress() string {
	if i.identity.Tenant == "" {
		return i.host()
	}
	return i.authority() + "/" + i.identity.Tenant + "/adminconsent?client_id=" + url.QueryEscape(i.identity.ClientID)
}
