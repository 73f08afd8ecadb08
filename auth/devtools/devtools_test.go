package devtools

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOlderVersionsOfTheAzureCLITellTheEndInLocalTime(t *testing.T) {
	token, err := readAzureCLI([]byte(`{"accessToken":"x","expiresOn":"2026-03-02 13:00:00.500000"}`))
	require.NoError(t, err)
	assert.Equal(t, Token{"x", time.Date(2026, 3, 2, 13, 0, 0, 500_000_000, time.Local)}, token)
}

func TestOutputOfToolsThatIsNotWhatWasAskedForIsRefused(t *testing.T) {
	for _, read := range []func([]byte) (Token, error){readAzureCLI, readDeveloperCLI, readPowerShell} {
		for _, out := range []string{"", "WARNING: update available", `{"accessToken":1}`, `[]`} {
			token, err := read([]byte(out))
			assert.True(t, err != nil || token.Value == "", "%q", out)
		}
	}
}
