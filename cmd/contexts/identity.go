package contexts

import (
	"fmt"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/cmd/config"
)

// withScopes is the identity of a context, with the scopes that its backend wants
// where the context names none. They are Entra's: other issuers go by the audience
// (Cognite Python SDK 8.13.0, credentials.py).
func withScopes(x config.Context) auth.Identity {
	id := x.Identity
	if len(id.Scopes) > 0 || id.Tenant == "" {
		return id
	}
	if id.Flow.Interactive() {
		id.Scopes = []string{x.BaseURL + "/IDENTITY", x.BaseURL + "/user_impersonation", "openid", "profile", "offline_access"}
		return id
	}
	id.Scopes = []string{x.BaseURL + "/.default"}
	return id
}

// fingerprintOf changes with everything that a source depends on. References print
// without their secrets.
func fingerprintOf(id auth.Identity, n client.Network) string { return fmt.Sprintf("%+v|%+v", id, n) }
