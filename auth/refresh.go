package auth

import (
	"cmp"
	"context"
	"net/url"

	"fndeck/auth/tokenstore"
)

// refreshGrant renews a person's token (RFC 6749 section 6). An issuer that sends
// no new refresh token lets the old one live on, and one that sends no id token
// means the same person.
func refreshGrant(i *issuer) grantFunc {
	return func(ctx context.Context, held tokenstore.Set) (granted, error) {
		c, err := i.clientCredentials(ctx)
		if err != nil {
			return granted{}, err
		}
		g, err := i.exchange(ctx, "refresh_token", url.Values{"refresh_token": {held.Refresh}}, i.identity.Scopes, c)
		if err != nil {
			return granted{}, err
		}
		g.Refresh, g.ID = cmp.Or(g.Refresh, held.Refresh), cmp.Or(g.ID, held.ID)
		return g, nil
	}
}
