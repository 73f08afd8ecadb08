package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"fndeck/auth/redact"
	"fndeck/auth/wire"
)

// discoveryPath is where an issuer describes itself (OpenID Connect Discovery
// 1.0 section 4).
const discoveryPath = "/.well-known/openid-configuration"

// document is the part of a discovery document that is used.
type document struct {
	Issuer    string `json:"issuer"`
	Token     string `json:"token_endpoint"`
	Authorize string `json:"authorization_endpoint"`
	Device    string `json:"device_authorization_endpoint"`
	Revoke    string `json:"revocation_endpoint"`
}

func (d *document) endpoint(kind endpointKind) string {
	return [...]string{d.Token, d.Authorize, d.Device, d.Revoke}[kind]
}

// discover returns the issuer's document. It is asked for once; a failure is not
// remembered.
func (i *issuer) discover(ctx context.Context) (*document, error) {
	i.mu.Lock()
	found := i.found
	i.mu.Unlock()
	if found != nil {
		return found, nil
	}
	doc, err := i.fetchDocument(ctx)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.found = doc
	return doc, nil
}

func (i *issuer) fetchDocument(ctx context.Context) (*document, error) {
	address := strings.TrimRight(i.identity.Issuer, "/") + discoveryPath
	host := hostOf(address)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, &Error{Code: CodeInvalid, Message: fmt.Sprintf("the issuer %s is no address", host), Err: err}
	}
	seen := &wire.Witness{Next: i.transport, Whole: true}
	reply, err := seen.Client().Do(request)
	if err != nil {
		return nil, i.explain(ctx, address, err)
	}
	defer func() { _ = reply.Body.Close() }() // the witness has read it
	i.noteDate(seen.Date, i.clock.Now())
	refuse := func(format string, args ...any) error {
		return &Error{Code: CodeUnexpected, Status: reply.StatusCode, Message: fmt.Sprintf("discovery at %s: ", host) + fmt.Sprintf(format, args...), Hint: "check the issuer in the context, or name its endpoints there"}
	}
	text := seen.Body
	kind, _, _ := mime.ParseMediaType(reply.Header.Get("Content-Type"))
	var doc document
	switch {
	case reply.StatusCode/100 == 3:
		return nil, refuse("it redirects to %s, which is not followed", hostOf(reply.Header.Get("Location")))
	case reply.StatusCode != http.StatusOK:
		return nil, refuse("unexpected reply (%s, %d)", shapeOf(kind, text), reply.StatusCode)
	case json.Unmarshal(text, &doc) != nil:
		return nil, refuse("the reply is %s, not JSON", shapeOf(kind, text))
	case strings.TrimRight(doc.Issuer, "/") != strings.TrimRight(i.identity.Issuer, "/"):
		return nil, refuse("the field issuer is %q, asked was for %q", redact.Clip(doc.Issuer, 100), redact.Clip(i.identity.Issuer, 100))
	case doc.Token == "":
		return nil, refuse("the field token_endpoint is missing")
	}
	for kind, name := range endpointNames {
		if found := doc.endpoint(endpointKind(kind)); found != "" {
			if err := checkAddress("the field "+name.field, found); err != nil {
				return nil, refuse("%s", err)
			}
		}
	}
	return &doc, nil
}

// shapeOf names what came instead of what was wanted.
func shapeOf(kind string, text []byte) string {
	trimmed := strings.ToLower(strings.TrimSpace(string(text[:min(len(text), 100)])))
	switch {
	case len(text) == 0:
		return "empty"
	case kind == "text/html", strings.HasPrefix(trimmed, "<!doctype html"), strings.HasPrefix(trimmed, "<html"):
		return "HTML"
	case kind == "":
		return "no content type"
	}
	return redact.Clip(kind, 40)
}
