package python

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/renameio/v2"

	"fndeck/client/embedded/engine/confine"
)

const (
	// mark is written last into an environment; one without it is wiped.
	mark = ".fndeck-complete"
	// standardLimit bounds one build when nothing else is said.
	standardLimit = 15 * time.Minute
)

// Starter starts and waits for commands that must not outlive the engine.
type Starter interface {
	Start(*exec.Cmd) error
	Wait(*exec.Cmd) error
}

// Environments builds environments below a directory and keeps them. It is
// safe for concurrent use.
type Environments struct {
	// Dir holds the environments, Scratch what builds need for a while.
	Dir, Scratch string
	Starter      Starter
	// Limit bounds one build; 0 means 15 minutes.
	Limit time.Duration
	// Boot is the path of runner.BootScript, which confines a build as far as
	// Kernel can: source distributions run code. Their network is open.
	Boot   string
	Kernel confine.Kernel

	mu     sync.Mutex
	builds map[string]*build
}

// Python is the interpreter of an environment.
func (e *Environments) Python(name string) string { return filepath.Join(e.Dir, name, "bin", "python") }

// Complete reports whether an environment is there.
func (e *Environments) Complete(name string) bool {
	_, err := os.Stat(filepath.Join(e.Dir, name, mark))
	return err == nil
}

// Ensure builds the environment if it is not there and returns its name. All who
// want the same one share a build: each gets its output from the beginning and
// the same end, and it goes on as long as one of them waits. Lines and errors
// may hold credentials, which the caller masks.
func (e *Environments) Ensure(ctx context.Context, all Runtimes, w Wanted, output func(string)) (name string, err error) {
	name = w.Name()
	for {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		b, joined := e.join(ctx, name, all, w)
		if b == nil {
			output("environment " + name + " is cached")
			return name, nil
		}
		if joined && !e.stay(b) {
			<-b.done // it is ending because nobody wanted it any more
			continue
		}
		if joined {
			output("the same environment is being built for another deploy; its output from the beginning:")
		}
		if err := e.follow(ctx, b, output); err != nil {
			return "", err
		}
		return name, nil
	}
}

// stay reports whether a build that was joined goes on; it does not when its
// last follower had left before.
func (e *Environments) stay(b *build) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !b.abandoned
}

// make builds the environment in its final place, since scripts in it carry its
// path, and marks it as complete once it is durable.
func (e *Environments) make(ctx context.Context, name string, all Runtimes, w Wanted, output func(string)) error {
	t, err := e.choose(ctx, all, w)
	if err != nil {
		return err
	}
	dir := filepath.Join(e.Dir, name)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	err = e.fill(ctx, t, w, dir, output)
	if err == nil {
		err = syncTree(dir)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return renameio.WriteFile(filepath.Join(dir, mark), nil, 0o600)
}

// Sweep deletes environments that were not completed.
func (e *Environments) Sweep() error {
	entries, err := os.ReadDir(e.Dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !e.Complete(entry.Name()) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(e.Dir, entry.Name())))
		}
	}
	return err
}
