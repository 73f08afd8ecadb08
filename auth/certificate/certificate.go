// Package certificate reads the certificate and key with which a program proves
// who it is, and signs client assertions with them. Each thing that can be wrong
// with such a file has its own sentence; the key never leaves the package.
package certificate

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// The faults of a file that a caller may tell apart.
var (
	ErrNoKey       = errors.New("there is no private key in it")
	ErrNoLeaf      = errors.New("there is no certificate in it")
	ErrOtherKey    = errors.New("the private key belongs to another certificate")
	ErrEC          = errors.New("the key is an elliptic curve's: whether Entra takes ES256 is not established, use an RSA key")
	ErrExpired     = errors.New("the certificate has expired")
	ErrNotYetValid = errors.New("the certificate is not valid yet")
	ErrPassword    = errors.New("the password is wrong, or there is none")
)

// Certificate is a key with its certificate, and the chain above it.
type Certificate struct {
	key   *rsa.PrivateKey
	leaf  *x509.Certificate
	chain []*x509.Certificate
}

// Parse reads PEM, with key and certificates in any order and an optional chain,
// or PKCS#12. The password opens an encrypted key; it may be empty. now judges
// the certificate's dates.
func Parse(data []byte, password string, now time.Time) (*Certificate, error) {
	key, certificates, err := read(data, password)
	if err != nil {
		return nil, err
	}
	c, err := match(key, certificates)
	if err != nil {
		return nil, err
	}
	switch {
	case now.After(c.leaf.NotAfter):
		return nil, fmt.Errorf("%w: on %s", ErrExpired, c.leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(c.leaf.NotBefore):
		return nil, fmt.Errorf("%w: it begins on %s, or the clock is off", ErrNotYetValid, c.leaf.NotBefore.UTC().Format(time.DateOnly))
	}
	return c, nil
}

func read(data []byte, password string) (crypto.PrivateKey, []*x509.Certificate, error) {
	if bytes.Contains(data, []byte("-----BEGIN ")) {
		return readPEM(data, password)
	}
	key, leaf, chain, err := pkcs12.DecodeChain(data, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword), errors.Is(err, pkcs12.ErrDecryption):
		return nil, nil, ErrPassword
	case err != nil:
		return nil, nil, fmt.Errorf("it is neither PEM nor PKCS#12 with one key (%w); make it PEM: openssl pkcs12 -in FILE -out FILE.pem -nodes", err)
	}
	return key, append([]*x509.Certificate{leaf}, chain...), nil
}

// readPEM reads blocks until the end; text between them is skipped, as openssl
// writes some.
func readPEM(data []byte, password string) (key crypto.PrivateKey, certificates []*x509.Certificate, err error) {
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			return key, certificates, nil
		}
		data = rest
		if block.Type == "CERTIFICATE" {
			certificate, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, fmt.Errorf("a certificate in it cannot be read: %w", err)
			}
			certificates = append(certificates, certificate)
			continue
		}
		found, err := readKey(block, password)
		if err != nil {
			return nil, nil, err
		}
		if found != nil && key != nil {
			return nil, nil, errors.New("there are two private keys in it")
		}
		if found != nil {
			key = found
		}
	}
}

// readKey returns nil for a block that is no key.
func readKey(block *pem.Block, password string) (crypto.PrivateKey, error) {
	if block.Headers["DEK-Info"] != "" {
		return nil, errors.New("the key is encrypted in an old way that does not protect it: openssl pkcs8 -topk8 -in FILE -out FILE.new writes it anew")
	}
	var key crypto.PrivateKey
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return decryptKey(block.Bytes, password)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the private key in it cannot be read: %w", err)
	}
	return key, nil
}

// match finds the key's certificate among those of the file: the chain may come
// before it.
func match(key crypto.PrivateKey, certificates []*x509.Certificate) (*Certificate, error) {
	if key == nil {
		return nil, ErrNoKey
	}
	if len(certificates) == 0 {
		return nil, ErrNoLeaf
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		if _, ec := key.(*ecdsa.PrivateKey); ec {
			return nil, ErrEC
		}
		return nil, errors.New("the key is not an RSA key")
	}
	c := &Certificate{key: private}
	for _, candidate := range certificates {
		public, ok := candidate.PublicKey.(*rsa.PublicKey)
		if ok && c.leaf == nil && public.Equal(&private.PublicKey) {
			c.leaf = candidate
			continue
		}
		c.chain = append(c.chain, candidate)
	}
	if c.leaf == nil {
		return nil, ErrOtherKey
	}
	return c, nil
}

// Thumbprint is the SHA-256 of the certificate in hexadecimal, as portals show it.
func (c *Certificate) Thumbprint() string {
	sum := sha256.Sum256(c.leaf.Raw)
	return hex.EncodeToString(sum[:])
}
