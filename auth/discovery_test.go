package auth_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/auth"
	"fndeck/auth/authtest"
)

func TestADiscoveryThatIsWrongNamesTheFieldAndTheHostAndIsNotKept(t *testing.T) {
	set := func(field string, value any) func(d *desk) {
		return func(d *desk) { d.Discovery = func(document map[string]any) { document[field] = value } }
	}
	answer := func(h http.HandlerFunc) func(d *desk) {
		return func(d *desk) { d.Fault("/openid-configuration", -1, h) }
	}
	for says, spoil := range map[string]func(d *desk){
		`the field issuer is "https://evil.example"`:                       set("issuer", "https://evil.example"),
		"the field token_endpoint is missing":                              set("token_endpoint", ""),
		"the field token_endpoint http://evil.example would carry secrets": set("token_endpoint", "http://evil.example/token"),
		"the field revocation_endpoint":                                    set("revocation_endpoint", "ftp://evil.example"),
		"larger than 1 MiB":                                                answer(authtest.Endless()),
		"it redirects to evil.example, which is not followed":              answer(authtest.RedirectTo("https://evil.example/x")),
		"the reply is HTML, not JSON":                                      answer(authtest.Reply(http.StatusOK, "text/html", "<html>")),
		"unexpected reply (text/plain, 404)":                               answer(http.NotFound),
	} {
		d := newDesk(t)
		spoil(d)
		source := d.open(t, d.app())
		e := fault(t, source)
		assert.Equal(t, auth.CodeUnexpected, e.Code, says)
		assert.Contains(t, e.Message, says)
		assert.Contains(t, e.Message, d.URL[len("http://"):], says)
		assert.Zero(t, d.Count(""), "no secret was sent: %s", says)

		d.Mend()
		d.Discovery = nil
		d.clock.Advance(time.Minute)
		token(t, source)
	}
}

func TestExplicitEndpointsWinAndDiscoveryIsAskedOnce(t *testing.T) {
	d := newDesk(t)
	asked := 0
	d.Discovery = func(map[string]any) { asked++ }
	identity := d.app()
	identity.TokenURL = d.URL + "/multipass/api/oauth2/token"
	token(t, d.open(t, identity))
	assert.Zero(t, asked)
	assert.Equal(t, "/multipass/api/oauth2/token", d.Seen()[0].Path)

	source := d.open(t, d.app())
	for range 3 {
		token(t, source)
		d.clock.Advance(time.Hour)
	}
	assert.Equal(t, 1, asked)
}

func TestEntrasShapeFollowsFromAuthorityAndTenant(t *testing.T) {
	d := newDesk(t)
	identity := d.app()
	identity.Issuer, identity.Tenant = "", authtest.Tenant
	d.env["AZURE_AUTHORITY_HOST"] = d.URL + "/"
	source := d.open(t, identity)
	token(t, source)
	assert.Equal(t, "/t1/oauth2/v2.0/token", d.Seen()[0].Path)
	assert.Equal(t, []string{"client_id app is no UUID, as those of Entra are"}, source.Status().Notes)

	d.env["AZURE_AUTHORITY_HOST"] = "http://evil.example"
	assert.Contains(t, fault(t, d.open(t, identity)).Message, "would carry secrets in the clear")
}
