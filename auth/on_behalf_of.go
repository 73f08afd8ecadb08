package auth

import (
	"context"
	"fmt"
	"net/url"

	"fndeck/auth/claims"
	"fndeck/auth/tokenstore"
)

// onBehalfOfGrant exchanges a user's token for one of another API (RFC 7523
// section 2.1 with Entra's requested_token_use). The user's token is read anew
// each time: it ends too.
func onBehalfOfGrant(i *issuer) grantFunc {
	return func(ctx context.Context, _ tokenstore.Set) (granted, error) {
		assertion, err := i.secret(ctx, "user_assertion", i.identity.UserAssertion)
		if err != nil {
			return granted{}, err
		}
		user, _, err := bareToken(assertion.Reveal())
		if err != nil {
			return granted{}, &Error{Code: CodeInvalid, Message: fmt.Sprintf("the user's token from %s %s", i.identity.UserAssertion, err), Hint: "pass on the token alone"}
		}
		form := i.extras()
		for name, value := range map[string]string{"assertion": user, "requested_token_use": "on_behalf_of"} {
			form.Set(name, value)
		}
		g, err := i.onBehalfOf(ctx, form)
		if spent(err) {
			if audience := claims.Of(user).For(); audience != "" {
				ours := *asOurs(err, CodeSignIn)
				ours.Hint += fmt.Sprintf("; the token is for %s, wanted is one for %s", audience, i.identity.ClientID)
				return granted{}, &ours
			}
		}
		return g, err
	}
}

func (i *issuer) onBehalfOf(ctx context.Context, form url.Values) (granted, error) {
	const grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	if i.identity.ClientSecret.IsZero() {
		return i.withAssertion(ctx, grant, form)
	}
	c, err := i.clientCredentials(ctx)
	if err != nil {
		return granted{}, err
	}
	return i.exchange(ctx, grant, form, i.identity.Scopes, c)
}
