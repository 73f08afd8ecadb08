package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth/redact"
)

func TestWhatHasTheShapeOfASecretIsMasked(t *testing.T) {
	const word = "S3cr3tV4lue"
	for _, text := range []string{
		"token eyJhbGciOi.eyJzdWIi" + word + ".c2ln" + word,
		"Authorization: Bearer " + word, "authorization: basic " + word, "Proxy-Authorization: Basic " + word,
		`{"Authorization":"Bearer ` + word + `"}`,
		"client_secret=" + word + "&scope=x", "refresh_token=" + word, "assertion=" + word, "client_assertion=" + word,
		"code=" + word, "device_code=" + word, "code_verifier=" + word, "?sv=1&sig=" + word, `{"access_token":"` + word + `"}`,
		`"refresh_token": "` + word + `"`, "id_token=" + word, "password=" + word,
		"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + word + "==;EndpointSuffix=x",
		"Endpoint=sb://x/;SharedAccessKey=" + word, "postgres://user:" + word + "@host/db", "https://:" + word + "@index/simple",
	} {
		got := redact.Shapes("before " + text + " after")
		assert.NotContains(t, got, word, text)
		assert.True(t, strings.HasPrefix(got, "before ") && strings.HasSuffix(got, " after"), got)
	}
	for _, text := range []string{"the code of the function", "status code: 200", "a basic function", "bearer of news", "https://host:8080/a@b", "exit code 137"} {
		assert.Equal(t, text, redact.Shapes(text))
	}
}

func TestKnownValuesAreMaskedInEachForm(t *testing.T) {
	const value = `p"ss/w&rd+é`
	var known redact.Known
	known.Add(value, "tok", "longer-"+value)
	quoted, err := json.Marshal(value)
	require.NoError(t, err)
	for _, text := range []string{
		value, url.QueryEscape(value), url.PathEscape(value), string(quoted),
		base64.StdEncoding.EncodeToString([]byte(value)), base64.RawURLEncoding.EncodeToString([]byte(value)), "longer-" + value,
	} {
		got := known.Text("<" + text + ">")
		assert.Contains(t, []string{"<•••>", "<•••=>", "<•••==>", `<"•••">`}, got)
	}
	assert.Equal(t, "a token", known.Text("a token"), "short values stand in ordinary words")
	var nobody *redact.Known
	nobody.Add("x")
	assert.Equal(t, "sig=•••", nobody.Text("sig=abcdef"))
}

func TestALogMasksTextsAndErrors(t *testing.T) {
	var out bytes.Buffer
	known := &redact.Known{}
	known.Add("hush-hush")
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: known.Attr}))
	log.Info("hush-hush happened", "text", "hush-hush", "err", fmt.Errorf("get: %w", errors.New("hush-hush")), "n", 5)
	assert.NotContains(t, out.String(), "hush")
	assert.Contains(t, out.String(), "n=5")
}

// FuzzALineCannotDriveATerminal feeds what a server may say.
func FuzzALineCannotDriveATerminal(f *testing.F) {
	f.Add("\x1b[2J\u202eabc\nsecond")
	f.Add("\xff\xfe\u0085\u009b31m")
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range redact.Line(text) {
			require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%U", r)
		}
	})
}
