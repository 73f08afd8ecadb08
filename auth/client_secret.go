package auth

import (
	"context"

	"fndeck/auth/tokenstore"
)

// clientSecretGrant is RFC 6749 section 4.4, with the fields that the context
// adds, such as an audience.
func clientSecretGrant(i *issuer) grantFunc {
	return func(ctx context.Context, _ tokenstore.Set) (granted, error) {
		c, err := i.clientCredentials(ctx)
		if err != nil {
			return granted{}, err
		}
		return i.exchange(ctx, "client_credentials", i.extras(), i.identity.Scopes, c)
	}
}

// clientCredentials are what the client proves itself with: its secret, or
// nothing for a public client.
func (i *issuer) clientCredentials(ctx context.Context) (credentials, error) {
	if i.identity.ClientSecret.IsZero() {
		return credentials{}, nil
	}
	secret, err := i.secret(ctx, "client_secret", i.identity.ClientSecret)
	return credentials{secret: secret}, err
}
