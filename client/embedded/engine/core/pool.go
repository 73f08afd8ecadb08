package core

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"fndeck/client/embedded/engine/confine"
	"fndeck/client/embedded/engine/runner"
	"fndeck/client/embedded/engine/store"
)

type versionKey struct {
	function int64
	number   int
}

// pool keeps one zygote per version that was called lately.
type pool struct {
	e *Core

	mu      sync.Mutex
	entries map[versionKey]*zygote
	gates   map[int64]*gate
	code    map[string]*sync.Mutex
}

// zygote is a version's place in the pool. Its lock is held while the process
// starts, so that many first calls start one.
type zygote struct {
	version store.Version // Ready, so it never changes

	mu   sync.Mutex
	z    *runner.Zygote
	spec runner.Spec

	users    int // guarded by pool.mu, as is lastUsed
	lastUsed time.Time
	dropped  bool
}

func newPool(e *Core) *pool {
	return &pool{e: e, entries: map[versionKey]*zygote{}, gates: map[int64]*gate{}, code: map[string]*sync.Mutex{}}
}

// start starts a zygote for a version, outside the pool.
func (p *pool) start(ctx context.Context, v store.Version, bare bool, output runner.Sink) (*runner.Zygote, runner.Spec, error) {
	spec, err := p.spec(ctx, v, bare)
	if err != nil {
		return nil, spec, err
	}
	z, err := runner.Start(ctx, p.e.spawner, spec, output)
	if err != nil {
		runner.RemoveScratch(spec.Scratch)
	}
	return z, spec, err
}

func (p *pool) spec(ctx context.Context, v store.Version, bare bool) (runner.Spec, error) {
	root, err := p.e.unpacked(ctx, v.SHA256)
	if err != nil {
		return runner.Spec{}, err
	}
	runtimes, err := p.e.Runtimes(ctx)
	if err != nil {
		return runner.Spec{}, err
	}
	r, err := runtimes.Find(v.Runtime)
	if err != nil {
		return runner.Spec{}, err
	}
	interpreter, read := r.Path, []string{root, r.Prefix}
	if v.Environment != "" {
		if !p.e.environments.Complete(v.Environment) {
			return runner.Spec{}, fmt.Errorf("the package environment %s is gone: redeploy the function", v.Environment)
		}
		interpreter = p.e.environments.Python(v.Environment)
		read = append(read, p.e.path(envsDir, v.Environment))
	}
	// A folder for each process, not for each version: one that is ending must
	// not take away what its successor works in.
	scratch, err := os.MkdirTemp(p.e.path(scratchDir), fmt.Sprintf("%d-v%d-*", v.FunctionID, v.Number))
	if err != nil {
		return runner.Spec{}, err
	}
	access := confine.Access{Read: read, Write: []string{scratch}, Network: !p.e.c.ClosedNetwork}
	callback := p.e.callbackFor(root, v.Environment, r.Prefix)
	if callback != nil {
		access.Connect = callback.port
	}
	policy := confine.Make(p.e.kernel, access)
	return runner.Spec{
		Spares: p.e.spares, Python: interpreter, Boot: p.e.boot, Root: root, Path: v.Settings.FunctionPath,
		Scratch: scratch, Env: runner.Environment(scratch, v.Settings.EnvVars), Bare: bare, Policy: policy, Callback: callback.url(),
	}, nil
}

// acquire returns the running zygote of a version and the function to give it
// back with. It starts one if there is none.
func (p *pool) acquire(ctx context.Context, v store.Version) (*runner.Zygote, func(), error) {
	entry := p.enter(v)
	z, err := entry.running(ctx, p)
	if err != nil {
		p.leave(entry) // with entry.mu free: leaving may stop the entry
		return nil, nil, err
	}
	return z, func() { p.leave(entry) }, nil
}

// call makes a call on the version's process. One that had just ended, and got
// nothing of the call, is replaced once.
func (p *pool) call(ctx context.Context, v store.Version, work func(*runner.Zygote) runner.Outcome) (o runner.Outcome, err error) {
	for range 2 {
		z, release, err := p.acquire(ctx, v)
		if err != nil {
			return o, err
		}
		if o = work(z); o.Unbegun {
			z.Stop() // until that is known to everybody
		}
		release()
		if !o.Unbegun {
			break
		}
	}
	return o, nil
}

