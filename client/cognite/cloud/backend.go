// Package cloud is a remote Cognite project as the console knows it: what the API
// offers, and beside it what fndeck adds on this machine. There a function is one
// row with one history, whatever ids a redeploy gives it; its versions, their
// secrets and the calls of earlier ids are kept, and a deploy that was cut can be
// taken up.
package cloud

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"fndeck/auth"
	"fndeck/auth/seal"
	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/cognite/archive"
	"fndeck/client/cognite/kept"
	"fndeck/client/cognite/redeploy"
	"fndeck/client/drift"
)

// Config says which project is driven, how it is reached and where this machine
// keeps what the project cannot.
type Config struct {
	// Name is the context's name.
	Name string
	// BaseURL is https://{cluster}.cognitedata.com.
	BaseURL string
	Project string
	// Cloud is gcp, azure, aws or empty: the API does not tell, and their limits
	// differ.
	Cloud  string
	Client *http.Client
	Token  oauth2.TokenSource
	// Trace is told of waits for a project that asks for them; it may be nil.
	Trace *client.Trace
	// Identity, if not zero, is whom new schedules run as: the client that the token
	// is for, with its secret. Otherwise they run as the one who signed in.
	Identity cognite.Identity
	// NoSessions is why no session can be opened with the token, empty where one can:
	// then nothing is called or scheduled.
	NoSessions string
	// RunAsMe accepts that a redeploy makes schedules run as this identity which now
	// run as whoever created them.
	RunAsMe bool
	// Dir is the directory of this project on this machine; it is made when it is
	// first needed.
	Dir string
	// Sealer seals secret values there.
	Sealer *seal.Sealer
	Clock  func() time.Time
	// Wait waits for a while, or until ctx ends, which is its error; nil is a timer.
	Wait func(ctx context.Context, d time.Duration) error
	// Jitter returns a number in [0,1).
	Jitter func() float64
}

// Backend is a project. It is safe for concurrent use.
type Backend struct {
	*cognite.Backend
	c       Config
	store   *kept.Store
	archive *archive.Archive
	machine *redeploy.Machine

	// going are the operations that this program drives.
	going  sync.WaitGroup
	driven atomic.Int64
	mu     sync.Mutex
	live   map[string]redeploy.Progress // by operation
	why    map[string]error             // why an operation of this program stopped
	stops  map[string]func()            // stop an operation that this program drives
	// subject is whom the token belongs to, once it was asked for.
	subject string
	// limits are those of the project, nil until they have been asked for.
	limits *cognite.Limits
	data   map[string]scheduleData
	// names are the functions' by the ids of the project, which renames none.
	names map[string]string
}

// New returns a backend. It does no I/O.
func New(c Config) (*Backend, error) {
	if c.Dir == "" {
		return nil, errors.New("a Cognite project needs a directory on this machine")
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	api := cognite.Config{Name: c.Name, BaseURL: c.BaseURL, Project: c.Project, Client: c.Client, Token: c.Token, Jitter: c.Jitter, Trace: c.Trace}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, err
	}
	b := &Backend{
		Backend: cognite.New(api), c: c, store: kept.Open(dir, c.Sealer), archive: archive.New(filepath.Join(dir, "calls")),
		live: map[string]redeploy.Progress{}, why: map[string]error{}, stops: map[string]func(){}, data: map[string]scheduleData{},
		names: map[string]string{},
	}
	api.Impatient = true // a redeploy shows how long it is asked to wait
	b.machine = &redeploy.Machine{
		API: cognite.New(api), Store: b.store, Archive: b.archive, Clock: c.Clock, Wait: c.Wait, Context: c.Name, Base: c.BaseURL, Project: c.Project,
		Secret: b.secret, Metadata: drift.ToolkitMetadata, NoSessions: c.NoSessions,
	}
	return b, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

func (b *Backend) secret(clientID string) (auth.Secret, bool) {
	if clientID != "" && clientID == b.c.Identity.ClientID {
		return b.c.Identity.Secret, true
	}
	return b.store.ClientSecret(clientID)
}

// dataLimits bound the data of a call, in bytes, by cloud (product documentation,
// limits and restrictions, read in August 2026).
var dataLimits = map[string]int64{"gcp": 9_000_000, "azure": 36_000, "aws": 240_000}

// Describe says what this backend is.
func (b *Backend) Describe() client.Description {
	d := b.Backend.Describe()
	d.RunsAs = "you, as this context is signed in"
	if b.c.Identity.ClientID != "" {
		d.RunsAs = "client " + b.c.Identity.ClientID + " of this context"
	}
	d.DataLimitBytes, d.NoSessions = dataLimits[b.c.Cloud], b.c.NoSessions
	d.Missing = maps.Clone(d.Missing)
	for _, have := range []client.Capability{client.CanRedeploy, client.CanVersion, client.CanFollowLogs, client.CanWait, client.CanListBuilds, client.CanResume, client.CanPlan, client.CanArchive, client.CanReadCode, client.CanReadFiles, client.CanChangeSettings, client.CanSmokeTest} {
		delete(d.Missing, have)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	d.CheckSpec = cognite.CheckBounds
	if b.limits == nil {
		return d
	}
	limits := *b.limits
	d.Runtimes, d.CPUCores, d.MemoryGB = limits.Runtimes, limits.CPUCores, limits.MemoryGB
	d.CheckSpec = func(s client.FunctionSpec) error {
		if err := cognite.CheckBounds(s); err != nil {
			return err
		}
		return limits.CheckSpec(s)
	}
	return d
}

// learn asks once for what Describe tells. Nothing depends on it.
func (b *Backend) learn(ctx context.Context) {
	b.mu.Lock()
	known := b.limits != nil
	b.mu.Unlock()
	if known {
		return
	}
	limits, err := b.Limits(ctx)
	if err != nil {
		return // the next list asks again
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limits = &limits
}

// who is whom the token belongs to.
func (b *Backend) who(ctx context.Context) (string, error) {
	b.mu.Lock()
	known := b.subject
	b.mu.Unlock()
	if known != "" {
		return known, nil
	}
	token, err := b.Inspect(ctx)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subject = token.Subject
	return token.Subject, nil
}

// sessions refuses what needs a session that cannot be opened.
func (b *Backend) sessions() error {
	if b.c.NoSessions == "" {
		return nil
	}
	return &client.Error{Code: client.CodeForbidden, Message: b.c.NoSessions}
}

// Driven implements client.Driver.
func (b *Backend) Driven() int { return int(b.driven.Load()) }

// Settle waits until the deploys that this program drives have ended or stopped, or
// ctx ends: when the program ends before, they are cut, and can be taken up.
func (b *Backend) Settle(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		b.going.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
