package auth_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/authtest"
)

// chainDesk is a machine on which nothing is set up: no tool on the path, no
// metadata service.
func chainDesk(t *testing.T) (*desk, auth.Identity) {
	t.Helper()
	d := newDesk(t)
	t.Setenv("PATH", t.TempDir())
	d.env["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = "http://127.0.0.1:1"
	return d, auth.Identity{Flow: auth.FlowDefault, Authority: d.URL, Tenant: authtest.Tenant, Scopes: []string{"https://api/.default"}}
}

// tool puts a program on the path that writes its arguments down.
func tool(t *testing.T, name, body string) (arguments string) {
	t.Helper()
	dir := os.Getenv("PATH")
	arguments = filepath.Join(dir, name+".args")
	script := "#!/bin/sh\nfor a in \"$@\"; do echo \"$a\" >> " + arguments + "; done\n" + body + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700))
	return arguments
}

func TestAChainThatFailsListsEachLinkWithItsReason(t *testing.T) {
	d, identity := chainDesk(t)
	e := fault(t, d.open(t, identity))
	var names []string
	for _, link := range e.Links {
		names = append(names, link.Name)
		assert.NotEmpty(t, link.Reason, link.Name)
	}
	assert.Equal(t, []string{"Environment", "Workload identity", "Managed identity", "Azure CLI", "Azure Developer CLI", "Azure PowerShell"}, names)
	assert.Contains(t, e.Links[0].Reason, "AZURE_CLIENT_ID")
	assert.Contains(t, e.Links[3].Reason, "not installed")
}

func TestTheEnvironmentComesFirstAndIsNamed(t *testing.T) {
	d, identity := chainDesk(t)
	d.env["AZURE_TENANT_ID"], d.env["AZURE_CLIENT_ID"], d.env["AZURE_CLIENT_SECRET"] = authtest.Tenant, appID, appWord
	tool(t, "az", `echo '{"accessToken":"from-az","expires_on":1}'`)
	source := d.open(t, identity)
	token(t, source)
	assert.Equal(t, "Environment", source.Status().Link)
	assert.Equal(t, "body", d.Seen()[0].Place)

	// The link that answered is kept, whatever appears later.
	delete(d.env, "AZURE_CLIENT_SECRET")
	d.clock.Advance(time.Hour)
	e := fault(t, source)
	assert.NotEqual(t, "Azure CLI", source.Status().Link)
	assert.Contains(t, e.Message, "AZURE_CLIENT_SECRET")
}

func TestTheCertificateOfTheEnvironmentIsReadByBothNames(t *testing.T) {
	for _, name := range []string{"AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERT_PATH"} {
		d, certified := certifiedDesk(t)
		d.env = map[string]string{"AZURE_TENANT_ID": authtest.Tenant, "AZURE_CLIENT_ID": "svc", "AZURE_AUTHORITY_HOST": d.URL, name: certified.CertificateFile.String()[len("file:"):]}
		source := d.open(t, auth.Identity{Flow: auth.FlowDefault, Scopes: []string{"api/.default"}})
		token(t, source)
		assert.Equal(t, "assertion", d.Seen()[0].Place)
	}
}

func TestARefusalStopsTheChain(t *testing.T) {
	d, identity := chainDesk(t)
	d.env["AZURE_TENANT_ID"], d.env["AZURE_CLIENT_ID"], d.env["AZURE_CLIENT_SECRET"] = authtest.Tenant, appID, "wrong-word"
	asked := tool(t, "az", `echo '{"accessToken":"from-az","expires_on":1}'`)
	e := fault(t, d.open(t, identity))
	assert.Contains(t, e.Message, "Environment of the default chain")
	assert.Contains(t, e.Message, "client secret")
	assert.NoFileExists(t, asked)
}

func TestAPodsTokenIsReadAnewForEachRequest(t *testing.T) {
	d, identity := chainDesk(t)
	file := filepath.Join(t.TempDir(), "projected")
	d.env["AZURE_TENANT_ID"], d.env["AZURE_CLIENT_ID"], d.env["AZURE_FEDERATED_TOKEN_FILE"] = authtest.Tenant, "svc", file
	d.env["AZURE_TOKEN_CREDENTIALS"] = "workloadidentitycredential"
	d.Fault("/token", -1, reply(200, `{"access_token":"pod","expires_in":60}`))
	source := d.open(t, identity)
	for n, text := range []string{"first", "second"} {
		require.NoError(t, os.WriteFile(file, []byte(text+"\n"), 0o644)) // the cluster's files are for all
		token(t, source)
		assert.Equal(t, text, d.Seen()[n].Form.Get("client_assertion"))
		d.clock.Advance(time.Minute)
	}
	assert.Equal(t, "Workload identity", source.Status().Link)
}

