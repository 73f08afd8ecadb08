package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
)

// canary is planted wherever a secret can be.
const canary = "cAn4ry+/Secret=Value"

func TestAPlantedSecretIsFoundNowhere(t *testing.T) {
	echo := `{"error":"invalid_request","error_description":"you sent client_secret=` + canary + `"}`
	for name, answer := range map[string]http.HandlerFunc{
		"granted":        reply(http.StatusOK, `{"access_token":"`+canary+`","refresh_token":"`+canary+`","expires_in":60}`),
		"echoed":         reply(http.StatusBadRequest, echo),
		"echoed plainly": reply(http.StatusBadRequest, `{"error":"invalid_request","error_description":"not `+canary+` again"}`),
		"echoed bare":    reply(http.StatusBadRequest, `{"x":"`+canary+`"}`),
		"echoed at 200":  reply(http.StatusOK, `{"token_type":"`+"mac"+`","access_token":"`+canary+`"}`),
	} {
		d := newDesk(t)
		d.Fault("/token", 1, answer)
		identity := d.app()
		identity.ClientSecret, identity.Token, identity.UserAssertion = auth.TypedReference(canary), auth.TypedReference(canary), auth.TypedReference(canary)
		source := d.open(t, identity)
		token, err := source.Token(t.Context())
		var shown []string
		for ; err != nil; err = errors.Unwrap(err) {
			shown = append(shown, fmt.Sprintf("%v %+v %#v", err, err, err))
		}
		for _, value := range []any{identity, token, source.Status()} {
			marshalled, err := json.Marshal(value)
			require.NoError(t, err)
			shown = append(shown, string(marshalled), fmt.Sprintf("%v %+v %#v", value, value, value))
		}
		for _, text := range shown {
			for _, form := range []string{canary, url.QueryEscape(canary), base64.RawStdEncoding.EncodeToString([]byte(canary))} {
				assert.NotContains(t, text, form, name)
			}
		}
		assert.NotContains(t, d.known.Text("trace: "+canary+" "+url.QueryEscape(canary)), "cAn4ry", "logs know it")
	}
}
