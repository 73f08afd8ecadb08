package claims_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth/claims"
)

func jwt(body string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(body)) + ".sig"
}

func TestATokenSaysWhoseAndForWhomAndUntilWhen(t *testing.T) {
	c := claims.Of(jwt(`{"preferred_username":"ada","sub":"s","aud":["first","second"],"exp":1772456400}`))
	assert.Equal(t, []string{"ada", "first"}, []string{c.Who(), c.For()})
	assert.Equal(t, time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC), c.Ends())
	for body, who := range map[string]string{
		`{"upn":"u","name":"n"}`: "u", `{"name":"n","sub":"s"}`: "n", `{"sub":"s","appid":"a"}`: "s", `{"appid":"a"}`: "a", `{}`: "",
	} {
		assert.Equal(t, who, claims.Of(jwt(body)).Who())
	}
	assert.Equal(t, "one", claims.Of(jwt(`{"aud":"one"}`)).For())
}

func TestWhatIsNoTokenSaysNothing(t *testing.T) {
	for _, token := range []string{"", "opaque", "a.b", "a.%%.c", jwt(`[]`), jwt(`{"exp":"x"}`), jwt(`{"exp":1e300}`), jwt(`{"exp":-5}`), jwt(strings.Repeat(" ", 1<<20))} {
		c := claims.Of(token)
		assert.Empty(t, c.Who()+c.For())
		assert.True(t, c.Ends().IsZero())
	}
}

// FuzzClaimsAreFitForTheScreen feeds what a token may hold.
func FuzzClaimsAreFitForTheScreen(f *testing.F) {
	f.Add(`{"name":"\u001b[2J","aud":["\u202e"]}`)
	f.Fuzz(func(t *testing.T, body string) {
		c := claims.Of(jwt(body))
		for _, r := range c.Who() + c.For() {
			require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%U", r)
		}
	})
}
