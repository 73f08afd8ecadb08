package certificate

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"
)

// assertionLife is how long an assertion is good for, as MSAL has it.
const assertionLife = 10 * time.Minute

// Algorithm is how an assertion is signed, and its certificate named.
type Algorithm string

// The algorithms.
const (
	// PS256 names the certificate by SHA-256: what Entra wants.
	PS256 Algorithm = "PS256"
	// RS256 names it by SHA-1: what ADFS wants.
	RS256 Algorithm = "RS256"
)

// Assertion is what a signed client assertion says (RFC 7523 section 3).
type Assertion struct {
	// Audience is the token endpoint, ClientID the issuer and the subject.
	Audience, ClientID string
	// Now is the issuer's time, as far as it is known.
	Now       time.Time
	Algorithm Algorithm
	// Chain sends the certificates along, not only their name.
	Chain bool
}

// Sign makes the assertion, one for each request: its id is used once.
func (c *Certificate) Sign(a Assertion) (string, error) {
	header := map[string]any{"alg": a.Algorithm, "typ": "JWT"}
	if a.Algorithm == RS256 {
		sum := sha1.Sum(c.leaf.Raw)
		header["x5t"] = base64.RawURLEncoding.EncodeToString(sum[:])
	} else {
		sum := sha256.Sum256(c.leaf.Raw)
		header["x5t#S256"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if a.Chain {
		all := []string{base64.StdEncoding.EncodeToString(c.leaf.Raw)} // RFC 7515 section 4.1.6: not the URL's alphabet
		for _, above := range c.chain {
			all = append(all, base64.StdEncoding.EncodeToString(above.Raw))
		}
		header["x5c"] = all
	}
	claims := map[string]any{
		"aud": a.Audience, "iss": a.ClientID, "sub": a.ClientID, "jti": rand.Text(),
		"nbf": a.Now.Unix(), "exp": a.Now.Add(assertionLife).Unix(),
	}
	head, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body)
	digest := sha256.Sum256([]byte(text))
	var signature []byte
	if a.Algorithm == RS256 {
		signature, err = rsa.SignPKCS1v15(rand.Reader, c.key, crypto.SHA256, digest[:])
	} else { // RFC 7518 section 3.5: the salt is as long as the hash
		signature, err = rsa.SignPSS(rand.Reader, c.key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	}
	if err != nil {
		return "", err
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
