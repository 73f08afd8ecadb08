// Package contexts opens the contexts of a configuration: each with its backend,
// its way over the network and its identity.
package contexts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"fndeck/auth"
	"fndeck/auth/keyring"
	"fndeck/auth/redact"
	"fndeck/auth/seal"
	"fndeck/auth/tokenstore"
	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/cognite/cloud"
	"fndeck/cmd/config"
)

// Desk opens contexts. Its fields are set before first use; it is safe for
// concurrent use.
type Desk struct {
	// StateDir is where tokens and what is kept of remote projects lie.
	StateDir string
	// KeyFile is the key that seals secrets; KeyNamed says that somebody named it,
	// so that it must exist.
	KeyFile  string
	KeyNamed bool
	Env      func(string) string
	Clock    func() time.Time
	// Embedded opens the engine of this machine; with peek it starts none.
	Embedded func(ctx context.Context, peek bool) (client.Backend, error)

	// known are the secrets and tokens of all contexts, which traces mask.
	known redact.Known
	// keyring is the desktop's, asked once for all contexts.
	keyring keyring.Ring

	mu      sync.Mutex
	sources map[string]opened
}

// opened is the source of a context, and the identity that it was opened for: a
// context may be changed while the console runs.
type opened struct {
	fingerprint string
	source      auth.Source
}

// tokensDir holds the token files, projectsDir what is kept of remote projects.
const (
	tokensDir   = "tokens"
	projectsDir = "projects"
)

// Store is where the tokens of people lie.
func (d *Desk) Store() *tokenstore.Store { return tokenstore.New(filepath.Join(d.StateDir, tokensDir)) }

// Open reaches the backend of a context. For a remote one it does no I/O but for
// the token store: nobody waits for it. With peek no engine is started.
func (d *Desk) Open(ctx context.Context, x config.Context, peek bool) (client.Backend, error) {
	if x.Fault != nil {
		return nil, x.Fault
	}
	if x.Backend == config.BackendEmbedded {
		return d.Embedded(ctx, peek)
	}
	base, err := url.Parse(x.BaseURL)
	if err != nil {
		return nil, client.Invalidf("context %s: base_url is not a URL", x.Name)
	}
	if _, err := d.Source(x); err != nil {
		return nil, err // What is wrong with the identity is said before anything is tried.
	}
	transport, err := x.Network.Transport()
	if err != nil {
		return nil, err
	}
	runner, err := d.runner(ctx, x)
	if err != nil {
		return nil, err
	}
	who := identity{d, x}
	trace := client.NewTrace(d.Clock, &d.known)
	b, err := cloud.New(cloud.Config{
		Name: x.Name, BaseURL: x.BaseURL, Project: x.Project, Cloud: x.Cloud, Dir: d.projectDir(x),
		Client:   &http.Client{Transport: client.Signed(who, base, trace.Transport(transport))},
		Trace:    trace,
		Identity: runner, NoSessions: NoSessions(x.Identity.Flow), RunAsMe: x.RunsAsMe,
		Sealer: seal.New(d.KeyFile, d.KeyNamed), Clock: d.Clock, Jitter: rand.Float64,
	})
	if err != nil {
		return nil, err
	}
	return remote{Backend: b, trace: trace, identity: who}, nil
}

// runner is whom schedules of a context run as: a client with a secret can have
// sessions that are renewed without anybody; the zero value is who signed in.
func (d *Desk) runner(ctx context.Context, x config.Context) (cognite.Identity, error) {
	if x.Identity.Flow != auth.FlowClientSecret {
		return cognite.Identity{}, nil
	}
	secret, err := x.Identity.ClientSecret.Resolve(ctx, d.Env)
	if err != nil {
		return cognite.Identity{}, client.Invalidf("context %s: %s", x.Name, err)
	}
	d.known.Add(secret.Reveal())
	return cognite.Identity{ClientID: x.Identity.ClientID, Secret: secret}, nil
}

