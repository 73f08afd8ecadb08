// Package managed gets tokens for the identity that a cloud gives to a machine
// or a service. There are six ways to ask for one; which of them holds is told by
// the environment, and only that one is used. Requests never pass a proxy, which
// would otherwise get what is meant for a link-local address, and follow no
// redirect.
package managed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"
)

// ID chooses one of several identities by one of its names; the zero value is the
// machine's own.
type ID struct{ ClientID, ObjectID, ResourceID string }

// Machine is what tells the ways apart, and how long to wait between two tries.
// The zero fields are the real machine.
type Machine struct {
	Getenv func(string) string
	Wait   func(ctx context.Context, d time.Duration) error
	// IMDS is the metadata service's address.
	IMDS string
	// ArcAgent is the binary whose presence tells a machine of Azure Arc, ArcTokens
	// the folder in which its agent leaves challenges.
	ArcAgent, ArcTokens string
}

// The places of the real machine.
const (
	metadataService = "http://169.254.169.254"
	arcAgent        = "/opt/azcmagent/bin/himds"
	arcTokens       = "/var/opt/azcmagent/tokens"
)

func (m Machine) filled() Machine {
	// The variable is that of azure-identity for Python.
	m.IMDS = cmp.Or(m.IMDS, m.Getenv("AZURE_POD_IDENTITY_AUTHORITY_HOST"), metadataService)
	m.ArcAgent, m.ArcTokens = cmp.Or(m.ArcAgent, arcAgent), cmp.Or(m.ArcTokens, arcTokens)
	return m
}

// Answer is a token as it came. In and On are its life in seconds and its end in
// seconds since 1970, each a json.Number, a string or nil.
type Answer struct {
	Access string
	In, On any
	// Variant is the way that gave it.
	Variant string
}

// ErrNotThere says that there is no managed identity here: a chain goes on.
var ErrNotThere = errors.New("there is no managed identity here")

// Refusal is the answer of a service that is there.
type Refusal struct {
	Variant string
	Status  int
	// Text is what it said, foreign text.
	Text string
}

// Error names the service and its status.
func (r *Refusal) Error() string {
	return fmt.Sprintf("%s refused with %d: %s", r.Variant, r.Status, r.Text)
}

// variant is one way to ask.
type variant struct {
	name    string
	applies func(m Machine) bool
	ask     func(ctx context.Context, m Machine, resource string, id ID) (Answer, error)
}

// variants are asked in this order, that of MSAL Go 1.10: the first whose
// condition holds is the only one.
func variants() []variant {
	return []variant{
		{"Service Fabric", hasServiceFabric, askServiceFabric},
		{"App Service", hasAppService, askAppService},
		{"Azure ML", hasMachineLearning, askMachineLearning},
		{"Cloud Shell", hasCloudShell, askCloudShell},
		{"Azure Arc", hasArc, askArc},
		{imdsName, func(Machine) bool { return true }, askIMDS},
	}
}

func (m Machine) variant() variant {
	for _, v := range variants() {
		if v.applies(m) {
			return v
		}
	}
	return variant{} // the last one always applies
}

// Variant names the way that holds here.
func (m Machine) Variant() string { return m.filled().variant().name }

// Token asks for a token of a resource: a scope without "/.default".
func (m Machine) Token(ctx context.Context, resource string, id ID) (Answer, error) {
	m = m.filled()
	v := m.variant()
	answer, err := v.ask(ctx, m, resource, id)
	answer.Variant = v.name
	return answer, err
}

// Present returns ErrNotThere if nothing here gives managed identities. Only the
// metadata service has to be tried for that: everything else is told by the
// environment.
func (m Machine) Present(ctx context.Context) error {
	m = m.filled()
	if m.variant().name != imdsName {
		return nil
	}
	return m.probeIMDS(ctx)
}

// set reports whether all of the variables are set.
func (m Machine) set(names ...string) bool {
	for _, name := range names {
		if m.Getenv(name) == "" {
			return false
		}
	}
	return true
}

// exists reports whether a file is there.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// get makes a GET request.
func get(ctx context.Context, address string, header http.Header) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err == nil {
		request.Header = header
	}
	return request, err
}
