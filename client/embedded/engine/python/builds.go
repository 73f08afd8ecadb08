package python

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

const (
	// keptLines bounds the output of a build that one who joins it late is shown.
	keptLines = 20_000
	// failedLines is how much of its output a failed build's error carries.
	failedLines = 50
)

// BuildError is a build that failed, the same for all who waited for it.
type BuildError struct {
	Err error
	// Output are the last lines of the build, unmasked.
	Output []string
}

func (e *BuildError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *BuildError) Unwrap() error { return e.Err }

// build is one environment on its way. It belongs to all who follow it: the
// first to come starts it, the last to go ends it.
type build struct {
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when nothing of it runs any more
	// followers and abandoned are guarded by Environments.mu.
	followers int
	abandoned bool

	mu      sync.Mutex
	lines   []string
	dropped int           // lines before those that are kept
	more    chan struct{} // closed when there is more to see
	ended   bool
	err     error
}

// join returns the build of an environment and counts the caller in; nil means
// that the environment is there. The build is started if there is none.
func (e *Environments) join(ctx context.Context, name string, all Runtimes, w Wanted) (b *build, joined bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if b := e.builds[name]; b != nil {
		b.followers++
		return b, true
	}
	if e.Complete(name) {
		e.touch(name)
		return nil, false
	}
	if e.builds == nil {
		e.builds = map[string]*build{}
	}
	b = &build{done: make(chan struct{}), more: make(chan struct{}), followers: 1}
	// Not under the caller's context: others may want it when the caller has gone.
	ctx, b.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	e.builds[name] = b
	go e.carryOut(ctx, b, name, all, w)
	return b, false
}

// carryOut builds and tells the followers.
func (e *Environments) carryOut(ctx context.Context, b *build, name string, all Runtimes, w Wanted) {
	err := errors.New("the build stopped without an outcome")
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("the build stopped: %v", problem)
		}
		b.cancel(nil)
		e.mu.Lock()
		delete(e.builds, name)
		e.mu.Unlock()
		b.end(err)
		close(b.done)
	}()
	limit := cmp.Or(e.Limit, standardLimit)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the build exceeded its time limit of %s", limit))
	defer cancel()
	err = e.make(ctx, name, all, w, b.say)
}

// say adds a line of output.
func (b *build) say(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line)
	if len(b.lines) >= 2*keptLines {
		b.dropped += len(b.lines) - keptLines
		b.lines = slices.Clone(b.lines[len(b.lines)-keptLines:])
	}
	close(b.more)
	b.more = make(chan struct{})
}

func (b *build) end(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil && len(b.lines) > 0 {
		err = &BuildError{Err: err, Output: slices.Clone(b.lines[max(0, len(b.lines)-failedLines):])}
	}
	b.err, b.ended = err, true
	close(b.more)
	b.more = make(chan struct{})
}

// since returns the lines from a number on, the number of the next one, and
// what is closed when there is more.
func (b *build) since(at int) (lines []string, next int, more <-chan struct{}, ended bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if missed := b.dropped - at; missed > 0 {
		lines = append(lines, fmt.Sprintf("%d earlier lines of this build are not kept", missed))
		at = b.dropped
	}
	lines = append(lines, b.lines[at-b.dropped:]...)
	return lines, b.dropped + len(b.lines), b.more, b.ended
}

// follow hands over the build's output from its beginning until it ends or the
// caller has to go.
func (e *Environments) follow(ctx context.Context, b *build, output func(string)) error {
	for at := 0; ; {
		lines, next, more, ended := b.since(at)
		for _, line := range lines {
			output(line)
		}
		if at = next; ended {
			<-b.done
			return b.err
		}
		select {
		case <-more:
		case <-ctx.Done():
			return e.leave(ctx, b)
		}
	}
}

// leave goes away from a build. The last one ends it and waits for that, so that
// no build runs that nobody answers for.
func (e *Environments) leave(ctx context.Context, b *build) error {
	e.mu.Lock()
	b.followers--
	b.abandoned = b.followers == 0
	last := b.abandoned
	e.mu.Unlock()
	if last {
		b.cancel(context.Cause(ctx))
		<-b.done
	}
	return context.Cause(ctx)
}
