package drift_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/drift"
	"fndeck/client/pack"
)

func TestMetadataOfTheToolkitFollowWhatIsDeployed(t *testing.T) {
	code, err := pack.FromFiles(map[string][]byte{
		"handler.py": []byte("def handle(data):\r\n    return data\r\n"), "requirements.txt": []byte("requests==2.32.3\n"), "sub/util.py": []byte("X = 1\n"),
	})
	require.NoError(t, err)
	secrets := map[string]client.Secret{"key": auth.NewSecret("value")}
	plain := map[string]string{"team": "ops"}
	same, err := drift.ToolkitMetadata(plain, code, secrets)
	require.NoError(t, err)
	assert.Equal(t, plain, same, "a function that the toolkit does not manage gets no key of its")

	managed := map[string]string{"team": "ops", drift.ToolkitHashKey: "/=00000000", drift.ToolkitSecretKey: "old"}
	anew, err := drift.ToolkitMetadata(managed, code, secrets)
	require.NoError(t, err)
	assert.Equal(t, "/=d2205c41;handler.py=1f49c337;requirements.txt=4b818310;sub/util.py=0abae1e0", anew[drift.ToolkitHashKey])
	assert.Equal(t, drift.ToolkitSecrets(secrets), anew[drift.ToolkitSecretKey])
	assert.Equal(t, "ops", anew["team"])
	assert.Equal(t, "old", managed[drift.ToolkitSecretKey], "what was given stays as it is")

	none, err := drift.ToolkitMetadata(managed, code, nil)
	require.NoError(t, err)
	assert.NotContains(t, none, drift.ToolkitSecretKey, "without secrets there is no hash of them")
	_, err = drift.ToolkitMetadata(managed, []byte("no zip"), nil)
	assert.Error(t, err)
}
