package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"fndeck/auth"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect/cognite"
	"fndeck/client/embedded/engine/dialect/own"
	"fndeck/client/embedded/wire"
)

// ErrLocked is returned by Run when another engine serves the state directory.
var ErrLocked = errors.New("another engine serves this state directory")

const (
	headerLimit = 5 * time.Second
	// stopLimit bounds how long requests may take to end at a stop.
	stopLimit = 2 * time.Second
)

// Config says what an engine serves. Zero fields take the defaults of
// core.Config.
type Config struct {
	// StateDir is made if it does not exist.
	StateDir string
	KeyFile  string
	// Python is the interpreter to use by default, empty for the one found.
	Python      string
	LogCapBytes int64
	IndexURL    auth.Secret
	CallTimeout time.Duration
	// ClosedNetwork keeps functions from the network.
	ClosedNetwork bool
	// Version is what the binary calls itself.
	Version string
	Clock   func() time.Time
	Logger  *slog.Logger
	// Ready, if not nil, is called once the engine answers.
	Ready func(socket string)
}

// Run serves until ctx ends or a client asks it to stop. It returns ErrLocked
// at once if another engine serves the state directory; a lock is the kernel's
// and cannot be stale.
func Run(ctx context.Context, c Config) error {
	if err := wire.OwnDir(c.StateDir); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(c.StateDir, wire.LockFile), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock the state directory: %w", err)
	}
	if !locked {
		return ErrLocked
	}
	defer func() { _ = lock.Unlock() }() // the kernel does it in any case
	e, err := core.Open(core.Config{
		StateDir: c.StateDir, KeyFile: c.KeyFile, Python: c.Python, LogCapBytes: c.LogCapBytes, IndexURL: c.IndexURL,
		CallTimeout: c.CallTimeout, ClosedNetwork: c.ClosedNetwork, Clock: c.Clock, Logger: c.Logger,
	})
	if err != nil {
		return err
	}
	err = serve(ctx, c, e)
	return errors.Join(err, e.Close())
}

func serve(ctx context.Context, c Config, e *core.Core) error {
	token, err := newToken(c.StateDir)
	if err != nil {
		return err
	}
	socket, err := wire.SocketPath(c.StateDir, os.Getenv)
	if err != nil {
		return err
	}
	listener, err := listen(socket)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server := &http.Server{
		Handler:           handler(e, c, socket, token, stop),
		ReadHeaderTimeout: headerLimit,
		ErrorLog:          slog.NewLogLogger(c.Logger.Handler(), slog.LevelDebug),
		// Requests end with the engine: a held stream would delay its stop.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	c.Logger.Info("engine serves", "socket", socket, "version", c.Version, "pid", os.Getpid())
	if c.Ready != nil {
		c.Ready(socket)
	}
	select {
	case <-ctx.Done():
	case err := <-served:
		return fmt.Errorf("serve %s: %w", socket, err)
	}
	c.Logger.Info("engine stops")
	grace, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return server.Close()
	}
	return nil
}

// handler routes to the dialects, after the caller has proved that it can read
// the state directory: peer credentials alone would let a function in, which
// runs as the same user.
func handler(e *core.Core, c Config, socket, token string, stop func()) http.Handler {
	vendor := cognite.New(e)
	ours := own.New(e, own.Config{Version: c.Version, StateDir: c.StateDir, Socket: socket, Isolation: e.Isolation(), Stop: stop})
	mux := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", requestID())
		isOwn := len(r.URL.Path) >= len(wire.Prefix) && r.URL.Path[:len(wire.Prefix)] == wire.Prefix
		switch {
		case !cognite.ServesPublic(r.URL.Path) && !bears(r, token) && isOwn:
			own.Refuse(w, r, http.StatusUnauthorized, errToken)
		case !cognite.ServesPublic(r.URL.Path) && !bears(r, token):
			cognite.Refuse(w, r, http.StatusUnauthorized, errToken)
		case isOwn:
			ours.ServeHTTP(w, r)
		default:
			vendor.ServeHTTP(w, r)
		}
	}
	return http.HandlerFunc(mux)
}
