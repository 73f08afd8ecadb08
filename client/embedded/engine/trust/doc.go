// Package trust verifies the access tokens of one OpenID issuer, as the loopback
// port takes them. Nothing is asked of the issuer before a token of its own
// arrives; what it then tells (its discovery document and its keys) is kept in
// memory. An issuer that cannot be reached fails the tokens, never the engine.
package trust
