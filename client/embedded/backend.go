package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/oauth2"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/embedded/wire"
)

// base stands for the socket in URLs; no name is ever looked up.
const base = "http://engine.local"

// Options says which engine is driven.
type Options struct {
	// StateDir names the engine; it need not exist yet.
	StateDir string
	// Name is the context's name, "local" if empty.
	Name string
	// Command starts an engine; nil means this program with the argument engine.
	Command []string
	// EngineArgs follow the command.
	EngineArgs []string
	// Version is what this program would start, empty if that is not known.
	Version string
	// NoStart fails when no engine runs.
	NoStart bool
	// Patient opens although the engine does not answer, as one that is stopped by a
	// debugger: Watch looks for it, and Lost says so until then.
	Patient bool
	Clock   func() time.Time
}

// noSmoke is why a redeploy makes no smoke call here.
const noSmoke = "the engine of this machine makes no smoke call: a roll back takes a moment here"

// EngineStatus is what a running engine says of itself.
type EngineStatus = wire.Status

// Backend is the local engine. It implements client.Backend and every
// capability interface. It is safe for concurrent use.
type Backend struct {
	*cognite.Backend
	o      Options
	http   *client.HTTP
	client *http.Client
	trace  *client.Trace

	mu        sync.Mutex
	last      EngineStatus
	lost      string
	moved     chan struct{} // closed and replaced when lost changes
	closed    chan struct{}
	once      sync.Once
	functions packedList
}

// Open attaches to the engine of a state directory, and starts it if there is
// none.
func Open(ctx context.Context, o Options) (*Backend, error) {
	b, err := connect(o)
	if err != nil {
		return nil, err
	}
	err = b.ensure(ctx)
	if errors.Is(err, errSilent) && o.Patient && ctx.Err() == nil {
		b.setLost(silent)
		return b, nil
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// connect makes a backend that has not spoken to its engine yet.
func connect(o Options) (*Backend, error) {
	dir, err := filepath.Abs(o.StateDir)
	if err != nil {
		return nil, err
	}
	o.StateDir = dir
	if o.Name == "" {
		o.Name = "local"
	}
	b := &Backend{o: o, closed: make(chan struct{}), moved: make(chan struct{})}
	var transport http.RoundTripper = &http.Transport{DialContext: b.dial, MaxIdleConnsPerHost: 16, DisableCompression: true}
	b.trace = client.NewTrace(o.Clock, nil)
	if o.Clock != nil { // Status and Stop have none, and nobody looks at their requests
		transport = b.trace.Transport(transport)
	}
	b.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	token := engineToken{dir}
	var trace *client.Trace
	if o.Clock != nil {
		trace = b.trace
	}
	b.http = &client.HTTP{Base: base, Client: b.client, Token: token, Jitter: rand.Float64, Decode: decodeFailure, Trace: trace}
	b.Backend = cognite.New(cognite.Config{Name: o.Name, BaseURL: base, Project: "local", Client: b.client, Token: token, Jitter: rand.Float64, Trace: trace})
	return b, nil
}

func (b *Backend) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	path, err := wire.SocketPath(b.o.StateDir, os.Getenv)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "unix", Err: err}
	}
	var d net.Dialer
	return d.DialContext(ctx, "unix", path)
}

// Trace is every request that was sent to the engine lately.
func (b *Backend) Trace() *client.Trace { return b.trace }

