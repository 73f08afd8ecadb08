package client

import "fndeck/auth"

// Identified is a backend that knows who asks it. It does no I/O for that.
type Identified interface{ Identity() auth.Status }

// IdentityOf says how the identity of a backend stands; false where it needs none.
func IdentityOf(b Backend) (auth.Status, bool) {
	identified, ok := b.(Identified)
	if !ok {
		return auth.Status{}, false
	}
	status := identified.Identity()
	return status, status.Flow != ""
}
