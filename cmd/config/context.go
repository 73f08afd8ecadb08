package config

import (
	"slices"
	"strings"

	"fndeck/auth"
	"fndeck/client"
)

// LocalContext is the name of the embedded engine's context, which is always there.
const LocalContext = "local"

// The backends that a context can have.
const (
	BackendEmbedded = "embedded"
	BackendCognite  = "cognite"
)

// Context is what the file says of a context: a backend, where it is, and who asks
// it.
type Context struct {
	Name string
	// Backend is one of the constants.
	Backend string
	// BaseURL is the API's, such as https://westeurope-1.cognitedata.com.
	BaseURL string
	// Project is the project there.
	Project string
	// Cloud is gcp, azure or aws: it decides limits that no API tells. Empty is not
	// known.
	Cloud string
	// RunsAsMe accepts that schedules run as who signed in, where the identity has no
	// secret of its own to give them.
	RunsAsMe bool
	// Identity says how to sign in.
	Identity auth.Identity
	Network  client.Network
	// Protected asks one step more before every action, ReadOnly refuses them.
	Protected, ReadOnly bool
	// File is the file that it stands in, Place its place there.
	File, Place string
	// Fault is why it cannot be used; nil if it can.
	Fault error
}

// local is the context that needs no file.
func local() Context { return Context{Name: LocalContext, Backend: BackendEmbedded} }

// Context returns the context of a name; false if there is none.
func (c *Config) Context(name string) (Context, bool) {
	i := slices.IndexFunc(c.Contexts, func(x Context) bool { return x.Name == name })
	if i < 0 {
		return Context{}, false
	}
	return c.Contexts[i], true
}

// ContextNames lists the contexts in their order, local first.
func (c *Config) ContextNames() []string {
	names := make([]string, 0, len(c.Contexts))
	for _, x := range c.Contexts {
		names = append(names, x.Name)
	}
	return names
}

// lacking says what is missing for the context to be reached, "" if nothing is.
func (x Context) lacking() string {
	if x.Backend == BackendEmbedded {
		if x.Name != LocalContext {
			return "the embedded engine is the context local; another one is another backend"
		}
		return ""
	}
	switch {
	case x.BaseURL == "":
		return "base_url is missing, such as https://westeurope-1.cognitedata.com, or cluster"
	case x.Project == "":
		return "project is missing"
	case x.Identity.Flow == "":
		return "auth.flow is missing: " + strings.Join(flowNames(), ", ")
	}
	if err := x.Identity.Check(); err != nil {
		return "auth: " + err.Error()
	}
	return ""
}
