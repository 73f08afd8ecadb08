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
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"fndeck/auth"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect/cognite"
	"fndeck/client/embedded/engine/dialect/own"
	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/trust"
	"fndeck/client/embedded/wire"
)

// ErrLocked is returned by Run when another engine serves the state directory.
var ErrLocked = errors.New("another engine serves this state directory")

const (
	headerLimit = 5 * time.Second
	// idleLimit is how long a connection may stay between two requests.
	idleLimit = 2 * time.Minute
	// stopLimit bounds how long requests may take to end at a stop.
	stopLimit = 2 * time.Second
	// collectAfter is by how many percent the memory in use may grow before garbage
	// is collected. There is little of it: a tenth of the time of a busy engine is
	// worth some megabytes.
	collectAfter = 300
	// listeners are the socket, the TCP port and the callback's port.
	listeners = 3
)

// Config says what an engine serves. Zero fields take the defaults of
// core.Config.
type Config struct {
	// StateDir is made if it does not exist.
	StateDir string
	KeyFile  string
	// KeyNamed is set where somebody chose KeyFile: then it is not made.
	KeyNamed bool
	// Python is the interpreter to use by default, empty for the one found.
	Python      string
	LogCapBytes int64
	IndexURL    auth.Secret
	CallTimeout time.Duration
	// Retention and RetentionBytes bound the history, see core.Config.
	Retention      time.Duration
	RetentionBytes int64
	// ClosedNetwork keeps functions from the network.
	ClosedNetwork bool
	// TCP serves the dialects on 127.0.0.1 too, for the clouds' own clients.
	TCP bool
	// Port is that port, 0 for any that is free.
	Port int
	// Trusted is an issuer whose tokens the TCP port takes too; none if its Issuer
	// is empty. Its Clock and Logger are those of the engine.
	Trusted trust.Config
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
	if os.Getenv("GOGC") == "" { // else whoever set it knows better
		debug.SetGCPercent(collectAfter)
	}
	if why := disk.Writable(c.StateDir); why != nil {
		return runReadOnly(ctx, c, why)
	}
	unlock, err := lockState(c.StateDir)
	if err != nil {
		return err
	}
	defer unlock()
	back := &callback{}
	defer back.close()
	config := c.core()
	config.Callback = back.baseURL
	e, err := core.Open(config)
	if err != nil {
		return err
	}
	err = serve(ctx, c, e, back)
	return errors.Join(err, e.Close())
}

func (c Config) core() core.Config {
	return core.Config{
		StateDir: c.StateDir, KeyFile: c.KeyFile, KeyNamed: c.KeyNamed, Python: c.Python, LogCapBytes: c.LogCapBytes, IndexURL: c.IndexURL,
		CallTimeout: c.CallTimeout, ClosedNetwork: c.ClosedNetwork, Clock: c.Clock, Logger: c.Logger,
		Retention: c.Retention, RetentionBytes: c.RetentionBytes,
	}
}

// server is one engine's listeners.
type server struct {
	c      Config
	core   *core.Core
	cancel context.CancelFunc
	ctx    context.Context
	served chan error
	back   *callback
	mu     sync.Mutex // of opened
	opened []*http.Server
}

func serve(ctx context.Context, c Config, e *core.Core, back *callback) error {
	s := &server{c: c, core: e, back: back, served: make(chan error, listeners)}
	s.ctx, s.cancel = context.WithCancel(ctx)
	defer s.cancel()
	socket, err := s.start()
	if err != nil {
		return errors.Join(err, s.stop())
	}
	c.Logger.Info("engine serves", "socket", socket, "version", c.Version, "pid", os.Getpid())
	if c.Ready != nil {
		c.Ready(socket)
	}
	select {
	case <-s.ctx.Done():
	case err := <-s.served:
		return errors.Join(fmt.Errorf("serve: %w", err), s.stop())
	}
	c.Logger.Info("engine stops")
	return s.stop()
}

