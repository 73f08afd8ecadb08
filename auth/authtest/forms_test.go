package authtest_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth/authtest"
)

func TestASecretIsFoundHoweverItIsWritten(t *testing.T) {
	const secret = `cAn4ry+/"Secret"=Value`
	quoted, err := json.Marshal(map[string]string{"k": secret})
	require.NoError(t, err)
	texts := []string{secret, "a=" + url.QueryEscape(secret) + "&b", string(quoted)}
	for _, around := range []string{"", "x", "xy", "xyz", "user:"} {
		whole := []byte(around + secret + around)
		texts = append(texts, base64.StdEncoding.EncodeToString(whole), base64.URLEncoding.EncodeToString(whole))
	}
	for _, text := range texts {
		found := slices.ContainsFunc(authtest.Forms(secret), func(form string) bool { return strings.Contains(text, form) })
		assert.True(t, found, text)
	}
	for _, form := range authtest.Forms(secret) {
		assert.NotContains(t, "a text about a canary and its value", form)
		assert.Greater(t, len(form), len(secret)/2, form)
	}
}