func TestAManagedIdentityInTheChainIsProbedFirst(t *testing.T) {
	d, identity := chainDesk(t)
	cloud := authtest.NewCloud(t)
	d.env["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = cloud.URL
	source := d.open(t, identity)
	assert.Equal(t, "cloud-token", token(t, source))
	assert.Equal(t, "Managed identity, IMDS", source.Status().Link)
	assert.Len(t, cloud.Requests(), 2)

	alone := authtest.NewCloud(t)
	d.env["AZURE_POD_IDENTITY_AUTHORITY_HOST"], d.env["AZURE_TOKEN_CREDENTIALS"] = alone.URL, "ManagedIdentityCredential"
	token(t, d.open(t, identity))
	assert.Len(t, alone.Requests(), 1, "alone, no probe")
}

func TestAMachineWithoutAnIdentityLetsTheChainGoOn(t *testing.T) {
	d, identity := chainDesk(t)
	cloud := authtest.NewCloud(t)
	cloud.Statuses(400, 400)
	d.env["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = cloud.URL
	tool(t, "az", `echo '{"accessToken":"from-az","expires_on":4102444800}'`)
	assert.Equal(t, "from-az", token(t, d.open(t, identity)))
}

func TestToolsAreAskedWithoutAShell(t *testing.T) {
	d, identity := chainDesk(t)
	az := tool(t, "az", `echo '{"accessToken":"from-az","expires_on":1772456400,"expiresOn":"2001-01-01 00:00:00.000000"}'`)
	source := d.open(t, identity)
	got, err := source.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "from-az", got.Value.Reveal())
	assert.Equal(t, int64(1772456400), got.Ends.Unix())
	assert.Equal(t, "Azure CLI", source.Status().Link)
	written, err := os.ReadFile(az)
	require.NoError(t, err)
	assert.Equal(t, "account\nget-access-token\n-o\njson\n--resource\nhttps://api\n--tenant\nt1\n", string(written))

	require.NoError(t, os.Remove(az))
	identity.Scopes = []string{"https://api/$(reboot)"}
	e := fault(t, d.open(t, identity))
	assert.Contains(t, e.Links[3].Reason, "cannot be handed to a tool")
	assert.NoFileExists(t, az)
}

func TestTheOtherToolsStandInWhenTheFirstIsNotSignedIn(t *testing.T) {
	d, identity := chainDesk(t)
	d.env["AZURE_TOKEN_CREDENTIALS"] = "dev"
	tool(t, "az", `echo 'ERROR: Please run az login' >&2; exit 1`)
	azd := tool(t, "azd", `echo '{"token":"from-azd","expiresOn":"2026-03-02T13:00:00Z"}'`)
	got, err := d.open(t, identity).Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "from-azd", got.Value.Reveal())
	assert.Equal(t, time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC), got.Ends)
	written, err := os.ReadFile(azd)
	require.NoError(t, err)
	assert.Contains(t, string(written), "--no-prompt\n--scope\nhttps://api/.default\n")

	tool(t, "azd", "echo broken")
	script := tool(t, "pwsh", `echo '{"token":"from-pwsh","on":1772456400}'`)
	source := d.open(t, identity)
	assert.Equal(t, "from-pwsh", token(t, source))
	written, err = os.ReadFile(script)
	require.NoError(t, err)
	assert.Contains(t, string(written), "Get-AzAccessToken -ResourceUrl 'https://api' -TenantId 't1'")
}

func TestTheVariableThatChoosesLinksIsTakenAtItsWord(t *testing.T) {
	d, identity := chainDesk(t)
	for choice, want := range map[string]int{"dev": 3, "prod": 3, "PROD": 3, "AzureCLICredential": 1} {
		d.env["AZURE_TOKEN_CREDENTIALS"] = choice
		assert.Len(t, fault(t, d.open(t, identity)).Links, want, choice)
	}
	d.env["AZURE_TOKEN_CREDENTIALS"] = "production"
	e := fault(t, d.open(t, identity))
	assert.Equal(t, auth.CodeInvalid, e.Code)
	assert.Contains(t, e.Message, "dev, prod, EnvironmentCredential")
}