// NoSessions is why an identity of a flow can have nothing run for it, "" where it can
// (Cognite's documentation of sessions, August 2026).
func NoSessions(flow auth.Flow) string {
	if flow != auth.FlowClientCertificate {
		return ""
	}
	return "nothing can be called or scheduled as an application with a certificate, which opens no sessions: use client_secret, or sign in as a person"
}

// projectDir is where this machine keeps what a project forgets. Two contexts of
// one project share it.
func (d *Desk) projectDir(x config.Context) string {
	sum := sha256.Sum256([]byte(x.BaseURL + "|" + x.Project))
	return filepath.Join(d.StateDir, projectsDir, hex.EncodeToString(sum[:8]))
}

// Source gives the tokens of a context. Contexts that are opened again share it.
func (d *Desk) Source(x config.Context) (auth.Source, error) {
	if x.Fault != nil {
		return nil, x.Fault
	}
	id := withScopes(x)
	fingerprint := fingerprintOf(id, x.Network)
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.sources[x.Name]; ok && known.fingerprint == fingerprint {
		return known.source, nil
	}
	options, err := d.options(x)
	if err != nil {
		return nil, err
	}
	source, err := auth.Open(id, options)
	if err != nil {
		return nil, client.TokenError(err)
	}
	if d.sources == nil {
		d.sources = map[string]opened{}
	}
	d.sources[x.Name] = opened{fingerprint, source}
	return source, nil
}

func (d *Desk) options(x config.Context) (auth.Options, error) {
	transport, err := x.Network.Transport()
	if err != nil {
		return auth.Options{}, err
	}
	return auth.Options{Context: x.Name, Store: d.Store(), Keyring: &d.keyring, Transport: transport, Getenv: d.Env, Known: &d.known}, nil
}

// Status says how the identity of a context stands; the zero Status where it has
// none.
func (d *Desk) Status(x config.Context) (auth.Status, error) {
	if x.Backend == config.BackendEmbedded {
		return auth.Status{}, nil
	}
	source, err := d.Source(x)
	if err != nil {
		return auth.Status{}, err
	}
	return source.Status(), nil
}

// Flow is the one that signs a person in to a context here: over SSH, or without a
// display, the device code goes first.
func (d *Desk) Flow(x config.Context) auth.Flow {
	return auth.SignInFlow(x.Identity, d.Env, d.Env("DISPLAY") != "" || d.Env("WAYLAND_DISPLAY") != "")
}

// SignIn signs a person in to a context; show is told what to show.
func (d *Desk) SignIn(ctx context.Context, x config.Context, flow auth.Flow, show func(auth.Prompt)) error {
	options, err := d.options(x)
	if err != nil {
		return err
	}
	id := withScopes(x)
	id.Flow = flow
	if err := auth.SignIn(ctx, id, options, show); err != nil {
		return client.TokenError(err)
	}
	d.forget(x)
	return nil
}

// SignOut revokes the sign-in to a context where the issuer can, and forgets it.
func (d *Desk) SignOut(ctx context.Context, x config.Context) error {
	options, err := d.options(x)
	if err != nil {
		return err
	}
	err = auth.SignOut(ctx, withScopes(x), options)
	d.forget(x)
	return client.TokenError(err)
}

// Reach sees whether the issuer of a context answers as its flow needs, without a
// secret.
func (d *Desk) Reach(ctx context.Context, x config.Context) (auth.Reached, error) {
	options, err := d.options(x)
	if err != nil {
		return auth.Reached{}, err
	}
	return auth.Reach(ctx, withScopes(x), options)
}

// forget has the next Source opened anew, from what the store holds then.
func (d *Desk) forget(x config.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sources, x.Name)
}

// Close waits for renewals under way: a refresh token that was used and not
// written down would be lost.
func (d *Desk) Close(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.sources {
		o.source.Close(ctx)
	}
}
