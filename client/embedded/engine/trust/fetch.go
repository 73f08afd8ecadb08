package trust

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// readLimit is how long one document of an issuer may take.
	readLimit = 5 * time.Second
	// maxDocument bounds it.
	maxDocument = 1 << 20
	// wellKnown is where discovery documents are (OpenID Connect Discovery 1.0
	// section 4).
	wellKnown = "/.well-known/openid-configuration"
)

// CheckIssuer refuses what cannot be an issuer's URL: it needs https, but for this
// machine itself, and has neither a query nor credentials.
func CheckIssuer(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%q is not a URL such as https://login.example.com/tenant", raw)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("an issuer's URL has no user, query or fragment")
	}
	return checkScheme(u)
}

// checkScheme lets http pass on loopback only.
func checkScheme(u *url.URL) error {
	host := u.Hostname()
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme == "https" || u.Scheme == "http" && local {
		return nil
	}
	return fmt.Errorf("%s://%s: https is needed; http is for 127.0.0.1, [::1] and localhost", u.Scheme, u.Host)
}

// readKeys asks the issuer where its keys are, and for them.
func (i *Issuer) readKeys(ctx context.Context) ([]jose.JSONWebKey, error) {
	keys, err := i.discover(ctx)
	if err != nil {
		i.c.Logger.Warn("the keys of the trusted issuer cannot be had", "issuer", i.c.Issuer, "error", err)
		return nil, unavailable(err)
	}
	return keys, nil
}

func (i *Issuer) discover(ctx context.Context) ([]jose.JSONWebKey, error) {
	web, err := i.web()
	if err != nil {
		return nil, err
	}
	var found struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	at := strings.TrimSuffix(i.c.Issuer, "/") + wellKnown
	if err := read(ctx, web, at, &found); err != nil {
		return nil, err
	}
	if found.Issuer != i.c.Issuer {
		return nil, fmt.Errorf("%s: issuer is %s, not the configured one", at, quoted(found.Issuer))
	}
	place, err := url.Parse(found.Keys)
	if err != nil || place.Host == "" {
		return nil, fmt.Errorf("%s: jwks_uri %s is not a URL", at, quoted(found.Keys))
	}
	if err := checkScheme(place); err != nil {
		return nil, fmt.Errorf("%s: jwks_uri: %w", at, err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := read(ctx, web, found.Keys, &set); err != nil {
		return nil, err
	}
	keys := signingKeys(set.Keys)
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s: there is no key to verify signatures with", found.Keys)
	}
	return keys, nil
}

// signingKeys are the public keys of a set that are for signatures. Others, and
// kinds that are not known here, are passed over (RFC 7517 section 5).
func signingKeys(set []json.RawMessage) (keys []jose.JSONWebKey) {
	for _, raw := range set {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil && key.IsPublic() && key.Use != "enc" {
			keys = append(keys, key)
		}
	}
	return keys
}

// web is a client for few requests, far apart: it keeps no connection and reads
// the certificates anew each time, so that a mended file needs no restart.
func (i *Issuer) web() (*http.Client, error) {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	if i.c.CAFile != "" {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		text, err := os.ReadFile(i.c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("engine.oidc.ca_file: %w", err)
		}
		if !roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("engine.oidc.ca_file: %s holds no PEM certificate", i.c.CAFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{
		Transport: transport, Timeout: readLimit,
		// Whoever an issuer points to is not the issuer.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// read gets one JSON document. Of a wrong one nothing is repeated.
func read(ctx context.Context, web *http.Client, from string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/json")
	reply, err := web.Do(r)
	if err != nil {
		return unreachable(from, err)
	}
	defer func() { _ = reply.Body.Close() }() // only read
	if reply.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %d", from, reply.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(reply.Body, maxDocument+1))
	switch {
	case err != nil:
		return unreachable(from, err)
	case len(body) > maxDocument:
		return fmt.Errorf("%s answered with more than %d bytes", from, maxDocument)
	case json.Unmarshal(body, into) != nil:
		return fmt.Errorf("%s answered with something else than the JSON that is expected", from)
	}
	return nil
}

func unreachable(from string, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without it the address would stand there twice
	}
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return fmt.Errorf("%s: %w; engine.oidc.ca_file names a file of certificates to trust", from, err)
	}
	return fmt.Errorf("%s: %w", from, err)
}
