package engine

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCredentialsThatAnErrorQuotesAreMaskedInTheLog(t *testing.T) {
	var b bytes.Buffer
	l := NewLogger(t.TempDir(), &b)
	l.Error("build", "error", errors.New("GET https://builder:c4n4ry@index.test/simple/: refused"),
		"header", "Authorization: Bearer c4n4ry.of-a~token", "token", "eyJhbGciOi.eyJjNG40cnkiOjF9.c4n4ry", "count", 7)
	assert.NotContains(t, b.String(), "c4n4ry")
	assert.NotContains(t, b.String(), "eyJ")
	assert.Contains(t, b.String(), "index.test/simple/")
	assert.Contains(t, b.String(), "count=7")
}
