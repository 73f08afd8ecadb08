package auth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"fndeck/auth/certificate"
	"fndeck/auth/redact"
	"fndeck/auth/tokenstore"
)

// assertionType marks a client assertion (RFC 7523 section 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// clientCertificateGrant is client credentials with an assertion instead of the
// secret.
func clientCertificateGrant(i *issuer) grantFunc {
	return func(ctx context.Context, _ tokenstore.Set) (granted, error) {
		return i.withAssertion(ctx, "client_credentials", i.extras())
	}
}

// withAssertion sends a grant with a new assertion. An assertion is dated from
// the issuer's clock; the first one does not know it yet, and where that is why
// it was refused, the reply's date lets the second one pass.
func (i *issuer) withAssertion(ctx context.Context, grant string, form url.Values) (granted, error) {
	known := i.ahead()
	g, err := i.assertOnce(ctx, grant, form)
	if err != nil && known == 0 && i.ahead() != 0 && asOurs(err, CodeUnavailable).Code == CodeRefused {
		return i.assertOnce(ctx, grant, form)
	}
	return g, err
}

func (i *issuer) assertOnce(ctx context.Context, grant string, form url.Values) (granted, error) {
	cert, err := i.certificate(ctx)
	if err != nil {
		return granted{}, err
	}
	endpoint, err := i.endpoint(ctx, tokenEndpoint)
	if err != nil {
		return granted{}, err
	}
	signed, err := cert.Sign(certificate.Assertion{
		Audience: endpoint, ClientID: i.identity.ClientID, Now: i.clock.Now().Add(i.ahead()),
		Algorithm: i.algorithm(), Chain: i.identity.SendChain,
	})
	if err != nil {
		return granted{}, &Error{Code: CodeInvalid, Message: "the certificate's key does not sign", Err: err}
	}
	g, err := i.exchange(ctx, grant, form, i.identity.Scopes, assertionCredentials(signed))
	var ours *Error
	if errors.As(err, &ours) && ours.Code == CodeRefused && saidWord(err, "invalid_client", "unauthorized_client") {
		said := *ours
		said.Hint = fmt.Sprintf("%s (thumbprint %s)", ours.Hint, cert.Thumbprint())
		return granted{}, &said
	}
	return g, err
}

func assertionCredentials(signed string) credentials {
	return credentials{form: url.Values{"client_assertion_type": {assertionType}, "client_assertion": {signed}}}
}

// algorithm is PS256 but for ADFS, which is known by its path.
func (i *issuer) algorithm() certificate.Algorithm {
	for _, address := range []string{i.identity.Issuer, i.identity.TokenURL} {
		if strings.HasSuffix(strings.TrimRight(address, "/"), "/adfs") || strings.Contains(address, "/adfs/") {
			return certificate.RS256
		}
	}
	return certificate.PS256
}

// certificate reads the file anew, so that a renewed one is taken up.
func (i *issuer) certificate(ctx context.Context) (*certificate.Certificate, error) {
	file := i.identity.CertificateFile
	data, err := file.read(ctx, i.getenv) // whole: PKCS#12 is binary
	if err != nil {
		return nil, &Error{Code: CodeInvalid, Message: fmt.Sprintf("certificate: %s", redact.Line(err.Error())), Hint: "mend what the context refers to", Err: err}
	}
	var password Secret
	if !i.identity.CertificatePassword.IsZero() {
		if password, err = i.secret(ctx, "certificate_password", i.identity.CertificatePassword); err != nil {
			return nil, err
		}
	}
	cert, err := certificate.Parse([]byte(data), password.Reveal(), i.clock.Now())
	if err != nil {
		return nil, &Error{Code: CodeInvalid, Message: fmt.Sprintf("certificate %s: %s", file, redact.Line(err.Error())), Hint: "certificate names one file with the key and its certificate, PEM or PKCS#12", Err: err}
	}
	return cert, nil
}
