// Package core is the engine itself: functions, versions, calls, logs and
// schedules over the store and the runner, in terms that no cloud's wire API
// knows of. The dialects serve it.
//
// What a method has acknowledged is durable. Its errors are *client.Error, so
// that every dialect can answer in its own words. All methods are safe for
// concurrent use.
package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"fndeck/auth"
	"fndeck/auth/seal"
	"fndeck/client"
	"fndeck/client/embedded/engine/confine"
	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/journal"
	"fndeck/client/embedded/engine/python"
	"fndeck/client/embedded/engine/runner"
	"fndeck/client/embedded/engine/store"
)

// Config says where the engine keeps its state and how it runs functions. The
// zero value of a field takes the default that stands beside it.
type Config struct {
	// StateDir must exist and belong to the caller alone.
	StateDir string
	// KeyFile holds the key that seals secrets; it is made when first needed.
	KeyFile string
	// KeyNamed says that somebody chose KeyFile: one that is missing is then an
	// error, for a new key would open nothing.
	KeyNamed bool
	// Python is the interpreter to use by default; empty means the one found.
	Python string
	// LogCapBytes bounds the log of one call (10 MiB).
	LogCapBytes int64
	// IndexURL is where requirements come from when a function names no index.
	IndexURL auth.Secret
	// CallTimeout ends a call (10 minutes, as Cognite does outside Google).
	CallTimeout time.Duration
	// ClosedNetwork keeps functions from the network, as far as the kernel can.
	ClosedNetwork bool
	// IdleZygote is how long a function's process stays without calls (10 min),
	// IdleWorker how long a warm worker does (2 min).
	IdleZygote, IdleWorker time.Duration
	// Retention is how long calls, logs and missed runs are kept (90 days).
	Retention time.Duration
	// RetentionBytes bounds the database: beyond it the oldest calls go. 0 means
	// that only Retention counts.
	RetentionBytes int64
	// Callback opens the port for the clients of functions, if it is not open yet,
	// and returns its base URL; nil means that functions get no client.
	Callback func() (string, error)
	Clock    func() time.Time
	Logger   *slog.Logger
}

// What Config's zero fields mean, and what the engine allows.
const (
	DefaultLogCap      = 10 << 20
	DefaultCallTimeout = 10 * time.Minute
	defaultIdle        = 10 * time.Minute
	defaultIdleWorker  = 2 * time.Minute
	// DefaultRetention is what Cognite keeps of its calls.
	DefaultRetention = 90 * 24 * time.Hour
	// MaxDataBytes bounds the data of a call: the largest of Cognite's clouds.
	MaxDataBytes = 9_000_000
	// MaxResponseBytes bounds a response, as responseSizeMb 1 says.
	MaxResponseBytes = 1 << 20
	// DefaultMemoryGB and DefaultCPU are what a function gets that names none.
	DefaultMemoryGB = 1.5
	DefaultCPU      = 1.0
)

// The folders of the state directory.
const (
	codeDir     = "code"
	versionsDir = "versions"
	envsDir     = "envs"
	scratchDir  = "scratch"
	// runtimesFile remembers what the interpreters of this machine are.
	runtimesFile = "runtimes.json"
)

// Core is the engine. Close it.
type Core struct {
	c            Config
	boot         string // the zygotes' program
	store        *store.Store
	spawner      *runner.Spawner
	environments *python.Environments
	vault        vault
	nonces       *nonces
	sessions     *sessions
	tokens       *callTokens
	uploads      *uploads
	pool         *pool
	spares       *runner.Spares
	running      *running // calls
	crew         *crew    // who runs them
	deploying    *running // deploys
	lineage      *lineage // schedules
	// unstored says that the last fires could not be recorded; the scheduler's own.
	unstored bool
	slots    chan struct{}
	chained  chan struct{} // slots of the calls that calls make
	started  time.Time
	restored time.Time // from a backup, zero for never
	kernel   confine.Kernel

	ctx    context.Context
	cancel context.CancelCauseFunc
	jobs   sync.WaitGroup
	tick   chan struct{}

	room     *disk.Room
	readOnly error // why nothing can be written
	audit    *journal.Audit
	subject  string // whom the engine acts for
	taken    usage
	views    knownViews

	runtimesDone chan struct{}
	runtimes     python.Runtimes
	runtimesErr  error
}