// start opens the socket and, if asked for, the TCP port.
func (s *server) start() (socket string, err error) {
	if socket, err = wire.SocketPath(s.c.StateDir, os.Getenv); err != nil {
		return "", err
	}
	token, err := s.socketToken(socket)
	if err != nil {
		return "", err
	}
	issuer, err := s.issuer()
	if err != nil {
		return "", err
	}
	vendor := cognite.New(s.core, issuer.judge)
	about := own.Config{Version: s.c.Version, StateDir: s.c.StateDir, Socket: socket, Isolation: s.core.Isolation(), Stop: s.cancel}
	s.back.answer(func(l net.Listener) {
		guard := newLoopback(l.Addr(), vendor.Serve, func(_ context.Context, token string) (core.Caller, error) { return s.core.CallerOf(token) })
		guard.refusals = s.refusals()
		s.serve(l, guard)
	})
	if s.c.TCP && s.core.ReadOnly() == nil {
		if err := s.open(&about, vendor, issuer); err != nil {
			return "", err
		}
	}
	l, err := listen(socket)
	if err != nil {
		return "", err
	}
	s.serve(l, handler(vendor, own.New(s.core, about), token, s.refusals()))
	return socket, nil
}

// issuer knows the engine's client id and secret, whether or not the port is
// open: sessions are asked for with them too.
func (s *server) issuer() (*issuer, error) {
	if s.core.ReadOnly() != nil {
		return newIssuer(credentials{}, s.c.Clock), nil // nothing can be asked for
	}
	known, err := loadCredentials(s.c.StateDir)
	return newIssuer(known, s.c.Clock), err
}

// open opens the TCP port and says so in about.
func (s *server) open(about *own.Config, vendor *cognite.API, tokens *issuer) error {
	ready, err := newToken(s.c.StateDir, wire.BearerFile)
	if err != nil {
		return err
	}
	l, err := listenTCP(s.c.Port)
	if err != nil {
		return err
	}
	known := &callers{ready: ready, given: tokens}
	if trusted := s.c.Trusted; trusted.Issuer != "" {
		trusted.Clock, trusted.Logger = s.c.Clock, s.c.Logger
		known.trusted = trust.New(trusted)
		about.Issuer, about.Audience = trusted.Issuer, trusted.Audience
	}
	guard := newLoopback(l.Addr(), vendor.Serve, known.of)
	guard.tokens, guard.refusals = tokens, s.refusals()
	tokens.refusals = guard.refusals
	about.TCP = "http://" + l.Addr().String()
	about.TokenURL = about.TCP + wire.TokenPath
	about.ClientFile, about.BearerFile = filepath.Join(s.c.StateDir, wire.ClientFile), filepath.Join(s.c.StateDir, wire.BearerFile)
	s.serve(l, guard)
	return nil
}

func (s *server) refusals() *refusals { return &refusals{clock: s.c.Clock, record: s.core.Record} }

func (s *server) serve(l net.Listener, h http.Handler) {
	server := &http.Server{
		Handler:           recovered(h, s.c.Logger),
		ReadHeaderTimeout: headerLimit,
		IdleTimeout:       idleLimit,
		ErrorLog:          slog.NewLogLogger(s.c.Logger.Handler(), slog.LevelDebug),
		// Requests end with the engine: a held stream would delay its stop.
		BaseContext: func(net.Listener) context.Context { return s.ctx },
	}
	s.mu.Lock()
	s.opened = append(s.opened, server)
	s.mu.Unlock()
	go func() { s.served <- server.Serve(l) }()
}

// stop lets the requests under way end, for a while.
func (s *server) stop() (err error) {
	s.cancel()
	grace, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	s.mu.Lock()
	opened := s.opened
	s.mu.Unlock()
	for _, server := range opened {
		if server.Shutdown(grace) != nil {
			err = errors.Join(err, server.Close())
		}
	}
	return err
}

// handler routes the socket's requests to the dialects, after the caller has
// proved that it can read the state directory: peer credentials alone would let
// a function in, which runs as the same user.
func handler(vendor, ours http.Handler, token string, refused *refusals) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", requestID())
		isOwn, known := strings.HasPrefix(r.URL.Path, wire.Prefix), bears(r, token)
		switch {
		case isOwn && !known:
			refused.note(r, errToken)
			own.Refuse(w, r, http.StatusUnauthorized, errToken)
		case isOwn:
			ours.ServeHTTP(w, r)
		case !known && !cognite.ServesPublic(r.URL.Path):
			refused.note(r, errToken)
			cognite.Refuse(w, r, http.StatusUnauthorized, errToken)
		default:
			vendor.ServeHTTP(w, r)
		}
	})
}