// running returns the entry's process, started if it has none.
func (z *zygote) running(ctx context.Context, p *pool) (*runner.Zygote, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.z != nil && !ended(z.z) {
		return z.z, nil
	}
	if ctx.Err() != nil { // while another call had the lock
		return nil, context.Cause(ctx)
	}
	if z.z != nil {
		runner.RemoveScratch(z.spec.Scratch)
		z.z = nil
	}
	v, err := p.e.withEnvironment(ctx, z.version)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, importLimit)
	defer cancel()
	spec, err := p.spec(ctx, v, v.Mode == ModeCold)
	if err != nil {
		return nil, err
	}
	started, err := runner.Start(ctx, p.e.spawner, spec, func([]runner.Line) {})
	if err != nil {
		runner.RemoveScratch(spec.Scratch)
		return nil, err
	}
	z.z, z.spec = started, spec
	return started, nil
}

func (p *pool) enter(v store.Version) *zygote {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := versionKey{v.FunctionID, v.Number}
	entry := p.entries[key]
	if entry == nil {
		entry = &zygote{version: v}
		p.entries[key] = entry
	}
	entry.users++
	return entry
}

// version returns a version that is in the pool, to save reading it again.
func (p *pool) version(functionID int64, number int) (store.Version, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if entry := p.entries[versionKey{functionID, number}]; entry != nil {
		return entry.version, true
	}
	return store.Version{}, false
}

func (p *pool) leave(entry *zygote) {
	p.mu.Lock()
	entry.users--
	entry.lastUsed = p.e.c.Clock()
	stop := entry.users == 0 && entry.dropped
	p.mu.Unlock()
	if stop {
		entry.stop()
	}
}

// adopt gives the pool a zygote that a deploy has started.
func (p *pool) adopt(v store.Version, z *runner.Zygote, spec runner.Spec) {
	entry := p.enter(v)
	entry.mu.Lock()
	entry.z, entry.spec = z, spec
	entry.mu.Unlock()
	p.leave(entry)
}

// discard stops a version's zygote at once.
func (p *pool) discard(v store.Version) {
	p.remove(func(key versionKey, _ *zygote) bool { return key == versionKey{v.FunctionID, v.Number} })
}

// drop stops the zygotes of a function, each after its last call.
func (p *pool) drop(functionID int64) {
	p.mu.Lock()
	delete(p.gates, functionID)
	p.mu.Unlock()
	p.remove(func(key versionKey, _ *zygote) bool { return key.function == functionID })
}

// retire stops the zygotes that nobody used since a time.
func (p *pool) retire(since time.Time) {
	p.remove(func(_ versionKey, entry *zygote) bool { return entry.users == 0 && entry.lastUsed.Before(since) })
}

// remove takes entries out of the pool; those without a user stop now.
func (p *pool) remove(which func(versionKey, *zygote) bool) {
	p.mu.Lock()
	var idle []*zygote
	for key, entry := range p.entries {
		if !which(key, entry) {
			continue
		}
		delete(p.entries, key)
		entry.dropped = true
		if entry.users == 0 {
			idle = append(idle, entry)
		}
	}
	p.mu.Unlock()
	for _, entry := range idle {
		entry.stop()
	}
}

// close stops every zygote; calls have ended before.
func (p *pool) close() {
	p.remove(func(versionKey, *zygote) bool { return true })
}

// loaded counts the zygotes that run.
func (p *pool) loaded() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.entries)
}

func (z *zygote) stop() {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.z == nil {
		return
	}
	z.z.Stop()
	runner.RemoveScratch(z.spec.Scratch)
	z.z = nil
}

func ended(z *runner.Zygote) bool {
	select {
	case <-z.Done():
		return true
	default:
		return false
	}
}

// lockCode serialises unpacking of one archive.
func (p *pool) lockCode(sha string) (unlock func()) {
	p.mu.Lock()
	lock := p.code[sha]
	if lock == nil {
		lock = &sync.Mutex{}
		p.code[sha] = lock
	}
	p.mu.Unlock()
	lock.Lock()
	return lock.Unlock
}
