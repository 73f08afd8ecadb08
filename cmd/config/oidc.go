package config

import (
	"errors"
	"fmt"
	"path/filepath"

	"fndeck/client/embedded/engine/trust"
)

// OIDC is an OpenID issuer whose tokens the engine's loopback port takes; none if
// Issuer is empty.
type OIDC struct {
	// Issuer and Audience are what the tokens must say, to the letter.
	Issuer, Audience string
	// CAFile holds certificates that vouch for the issuer, an absolute path.
	CAFile string
}

// check refuses half a trust: without an audience the tokens for every other
// service of the issuer would be good here too.
func (o OIDC) check() error {
	switch {
	case o.Issuer != "" && o.Audience == "":
		return errors.New("engine.oidc.issuer needs engine.oidc.audience: what its tokens must be meant for")
	case o.Issuer == "" && o != OIDC{}:
		return errors.New("engine.oidc needs an issuer: the URL that the tokens carry as iss")
	}
	return nil
}

func takeIssuer(c *Config, value string) error {
	if err := trust.CheckIssuer(value); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	c.Engine.OIDC.Issuer = value
	return nil
}

func takeCAFile(c *Config, value string) error {
	if !filepath.IsAbs(value) {
		return fmt.Errorf("ca_file %q: write an absolute path", value)
	}
	c.Engine.OIDC.CAFile = value
	return nil
}
