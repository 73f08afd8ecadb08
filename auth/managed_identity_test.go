package auth_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/authtest"
)

// cloudDesk is on a machine of App Service.
func cloudDesk(t *testing.T) (*desk, *authtest.Cloud) {
	t.Helper()
	d, cloud := newDesk(t), authtest.NewCloud(t)
	d.clock.Auto()
	d.env["IDENTITY_ENDPOINT"], d.env["IDENTITY_HEADER"] = cloud.URL, cloud.Secret
	return d, cloud
}

func TestAManagedIdentityGivesATokenForTheScopesResource(t *testing.T) {
	d, cloud := cloudDesk(t)
	source := d.open(t, auth.Identity{Flow: auth.FlowManagedIdentity, Scopes: []string{"https://api/.default"}, Managed: auth.ManagedID{ClientID: "mine"}})
	got, err := source.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "cloud-token", got.Value.Reveal())
	assert.Equal(t, d.clock.Now().Add(3599*time.Second), got.Ends)
	assert.Equal(t, "App Service", source.Status().Link)
	request := cloud.Requests()[0]
	assert.Equal(t, "https://api", request.Form.Get("resource"))
	assert.Equal(t, "mine", request.Form.Get("client_id"))
}

func TestAnEndInsteadOfALifeIsReckonedFromNow(t *testing.T) {
	d, cloud := cloudDesk(t)
	end := d.clock.Now().Add(30 * time.Minute)
	for _, on := range []any{end.Unix(), "1772454600"} {
		cloud.Answer = map[string]any{"access_token": "x", "expires_on": on}
		got, err := d.open(t, auth.Identity{Flow: auth.FlowManagedIdentity, Scopes: []string{"r"}}).Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, end, got.Ends)
	}
}

func TestAManagedIdentityThatIsRefusedSaysByWhat(t *testing.T) {
	d, cloud := cloudDesk(t)
	cloud.Statuses(403)
	e := fault(t, d.open(t, auth.Identity{Flow: auth.FlowManagedIdentity, Scopes: []string{"r"}}))
	assert.Equal(t, auth.CodeRefused, e.Code)
	assert.Contains(t, e.Message, "App Service")
	assert.Equal(t, "Forbidden", e.Server)
}
