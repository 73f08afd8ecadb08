package authtest

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Certificate makes a self-signed certificate for a key, valid for a year around
// the time.
func Certificate(t testing.TB, key crypto.Signer, at time.Time) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(at.Unix()), Subject: pkix.Name{CommonName: "app"},
		NotBefore: at.AddDate(0, -6, 0), NotAfter: at.AddDate(0, 6, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return certificate
}

// PEM writes keys and certificates in the order given.
func PEM(t testing.TB, parts ...any) []byte {
	t.Helper()
	var all []byte
	for _, part := range parts {
		block := &pem.Block{Type: "PRIVATE KEY"}
		if certificate, ok := part.(*x509.Certificate); ok {
			block.Type, block.Bytes = "CERTIFICATE", certificate.Raw
		} else {
			der, err := x509.MarshalPKCS8PrivateKey(part)
			require.NoError(t, err)
			block.Bytes = der
		}
		all = append(all, pem.EncodeToMemory(block)...)
	}
	return all
}
