// Package oidctest starts a real OpenID provider on loopback for tests: npm's
// oidc-provider, as testdata/oidc/provider.mjs sets it up, behind routes of Entra's
// shape. Where nobody has installed it (make test-oidc does) its tests are skipped.
package oidctest
