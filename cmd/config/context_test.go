package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
)

const prod = `contexts:
  prod:
    cluster: westeurope-1
    project: acme-prod
    cloud: azure
    protected: true
    ca_file: /etc/ssl/corp.pem
    proxy: http://proxy.corp:3128
    auth:
      flow: client_secret
      tenant: acme.example
      client_id: svc
      client_secret: env:ACME_SECRET
      scopes: [a, b]
      parameters:
        resource: https://api.example
`

func TestAContextIsTakenWithItsIdentity(t *testing.T) {
	c, err := parse("/etc/fndeck/config.yaml", []byte(prod), environment)
	require.NoError(t, err)
	assert.Equal(t, []string{"local", "prod"}, c.ContextNames())
	x, ok := c.Context("prod")
	require.True(t, ok)
	secret, err := auth.ParseReference("env:ACME_SECRET")
	require.NoError(t, err)
	assert.Equal(t, Context{
		Name: "prod", Backend: BackendCognite, BaseURL: "https://westeurope-1.cognitedata.com", Project: "acme-prod", Cloud: "azure", Protected: true,
		Network: client.Network{CAFile: "/etc/ssl/corp.pem", Proxy: "http://proxy.corp:3128"},
		Identity: auth.Identity{
			Flow: auth.FlowClientSecret, Tenant: "acme.example", ClientID: "svc", ClientSecret: secret,
			Scopes: []string{"a", "b"}, Parameters: map[string]string{"resource": "https://api.example"},
		},
		File: "/etc/fndeck/config.yaml", Place: "config.yaml:2:3",
	}, x)
	_, ok = c.Context("nosuch")
	assert.False(t, ok)
}

func TestABadContextIsNamedByPlaceAndReason(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"name":             {"contexts:\n  a/b: {project: p}\n", `config.yaml:2:3: context "a/b": a name has letters`},
		"no base url":      {"contexts:\n  x: {project: p}\n", "config.yaml:2:3: context x: base_url is missing"},
		"no project":       {"contexts:\n  x: {cluster: c}\n", "project is missing"},
		"no flow":          {"contexts:\n  x: {cluster: c, project: p}\n", "auth.flow is missing: token, client_secret"},
		"flow":             {"contexts:\n  x:\n    auth: {flow: magic}\n", `config.yaml:3:18: flow "magic": allowed are token`},
		"half an identity": {"contexts:\n  x: {cluster: c, project: p, auth: {flow: client_secret}}\n", "auth: "},
		"bare secret":      {"contexts:\n  x:\n    auth: {client_secret: hunter2}\n", "config.yaml:3:27: a secret is named by env:NAME"},
		"plain http":       {"contexts:\n  x:\n    base_url: http://api.example\n", "config.yaml:3:15: base_url sends tokens unencrypted"},
		"path":             {"contexts:\n  x:\n    base_url: https://api.example/api/v1\n", "scheme and host only"},
		"userinfo":         {"contexts:\n  x:\n    base_url: https://u:p@api.example\n", "scheme and host only"},
		"cloud":            {"contexts:\n  x: {cloud: ibm}\n", "allowed are gcp, azure, aws"},
		"backend":          {"contexts:\n  x: {backend: lambda}\n", "allowed are embedded and cognite"},
		"second engine":    {"contexts:\n  x: {backend: embedded}\n", "the embedded engine is the context local"},
		"key":              {"contexts:\n  x: {projekt: p}\n", `unknown key "projekt", did you mean "project"?`},
		"key of auth":      {"contexts:\n  x:\n    auth: {clientid: p}\n", `config.yaml:3:12: unknown key "clientid", did you mean "client_id"?`},
		"auth as text":     {"contexts:\n  x: {auth: token}\n", "keys and values are expected here"},
		"project as path":  {"contexts:\n  x: {project: a/b}\n", "it is the name in the project's URL"},
		"proxy":            {"contexts:\n  x: {proxy: corp}\n", "proxy is not a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse("config.yaml", []byte(c.text), environment)
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.says)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// placed writes a file of a context beside a configuration.
func contextFile(t *testing.T, path, name, text string, mode os.FileMode) string {
	t.Helper()
	file := filepath.Join(ContextsDir(path), name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	require.NoError(t, os.Chmod(file, mode))
	return file
}

const staticToken = "base_url: http://127.0.0.1:9\nproject: p\nauth: {flow: token, token: "

func TestAContextMayHaveAFileOfItsOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	file := contextFile(t, path, "dev.yaml", staticToken+"env:T}\n", 0o644)
	f := NewFile(path, false, environment)
	c, found, err := f.Load()
	require.NoError(t, err)
	assert.False(t, found, "there is no configuration file")
	x, ok := c.Context("dev")
	require.True(t, ok)
	assert.NoError(t, x.Fault)
	assert.Equal(t, file, x.File)

	contextFile(t, path, "more.yaml", staticToken+"env:T}\n", 0o600)
	c, err = f.LoadChanged()
	require.NoError(t, err)
	require.NotNil(t, c, "a context that has come is seen")
	assert.Equal(t, []string{"local", "dev", "more"}, c.ContextNames())
}

func TestABrokenContextIsThereWithItsReasonAndTheOthersWork(t *testing.T) {
	path, _ := written(t, prod)
	contextFile(t, path, "broken.yaml", "projekt: p\n", 0o600)
	contextFile(t, path, "open.yaml", staticToken+"inline:hunter2}\n", 0o644)
	contextFile(t, path, "prod.yaml", staticToken+"env:T}\n", 0o600)
	contextFile(t, path, "local.yaml", "", 0o600)
	contextFile(t, path, "fine.yaml", staticToken+"inline:hunter2}\n", 0o600)
	c, _, err := NewFile(path, false, environment).Load()
	require.NoError(t, err)
	says := map[string]string{
		"broken":     `broken.yaml:1:1: unknown key "projekt"`,
		"open":       "is readable by others and holds a secret of context open",
		"prod.yaml":  "prod.yaml: context prod stands at config.yaml:2:3 too",
		"local.yaml": "a file here is named after its context",
		"fine":       "",
		"prod":       "",
		"local":      "",
	}
	for _, x := range c.Contexts {
		want, known := says[x.Name]
		require.True(t, known, x.Name)
		delete(says, x.Name)
		if want == "" {
			assert.NoError(t, x.Fault, x.Name)
			continue
		}
		assert.ErrorContains(t, x.Fault, want)
		assert.NotContains(t, x.Fault.Error(), "hunter2")
	}
	assert.Empty(t, says)
}

func TestASecretInAConfigurationThatOthersReadIsRefused(t *testing.T) {
	path, _ := written(t, "contexts:\n  x: {base_url: http://127.0.0.1:9, project: p, auth: {flow: token, token: inline:hunter2}}\n")
	require.NoError(t, os.Chmod(path, 0o644))
	_, _, err := NewFile(path, false, environment).Load()
	require.Error(t, err)
	x := client.Explain(err)
	assert.Contains(t, x.Sentence, "is readable by others")
	assert.Equal(t, "chmod 600 "+path, x.Hint)
}

func TestAContextThatIsWrittenIsReadAsItWasMeant(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	pairs := []Pair{
		{"cluster", "westeurope-1"},
		{"project", "1234"},
		{"auth.flow", "device_code"},
		{"auth.tenant", "acme.example"},
		{"auth.client_id", "app"},
		{"auth.scopes", "openid, profile"},
		{"auth.parameters.resource", "yes"},
		{"protected", "true"},
	}
	_, err := WriteContext(path, "prod", pairs, environment)
	require.NoError(t, err)
	c, _, err := NewFile(path, false, environment).Load()
	require.NoError(t, err)
	x, ok := c.Context("prod")
	require.True(t, ok)
	require.NoError(t, x.Fault)
	assert.Equal(t, "1234", x.Project)
	assert.Equal(t, auth.FlowDeviceCode, x.Identity.Flow)
	assert.Equal(t, []string{"openid", "profile"}, x.Identity.Scopes)
	assert.Equal(t, map[string]string{"resource": "yes"}, x.Identity.Parameters)
	assert.True(t, x.Protected)
	info, err := os.Stat(x.File)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	_, err = WriteContext(path, "prod", pairs, environment)
	assert.ErrorIs(t, err, client.ErrConflict)
	require.NoError(t, RemoveContext(path, x))
	assert.NoFileExists(t, x.File)
}

func TestAContextThatCouldNotBeReadBackIsNotWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	for name, pairs := range map[string][]Pair{
		"half":  {{"cluster", "c"}},
		"twice": {{"cluster", "c"}, {"cluster", "d"}},
		"key":   {{"klaster", "c"}},
	} {
		_, err := WriteContext(path, name, pairs, environment)
		assert.Error(t, err, name)
	}
	for _, name := range []string{"local", "../x", ""} {
		_, err := WriteContext(path, name, []Pair{{"cluster", "c"}, {"project", "p"}, {"auth.flow", "token"}, {"auth.token", "env:T"}}, environment)
		assert.Error(t, err, name)
	}
	assert.NoDirExists(t, ContextsDir(path))
}

