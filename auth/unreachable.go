package auth

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"

	"fndeck/auth/redact"
	"fndeck/auth/wire"
)

// explainTransport is the sentence for a request that got no reply.
func explainTransport(address string, err error) *Error {
	host := hostOf(address)
	var proxy *wire.ProxyError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unresolved *net.DNSError
	switch {
	case errors.As(err, &proxy):
		realm, named := "", "the proxy"
		if proxy.Proxy != "" {
			named += " " + proxy.Proxy
		}
		if proxy.Realm != "" {
			realm = fmt.Sprintf(" (realm %s)", redact.Clip(proxy.Realm, 60))
		}
		return &Error{Code: CodeProxy, Status: proxy.Status, Err: err, Message: fmt.Sprintf("%s, not %s, refused with %d%s", named, host, proxy.Status, realm), Hint: "check HTTPS_PROXY and NO_PROXY"}
	case errors.As(err, &authority):
		by := "an unknown authority"
		if authority.Cert != nil {
			by = redact.Clip(authority.Cert.Issuer.String(), 200)
		}
		return &Error{Code: CodeCertificate, Err: err, Message: fmt.Sprintf("the certificate of %s is signed by %s, which is not trusted here", host, by), Hint: "set ca_file to the authority's certificate if you trust it"}
	case errors.As(err, &name), errors.As(err, &invalid):
		return &Error{Code: CodeCertificate, Err: err, Message: fmt.Sprintf("the certificate of %s is not good: %s", host, redact.Line(cause(err).Error())), Hint: "check the address, the clock and ca_file"}
	case errors.As(err, &unresolved):
		return &Error{Code: CodeUnavailable, Err: err, Message: fmt.Sprintf("the name %s cannot be resolved", host), Hint: "check the address and the network"}
	case errors.Is(err, wire.ErrTooLarge):
		return &Error{Code: CodeUnexpected, Err: err, Message: fmt.Sprintf("unexpected reply from %s: %s", host, wire.ErrTooLarge), Hint: "check the address in the context"}
	}
	if text := err.Error(); strings.HasPrefix(text, "oauth2:") { // it could not be read
		return &Error{Code: CodeUnavailable, Message: fmt.Sprintf("unexpected reply from %s: no token in it", host), Hint: "a proxy may have answered in its place; nothing is forgotten, try again"}
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return &Error{Code: CodeUnavailable, Err: err, Message: fmt.Sprintf("%s does not answer in time", host), Hint: "nothing is forgotten, try again"}
	}
	return &Error{Code: CodeUnavailable, Err: err, Message: fmt.Sprintf("%s cannot be reached: %s", host, redact.Line(cause(err).Error())), Hint: "check the address and the network; nothing is forgotten"}
}

// cause is the innermost error.
func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
