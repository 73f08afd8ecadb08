package auth

import (
	"fmt"
	"regexp"
	"strings"

	"fndeck/auth/redact"
)

// tenantShape is what a tenant may be made of: it becomes part of an address.
var tenantShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*$`)

// uuidShape is the shape of Entra's client ids.
var uuidShape = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// Check says what is wrong with an identity before anything is sent: an *Error
// of CodeInvalid whose message names the setting.
func (id Identity) Check() error {
	for _, check := range []func() error{id.checkFlow, id.checkAddresses, id.checkTenant} {
		if err := check(); err != nil {
			return &Error{Code: CodeInvalid, Message: err.Error(), Hint: "mend the context in the configuration"}
		}
	}
	return nil
}

// required are the settings without which a flow cannot begin.
func (id Identity) checkFlow() error {
	need := map[Flow][]string{
		FlowToken:             {"token"},
		FlowClientSecret:      {"client_id", "client_secret"},
		FlowClientCertificate: {"client_id", "certificate"},
		FlowManagedIdentity:   {"scopes"},
		FlowDefault:           {"scopes"},
		FlowBrowser:           {"client_id"},
		FlowDeviceCode:        {"client_id"},
		FlowOnBehalfOf:        {"client_id", "user_assertion"},
	}
	settings, known := need[id.Flow]
	if !known {
		names := make([]string, 0, len(need))
		for _, flow := range Flows() {
			names = append(names, string(flow))
		}
		return fmt.Errorf("unknown flow %q: allowed are %s", redact.Clip(string(id.Flow), 40), strings.Join(names, ", "))
	}
	there := map[string]bool{
		"token": !id.Token.IsZero(), "client_id": id.ClientID != "", "client_secret": !id.ClientSecret.IsZero(),
		"certificate": !id.CertificateFile.IsZero(), "scopes": len(id.Scopes) > 0, "user_assertion": !id.UserAssertion.IsZero(),
	}
	for _, setting := range settings {
		if !there[setting] {
			return fmt.Errorf("the flow %s needs %s", id.Flow, setting)
		}
	}
	if id.Flow.asksAnIssuer() && id.Issuer == "" && id.Tenant == "" && id.TokenURL == "" {
		return fmt.Errorf("the flow %s needs tenant, issuer or token_url", id.Flow)
	}
	if id.Flow == FlowOnBehalfOf && id.ClientSecret.IsZero() && id.CertificateFile.IsZero() {
		return fmt.Errorf("the flow %s needs client_secret or certificate", id.Flow)
	}
	switch id.Store {
	case "", StoreFile:
	case StoreKeyring:
		if !id.Flow.Interactive() {
			return fmt.Errorf("store: the tokens of the flow %s are kept nowhere", id.Flow)
		}
	default:
		return fmt.Errorf("store %q: allowed are %s and %s", redact.Clip(id.Store, 40), StoreFile, StoreKeyring)
	}
	switch id.SecretPlace {
	case "", SecretAuto, SecretBody, SecretHeader:
		return nil
	}
	return fmt.Errorf("secret_place %q: allowed are %s, %s and %s", redact.Clip(id.SecretPlace, 40), SecretAuto, SecretBody, SecretHeader)
}

func (id Identity) checkAddresses() error {
	for _, address := range []struct{ setting, value string }{
		{"issuer", id.Issuer},
		{"token_url", id.TokenURL},
		{"authorize_url", id.AuthorizeURL},
		{"device_url", id.DeviceURL},
		{"revoke_url", id.RevokeURL},
		{"authority", id.Authority},
	} {
		if address.value == "" {
			continue
		}
		if err := checkAddress(address.setting, address.value); err != nil {
			return err
		}
	}
	return nil
}

func (id Identity) checkTenant() error {
	if id.Tenant != "" && (!tenantShape.MatchString(id.Tenant) || strings.Contains(id.Tenant, "..")) {
		return fmt.Errorf("tenant %q: a tenant is a UUID or a domain", redact.Clip(id.Tenant, 60))
	}
	return nil
}

// notes are what is unusual but allowed.
func (id Identity) notes() (all []string) {
	if id.Issuer == "" && id.TokenURL == "" && id.Tenant != "" && id.ClientID != "" && !uuidShape.MatchString(id.ClientID) {
		all = append(all, fmt.Sprintf("client_id %s is no UUID, as those of Entra are", redact.Clip(id.ClientID, 60)))
	}
	for _, secret := range id.Secrets() {
		if secret.Inline() {
			all = append(all, secret.Setting+" stands in the configuration itself: env:, file: or cmd: keeps it elsewhere")
		}
	}
	return all
}

// NamedSecret is a secret that an identity refers to, under the setting that does.
type NamedSecret struct {
	Setting string
	Reference
}

// Secrets lists what the identity refers to, and only that.
func (id Identity) Secrets() (all []NamedSecret) {
	for _, secret := range []NamedSecret{
		{"token", id.Token},
		{"client_secret", id.ClientSecret},
		{"certificate", id.CertificateFile},
		{"certificate_password", id.CertificatePassword},
		{"user_assertion", id.UserAssertion},
	} {
		if !secret.IsZero() {
			all = append(all, secret)
		}
	}
	return all
}
