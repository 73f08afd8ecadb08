package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"fndeck/auth"
	"fndeck/client"
)

// contextSetting is one key of a context and how its text is taken.
type contextSetting struct {
	key  string
	take func(x *Context, value string) error
}

// contextSettings lists every key of a context that has one plain value; a dot
// stands for nesting. auth.scopes is a list and auth.parameters has keys of its own.
var contextSettings = []contextSetting{
	{"backend", takeBackend},
	{"base_url", takeBaseURL},
	{"cluster", takeCluster},
	{"project", takeProject},
	{"cloud", oneOf("cloud", func(x *Context) *string { return &x.Cloud }, "gcp", "azure", "aws")},
	{"protected", takeMark("protected", func(x *Context) *bool { return &x.Protected })},
	{"read_only", takeMark("read_only", func(x *Context) *bool { return &x.ReadOnly })},
	{"schedules_run_as_me", takeMark("schedules_run_as_me", func(x *Context) *bool { return &x.RunsAsMe })},
	{"ca_file", takeText(func(x *Context) *string { return &x.Network.CAFile })},
	{"proxy", takeProxy},
	{"auth.flow", takeFlow},
	{"auth.issuer", takeText(func(x *Context) *string { return &x.Identity.Issuer })},
	{"auth.authority", takeText(func(x *Context) *string { return &x.Identity.Authority })},
	{"auth.tenant", takeText(func(x *Context) *string { return &x.Identity.Tenant })},
	{"auth.client_id", takeText(func(x *Context) *string { return &x.Identity.ClientID })},
	{"auth.user", takeText(func(x *Context) *string { return &x.Identity.User })},
	{"auth.client_secret", takeReference(func(x *Context) *auth.Reference { return &x.Identity.ClientSecret })},
	{"auth.token", takeReference(func(x *Context) *auth.Reference { return &x.Identity.Token })},
	{"auth.certificate", takeReference(func(x *Context) *auth.Reference { return &x.Identity.CertificateFile })},
	{"auth.certificate_password", takeReference(func(x *Context) *auth.Reference { return &x.Identity.CertificatePassword })},
	{"auth.user_assertion", takeReference(func(x *Context) *auth.Reference { return &x.Identity.UserAssertion })},
	{"auth.send_chain", takeMark("send_chain", func(x *Context) *bool { return &x.Identity.SendChain })},
	{"auth.token_url", takeText(func(x *Context) *string { return &x.Identity.TokenURL })},
	{"auth.authorize_url", takeText(func(x *Context) *string { return &x.Identity.AuthorizeURL })},
	{"auth.device_url", takeText(func(x *Context) *string { return &x.Identity.DeviceURL })},
	{"auth.revoke_url", takeText(func(x *Context) *string { return &x.Identity.RevokeURL })},
	{"auth.audience", takeText(func(x *Context) *string { return &x.Identity.Audience })},
	{"auth.secret_place", oneOf("secret_place", func(x *Context) *string { return &x.Identity.SecretPlace }, auth.SecretAuto, auth.SecretBody, auth.SecretHeader)},
	{"auth.store", oneOf("store", func(x *Context) *string { return &x.Identity.Store }, auth.StoreFile, auth.StoreKeyring)},
	{"auth.redirect_url", takeText(func(x *Context) *string { return &x.Identity.RedirectURL })},
	{"auth.managed.client_id", takeText(func(x *Context) *string { return &x.Identity.Managed.ClientID })},
	{"auth.managed.object_id", takeText(func(x *Context) *string { return &x.Identity.Managed.ObjectID })},
	{"auth.managed.resource_id", takeText(func(x *Context) *string { return &x.Identity.Managed.ResourceID })},
}

// The keys of a context that are not plain values.
const (
	scopesKey     = "auth.scopes"
	parametersKey = "auth.parameters"
)

// ContextKeys lists every key of a context, for the manual and for completion.
func ContextKeys() []string {
	var keys []string
	for _, s := range contextSettings {
		keys = append(keys, s.key)
	}
	return append(keys, scopesKey, parametersKey)
}

func takeBackend(x *Context, value string) error {
	switch value {
	case BackendEmbedded, BackendCognite:
		x.Backend = value
		return nil
	}
	return fmt.Errorf("backend %q: allowed are %s and %s", value, BackendEmbedded, BackendCognite)
}

func takeBaseURL(x *Context, value string) error {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return fmt.Errorf("base_url is not a URL such as https://westeurope-1.cognitedata.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return fmt.Errorf("base_url is scheme and host only: what follows is added")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("base_url sends tokens unencrypted: https is needed except on this machine")
	}
	x.BaseURL = strings.TrimSuffix(value, "/")
	return nil
}

func takeCluster(x *Context, value string) error {
	if !contextName.MatchString(value) {
		return fmt.Errorf("cluster %q: write a name such as westeurope-1", value)
	}
	return takeBaseURL(x, "https://"+value+".cognitedata.com")
}

func takeProject(x *Context, value string) error {
	if url.PathEscape(value) != value {
		return fmt.Errorf("project %q: it is the name in the project's URL", value)
	}
	x.Project = value
	return nil
}

func takeProxy(x *Context, value string) error {
	if value != client.NoProxy {
		if u, err := url.Parse(value); err != nil || u.Host == "" {
			return fmt.Errorf("proxy is not a URL such as http://proxy.corp:3128, and not %s", client.NoProxy)
		}
	}
	x.Network.Proxy = value
	return nil
}

func flowNames() []string {
	var names []string
	for _, f := range auth.Flows() {
		names = append(names, string(f))
	}
	return names
}

func takeFlow(x *Context, value string) error {
	if !slices.Contains(flowNames(), value) {
		return fmt.Errorf("flow %q: allowed are %s", value, strings.Join(flowNames(), ", "))
	}
	x.Identity.Flow = auth.Flow(value)
	return nil
}

func takeText(field func(*Context) *string) func(*Context, string) error {
	return func(x *Context, value string) error {
		*field(x) = value
		return nil
	}
}

func takeReference(field func(*Context) *auth.Reference) func(*Context, string) error {
	return func(x *Context, value string) error {
		reference, err := auth.ParseReference(value)
		*field(x) = reference
		return err
	}
}

func takeMark(key string, field func(*Context) *bool) func(*Context, string) error {
	return func(x *Context, value string) (err error) {
		*field(x), err = truth(key, value)
		return err
	}
}

func oneOf(key string, field func(*Context) *string, allowed ...string) func(*Context, string) error {
	return func(x *Context, value string) error {
		if !slices.Contains(allowed, value) {
			return fmt.Errorf("%s %q: allowed are %s", key, value, strings.Join(allowed, ", "))
		}
		*field(x) = value
		return nil
	}
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
