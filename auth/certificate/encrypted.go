package certificate

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
)

// The standard library reads no encrypted PKCS#8 (RFC 5958 section 3). What is
// read here is PBES2 with PBKDF2 and AES-CBC (RFC 8018 section 6.2), which is
// what openssl has written for years; a library for it would bring more ciphers
// than anyone should use.

// maxIterations bounds the work that a file can ask for: openssl asks for 2048,
// careful people for a million.
const maxIterations = 10_000_000

var (
	oidPBES2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidHMACSHA1   = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}
	oidHMACSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	oidAES128CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}
	oidAES192CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}
	oidAES256CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
)

var errCipher = errors.New("the key is encrypted in a way that is not read here: openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out FILE.new writes it anew")

type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2 struct {
	Derivation, Cipher pkix.AlgorithmIdentifier
}

type pbkdf2Parameters struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

// decryptKey opens an encrypted PKCS#8 key.
func decryptKey(der []byte, password string) (crypto.PrivateKey, error) {
	var outer encryptedKey
	var scheme pbes2
	var parameters pbkdf2Parameters
	var vector []byte
	if !decodes(der, &outer) {
		return nil, errors.New("the encrypted private key in it cannot be read")
	}
	if !outer.Algorithm.Algorithm.Equal(oidPBES2) || !decodes(outer.Algorithm.Parameters.FullBytes, &scheme) ||
		!scheme.Derivation.Algorithm.Equal(oidPBKDF2) || !decodes(scheme.Derivation.Parameters.FullBytes, &parameters) ||
		!decodes(scheme.Cipher.Parameters.FullBytes, &vector) || len(vector) != aes.BlockSize {
		return nil, errCipher
	}
	if password == "" {
		return nil, fmt.Errorf("the private key is encrypted: %w", ErrPassword)
	}
	key, err := deriveKey(scheme.Cipher.Algorithm, parameters, password)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	plain := outer.Data
	if len(plain) == 0 || len(plain)%aes.BlockSize != 0 {
		return nil, errors.New("the encrypted private key in it is cut off")
	}
	cipher.NewCBCDecrypter(block, vector).CryptBlocks(plain, plain)
	// The padding is not worth a look of its own: what follows the key's own
	// length is refused by its parser.
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > aes.BlockSize {
		return nil, ErrPassword
	}
	private, err := x509.ParsePKCS8PrivateKey(plain[:len(plain)-padding])
	if err != nil {
		return nil, ErrPassword
	}
	return private, nil
}

func deriveKey(cipherID asn1.ObjectIdentifier, p pbkdf2Parameters, password string) ([]byte, error) {
	var length int
	switch {
	case cipherID.Equal(oidAES128CBC):
		length = 16
	case cipherID.Equal(oidAES192CBC):
		length = 24
	case cipherID.Equal(oidAES256CBC):
		length = 32
	default:
		return nil, errCipher
	}
	var digest func() hash.Hash
	switch prf := p.PRF.Algorithm; {
	case len(prf) == 0, prf.Equal(oidHMACSHA1): // RFC 8018: SHA-1 unless it is said
		digest = sha1.New
	case prf.Equal(oidHMACSHA256):
		digest = sha256.New
	default:
		return nil, errCipher
	}
	if p.Iterations < 1 || p.Iterations > maxIterations {
		return nil, fmt.Errorf("the key asks for %d rounds to open it", p.Iterations)
	}
	return pbkdf2.Key(digest, password, p.Salt, p.Iterations, length)
}

// decodes reads DER that ends with what is wanted.
func decodes(der []byte, into any) bool {
	rest, err := asn1.Unmarshal(der, into)
	return err == nil && len(rest) == 0
}
