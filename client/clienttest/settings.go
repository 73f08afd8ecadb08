package clienttest

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/drift"
)

// telling answers with the settings that it runs under.
const telling = `import os
def handle(data, secrets):
    return {"secrets": secrets, "a": os.environ.get("A"), "b": os.environ.get("B")}
`

func (s suite) changesSettings(t *testing.T) {
	x := s.start(t)
	changer := need[client.SettingsChanger](x, client.CanChangeSettings)
	versioner := need[client.Versioner](x, client.CanVersion)
	f := x.deploy("settings", telling)
	change := func(c client.SpecChange) client.Function {
		t.Helper()
		_, err := changer.ChangeSettings(x.ctx, f.ID, c)
		require.NoError(t, err)
		after, err := action.AwaitReady(x.ctx, x.b, f.ID, nil)
		require.NoError(t, err)
		return after
	}
	owner, description := "kari", "tells its settings"
	after := change(client.SpecChange{
		Owner: &owner, Description: &description, Metadata: map[string]string{"team": "ops"},
		EnvVars: map[string]string{"A": "1", "B": "2"},
		Secrets: map[string]client.Secret{"kept": auth.NewSecret("old"), "replaced": auth.NewSecret("old"), "dropped": auth.NewSecret("old")},
	})
	assert.Equal(t, []any{2, owner, description, map[string]string{"team": "ops"}, []string{"dropped", "kept", "replaced"}},
		[]any{after.Version, after.Owner, after.Description, after.Metadata, after.SecretNames})
	assert.JSONEq(t, `{"a":"1","b":"2","secrets":{"kept":"old","replaced":"old","dropped":"old"}}`, x.answer(f))

	after = change(client.SpecChange{
		EnvVars: map[string]string{"B": "3"}, KeepSecrets: []string{"kept"}, Secrets: map[string]client.Secret{"replaced": auth.NewSecret("new")},
	})
	assert.Equal(t, owner, after.Owner, "what is not named stays")
	assert.JSONEq(t, `{"a":null,"b":"3","secrets":{"kept":"old","replaced":"new"}}`, x.answer(f))

	after = change(client.SpecChange{EnvVars: map[string]string{}, Secrets: map[string]client.Secret{}, Metadata: map[string]string{}})
	assert.Empty(t, after.SecretNames, "an empty map takes all away")
	assert.Empty(t, after.Metadata)
	assert.JSONEq(t, `{"a":null,"b":null,"secrets":{}}`, x.answer(f))

	versions, err := versioner.Versions(x.ctx, f.ID)
	require.NoError(t, err)
	for _, v := range versions {
		assert.Equal(t, versions[0].CodeSHA256, v.CodeSHA256, "the code is the same")
	}
	_, err = changer.ChangeSettings(x.ctx, f.ID, client.SpecChange{Secrets: map[string]client.Secret{}, KeepSecrets: []string{"nosuch"}})
	assert.Equal(t, client.CodeInvalid, client.Explain(err).Code)
	_, err = changer.ChangeSettings(x.ctx, "4711", client.SpecChange{Owner: &owner})
	assert.ErrorIs(t, err, client.ErrNotFound)
	broken := x.deploy("no settings", "raise RuntimeError('broken')\n")
	_, err = changer.ChangeSettings(x.ctx, broken.ID, client.SpecChange{Owner: &owner})
	assert.ErrorIs(t, err, client.ErrConflict, "no code serves")
}

func (s suite) readsCode(t *testing.T) {
	x := s.start(t)
	reader := need[client.CodeReader](x, client.CanReadCode)
	f := x.deploy("code", echo)
	code, err := reader.Code(x.ctx, f.ID, 1)
	require.NoError(t, err)
	assert.Equal(t, x.pack(echo).Zip, code)
	files, err := drift.Deployed(x.ctx, x.b, f.ID, 1)
	require.NoError(t, err)
	packed, err := drift.InZip(x.ctx, bytes.NewReader(code), int64(len(code)))
	require.NoError(t, err)
	assert.Equal(t, packed, files)
	assert.Len(t, files, 1)
	_, err = reader.CodeFiles(x.ctx, f.ID, 77)
	assert.ErrorIs(t, err, client.ErrNotFound)
	_, err = reader.Code(x.ctx, "4711", 1)
	assert.ErrorIs(t, err, client.ErrNotFound)
}