// maxRunning is how many calls run at once; the rest wait, Running in the eyes
// of the clients. Cognite allows 250 in a project.
const maxRunning = 250

// Open opens the state, puts right what a crash left, and starts the scheduler.
func Open(c Config) (*Core, error) {
	applyDefaults(&c)
	room := disk.Guard(c.StateDir)
	for _, dir := range []string{codeDir, versionsDir, envsDir, scratchDir} {
		if err := os.MkdirAll(filepath.Join(c.StateDir, dir), 0o700); err != nil {
			return nil, err
		}
	}
	boot, err := runner.WriteBoot(c.StateDir)
	if err != nil {
		return nil, err
	}
	spawner, err := runner.NewSpawner()
	if err != nil {
		return nil, err
	}
	spawner.Cgroups = runner.FindCgroups("/proc/self")
	s, err := store.Open(c.StateDir, c.Clock)
	if err != nil {
		spawner.Close()
		return nil, err
	}
	e := assemble(c, s, room)
	e.boot, e.spawner = boot, spawner
	if c.ClosedNetwork {
		e.kernel.Unshare = confine.ProbeNetwork()
	}
	e.environments = &python.Environments{Dir: e.path(envsDir), Scratch: e.path(scratchDir), Starter: spawner, Boot: boot, Kernel: e.kernel}
	e.spares = runner.NewSpares(spawner, boot)
	if e.restored, err = s.Restored(); err != nil {
		e.c.Logger.Warn("when the state was restored is not known", "error", err)
	}
	if err := e.recover(); err != nil {
		err = errors.Join(fmt.Errorf("put the state right: %w", err), s.Close())
		spawner.Close()
		return nil, err
	}
	if err := e.openAudit(); err != nil {
		spawner.Close()
		return nil, errors.Join(fmt.Errorf("open the audit trail: %w", err), s.Close())
	}
	e.jobs.Go(e.discover)
	e.jobs.Go(e.prime)
	e.jobs.Go(e.removeDeleted)
	e.jobs.Go(e.scheduleForever)
	e.jobs.Go(e.tendForever)
	return e, nil
}

// assemble makes the parts that need nothing but the state.
func assemble(c Config, s *store.Store, room *disk.Room) *Core {
	e := &Core{
		c: c, store: s, room: room, subject: Subject(), started: c.Clock(), kernel: confine.Probe(),
		vault: vault{seal.New(c.KeyFile, c.KeyNamed)}, nonces: newNonces(c.Clock), sessions: newSessions(c.Clock), tokens: newCallTokens(), uploads: newUploads(c.Clock),
		running: newRunning(), deploying: newRunning(), lineage: newLineage(), slots: make(chan struct{}, maxRunning), chained: make(chan struct{}, maxRunning), tick: make(chan struct{}, 1), runtimesDone: make(chan struct{}),
		crew: newCrew(),
	}
	s.OnDamage(func(err error) { c.Logger.Error("left out of what is shown", "error", err) })
	e.ctx, e.cancel = context.WithCancelCause(context.Background())
	e.pool = newPool(e)
	return e
}

// OpenReadOnly opens a state that nothing can be written to, for why: it can be
// read, nothing runs, and every write is refused with why.
func OpenReadOnly(c Config, why error) (*Core, error) {
	applyDefaults(&c)
	s, err := store.OpenReadOnly(c.StateDir, c.Clock, why)
	if err != nil {
		return nil, err
	}
	e := assemble(c, s, disk.Refuse(c.StateDir, why))
	e.readOnly, e.runtimesErr = why, why
	close(e.runtimesDone)
	return e, nil
}

// ReadOnly is why nothing can be written, nil if something can.
func (e *Core) ReadOnly() error { return e.readOnly }