func TestAContextOfTheConfigurationFileIsNotRemoved(t *testing.T) {
	path, _ := written(t, prod)
	c, _, err := NewFile(path, false, environment).Load()
	require.NoError(t, err)
	for _, x := range c.Contexts {
		assert.ErrorIs(t, RemoveContext(path, x), client.ErrConflict)
	}
	assert.FileExists(t, path)
}

func TestTheChosenContextStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	name, err := Current(path)
	require.NoError(t, err)
	assert.Empty(t, name)
	require.NoError(t, SetCurrent(path, "prod"))
	name, err = Current(path)
	require.NoError(t, err)
	assert.Equal(t, "prod", name)
}

func TestASecretBehindASymbolicLinkIsRefusedAndWhatNamesItElsewhereIsNot(t *testing.T) {
	dir := t.TempDir()
	kept, path := filepath.Join(dir, "kept.yaml"), filepath.Join(dir, "config.yaml")
	require.NoError(t, os.Symlink(kept, path))
	text := "contexts: {far: {base_url: 'https://api.example', project: p, auth: {flow: token, token: 'inline:abc'}}}\n"
	require.NoError(t, os.WriteFile(kept, []byte(text), 0o600))
	_, _, err := NewFile(path, false, environment).Load()
	require.ErrorContains(t, err, "config.yaml is a symbolic link and holds a secret of context far")
	assert.Contains(t, client.Explain(err).Hint, "env:, file: or cmd:")

	require.NoError(t, os.WriteFile(kept, []byte(strings.Replace(text, "inline:abc", "env:TOKEN", 1)), 0o644))
	c, _, err := NewFile(path, false, environment).Load()
	require.NoError(t, err)
	assert.Equal(t, []string{"local", "far"}, c.ContextNames())
}

func TestWithoutAPlaceToWriteTheFolderIsNamedAndWhatToDo(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(blocked, nil, 0o600))
	err := SetCurrent(filepath.Join(blocked, "config.yaml"), "prod")
	require.ErrorContains(t, err, "config.d cannot be made: ")
	assert.Contains(t, client.Explain(err).Hint, "FNDECK_CONFIG_DIR")
}
