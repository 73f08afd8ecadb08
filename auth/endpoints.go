package auth

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	"fndeck/auth/loopback"
	"fndeck/auth/redact"
)

// endpointKind is one of an issuer's endpoints.
type endpointKind int

const (
	tokenEndpoint endpointKind = iota
	authorizeEndpoint
	deviceEndpoint
	revokeEndpoint
)

// endpointNames are the fields of the context and of a discovery document (RFC
// 8414 section 2) that hold them, and Entra's path.
var endpointNames = [...]struct{ setting, field, entra string }{
	tokenEndpoint:     {"token_url", "token_endpoint", "token"},
	authorizeEndpoint: {"authorize_url", "authorization_endpoint", "authorize"},
	deviceEndpoint:    {"device_url", "device_authorization_endpoint", "devicecode"},
	revokeEndpoint:    {"revoke_url", "revocation_endpoint", ""},
}

// publicAuthority is Entra in the public cloud.
const publicAuthority = "https://login.microsoftonline.com"

// endpoint returns one endpoint's address: the context's own, the issuer's by
// discovery, or that of Entra's shape. It is an *Error of CodeUnsupported where
// there is none.
func (i *issuer) endpoint(ctx context.Context, kind endpointKind) (string, error) {
	id := i.identity
	explicit := [...]string{id.TokenURL, id.AuthorizeURL, id.DeviceURL, id.RevokeURL}[kind]
	if explicit != "" {
		return explicit, nil
	}
	name := endpointNames[kind]
	switch {
	case id.Issuer != "":
		doc, err := i.discover(ctx)
		if err != nil {
			return "", err
		}
		if found := doc.endpoint(kind); found != "" {
			return found, nil
		}
		return "", &Error{Code: CodeUnsupported, Message: fmt.Sprintf("the discovery document of %s names no %s", hostOf(id.Issuer), name.field), Hint: fmt.Sprintf("set %s in the context if the issuer has one", name.setting)}
	case id.Tenant != "" && name.entra != "":
		// The environment may have named the authority, which nobody has checked.
		if err := checkAddress("AZURE_AUTHORITY_HOST", i.authority()); err != nil {
			return "", &Error{Code: CodeInvalid, Message: err.Error(), Hint: "mend or unset the variable"}
		}
		return i.authority() + "/" + id.Tenant + "/oauth2/v2.0/" + name.entra, nil
	}
	return "", &Error{Code: CodeUnsupported, Message: fmt.Sprintf("the context names neither %s nor issuer nor tenant", name.setting), Hint: "set one of them in the context"}
}

// authority is Entra's address without a final slash.
func (i *issuer) authority() string {
	return strings.TrimRight(cmp.Or(i.identity.Authority, i.getenv("AZURE_AUTHORITY_HOST"), publicAuthority), "/")
}

// host names the issuer in sentences and in the status.
func (i *issuer) host() string {
	id := i.identity
	return hostOf(cmp.Or(id.Issuer, id.TokenURL, i.authority()))
}

// hostOf is an address's host with its port, or the address if it has none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return redact.Clip(address, 100)
	}
	return redact.Clip(u.Host, 100)
}

// checkAddress refuses what a secret must not be sent to: anything but https, or
// http on this machine.
func checkAddress(what, address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%s %q is no address: write https://host/path", what, redact.Clip(redact.Shapes(address), 100))
	case u.User != nil:
		return fmt.Errorf("%s has a name or a password before the host: name them elsewhere", what)
	case u.Scheme == "https", u.Scheme == "http" && loopback.Local(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%s %s would carry secrets in the clear: use https", what, redact.Clip(u.Scheme+"://"+u.Host, 100))
}