func applyDefaults(c *Config) {
	if c.LogCapBytes == 0 {
		c.LogCapBytes = DefaultLogCap
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = DefaultCallTimeout
	}
	if c.IdleZygote == 0 {
		c.IdleZygote = defaultIdle
	}
	if c.IdleWorker == 0 {
		c.IdleWorker = defaultIdleWorker
	}
	if c.Retention == 0 {
		c.Retention = DefaultRetention
	}
}

// Close ends the calls and deploys under way, records it, and closes the state.
func (e *Core) Close() error {
	e.cancel(fmt.Errorf("engine stopped at %s", e.c.Clock().UTC().Format(time.RFC3339)))
	e.jobs.Wait()
	e.pool.close()
	e.spares.Close()
	err := e.store.Close()
	if e.audit != nil {
		err = errors.Join(err, e.audit.Close())
	}
	if e.spawner != nil {
		e.spawner.Close()
	}
	return err
}

// Store gives the dialects the state to read; they write through Core only.
func (e *Core) Store() *store.Store { return e.store }

// Started is when this engine process started.
func (e *Core) Started() time.Time { return e.started }

// RunningCalls counts the calls under way.
func (e *Core) RunningCalls() int { return e.running.count() }

func (e *Core) discover() {
	e.runtimes, e.runtimesErr = python.Discover(e.ctx, e.spawner, e.c.Python, e.path(runtimesFile))
	close(e.runtimesDone)
	if e.runtimesErr != nil && e.ctx.Err() == nil {
		e.c.Logger.Warn("no usable Python", "error", e.runtimesErr)
	}
}

// Runtimes lists the interpreters of this machine, default first, once they
// are known.
func (e *Core) Runtimes(ctx context.Context) (python.Runtimes, error) {
	select {
	case <-e.runtimesDone:
		if e.runtimesErr != nil {
			return nil, &client.Error{Code: client.CodeInvalid, Message: e.runtimesErr.Error()}
		}
		return e.runtimes, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// KnownRuntimes names the runtimes, default first; none while they are still
// being looked for.
func (e *Core) KnownRuntimes() []string {
	select {
	case <-e.runtimesDone:
		return e.runtimes.Names()
	default:
		return nil
	}
}

func (e *Core) path(parts ...string) string {
	return filepath.Join(append([]string{e.c.StateDir}, parts...)...)
}

// notFound turns the store's ErrNotFound into the domain's.
func notFound(err error, format string, args ...any) error {
	if errors.Is(err, store.ErrNotFound) {
		return &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf(format, args...)}
	}
	return err
}

// Limits says what bounds the calls here.
func (e *Core) Limits() string {
	limits := "rlimits + watchdog"
	if e.spawner != nil && e.spawner.Cgroups != nil { // a state that is only read runs nothing
		limits += " + " + e.spawner.Cgroups.String()
	}
	return limits
}

// Isolation is the badge of what confines every function here.
func (e *Core) Isolation() string {
	least := e.kernel
	least.Unshare = 0 // not for those with a client
	return confine.Badge(least, confine.Access{Network: !e.c.ClosedNetwork})
}

// IsolationOf is the badge of what confines one version.
func (e *Core) IsolationOf(v store.Version) string {
	a := confine.Access{Network: !e.c.ClosedNetwork}
	if runtimes := e.KnownRuntimes(); e.c.Callback != nil && runtimes != nil {
		r, err := e.runtimes.Find(v.Runtime)
		if err == nil && holdsClient(e.clientPlaces(e.path(versionsDir, v.SHA256), v.Environment, r.Prefix)) {
			a.Connect = anyPort
		}
	}
	return confine.Badge(e.kernel, a)
}

// anyPort stands for the port of the clients where its number does not matter.
const anyPort = 1

// CallTimeout is the time limit of a call.
func (e *Core) CallTimeout() time.Duration { return e.c.CallTimeout }

// LoadedZygotes counts the versions whose process is running.
func (e *Core) LoadedZygotes() int { return e.pool.loaded() }

// Subject names whom the engine acts for: the user that it runs as.
func Subject() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}
