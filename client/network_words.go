package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"fndeck/auth/wire"
)

// NoAnswer turns the failure of a request that got no answer into a sentence and
// what to do; host is whom it was sent to.
func NoAnswer(host string, err error) *Error {
	e := &Error{Code: CodeUnavailable, Err: err}
	var known *Error
	var refused *wire.ProxyError
	var lookup *net.DNSError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &refused):
		return proxyRefusal(refused)
	case proxyWords(e, err), certificateWords(e, host, err), alertWords(e, host, err):
	case errors.As(err, &lookup) && lookup.IsNotFound:
		e.Message, e.Hint = fmt.Sprintf("there is no host %s", host), "check the name, or the name server of this machine"
	case errors.As(err, &lookup):
		e.Message, e.Hint = fmt.Sprintf("the name %s could not be looked up", host), "the name server does not answer: is this machine on the network?"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Message, e.Hint = host+" refuses the connection", "nothing listens there: check the address, or whether it is up"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		e.Message, e.Hint = "there is no way to "+host, "is this machine on the network? a host with IPv6 alone needs IPv6 here"
	case isDial(err) && isTimeout(err):
		e.Message, e.Hint = host+" did not answer the connection in time", "a firewall may drop it: does the context need a proxy?"
	case errors.Is(err, syscall.ECONNRESET):
		e.Message = host + " cut the connection"
	default:
		e.Message = noAnswer
	}
	return e
}

// noAnswer is said where nothing more is known.
const noAnswer = "the backend does not answer"

// networkCause is a failure in words, or as it is where there are none for it.
func networkCause(host string, err error) string {
	if e := NoAnswer(host, err); e.Message != noAnswer {
		return e.Message
	}
	return err.Error()
}

// proxyConnect is the operation that net/http names where a proxy is not reached.
const proxyConnect = "proxyconnect"

// proxyWords tells that it is the proxy that is not reached.
func proxyWords(e *Error, err error) bool {
	var op, dial *net.OpError
	if !errors.As(err, &op) || op.Op != proxyConnect {
		return false
	}
	proxy := "of the context, or of HTTPS_PROXY,"
	if errors.As(op.Err, &dial) && dial.Addr != nil {
		proxy = dial.Addr.String()
	}
	e.Message, e.Hint = fmt.Sprintf("the proxy %s does not answer", proxy), "proxy: none in the context goes without one"
	return true
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// certificateWords tells which check of the server's certificate failed.
func certificateWords(e *Error, host string, err error) bool {
	var verification *tls.CertificateVerificationError
	if !errors.As(err, &verification) || len(verification.UnverifiedCertificates) == 0 {
		return false
	}
	e.Code = CodeUntrusted
	leaf := verification.UnverifiedCertificates[0]
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	issuer := cnOf(leaf.Issuer.CommonName, leaf.Issuer.String())
	switch {
	case errors.As(err, &name):
		e.Message = fmt.Sprintf("the certificate that %s shows is for %s", host, strings.Join(namesOf(leaf), ", "))
		e.Hint = "check the address: somebody else may answer there"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.Message = fmt.Sprintf("the certificate of %s is valid from %s to %s only", host, day(leaf.NotBefore), day(leaf.NotAfter))
		e.Hint = "have the server's certificate renewed, or set this machine's clock"
	case leaf.Issuer.String() == leaf.Subject.String():
		e.Message = fmt.Sprintf("%s shows a certificate that it has signed itself (%s)", host, issuer)
		e.Hint = "if you trust it, put it into a file and name that as ca_file"
	case len(verification.UnverifiedCertificates) == 1:
		e.Message = fmt.Sprintf("%s does not send its intermediate certificate %q, or that is signed by nobody this machine trusts", host, issuer)
		e.Hint = "set ca_file, or have the server fixed"
	default:
		e.Message = fmt.Sprintf("the certificate of %s is signed by %q, whom this machine does not trust", host, issuer)
		e.Hint = "if you trust it, put its certificate into a file and name that as ca_file"
	}
	return true
}

// alertWords tells why a handshake ended; a server says it as an alert, which the
// library gives as text only.
func alertWords(e *Error, host string, err error) bool {
	var alert *net.OpError
	text := err.Error()
	switch {
	case strings.Contains(text, "server gave HTTP response"):
		e.Message, e.Hint = host+" does not speak TLS there", "is the address an http:// one, or a proxy in the way?"
	case strings.Contains(text, "protocol version"):
		e.Message, e.Hint = host+" speaks only a TLS version that is no longer safe (older than 1.2)", "have the server updated"
	case strings.Contains(text, "certificate required"):
		e.Message, e.Hint = host+" wants a client certificate", "fndeck does not offer one for this backend"
	case errors.As(err, &alert) && alert.Op == "remote error":
		e.Message, e.Hint = fmt.Sprintf("%s ended the TLS handshake: %s", host, alert.Err), "it may want a client certificate"
	default:
		return false
	}
	e.Code = CodeUntrusted
	return true
}

func namesOf(leaf *x509.Certificate) []string {
	names := append([]string(nil), leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		names = []string{cnOf(leaf.Subject.CommonName, leaf.Subject.String())}
	}
	return names
}

func cnOf(common, whole string) string {
	if common != "" {
		return common
	}
	return whole
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }
