package auth_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"fndeck/auth"
	"fndeck/auth/authtest"
)

func behalf(t *testing.T, d *desk) auth.Identity {
	t.Helper()
	identity := d.app()
	identity.Flow, identity.UserAssertion = auth.FlowOnBehalfOf, reference(t, "env:USER_ASSERTION")
	return identity
}

func TestAUsersTokenIsExchangedForOneOfAnotherAPI(t *testing.T) {
	d := newDesk(t)
	d.env["USER_ASSERTION"] = d.Sign(map[string]any{"aud": appID, "preferred_username": "grace@example.com"})
	source := d.open(t, behalf(t, d))
	token(t, source)
	assert.Equal(t, "grace@example.com", source.Status().Who)
	seen := d.Seen()[0]
	assert.Equal(t, "urn:ietf:params:oauth:grant-type:jwt-bearer", seen.Grant)
	assert.Equal(t, "on_behalf_of", seen.Form.Get("requested_token_use"))
}

func TestAUsersTokenForAnotherApplicationNamesBothAudiences(t *testing.T) {
	d := newDesk(t)
	d.env["USER_ASSERTION"] = d.Sign(map[string]any{"aud": "another-app"})
	e := fault(t, d.open(t, behalf(t, d)))
	assert.Equal(t, auth.CodeSignIn, e.Code)
	assert.Contains(t, e.Hint, "another-app")
	assert.Contains(t, e.Hint, appID)
	assert.Contains(t, e.Server, "AADSTS500131")
}

func TestASecondFactorOnBehalfOfSomebodyIsTheCallersToAskFor(t *testing.T) {
	d := newDesk(t)
	d.env["USER_ASSERTION"] = d.Sign(map[string]any{"aud": appID})
	d.Fault("/token", 1, authtest.Refuse("interaction_required", "AADSTS50076: MFA", 50076))
	assert.Contains(t, fault(t, d.open(t, behalf(t, d))).Message, "only the calling client")
}

func TestACertificateServesOnBehalfOfToo(t *testing.T) {
	d, identity := certifiedDesk(t)
	identity.Flow, identity.UserAssertion = auth.FlowOnBehalfOf, auth.TypedReference(d.Sign(map[string]any{"aud": "svc"}))
	token(t, d.open(t, identity))
	assert.Equal(t, "assertion", d.Seen()[0].Place)
}
