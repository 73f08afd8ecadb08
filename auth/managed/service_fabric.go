package managed

import (
	"context"
	"crypto/sha1"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

func hasServiceFabric(m Machine) bool {
	return m.set("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT")
}

// askServiceFabric trusts the one certificate whose thumbprint the environment
// names: it is signed by itself.
func askServiceFabric(ctx context.Context, m Machine, resource string, id ID) (Answer, error) {
	if id != (ID{}) {
		return Answer{}, &Refusal{"Service Fabric", 0, "the identity is chosen in the application's manifest, not by its name"}
	}
	query := url.Values{"api-version": {"2019-07-01-preview"}, "resource": {resource}}
	answer, _, err := m.token(ctx, exchange{"Service Fabric", newClient(pinnedTo(m.Getenv("IDENTITY_SERVER_THUMBPRINT"))), retriable, func(ctx context.Context) (*http.Request, error) {
		return get(ctx, m.Getenv("IDENTITY_ENDPOINT")+"?"+query.Encode(), http.Header{"Secret": {m.Getenv("IDENTITY_HEADER")}})
	}})
	return answer, err
}

// pinnedTo accepts a server by the SHA-1 of its certificate, as Service Fabric
// names it, in place of a chain.
func pinnedTo(thumbprint string) *tls.Config {
	want := strings.ToLower(strings.ReplaceAll(thumbprint, ":", ""))
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // replaced by the pin below
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) > 0 && subtle.ConstantTimeCompare([]byte(sha1Of(state.PeerCertificates[0])), []byte(want)) == 1 {
				return nil
			}
			return errors.New("the certificate is not the one that IDENTITY_SERVER_THUMBPRINT names")
		},
	}
}

func sha1Of(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return hex.EncodeToString(sum[:])
}