// Describe says what the engine is and can do.
func (b *Backend) Describe() client.Description {
	b.mu.Lock()
	defer b.mu.Unlock()
	outdated := ""
	if b.o.Version != "" && b.last.Version != "" && b.last.Version != b.o.Version {
		outdated = fmt.Sprintf("the engine is still %s, this program is %s: fndeck engine stop renews it", b.last.Version, b.o.Version)
	}
	limits := cognite.Limits{CPUCores: b.last.CPUCores, MemoryGB: b.last.MemoryGB}
	return client.Description{
		Outdated: outdated,
		Kind:     "embedded", Name: b.o.Name, Endpoint: b.o.StateDir, Isolation: b.last.Isolation, ReadOnly: b.last.ReadOnly,
		DataLimitBytes: b.last.DataLimitBytes, UniqueKeys: true, Runtimes: b.last.Runtimes,
		CPUCores: limits.CPUCores, MemoryGB: limits.MemoryGB, CheckSpec: func(s client.FunctionSpec) error {
			if err := cognite.CheckBounds(s); err != nil {
				return err
			}
			return limits.CheckSpec(s)
		},
		Missing: map[client.Capability]string{
			client.CanResize: keepsSize, client.CanReadFiles: noFiles, client.CanRunAs: noRunAs,
			client.CanArchive: archivesItself, client.CanSmokeTest: noSmoke,
		},
	}
}

// engineToken reads the token of whatever engine serves a state directory.
type engineToken struct{ stateDir string }

// Token returns the token, which stands beside the socket if the engine could
// not write it to its directory.
func (t engineToken) Token() (*oauth2.Token, error) {
	if socket, err := wire.SocketPath(t.stateDir, os.Getenv); err == nil {
		if _, err := os.Stat(wire.ReadOnlyToken(socket)); err == nil {
			return auth.FileToken{Path: wire.ReadOnlyToken(socket)}.Token()
		}
	}
	return auth.FileToken{Path: filepath.Join(t.stateDir, wire.TokenFile)}.Token()
}

// Close ends what Watch and FollowLogs wait for. The engine runs on.
func (b *Backend) Close() error {
	b.once.Do(func() { close(b.closed) })
	b.client.CloseIdleConnections()
	return nil
}

// Lost is the sentence for the banner while the engine does not answer, empty
// while it does, and a channel that closes when that has changed.
func (b *Backend) Lost() (sentence string, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost, b.moved
}

func (b *Backend) setLost(lost string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lose(lost)
}

// lose is setLost with the lock held.
func (b *Backend) lose(lost string) {
	if lost == b.lost {
		return
	}
	b.lost = lost
	close(b.moved)
	b.moved = make(chan struct{})
}

// statusLimit bounds the question whether an engine is there.
const statusLimit = 5 * time.Second

// status asks the engine once; CodeNotFound says that none runs.
func (b *Backend) status(ctx context.Context) (EngineStatus, error) {
	var s EngineStatus
	ctx, cancel := context.WithTimeoutCause(ctx, statusLimit, errSilent)
	defer cancel()
	reply, err := b.http.Open(ctx, client.Request{Method: http.MethodGet, Path: wire.Prefix + "status"}, nil)
	if err != nil {
		if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) {
			return s, &client.Error{Code: client.CodeNotFound, Message: "no engine runs on " + b.o.StateDir, Hint: "fndeck engine start starts one", Err: err}
		}
		return s, err
	}
	defer func() { _ = reply.Body.Close() }() // decoded or given up
	if err := json.NewDecoder(reply.Body).Decode(&s); err != nil {
		return s, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = s
	b.lose("")
	return s, nil
}

// own sends a request to the engine's own paths.
func (b *Backend) own(ctx context.Context, retry client.Retry, method, path string, body, out any) error {
	return b.http.Do(ctx, client.Request{Method: method, Path: wire.Prefix + path, JSON: body, Retry: retry}, out)
}

func (b *Backend) read(ctx context.Context, path string, out any) error {
	return b.own(ctx, client.Safe, http.MethodGet, path, nil, out)
}

// decodeFailure reads the engine's own errors.
func decodeFailure(_ int, body []byte) *client.Error {
	var f wire.Failure
	if json.Unmarshal(body, &f) != nil || f.Error.Message == "" {
		return nil
	}
	return &client.Error{Code: f.Error.Code, Message: f.Error.Message, Hint: f.Error.Hint}
}
